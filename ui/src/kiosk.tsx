import { render } from "preact";
import { kioskBridge } from "./bridge/tauri";
import { Kiosk } from "./view/kiosk/Kiosk";
import "./style/kiosk.css";

const page = document.getElementById("page");
if (page) render(<Kiosk bridge={kioskBridge()} />, page);
