//! What is asked outside of the page: a dialog that no page answers, and that a key pressed by chance says no to.

use serde_json::{Value, json};

use super::{
    driver::Driver,
    popup::{ANSWER, POPUP, rings, talks},
    screen::{Screen, eventually},
};

const QUESTION: &str = "Programs for calls";

fn programs(path: &str) -> Value {
    json!({ "programs": [{ "on": "missed", "program": path, "arguments": ["a b"] }] })
}

#[test]
fn a_program_is_put_in_force_by_the_hand_of_its_user_alone() {
    let Some(screen) = Screen::open() else { return };
    let Some(page) = Driver::start(&screen, &[]) else { return };
    page.wait_until("page", "document.readyState === 'complete'");
    let kept = screen.data().join("programs.toml");
    let gone = || eventually("end of the question", || screen.windows(QUESTION).is_empty().then_some(()));
    let outcome = || {
        page.wait_until("answer", "window.outcome !== null");
        page.run("return window.outcome")
    };
    for key in ["Return", "space", "Escape"] {
        page.ask("save_event_programs", &programs("/usr/bin/true"));
        let question = screen.window(QUESTION);
        screen.xdotool(&["windowactivate", "--sync", &question, "key", key]);
        gone();
        assert_eq!(outcome(), "not-allowed", "{key}");
    }
    page.ask("save_event_programs", &programs("/usr/bin/true"));
    let question = screen.window(QUESTION);
    assert_eq!(page.invoke("save_event_programs", &programs("/usr/bin/false")), "not-allowed", "one question at a time");
    assert_eq!(screen.windows(QUESTION).len(), 1);
    screen.close(&question);
    gone();
    assert!(!kept.exists(), "nothing was agreed to");

    page.ask("save_event_programs", &programs("/usr/bin/true"));
    let question = screen.window(QUESTION);
    screen.xdotool(&["windowactivate", "--sync", &question, "key", "Tab", "key", "Return"]);
    gone();
    assert_eq!(outcome(), "");
    let file = std::fs::read_to_string(&kept).expect("it was agreed to");
    assert!(file.contains("/usr/bin/true") && !file.contains("/usr/bin/false"), "{file}");
    assert_eq!(page.invoke("save_event_programs", &programs("/usr/bin/true")), "", "what is in force is not asked about again");
}

#[test]
fn a_call_is_answered_while_a_question_stands() {
    let Some(screen) = Screen::open() else { return };
    let Some(page) = Driver::start(&screen, &[]) else { return };
    page.wait_until("registration", "document.querySelector('.chip')?.innerText.includes('ready')");
    page.ask("save_event_programs", &programs("/usr/bin/true"));
    let question = screen.window(QUESTION);
    screen.xdotool(&["windowactivate", "--sync", &question]);
    screen.dial("602");
    screen.wait_for("ringing call", rings);
    eventually("conversation", || {
        // The popup is another window whenever the phone's own had the focus in between.
        if let Some(popup) = screen.windows(POPUP).pop() {
            screen.xdotool(&["mousemove", "--window", &popup, ANSWER.0, ANSWER.1, "click", "1"]);
        }
        screen.status().filter(talks)
    });
    assert_eq!(screen.windows(QUESTION).len(), 1, "the question still stands");
}
