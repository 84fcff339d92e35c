import { render } from "preact";
import { tauriBridge } from "./bridge/tauri";
import { App } from "./view/App";
import "./style/page.css";

const page = document.getElementById("page");
if (page) render(<App bridge={tauriBridge()} />, page);
