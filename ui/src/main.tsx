import { render } from "preact";
import { tauriBridge } from "./bridge/tauri";
import { App } from "./view/App";
import { speakFirst } from "./words/words";
import "./style/page.css";

await speakFirst();
const page = document.getElementById("page");
if (page) render(<App bridge={tauriBridge()} />, page);
