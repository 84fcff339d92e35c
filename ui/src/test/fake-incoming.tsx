import { render } from "preact";
import { FakeIncoming } from "../bridge/fake";
import { Incoming, lookOf } from "../view/Incoming";
import { speakFirst } from "../words/words";
import { scene } from "./scenes";
import "../style/page.css";

const name = new URLSearchParams(location.search).get("scene") ?? "incoming";
const incoming = new FakeIncoming(scene(name));
Object.assign(window, { incoming });
await speakFirst(lookOf(location.search).language);
const page = document.getElementById("page");
if (page) render(<Incoming bridge={incoming} look={lookOf(location.search)} />, page);
