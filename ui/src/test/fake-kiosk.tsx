import { render } from "preact";
import { FakeKiosk } from "../bridge/fake-kiosk";
import { Kiosk } from "../view/kiosk/Kiosk";
import "../style/kiosk.css";

const asked = new URLSearchParams(location.search);
const kiosk = new FakeKiosk(asked.get("scene") ?? "idle", asked.get("language") ?? "en");
Object.assign(window, { kiosk });
const page = document.getElementById("page");
if (page) render(<Kiosk bridge={kiosk} />, page);
