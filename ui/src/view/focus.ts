// Where the focus goes when what had it goes.
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** Leads the focus from a button of a row that is about to go to the same button of the next row, or of the one before it. */
export function focusBeside(button: HTMLElement, selector: string): void {
  const row = button.closest("li");
  const beside = row?.nextElementSibling ?? row?.previousElementSibling;
  const next = beside?.querySelector<HTMLElement>(selector);
  if (next) next.focus();
  else focusTop(button);
}

/** Leads the focus to the top of what something stands in: the search of a list, else the title. */
export function focusTop(within: HTMLElement): void {
  const view = within.closest("section, .section");
  view?.querySelector<HTMLElement>("input[type=search], [tabindex='-1']")?.focus();
}

/** Gives the focus back to what had it before, where it went with something that is gone. */
export function focusAgain(before: Element | null): void {
  const lost = document.activeElement === document.body || document.activeElement === null;
  if (lost && before instanceof HTMLElement && before.isConnected) before.focus();
}

/** Once a view goes that had the focus, the first of these has it. */
export function useFocusAfter(view: RefObject<HTMLElement | null>, selector: string): void {
  const latest = useRef(selector);
  latest.current = selector;
  useEffect(() => {
    const before = view.current;
    return () => {
      const { activeElement } = document;
      if (activeElement !== document.body && !before?.contains(activeElement)) return;
      requestAnimationFrame(() => document.querySelector<HTMLElement>(latest.current)?.focus());
    };
  }, [view]);
}
