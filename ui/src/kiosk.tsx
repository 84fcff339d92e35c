import { render } from "preact";
import { kioskBridge } from "./bridge/tauri";
import { Kiosk } from "./view/kiosk/Kiosk";
import { speakFirst } from "./words/words";
import "./style/kiosk.css";

await speakFirst();
const page = document.getElementById("page");
if (page) render(<Kiosk bridge={kioskBridge()} />, page);
