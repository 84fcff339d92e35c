import type { Ringtone, TrialView } from "../../bridge/types";
import { say } from "../../words/words";
import { base64 } from "../base64";
import { useDoing } from "../doing";
import { DeviceTrial } from "./DeviceTrial";
import { useEditing } from "./editing";
import { ChoiceField, SettingText } from "./fields";
import type { WholeSettings } from "./whole";

const TONES = ["classic", "bell", "chime", "marimba", "digital", "soft"] as const;

/** How it rings, with a button to hear it. */
export function RingtoneField({ view }: { view: TrialView | null }) {
  const { settings, edit, save } = useEditing();
  const { bridge, failed } = useDoing();
  const ringtone = settings.calls.ringtone;
  const changed = (wanted: Ringtone): WholeSettings => ({
    ...settings,
    calls: { ...settings.calls, ringtone: wanted },
  });
  const keep = async (chosen: File) => {
    try {
      await save(changed({ file: await bridge.keepRingtone(chosen.name, await base64(chosen)) }));
    } catch (thrown) {
      failed(thrown);
    }
  };
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
        <>
          <label class="file">
            {say("ringtone.choose")}
            <input
              type="file"
              accept=".wav,.mp3,.ogg,.flac"
              onChange={(event) => {
                const chosen = event.currentTarget.files?.[0];
                if (chosen) void keep(chosen);
                event.currentTarget.value = "";
              }}
            />
          </label>
          <SettingText
            label={say("ringtone.path")}
            hint={say("ringtone.path-hint")}
            field="calls.ringtone"
            value={file}
            onText={(path) => changed({ file: path })}
          />
        </>
      )}
      <DeviceTrial view={view} trial={{ device: "ringer", ringtone }} label={say("ringtone.listen")} />
    </>
  );
}
