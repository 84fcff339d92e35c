import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { say } from "../words/words";
import { focusAgain } from "./focus";
import { Icon } from "./icons";
import { OverDialog } from "./Ringing";

/** A dialog over the page; Escape and the cross close it. */
export function Sheet({
  title,
  warns = false,
  writes = false,
  onClose,
  children,
}: {
  title: string;
  /** Something has to be decided. */
  warns?: boolean;
  /** It is there to be written in: its first field has the focus. */
  writes?: boolean;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const open = dialog.current;
    const before = document.activeElement;
    open?.showModal();
    if (writes) open?.querySelector<HTMLElement>("form input")?.focus();
    return () => {
      open?.close();
      // The page may have taken the dialog away before it could do so by itself.
      focusAgain(before);
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class="sheet"
      role={warns ? "alertdialog" : undefined}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <OverDialog />
      <header>
        <h2>{title}</h2>
        <button type="button" class="small" aria-label={say("app.close")} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {children}
    </dialog>
  );
}
