import { useEffect, useRef, useState } from "preact/hooks";
import type { CallMoment, EventProgram, FieldProblem } from "../../bridge/types";
import { isolated, say } from "../../words/words";
import { useDoing } from "../doing";
import { Icon } from "../icons";
import { wordsOf } from "./editing";
import { ChoiceField, Group, Labelled, TextField } from "./fields";

const MOMENTS: readonly CallMoment[] = [
  "incoming",
  "missed",
  "answered",
  "connected",
  "ended",
  "dialing",
  "ringing",
  "busy",
];

/** Programs that are started when something happens to a call. Each new one is agreed to in a dialog of the system's. */
export function ProgramsGroup() {
  const { bridge, failed } = useDoing();
  const [kept, keep] = useState<readonly EventProgram[]>([]);
  const [programs, change] = useState<readonly EventProgram[]>([]);
  const [problems, complain] = useState<readonly FieldProblem[]>([]);
  /** It stays whatever goes, so that it has the focus then. */
  const adding = useRef<HTMLButtonElement>(null);
  const take = (told: readonly EventProgram[]) => {
    keep(told);
    change(told);
  };
  useEffect(() => void bridge.eventPrograms().then(take, failed), [bridge, failed]);
  const put = (at: number, part: Partial<EventProgram>) =>
    change(programs.map((program, other) => (other === at ? { ...program, ...part } : program)));
  const save = async () => {
    try {
      const found = await bridge.saveEventPrograms([...programs]);
      complain(found);
      if (found.length > 0) return;
      adding.current?.focus();
      take(programs);
    } catch (thrown) {
      failed(thrown);
    }
  };
  return (
    <Group title={say("programs.title")}>
      <p class="hint">{say("programs.hint")}</p>
      {programs.map((program, at) => (
        <OneProgram
          key={at}
          program={program}
          problem={(name) => wordsOf(problems, `programs.${at}.${name}`)}
          onChange={(part) => put(at, part)}
          onRemove={() => {
            adding.current?.focus();
            change(programs.filter((_, other) => other !== at));
          }}
        />
      ))}
      {wordsOf(problems, "programs") && <p class="problem">{wordsOf(problems, "programs")}</p>}
      <div class="row">
        <button
          ref={adding}
          type="button"
          onClick={(event) => {
            const group = event.currentTarget.closest("fieldset");
            change([...programs, { on: "incoming", program: "", arguments: [] }]);
            requestAnimationFrame(() =>
              [...(group?.querySelectorAll<HTMLElement>(".program select") ?? [])].at(-1)?.focus(),
            );
          }}
        >
          <Icon name="add" />
          {say("programs.add")}
        </button>
        {programs !== kept && (
          <button type="button" class="primary" onClick={() => void save()}>
            {say("app.save")}
          </button>
        )}
      </div>
    </Group>
  );
}

interface Props {
  program: EventProgram;
  problem: (name: string) => string | undefined;
  onChange: (part: Partial<EventProgram>) => void;
  onRemove: () => void;
}

function OneProgram({ program, problem, onChange, onRemove }: Props) {
  return (
    <div class="program">
      <ChoiceField<CallMoment>
        label={say("programs.when")}
        value={program.on}
        options={MOMENTS.map((moment) => [moment, say(`moment.${moment}`)] as const)}
        onChoose={(on) => onChange({ on })}
      />
      <TextField
        label={say("programs.program")}
        hint={say("programs.program-hint")}
        problem={problem("program")}
        value={program.program}
        onText={(path) => onChange({ program: path.trim() })}
      />
      <Labelled label={say("programs.arguments")} hint={say("programs.arguments-hint")} problem={problem("arguments")}>
        {(id, described) => (
          <textarea
            id={id}
            rows={2}
            spellcheck={false}
            aria-describedby={described}
            value={(program.arguments ?? []).join("\n")}
            onChange={(event) => {
              const typed = event.currentTarget.value;
              onChange({ arguments: typed === "" ? [] : typed.split("\n") });
            }}
          />
        )}
      </Labelled>
      <button
        type="button"
        class="quiet"
        aria-label={say("programs.remove", { name: isolated(program.program || say(`moment.${program.on}`)) })}
        onClick={onRemove}
      >
        {say("app.delete")}
      </button>
    </div>
  );
}
