//! The page in its real window.

use std::fs;

use serde_json::json;

use super::{driver::Driver, screen::Screen};

#[test]
fn the_first_call_is_placed_and_ended_in_the_window() {
    let Some(screen) = Screen::open() else { return };
    fs::write(screen.data().join("settings.toml"), "version = 1\naccounts = []\n").expect("it is written");
    let Some(page) = Driver::start(&screen, &[]) else { return };
    page.wait_until("page without an account", "document.body.innerText.includes('There is no account yet')");
    page.click("//nav//button[contains(., 'Settings')]");
    page.click("//nav//button[contains(., 'Accounts')]");
    page.click("//button[contains(., 'Add the practice exchange')]");
    page.wait_until("registration", "document.querySelector('.chip').innerText.includes('ready')");
    page.click("//nav//button[contains(., 'Phone')]");
    page.type_into("//input[@role='combobox']", "600\u{e007}");
    screen.wait_for("conversation", |snapshot| snapshot.calls.iter().any(|call| call.answered_ms.is_some()));
    page.wait_until("timer", "/\\b0?0:0[1-9]\\b/.test(document.body.innerText)");
    page.wait_until("levels", "document.querySelectorAll('[role=meter]').length === 2");
    page.click("//button[contains(., 'Keypad')]");
    page.click("//*[contains(@class, 'call-keypad')]//button[contains(., '5')]");
    page.wait_until("the digit", "document.querySelector('.digits').innerText.includes('5')");
    page.click("//button[contains(., 'Hang up') or @aria-label='Hang up']");
    screen.wait_for("end of the call", |snapshot| {
        snapshot.calls.iter().all(|call| matches!(call.state, model::CallState::Ended { .. }))
    });
    page.click("//button[contains(., 'History')]");
    page.wait_until("the call in the history", "document.querySelector('main, body').innerText.includes('600')");
}

#[test]
fn the_level_of_a_call_moves() {
    let Some(screen) = Screen::open() else { return };
    let Some(page) = Driver::start(&screen, &[]) else { return };
    page.wait_until("registration", "document.body.innerText.includes('practice')");
    // It hums.
    page.type_into("//input[@role='combobox']", "607\u{e007}");
    page.wait_until(
        "a level",
        "[...document.querySelectorAll('[role=meter]')].some((meter) => Number(meter.getAttribute('aria-valuenow')) > 20)",
    );
}

#[test]
fn the_page_reaches_nothing_but_its_own_commands() {
    let Some(screen) = Screen::open() else { return };
    let Some(page) = Driver::start(&screen, &[]) else { return };
    page.wait_until("page", "document.readyState === 'complete'");
    assert_eq!(page.run("return typeof window.__TAURI__"), json!("undefined"));
    for command in ["incoming_action", "plugin:webview|create_webview_window", "plugin:opener|open_url", "plugin:event|emit"] {
        let why = page.invoke(command, &json!({}));
        assert!(why.contains("not allowed") || why.contains("not found"), "{command}: {why:?}");
    }
    page.run("location.href = 'https://example.com/'");
    page.run("window.evaluated = false; try { eval('window.evaluated = true') } catch { }");
    assert_eq!(page.run("return [location.protocol, window.evaluated]"), json!(["tauri:", false]));
}
