use model::{Codec, Provider};
use toml::toml;

use super::*;

const VERSION_1: &str = include_str!("../../../fixtures/settings-v1.toml");

/// Reads like a program one version further, whose step renames a field and moves another.
fn read_as_version_2(text: &str) -> Result<Form, ReadError> {
    let step: Step = |table| {
        if let Some(filter) = table.remove("log_filter") {
            table.insert("log".into(), filter);
        }
    };
    read_with(text, &[step])
}

#[test]
fn every_field_of_version_1_is_read_and_written_back() {
    let form = read(VERSION_1).expect("the fixture is whole");
    assert_eq!(names(&form.unknown), [""; 0], "the fixture has no field that is not read");
    assert_eq!(form.settings.calls.codecs, [Codec::Pcma, Codec::Opus]);
    let Provider::Sip(sip) = &form.settings.accounts[1].provider else { panic!("the second account is at a SIP server") };
    assert_eq!(sip.ice_servers[1].username.expose(), "phone");

    let written: Table =
        toml::from_str(&write(&form.settings, &form.unknown, |_| {}).expect("it can be written")).expect("it is TOML");
    let original: Table = toml::from_str(VERSION_1).expect("it is TOML");
    assert_eq!(written, original);
}

#[test]
fn an_older_form_is_brought_up_step_by_step() {
    let form = read_as_version_2("version = 1\nlog_filter = 'debug'").expect("version 1 is known");
    assert_eq!((form.settings.version, form.settings.log.as_str()), (2, "debug"));
    assert!(form.unknown.is_empty());
}

#[test]
fn the_present_form_is_not_stepped_and_a_newer_one_is_refused() {
    let form = read_as_version_2("version = 2\nlog_filter = 'debug'").expect("version 2 is known");
    assert_eq!(names(&form.unknown), ["log_filter"]);
    let newer = read_as_version_2("version = 3").expect_err("version 3 is not known");
    assert!(matches!(newer, ReadError::Newer { found: 3, known: 2 }), "{newer}");
}

#[test]
fn a_file_without_a_version_follows_the_present_one() {
    assert_eq!(read("log = 'debug'").expect("a whole file").settings.log, "debug");
    for text in ["version = 0", "version = -1", "version = 'one'", "version = 99999999999"] {
        let error = read(text).expect_err(text);
        assert!(matches!(error, ReadError::Damaged { .. }), "{text}: {error}");
    }
}

#[test]
fn unknown_fields_find_their_place_again() {
    let text = "colour = 'blue'\n[calls]\nvideo = true\n\
                [[accounts]]\nid = 'a'\nnote = 'x'\nprovider.kind = 'practice'\n[[accounts]]\nid = 'b'\nprovider.kind = 'practice'";
    let Form { mut settings, unknown, .. } = read(text).expect("a whole file");
    assert_eq!(names(&unknown), ["colour", "calls.video", "accounts.a.note"]);

    settings.accounts.reverse();
    settings.log = "debug".into();
    let again = read(&write(&settings, &unknown, |_| {}).expect("it can be written")).expect("a whole file");
    assert_eq!(again.settings, settings);
    assert_eq!(again.unknown, unknown);

    settings.accounts.pop();
    let without_a = read(&write(&settings, &unknown, |_| {}).expect("it can be written")).expect("a whole file");
    assert_eq!(names(&without_a.unknown), ["colour", "calls.video"], "what belonged to a removed account goes with it");
}

#[test]
fn a_known_field_that_is_now_empty_does_not_come_back() {
    let Form { mut settings, unknown, .. } = read(VERSION_1).expect("the fixture is whole");
    let Provider::Sip(sip) = &mut settings.accounts[1].provider else { panic!("the second account is at a SIP server") };
    sip.domain.clear();
    let again = read(&write(&settings, &unknown, |_| {}).expect("it can be written")).expect("a whole file");
    assert_eq!(again.settings, settings);
}

#[test]
fn complaints_have_their_line_and_not_what_is_written_there() {
    let error = read("log = 'info'\n[calls]\nlimit = '+44 20 7946 0123'").expect_err("a text is no number").to_string();
    assert_eq!(error, "line 3: limit: invalid type: string, expected u32");
    let error = read("a = = b").expect_err("no TOML").to_string();
    assert!(error.starts_with("line 1: "), "{error}");
    let number = toml! { user = 442079460123_i64 };
    let error = read(&format!("[[accounts]]\nid = 'x'\n[accounts.provider]\nkind = 'sip'\nserver = 'wss://h'\n{number}"));
    let error = error.expect_err("a number is no text").to_string();
    assert!(!error.contains("4420"), "{error}");
}
