import { render } from "preact";
import { incomingBridge } from "./bridge/tauri";
import { Incoming, lookOf } from "./view/Incoming";
import "./style/page.css";

const page = document.getElementById("page");
if (page) render(<Incoming bridge={incomingBridge()} look={lookOf(location.search)} />, page);
