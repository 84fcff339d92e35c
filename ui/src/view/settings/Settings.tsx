import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Snapshot } from "../../bridge/types";
import { type Key, say } from "../../words/words";
import { DiagnosticsSection } from "../diagnostics/DiagnosticsSection";
import { useWide } from "../hooks";
import { Icon, type IconName } from "../icons";
import { refusalWords } from "../refusals";
import { AboutSection } from "./AboutSection";
import { AccountsSection } from "./AccountsSection";
import { CallsSection } from "./CallsSection";
import { DevicesSection } from "./DevicesSection";
import { EditingContext, useSettingsEditing } from "./editing";
import { NetworkSection } from "./NetworkSection";
import { PrivacySection } from "./PrivacySection";
import { Provisioned } from "./Provisioning";
import { ShortcutsSection } from "./ShortcutsSection";
import { WindowSection } from "./WindowSection";

const SECTIONS = [
  ["accounts", "contacts"],
  ["devices", "microphone"],
  ["calls", "phone"],
  ["network", "network"],
  ["shortcuts", "keypad"],
  ["privacy", "lock"],
  ["window", "window"],
  ["diagnostics", "pulse"],
  ["about", "info"],
] as const satisfies readonly (readonly [string, IconName])[];

/** The parts of the settings. */
export type Section = (typeof SECTIONS)[number][0];

/** From this width on, the list of sections stays beside the open one. */
const BOTH_REM = 62.5;

interface Props {
  snapshot: Snapshot;
  /** The open section; null: the list of them. */
  section: Section | null;
  onSection: (section: Section | null) => void;
}

/** Everything the user can set. */
export function Settings({ snapshot, section, onSection }: Props) {
  const both = useWide(BOTH_REM);
  const editing = useSettingsEditing(snapshot.changes.settings);
  const shown = section ?? (both ? "accounts" : null);
  // What could not be saved is not carried from one section into another.
  const reset = editing?.reset;
  const before = useRef(shown);
  useEffect(() => {
    if (before.current !== shown) reset?.();
    before.current = shown;
  }, [shown, reset]);
  if (!editing) return <p class="empty">{say("app.starting")}</p>;
  return (
    <EditingContext.Provider value={editing}>
      <section class={both ? "settings both" : "settings"} aria-label={say("app.settings")}>
        {(both || shown === null) && <Sections shown={shown} onSection={onSection} />}
        {shown && (
          <Opened key={shown} section={shown} onBack={both ? undefined : () => onSection(null)}>
            {editing.view.locked && (
              <p class="notice-line" role="note">
                {refusalWords(editing.view.locked)}
              </p>
            )}
            {editing.problems.length > 0 && (
              <p class="notice-line" role="alert">
                {say("settings.not-saved", { count: editing.problems.length })}
              </p>
            )}
            <Provisioned section={shown}>
              {shown === "accounts" && <AccountsSection snapshot={snapshot} />}
              {shown === "devices" && <DevicesSection snapshot={snapshot} />}
              {shown === "calls" && <CallsSection trial={snapshot.trial} />}
              {shown === "network" && <NetworkSection />}
              {shown === "shortcuts" && <ShortcutsSection />}
              {shown === "privacy" && <PrivacySection />}
              {shown === "window" && <WindowSection />}
              {shown === "diagnostics" && <DiagnosticsSection snapshot={snapshot} />}
              {shown === "about" && <AboutSection snapshot={snapshot} />}
            </Provisioned>
          </Opened>
        )}
      </section>
    </EditingContext.Provider>
  );
}

function Sections({ shown, onSection }: { shown: Section | null; onSection: Props["onSection"] }) {
  return (
    <nav class="sections" aria-label={say("settings.sections")}>
      {SECTIONS.map(([name, icon]) => (
        <button
          key={name}
          type="button"
          aria-current={shown === name ? "true" : undefined}
          onClick={() => onSection(name)}
        >
          <Icon name={icon} />
          <span>{say(`settings.${name}` as Key)}</span>
          <Icon name="next" />
        </button>
      ))}
    </nav>
  );
}

interface OpenedProps {
  section: Section;
  onBack: (() => void) | undefined;
  children: ComponentChildren;
}

function Opened({ section, onBack, children }: OpenedProps) {
  const place = useRef<HTMLDivElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const narrow = onBack !== undefined;
  // The list that had the focus is gone, so the focus goes along; it stays with what is being filled in here.
  useEffect(() => {
    if (narrow && !place.current?.contains(document.activeElement)) title.current?.focus();
  }, [narrow]);
  return (
    <div class="section" ref={place}>
      <header class="section-top">
        {onBack && (
          <button type="button" class="small" aria-label={say("settings.back")} onClick={onBack}>
            <Icon name="back" />
          </button>
        )}
        <h2 ref={title} tabIndex={-1}>
          {say(`settings.${section}` as Key)}
        </h2>
      </header>
      {children}
    </div>
  );
}
