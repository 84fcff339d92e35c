// Tests draw at once, so that the words are there before.
import { speak } from "../words/words";

await speak("en");
