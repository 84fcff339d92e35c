import { useEffect, useState } from "preact/hooks";
import type {
  DevicesView,
  DeviceView,
  Levels,
  RoleView,
  Snapshot,
  DeviceTrial as Trial,
  TrialView,
} from "../../bridge/types";
import { isolated, say } from "../../words/words";
import { useDoing } from "../doing";
import { echoOf } from "../echo";
import { Icon } from "../icons";
import { useKept } from "../kept";
import { Level } from "../Level";
import { deviceWords } from "../troubles";
import { DeviceTrial } from "./DeviceTrial";
import { useEditing } from "./editing";
import { Group, RangeField, SettingText, SwitchField } from "./fields";
import { OrderedList } from "./OrderedList";
import type { WholeSettings } from "./whole";

/** Microphone, speaker, ringer, and what is done to the sound. */
export function DevicesSection({ snapshot }: { snapshot: Snapshot }) {
  const { trial } = snapshot;
  const { bridge, dial } = useDoing();
  const { settings, edit, save } = useEditing();
  const [view, draw] = useState<DevicesView | null>(null);
  useEffect(() => bridge.followDevices(draw), [bridge]);
  const { devices } = settings;
  const put = (part: Partial<WholeSettings["devices"]>) => void save({ ...settings, devices: { ...devices, ...part } });
  const echo = echoOf(settings, snapshot);
  const cleanup = (part: Partial<typeof devices.cleanup>) => put({ cleanup: { ...devices.cleanup, ...part } });
  return (
    <>
      <p class="hint">{say("devices.order-hint")}</p>
      <Role
        title={say("devices.microphone")}
        known={view?.microphones}
        role={view?.microphone}
        tried={trial}
        trial={{ device: "microphone" }}
        test={say("sound.test-microphone")}
        level={say("sound.level-microphone")}
        pick={(levels) => levels.microphone_dbfs}
        preferred={devices.microphones}
        onPrefer={(microphones) => put({ microphones })}
      />
      <Role
        title={say("devices.speaker")}
        known={view?.speakers}
        role={view?.speaker}
        tried={trial}
        trial={{ device: "speaker" }}
        test={say("sound.test-speaker")}
        level={say("sound.level-speaker")}
        pick={(levels) => levels.speaker_dbfs}
        preferred={devices.speakers}
        onPrefer={(speakers) => put({ speakers })}
      />
      <Role
        title={say("devices.ringer")}
        known={view?.speakers}
        role={view?.ringer}
        tried={trial}
        trial={{ device: "ringer", ringtone: null }}
        test={say("sound.test-ringer")}
        preferred={devices.ringers}
        onPrefer={(ringers) => put({ ringers })}
      />
      <RangeField
        label={say("devices.volume")}
        value={devices.volume}
        onRange={(volume) => edit({ ...settings, devices: { ...devices, volume } })}
        onDone={() => void save()}
      />
      <Group title={say("devices.cleanup")}>
        <SwitchField
          label={say("devices.echo")}
          hint={say("devices.echo-hint")}
          on={devices.cleanup.echo}
          onSwitch={(echo) => cleanup({ echo })}
        />
        <SwitchField label={say("devices.noise")} on={devices.cleanup.noise} onSwitch={(noise) => cleanup({ noise })} />
        <SwitchField label={say("devices.gain")} on={devices.cleanup.gain} onSwitch={(gain) => cleanup({ gain })} />
      </Group>
      <Group title={say("devices.echo-call")}>
        <SettingText
          label={say("devices.echo-number")}
          hint={say("devices.echo-number-hint")}
          field="calls.echo_number"
          value={settings.calls.echo_number}
          onText={(echo_number) => ({ ...settings, calls: { ...settings.calls, echo_number } })}
        />
        {echo && (
          <button type="button" onClick={() => dial(echo.number, { account: echo.account })}>
            <Icon name="phone" />
            {say("dial.call-number", { number: isolated(echo.number) })}
          </button>
        )}
      </Group>
    </>
  );
}

interface RoleProps {
  title: string;
  known: DeviceView[] | undefined;
  role: RoleView | undefined;
  /** The phone's trial, and the one of this device. */
  tried: TrialView | null;
  trial: Trial;
  test: string;
  /** The name of its level, and which it is; a ringer has none. */
  level?: string;
  pick?: (levels: Levels) => number | null;
  preferred: string[];
  onPrefer: (ids: string[]) => void;
}

/** One role: what is used now, and what shall be used when it is there. */
function Role({ title, known, role, tried, trial, test, level, pick, preferred, onPrefer }: RoleProps) {
  const named = (id: string) => known?.find((device) => device.id === id)?.name;
  // Who pulls a device out still knows it by its name.
  const [names] = useKept("devices.names", new Map<string, string>());
  for (const { id, name } of known ?? []) names.set(id, name);
  const using = role?.using ? (named(role.using) ?? role.using) : null;
  return (
    <Group title={title}>
      {role && (
        <p class={role.trouble ? "problem" : "hint"} role="status">
          {role.trouble
            ? deviceWords(role.trouble)
            : using
              ? say("devices.using", { name: isolated(using) })
              : say("devices.none")}
        </p>
      )}
      {level && pick && role?.using && <Level label={level} of="devices" pick={pick} />}
      {role?.using && <DeviceTrial view={tried} trial={trial} label={test} />}
      <OrderedList
        label={say("devices.order", { role: title })}
        items={preferred.map((id) => ({
          id,
          name: named(id) ?? names.get(id) ?? id,
          ...(known && !named(id) ? { note: say("devices.away") } : {}),
        }))}
        others={(known ?? []).filter(({ id }) => !preferred.includes(id))}
        addLabel={say(preferred.length === 0 ? "devices.choose" : "devices.add")}
        mayBeEmpty
        onOrder={onPrefer}
      />
    </Group>
  );
}
