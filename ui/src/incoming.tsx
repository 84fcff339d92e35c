import { render } from "preact";
import { incomingBridge } from "./bridge/tauri";
import { Incoming, lookOf } from "./view/Incoming";
import { speakFirst } from "./words/words";
import "./style/page.css";

await speakFirst(lookOf(location.search).language);
const page = document.getElementById("page");
if (page) render(<Incoming bridge={incomingBridge()} look={lookOf(location.search)} />, page);
