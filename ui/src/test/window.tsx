import { fireEvent, render, screen } from "@testing-library/preact";
import { App } from "../view/App";
import { scene } from "./scenes";

/** The page in a scene; what comes of it is the phone's side. */
export function openScene(name: string, width = 360) {
  window.happyDOM.setViewport({ width, height: 640 });
  const phone = scene(name);
  render(<App bridge={phone} />);
  return phone;
}

/** Clicks on the one button of this name. */
export const press = (name: string | RegExp) => fireEvent.click(screen.getByRole("button", { name }));
