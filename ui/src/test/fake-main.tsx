import { render } from "preact";
import { App } from "../view/App";
import { speakFirst } from "../words/words";
import { scene } from "./scenes";
import "../style/page.css";

const name = new URLSearchParams(location.search).get("scene") ?? "idle";
const phone = scene(name);
Object.assign(window, { phone });
await speakFirst();
const page = document.getElementById("page");
if (page) render(<App bridge={phone} />, page);
