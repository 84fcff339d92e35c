//! What cannot work ends at once, in its own words and with its own exit code.

use super::{
    lab::{self, Lab, Part},
    phone::{Over, SOON, Seat, practice},
};

/// Nothing is served here.
const NOBODY: &str = "wss://localhost:9/ws";

/// Asserts the exit code and that the sentence has these words.
fn fails(seat: Seat, exit: i32, words: &[&str]) {
    let (over, _phone) = seat.run(SOON);
    says(&over, exit, words);
}

fn says(over: &Over, exit: i32, words: &[&str]) {
    let sentence = over.sentence();
    assert_eq!(over.exit, Some(exit), "{sentence}");
    for word in words {
        assert!(sentence.contains(word), "{sentence:?} does not say {word:?}");
    }
}

fn at_asterisk(lab: &Lab) -> Seat {
    lab.at_asterisk("1001", &["call", "600"])
}

fn nowhere(server: &str) -> Seat {
    practice(&["call", "600", "--server", server, "--user", "1001", "--password-env", "PATH"])
}

#[test]
fn a_wrong_password_is_told() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    fails(at_asterisk(lab).humming().password("wrong"), 4, &["user name or password"]);
}

#[test]
fn a_server_name_that_does_not_exist_is_told() {
    fails(nowhere("wss://no-such-host.invalid/ws").humming(), 3, &["no-such-host.invalid", "could not be found"]);
}

#[test]
fn a_server_that_is_down_is_told() {
    fails(nowhere(NOBODY).humming(), 3, &["could not be reached"]);
}

#[test]
fn a_machine_without_a_microphone_is_told() {
    let mut seat = practice(&["call", "600", "--mic"]);
    for (variable, value) in [("PULSE_SERVER", "unix:none"), ("ALSA_CONFIG_PATH", "none")] {
        seat = seat.with_variable(variable, value);
    }
    fails(seat, 6, &["microphone"]);
}

#[test]
fn a_recording_that_cannot_be_written_is_told() {
    fails(practice(&["call", "600", "--melody", "--record", "no-such-folder/heard.wav"]), 6, &["no-such-folder/heard.wav"]);
}

#[test]
fn a_file_of_authorities_that_cannot_be_used_is_told() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let server = format!("wss://localhost:{}/ws", lab.port(89));
    let seat = lab.anywhere(&["call", "600", "--server", &server, "--user", "1001", "--password-env", "PATH"]);
    fails(seat.humming().with(&["--ca", "no-such-authorities.pem"]), 2, &["no-such-authorities.pem"]);
}

#[test]
fn a_variable_without_a_password_is_told() {
    fails(
        practice(&["call", "600", "--server", NOBODY, "--user", "1001", "--password-env", "NO_SUCH_VARIABLE"]).humming(),
        2,
        &["NO_SUCH_VARIABLE"],
    );
}

#[test]
fn each_bad_certificate_is_refused_in_its_own_words() {
    let Some(lab) = lab::with(&[Part::Asterisk, Part::BadTls]) else { return };
    let words = [(401, "expired"), (402, "name"), (403, "self-signed"), (404, "authority this computer does not know")];
    let mut sentences: Vec<String> = Vec::new();
    for (offset, word) in words {
        let server = format!("wss://localhost:{}/ws", lab.port(offset));
        let (over, _phone) = lab.at("1001", &server, &["call", "600"]).humming().run(SOON);
        says(&over, 3, &["secure connection", word]);
        assert!(!sentences.iter().any(|sentence| sentence == over.sentence()), "{} was said before", over.sentence());
        sentences.push(over.sentence().to_owned());
    }
}
