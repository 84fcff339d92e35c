import { useState } from "preact/hooks";
import { say } from "../../words/words";
import { useDoing } from "../doing";
import { useSaving } from "../saving";

/** A text for whoever helps: it is read before it can be saved. */
export function SupportBundle() {
  const { bridge, failed } = useDoing();
  const save = useSaving();
  const [bundle, show] = useState<string | null>(null);
  return (
    <>
      <p class="hint">{say("bundle.hint")}</p>
      <div class="row">
        <button type="button" class={bundle ? "" : "primary"} onClick={() => bridge.supportBundle().then(show, failed)}>
          {say(bundle ? "diagnosis.refresh" : "bundle.show")}
        </button>
        {bundle && (
          <button type="button" class="primary" onClick={() => save({ what: "bundle" })}>
            {say("bundle.save")}
          </button>
        )}
      </div>
      {bundle && (
        <section aria-label={say("bundle.preview")}>
          <pre class="preview">{bundle}</pre>
        </section>
      )}
    </>
  );
}
