import type {
  AllowTransfers,
  CallWaiting,
  Codec,
  DtmfMode,
  RecordForm,
  RecordPolicy,
  TrialView,
} from "../../bridge/types";
import { say } from "../../words/words";
import { AutoAnswerSection } from "./AutoAnswerSection";
import { CountryField } from "./CountryField";
import { DtmfField } from "./DtmfField";
import { useEditing } from "./editing";
import { ChoiceField, Group, Labelled, SettingText, SwitchField, wholeNumber } from "./fields";
import { OrderedList } from "./OrderedList";
import { ProgramsGroup } from "./ProgramsGroup";
import { RingtoneField } from "./RingtoneField";
import type { WholeSettings } from "./whole";

const CODECS: readonly (readonly [Codec, string])[] = [
  ["opus", "Opus"],
  ["g722", "G.722"],
  ["pcma", "G.711 A-law"],
  ["pcmu", "G.711 µ-law"],
];

/** Codecs, digits, waiting, automatic answer, forwarding, do not disturb, recording, tones. */
export function CallsSection({ trial }: { trial: TrialView | null }) {
  return (
    <>
      <Sound />
      <Digits />
      <Ringing trial={trial} />
      <AutoAnswerSection />
      <Forwarding />
      <DoNotDisturb />
      <Recording />
      <ProgramsGroup />
    </>
  );
}

/** The settings with a part of the calls' changed. */
function useCalls() {
  const { settings, save } = useEditing();
  const changed = (part: Partial<WholeSettings["calls"]>): WholeSettings => ({
    ...settings,
    calls: { ...settings.calls, ...part },
  });
  return {
    calls: settings.calls,
    settings,
    changed,
    put: (part: Partial<WholeSettings["calls"]>) => void save(changed(part)),
  };
}

function Sound() {
  const { calls, changed, put } = useCalls();
  const { problem } = useEditing();
  const named = (codec: Codec) => ({ id: codec as string, name: CODECS.find(([id]) => id === codec)?.[1] ?? codec });
  return (
    <Group title={say("calls.sound")}>
      <div class="field">
        <span>{say("calls.codecs")}</span>
        <OrderedList
          label={say("calls.codecs")}
          items={calls.codecs.map(named)}
          others={CODECS.filter(([id]) => !calls.codecs.includes(id)).map(([id]) => named(id))}
          addLabel={say("calls.add-codec")}
          onOrder={(ids) => put({ codecs: ids as Codec[] })}
        />
        <p class="hint">{problem("calls.codecs") ?? say("calls.codecs-hint")}</p>
      </div>
      <ChoiceField
        label={say("calls.packet")}
        value={String(calls.packet_ms)}
        options={[
          ["20", say("calls.packet-20")],
          ["10", say("calls.packet-10")],
        ]}
        onChoose={(ms) => put({ packet_ms: Number(ms) })}
      />
      <SwitchField
        label={say("calls.dtx")}
        hint={say("calls.dtx-hint")}
        on={calls.dtx}
        onSwitch={(dtx) => put({ dtx })}
      />
      <SettingText
        label={say("calls.max-bitrate")}
        hint={say("calls.max-bitrate-hint")}
        field="calls.max_bitrate"
        numeric
        value={String(calls.max_bitrate)}
        onText={(text) => changed({ max_bitrate: wholeNumber(text) })}
      />
      <CountryField
        label={say("calls.tones")}
        hint={say("calls.tones-hint")}
        field="calls.tones"
        value={calls.tones}
        onCountry={(tones) => changed({ tones })}
      />
    </Group>
  );
}

/** How long digits sound, and how each account sends them: its server decides what is understood. */
function Digits() {
  const { settings, save } = useEditing();
  const { calls, changed } = useCalls();
  const fields = settings.accounts.flatMap((account) => {
    const { id, provider } = account;
    if (provider.kind !== "sip" && provider.kind !== "xivo") return [];
    const put = (dtmf: DtmfMode) => {
      const changed = { ...account, provider: { ...provider, dtmf } };
      void save({ ...settings, accounts: settings.accounts.map((other) => (other.id === id ? changed : other)) });
    };
    return <DtmfField key={id} label={id} provider={provider} onChoose={put} />;
  });
  return (
    <Group title={say("accounts.dtmf")}>
      {fields}
      <SettingText
        label={say("calls.digit")}
        field="calls.digit_ms"
        numeric
        value={String(calls.digit_ms)}
        onText={(text) => changed({ digit_ms: wholeNumber(text) })}
      />
      <SettingText
        label={say("calls.digit-gap")}
        field="calls.digit_gap_ms"
        numeric
        value={String(calls.digit_gap_ms)}
        onText={(text) => changed({ digit_gap_ms: wholeNumber(text) })}
      />
    </Group>
  );
}

function Ringing({ trial }: { trial: TrialView | null }) {
  const { calls, settings, changed, put } = useCalls();
  return (
    <Group title={say("calls.incoming")}>
      <RingtoneField view={trial} />
      <ChoiceField<CallWaiting>
        label={say("calls.waiting")}
        value={calls.waiting}
        options={[
          ["ring", say("calls.waiting-ring")],
          ["busy", say("calls.waiting-busy")],
        ]}
        onChoose={(waiting) => put({ waiting })}
      />
      <SettingText
        label={say("calls.limit")}
        field="calls.limit"
        numeric
        value={String(calls.limit)}
        onText={(text) => changed({ limit: wholeNumber(text) })}
      />
      <SettingText
        label={say("calls.ring-for")}
        field="calls.ring_for_s"
        numeric
        value={String(calls.ring_for_s)}
        onText={(text) => changed({ ring_for_s: wholeNumber(text) })}
      />
      <CountryField
        label={say("calls.country")}
        hint={say("calls.country-hint")}
        field="country"
        value={settings.country}
        optional
        onCountry={(country) => ({ ...settings, country })}
      />
      <ChoiceField<AllowTransfers>
        label={say("calls.transfers")}
        value={calls.allow_transfers}
        options={[
          ["ask", say("calls.transfers-ask")],
          ["always", say("calls.transfers-always")],
          ["never", say("calls.transfers-never")],
        ]}
        onChoose={(allow_transfers) => put({ allow_transfers })}
      />
    </Group>
  );
}

function Forwarding() {
  const { calls, changed, put } = useCalls();
  const { forward } = calls;
  const to = (part: Partial<typeof forward>) => changed({ forward: { ...forward, ...part } });
  return (
    <Group title={say("calls.forward")}>
      <SettingText
        label={say("calls.forward-always")}
        hint={say("calls.forward-hint")}
        field="calls.forward.always"
        value={forward.always}
        onText={(always) => to({ always })}
      />
      <SettingText
        label={say("calls.forward-busy")}
        field="calls.forward.busy"
        value={forward.busy}
        onText={(busy) => to({ busy })}
      />
      <SettingText
        label={say("calls.forward-no-answer")}
        field="calls.forward.no_answer"
        value={forward.no_answer}
        onText={(no_answer) => to({ no_answer })}
      />
      <SettingText
        label={say("calls.forward-after")}
        field="calls.forward.no_answer_s"
        numeric
        value={String(forward.no_answer_s)}
        onText={(text) => to({ no_answer_s: wholeNumber(text) })}
      />
      <Lines
        label={say("calls.forward-exceptions")}
        field="calls.forward.exceptions"
        lines={forward.exceptions}
        onLines={(exceptions) => put({ forward: { ...forward, exceptions } })}
      />
    </Group>
  );
}

function DoNotDisturb() {
  const { calls, put } = useCalls();
  return (
    <Group title={say("account.dnd")}>
      <ChoiceField
        label={say("calls.dnd-code")}
        value={String(calls.dnd_code)}
        options={[
          ["486", say("calls.dnd-486")],
          ["480", say("calls.dnd-480")],
        ]}
        onChoose={(code) => put({ dnd_code: Number(code) })}
      />
      <Lines
        label={say("calls.dnd-exceptions")}
        field="calls.dnd_exceptions"
        lines={calls.dnd_exceptions}
        onLines={(dnd_exceptions) => put({ dnd_exceptions })}
      />
    </Group>
  );
}

interface LinesProps {
  label: string;
  field: string;
  lines: readonly string[];
  onLines: (lines: string[]) => void;
}

/** Numbers and addresses, one on each line. */
function Lines({ label, field, lines, onLines }: LinesProps) {
  const { problem } = useEditing();
  return (
    <Labelled label={label} hint={say("calls.exceptions-hint")} problem={problem(field)}>
      {(id, described) => (
        <textarea
          id={id}
          rows={3}
          spellcheck={false}
          aria-describedby={described}
          value={lines.join("\n")}
          onChange={(event) => {
            const typed = event.currentTarget.value.split("\n").map((line) => line.trim());
            onLines(typed.filter(Boolean));
          }}
        />
      )}
    </Labelled>
  );
}

function Recording() {
  const { calls, changed, put } = useCalls();
  return (
    <Group title={say("calls.recording")}>
      <ChoiceField<RecordPolicy>
        label={say("calls.record")}
        value={calls.record}
        options={[
          ["off", say("calls.record-off")],
          ["on-request", say("calls.record-on-request")],
          ["always", say("calls.record-always")],
        ]}
        hint={say("calls.record-hint")}
        onChoose={(record) => put({ record })}
      />
      <ChoiceField<RecordForm>
        label={say("calls.record-form")}
        value={calls.record_form}
        options={[
          ["wav", say("calls.record-wav")],
          ["opus", say("calls.record-opus")],
        ]}
        onChoose={(record_form) => put({ record_form })}
      />
      <SwitchField
        label={say("calls.beep")}
        on={calls.beep_on_record}
        onSwitch={(beep_on_record) => put({ beep_on_record })}
      />
      <SettingText
        label={say("calls.recordings-folder")}
        hint={say("calls.recordings-folder-hint")}
        field="calls.recordings_folder"
        value={calls.recordings_folder}
        onText={(recordings_folder) => changed({ recordings_folder })}
      />
    </Group>
  );
}
