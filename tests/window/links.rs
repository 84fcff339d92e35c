//! Links of other programs.

use super::{
    driver::Driver,
    screen::{PATIENCE, Screen},
};
use crate::interop::program::Program;

/// What is in the number field of the page.
const NUMBER: &str = "document.querySelector('[role=combobox]').value";

#[test]
fn a_link_that_starts_the_phone_fills_in_the_number_and_one_that_comes_later_too() {
    let Some(screen) = Screen::open() else { return };
    let Some(page) = Driver::start(&screen, &["sip:601@example.com?Replaces=x"]) else { return };
    page.wait_until("number of the first link", &format!("{NUMBER} === 'sip:601@example.com'"));
    let mut link = Program::start("link", &mut screen.sidetone(&["tel:+44%2020-7946%200123"]));
    assert_eq!(link.finish(PATIENCE), Some(0));
    page.wait_until("number of the second link", &format!("{NUMBER} === '+442079460123'"));
    assert!(screen.status().is_some_and(|snapshot| snapshot.calls.is_empty()), "a link dials nothing");
}

#[test]
fn a_link_that_is_no_target_is_refused_in_words() {
    let Some(screen) = Screen::open() else { return };
    let _program = screen.start(&["--minimized"]);
    for link in ["tel:%0d%0aVia", "http://example.com", "sip:bob:secret@example.com"] {
        let mut refused = Program::start("link", &mut screen.sidetone(&[link]));
        assert_eq!(refused.finish(PATIENCE), Some(2), "{link}");
    }
    assert!(screen.windows("Sidetone").is_empty(), "and brings nothing up");
}
