import { configure } from "@testing-library/preact";
import { speak, speakOf } from "../words/words";

// A machine that builds beside takes its time.
configure({ asyncUtilTimeout: 15_000 });
// Tests draw at once, so that the words are there before.
await Promise.all([speak("en"), speakOf("settings")]);
