//! What goes wrong is said in the window, in words, with a way on.

use std::fs;

use model::Password;

use super::{driver::Driver, screen::Screen};
use crate::interop::sent_on::Office;

/// Waits until the page says words, with a way on.
fn says(page: &Driver, words: &str, button: &str) {
    page.wait_until(words, &format!("document.body.innerText.includes({words:?})"));
    // Several notices are a short row, and one is, during a call; it opens.
    let opened = "document.querySelector('.toast.brief [aria-expanded=false]')?.click()";
    let offered = format!("[...document.querySelectorAll('button')].some((it) => it.innerText.includes({button:?}))");
    page.wait_until(button, &format!("({opened}, {offered})"));
}

#[test]
fn a_damaged_settings_file_is_told_and_kept() {
    let Some(screen) = Screen::open() else { return };
    fs::write(screen.data().join("settings.toml"), "version = 1\nlog = [").expect("it is written");
    let Some(page) = Driver::start(&screen, &[]) else { return };
    says(&page, "The settings could not be read, so the defaults are used", "Open settings");
    let kept = fs::read_dir(screen.data())
        .expect("the folder")
        .flatten()
        .any(|entry| fs::read_to_string(entry.path()).is_ok_and(|text| text == "version = 1\nlog = ["));
    assert!(kept, "the user's file is still there under another name");
}

#[test]
fn a_missing_key_store_and_a_server_out_of_reach_are_told() {
    let Some(mut screen) = Screen::open() else { return };
    screen.without_bus();
    screen.settings(
        "[[accounts]]\nid = \"office\"\n[accounts.provider]\nkind = \"sip\"\nserver = \"ws://127.0.0.1:9/ws\"\nuser = \"1001\"\n",
    );
    let Some(page) = Driver::start(&screen, &[]) else { return };
    says(&page, "There is no key store, or it does not run", "Open accounts");
    // The password is given all the same, for this run.
    page.run("window.__TAURI_INTERNALS__.invoke('set_secret', { key: { secret: 'password', account: 'office' }, value: 'x' })");
    says(&page, "the server could not be reached", "Open accounts");
    page.click("//*[contains(@class, 'account-trouble')]//button");
    page.wait_until("the accounts", "document.querySelector('h2')?.innerText === 'Accounts'");
}

#[test]
fn sound_that_goes_away_in_a_call_is_told_and_the_call_goes_on() {
    let Some(mut screen) = Screen::open() else { return };
    let Some(sound) = screen.sound_server() else { return };
    let Some(page) = Driver::start(&screen, &[]) else { return };
    page.wait_until("registration", "document.body.innerText.includes('practice')");
    screen.dial("600");
    screen.wait_for("conversation", |snapshot| snapshot.calls.iter().any(|call| call.answered_ms.is_some()));
    page.wait_until("no trouble", "!document.body.innerText.includes('is gone; another one is looked for')");
    drop(sound);
    says(&page, "is gone; another one is looked for", "Open devices");
    let snapshot = screen.status().expect("the phone runs");
    assert!(snapshot.calls.iter().any(|call| matches!(call.state, model::CallState::Established { .. })));
}

/// Goes to the password of the account from what is wrong with it, and enters another one.
fn enter(page: &Driver, password: &str) {
    page.click("//*[contains(@class, 'account-trouble')]//button");
    page.click("//button[contains(., 'Enter the password')]");
    page.wait_until("the field", "document.activeElement?.type === 'password'");
    page.type_into("//input[@type='password']", password);
    page.click("//button[@type='submit']");
    page.wait_until("what was entered is taken", "!document.querySelector('input[type=password]')");
}

#[test]
fn a_refused_password_is_corrected_where_it_is_told_and_lasts_for_the_run_without_a_key_store() {
    let Some(mut screen) = Screen::open() else { return };
    screen.bare_bus();
    let office = Office::open();
    let account = office.account("alice");
    let Password::Known(password) = &account.password else { panic!("an exchange knows its users") };
    let (server, domain) = (&account.server, &account.domain);
    let provider = format!("kind = \"sip\"\nserver = {server:?}\ndomain = {domain:?}\nuser = \"alice\"\n");
    let tables = format!("version = 1\n[[accounts]]\nid = \"office\"\n[accounts.provider]\n{provider}");
    fs::write(screen.data().join("settings.toml"), tables).expect("the settings are written");
    let ready = "document.querySelector('.chip').innerText.includes('ready')";
    let quiet = "!document.querySelector('.account-trouble')";
    {
        let Some(page) = Driver::start(&screen, &[]) else { return };
        says(&page, "the password is missing", "Open accounts");
        enter(&page, "wrong");
        says(&page, "The server refused the user name or password", "Open accounts");
        enter(&page, password.expose());
        page.wait_until("registration", ready);
        page.wait_until("nothing is wrong", quiet);
        page.click("//button[contains(@class, 'edit')]");
        page.wait_until("the form", "document.activeElement?.tagName === 'H3'");
        page.type_into("//input[@type='password']", "wrong again");
        page.click("//button[@type='submit']");
        says(&page, "The server refused the user name or password", "Open accounts");
        let told = "[...document.querySelectorAll('.toast.own')].map((it) => it.innerText)";
        page.wait_until("one word of it", &format!("{told}.length === 1"));
        page.wait_until("how long", &format!("{told}[0].includes('The password is kept only until the phone is closed')"));
    }
    let Some(page) = Driver::start(&screen, &[]) else { return };
    says(&page, "the password is missing", "Open accounts");
    enter(&page, password.expose());
    page.wait_until("registration", ready);
}

#[test]
fn a_headset_that_is_pulled_out_of_a_call_is_told_with_what_is_used_instead_and_used_again() {
    let Some(mut screen) = Screen::open() else { return };
    let Some(_sound) = screen.sound_server() else { return };
    let pactl = |arguments: &[&str]| {
        let output = screen.command("pactl").args(arguments).output().expect("pactl runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    let plug = || pactl(&["load-module", "module-null-sink", "sink_name=head", "sink_properties=device.description=Headset"]);
    let headset = plug();
    screen.settings("[devices]\nspeakers = [\"pulseaudio:head\"]\n");
    let Some(page) = Driver::start(&screen, &[]) else { return };
    page.click("//nav//button[contains(., 'Settings')]");
    page.click("//nav//button[contains(., 'Devices')]");
    let shows = |what: &str| page.wait_until(what, &format!("document.querySelector('.settings').innerText.includes({what:?})"));
    let told = |what: &str, is: &str| {
        page.wait_until(what, &format!("{is}document.querySelector('.toasts').innerText.includes({what:?})"))
    };
    shows("In use: \u{2068}Headset");
    screen.dial("600");
    screen.wait_for("conversation", |snapshot| snapshot.calls.iter().any(|call| call.answered_ms.is_some()));
    pactl(&["unload-module", &headset]);
    told("it is gone; ", "");
    told("Null Output\u{2069} is used instead", "");
    shows("Headset\nnot plugged in");
    plug();
    shows("In use: \u{2068}Headset");
    told("it is gone", "!");
    let snapshot = screen.status().expect("the phone runs");
    assert!(snapshot.calls.iter().any(|call| matches!(call.state, model::CallState::Established { .. })));
}
