import type { About } from "../../bridge/bridge";
import type { Snapshot } from "../../bridge/types";
import { isolated, say } from "../../words/words";
import { useDoing } from "../doing";
import { useAnswer } from "../hooks";
import { useEditing } from "./editing";
import { SwitchField } from "./fields";
import { ProvisioningGroup } from "./Provisioning";

/** The program itself. */
export function AboutSection({ snapshot }: { snapshot: Snapshot }) {
  const { bridge, failed } = useDoing();
  const { settings, save } = useEditing();
  const about = useAnswer<About>(() => bridge.about(), "", failed);
  if (!about) return null;
  return (
    <>
      <p class="about-name">{say("about.name", { version: about.version })}</p>
      <p>{say("about.licence")}</p>
      <dl class="facts">
        <div>
          <dt>{say("about.folder")}</dt>
          <dd>
            <bdi>{isolated(about.data_folder)}</bdi>
          </dd>
        </div>
        <div>
          <dt>{say("about.tray")}</dt>
          <dd>{say(about.desktop.tray ? "about.yes" : "about.no")}</dd>
        </div>
        <div>
          <dt>{say("about.session")}</dt>
          <dd>{about.desktop.session || say("about.unknown")}</dd>
        </div>
      </dl>
      <button type="button" onClick={() => bridge.showFolder("data").catch(failed)}>
        {say("privacy.open-folder")}
      </button>
      {about.updates && (
        <SwitchField
          label={say("about.updates")}
          on={settings.updates.check}
          onSwitch={(check) => void save({ ...settings, updates: { check } })}
        />
      )}
      {snapshot.update && (
        <button type="button" class="primary" onClick={() => bridge.installUpdate().catch(failed)}>
          {say("about.install", { version: snapshot.update.version })}
        </button>
      )}
      <ProvisioningGroup />
    </>
  );
}
