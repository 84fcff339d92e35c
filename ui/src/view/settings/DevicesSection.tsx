import { useEffect, useState } from "preact/hooks";
import type { DevicesView, DeviceView, RoleView } from "../../bridge/types";
import { isolated, say } from "../../words/words";
import { useDoing } from "../doing";
import { useEditing } from "./editing";
import { Group, SwitchField } from "./fields";
import { OrderedList } from "./OrderedList";
import type { WholeSettings } from "./whole";

/** Microphone, speaker, ringer, and what is done to the sound. */
export function DevicesSection() {
  const { bridge } = useDoing();
  const { settings, save } = useEditing();
  const [view, draw] = useState<DevicesView | null>(null);
  useEffect(() => bridge.followDevices(draw), [bridge]);
  const { devices } = settings;
  const put = (part: Partial<WholeSettings["devices"]>) => void save({ ...settings, devices: { ...devices, ...part } });
  const cleanup = (part: Partial<typeof devices.cleanup>) => put({ cleanup: { ...devices.cleanup, ...part } });
  return (
    <>
      <p class="hint">{say("devices.order-hint")}</p>
      <Role
        title={say("devices.microphone")}
        known={view?.microphones}
        role={view?.microphone}
        preferred={devices.microphones}
        onPrefer={(microphones) => put({ microphones })}
      />
      <Role
        title={say("devices.speaker")}
        known={view?.speakers}
        role={view?.speaker}
        preferred={devices.speakers}
        onPrefer={(speakers) => put({ speakers })}
      />
      <Role
        title={say("devices.ringer")}
        known={view?.speakers}
        role={view?.ringer}
        preferred={devices.ringers}
        onPrefer={(ringers) => put({ ringers })}
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
    </>
  );
}

interface RoleProps {
  title: string;
  known: DeviceView[] | undefined;
  role: RoleView | undefined;
  preferred: string[];
  onPrefer: (ids: string[]) => void;
}

/** One role: what is used now, and what shall be used when it is there. */
function Role({ title, known, role, preferred, onPrefer }: RoleProps) {
  const named = (id: string) => known?.find((device) => device.id === id)?.name;
  const using = role?.using ? (named(role.using) ?? role.using) : null;
  return (
    <Group title={title}>
      {role && (
        <p class={role.trouble ? "problem" : "hint"} role="status">
          {role.trouble ?? (using ? say("devices.using", { name: isolated(using) }) : say("devices.none"))}
        </p>
      )}
      <OrderedList
        label={say("devices.order", { role: title })}
        items={preferred.map((id) => ({
          id,
          name: named(id) ?? id,
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
