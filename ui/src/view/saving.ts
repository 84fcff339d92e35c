import type { Export } from "../bridge/bridge";
import { isolated, say } from "../words/words";
import { useDoing } from "./doing";

/** Saves a file where the user says, and tells where it is. */
export function useSaving(): (file: Export) => void {
  const { bridge, tell, failed } = useDoing();
  return (file) => {
    bridge.saveExport(file).then((path) => path !== null && tell(say("app.saved", { path: isolated(path) })), failed);
  };
}
