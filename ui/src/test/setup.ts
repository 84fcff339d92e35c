import { configure } from "@testing-library/preact";
import { speak } from "../words/words";

// A machine that builds beside takes its time.
configure({ asyncUtilTimeout: 15_000 });
// Tests draw at once, so that the words are there before.
await speak("en");
