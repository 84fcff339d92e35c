//! An account at a XiVO in the real window.

use std::fs;

use tests::FakeXuc;

use super::{
    driver::Driver,
    screen::{Screen, eventually},
};

#[test]
fn an_account_at_a_xivo_signs_in_calls_and_shows_its_assistant_and_the_room_it_is_in() {
    let Some(screen) = Screen::open() else { return };
    let xuc = FakeXuc::start(0, None).expect("it starts");
    let settings = format!(
        "version = 1\n[[accounts]]\nid = \"desk\"\n[accounts.provider]\nkind = \"xivo\"\nserver = {:?}\nlogin = {:?}\nca_file = {:?}\n",
        xuc.url(),
        xuc.login(),
        xuc.ca().display().to_string(),
    );
    fs::write(screen.data().join("settings.toml"), settings).expect("it is written");
    let Some(page) = Driver::start(&screen, &[]) else { return };
    page.wait_until("page", "document.body.innerText.includes('desk')");
    // There is no key store on this screen: the password is given for this run.
    page.run(&format!(
        "window.__TAURI_INTERNALS__.invoke('set_secret', {{ key: {{ secret: 'password', account: 'desk' }}, value: {:?} }})",
        xuc.password()
    ));
    page.wait_until("registration", "document.querySelector('.chip')?.innerText.includes('ready')");

    page.wait_until("the forward in force", "document.querySelector('.services-words')?.innerText.includes('1009')");
    page.click("//button[contains(@aria-label, 'status and forwards')]");
    page.wait_until("the services", "document.querySelector('dialog .services')?.innerText.includes('Alice Reed')");
    // The driver's own clicks do not reach what is in a modal dialog.
    page.run("document.querySelector('dialog .services > .switch').click()");
    eventually("the command", || xuc.xuc().commands().contains(&"dnd".to_owned()).then_some(()));
    page.wait_until(
        "what the server says",
        "document.querySelector('dialog .services > .switch').getAttribute('aria-pressed') === 'true'",
    );
    page.run("document.querySelector('dialog [aria-label=Close]').click()");
    page.wait_until("the page below", "document.querySelector('dialog') === null");

    // The focus goes back to what opened the sheet a moment after it is gone, and would take the keys with it.
    page.wait_until("the focus", "document.activeElement?.tagName === 'BUTTON'");
    page.type_into("//input[@role='combobox']", "607");
    page.wait_until("the number", "document.querySelector('input[role=combobox]').value === '607'");
    page.type_into("//input[@role='combobox']", "\u{e007}");
    screen.wait_for("conversation", |snapshot| snapshot.calls.iter().any(|call| call.answered_ms.is_some()));
    page.wait_until("who is in the room", "document.querySelector('.meeting')?.innerText.includes('Bob Stone')");
    xuc.xuc().talks("607", 1, true);
    page.wait_until("who speaks", "document.querySelector('.meeting .talking')?.innerText.includes('Bob Stone')");
    page.click(
        "//*[contains(@class, 'meeting')]//button[contains(@aria-label, 'Mute in the room') and contains(@aria-label, 'Alice')]",
    );
    page.wait_until(
        "it is muted",
        "document.querySelector('.meeting .members').innerText.includes('microphone off in the room')",
    );
    assert!(xuc.xuc().commands().contains(&"conferenceMuteMe".to_owned()));
    page.click("//button[contains(., 'Hang up') or @aria-label='Hang up']");
    screen.wait_for("end of the call", |snapshot| {
        snapshot.calls.iter().all(|call| matches!(call.state, model::CallState::Ended { .. }))
    });
    page.wait_until("the room is left", "document.querySelector('.meeting') === null");
}
