import type { Ringtone, TrialView } from "../../bridge/types";
import { say } from "../../words/words";
import { DeviceTrial } from "./DeviceTrial";
import { useEditing } from "./editing";
import { ChoiceField, SettingText } from "./fields";
import type { WholeSettings } from "./whole";

const TONES = ["classic", "bell", "chime", "marimba", "digital", "soft"] as const;

/** How it rings, with a button to hear it. */
export function RingtoneField({ view }: { view: TrialView | null }) {
  const { settings, edit, save } = useEditing();
  const ringtone = settings.calls.ringtone;
  const changed = (wanted: Ringtone): WholeSettings => ({
    ...settings,
    calls: { ...settings.calls, ringtone: wanted },
  });
  const file = typeof ringtone === "string" ? null : ringtone.file;
  return (
    <>
      <ChoiceField
        label={say("calls.ringtone")}
        value={file === null ? (ringtone as string) : "file"}
        options={[
          ...TONES.map((tone) => [tone as string, say(`ringtone.${tone}`)] as const),
          ["file", say("ringtone.file")],
        ]}
        // A file has no name yet: it is in force as soon as it has.
        onChoose={(tone) => (tone === "file" ? edit(changed({ file: "" })) : void save(changed(tone as Ringtone)))}
      />
      {file !== null && (
        <SettingText
          label={say("ringtone.path")}
          hint={say("ringtone.path-hint")}
          field="calls.ringtone"
          value={file}
          onText={(path) => changed({ file: path })}
        />
      )}
      <DeviceTrial view={view} trial={{ device: "ringer", ringtone }} label={say("ringtone.listen")} />
    </>
  );
}
