//! Who stands before the real kiosk can do what its profile allows, whatever he presses.

use super::screen::{WINDOW, is_live, write};
use crate::window::{driver::Driver, screen::Screen};

/// What leads out of a page, a window or a program elsewhere.
const KEYS: [&str; 22] = [
    "alt+F4",
    "ctrl+w",
    "ctrl+q",
    "F5",
    "ctrl+r",
    "ctrl+shift+r",
    "alt+Left",
    "alt+Right",
    "BackSpace",
    "Escape",
    "F11",
    "F12",
    "ctrl+shift+i",
    "ctrl+u",
    "ctrl+n",
    "ctrl+t",
    "ctrl+o",
    "ctrl+s",
    "ctrl+p",
    "ctrl+f",
    "ctrl+plus",
    "F1",
];

/// What a page that was replaced, reloaded or enlarged would no longer say.
const UNTOUCHED: &str = "window.untouched === true && location.pathname.endsWith('kiosk.html') && window.devicePixelRatio === 1 \
                         && document.querySelector('.kiosk-idle') !== null";

#[test]
fn no_key_click_link_or_file_leads_out_of_it() {
    let Some(screen) = Screen::open() else { return };
    let profile = write(&screen, "account = \"practice\"\n[[buttons]]\nlabel = \"Help\"\ntarget = \"600\"\n");
    let Some(page) = Driver::start(&screen, &["--kiosk", &profile]) else { return };
    page.wait_until("a button that can be touched", "document.querySelector('.kiosk-buttons button:enabled')");
    let window = screen.window(WINDOW);
    let place = || screen.xdotool(&["getwindowgeometry", "--shell", &window]);
    let (before, others) = (place(), screen.xdotool(&["search", "--onlyvisible", "--name", "."]));
    page.run("window.untouched = true");
    for key in KEYS {
        screen.xdotool(&["windowfocus", &window]);
        screen.xdotool(&["key", "--clearmodifiers", key]);
        page.wait_until(&format!("the page as it was after {key}"), UNTOUCHED);
    }
    // The right and the middle button, on nothing: no menu, nothing pasted.
    for button in ["2", "3"] {
        screen.xdotool(&["mousemove", "--window", &window, "5", "5", "click", button]);
        page.wait_until("the page as it was", UNTOUCHED);
    }
    // Whatever it was that put a link or a file under the finger.
    for elsewhere in ["https://www.example.com/", "file:///etc/passwd", "about:blank", "tel:600"] {
        let link = format!(
            "const link = document.createElement('a'); link.href = {elsewhere:?}; document.body.append(link); link.click(); link.remove();"
        );
        page.run(&link);
        page.run(&format!("window.open({elsewhere:?})"));
        page.wait_until(&format!("the page as it was after {elsewhere}"), UNTOUCHED);
    }
    let drop = "const event = new DragEvent('drop', { bubbles: true, cancelable: true }); document.body.dispatchEvent(event);";
    page.run(drop);
    page.wait_until("the page as it was after a drop", UNTOUCHED);
    assert_eq!(place(), before, "it covers the screen as before");
    assert_eq!(screen.xdotool(&["search", "--onlyvisible", "--name", "."]), others, "and nothing else is open");
    assert!(screen.status().is_some_and(|snapshot| !snapshot.calls.iter().any(is_live)), "nobody was called");
    page.click("//button[contains(., 'Help')]");
    screen.wait_for("the call that is allowed", |snapshot| snapshot.calls.iter().any(|call| call.answered_ms.is_some()));
}
