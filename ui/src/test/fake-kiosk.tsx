import { render } from "preact";
import { FakeKiosk } from "../bridge/fake-kiosk";
import { Kiosk } from "../view/kiosk/Kiosk";
import { speakFirst } from "../words/words";
import "../style/kiosk.css";

const asked = new URLSearchParams(location.search);
const kiosk = new FakeKiosk(asked.get("scene") ?? "idle", asked.get("language") ?? "en");
Object.assign(window, { kiosk });
await speakFirst();
const page = document.getElementById("page");
if (page) render(<Kiosk bridge={kiosk} />, page);
