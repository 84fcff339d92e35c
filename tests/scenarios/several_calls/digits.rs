//! Digits, whichever way they go.

use std::time::Duration;

use audio::DtmfDetector;
use calls::io::MediaEvent;
use model::{Command, DtmfDigit, DtmfMode, Provider, Settings};
use sip::{Method, Request};
use tests::{FarTalk, Scenario, ms, seconds};

fn set_mode(settings: &mut Settings, mode: DtmfMode) {
    for account in &mut settings.accounts {
        if let Provider::Sip(sip) = &mut account.provider {
            sip.dtmf = mode;
        }
    }
}

fn digit(key: char) -> DtmfDigit {
    key.try_into().expect("a key")
}

/// Presses a key for so long.
fn hold_key(t: &Scenario, talk: &FarTalk, key: char, span: Duration) {
    t.alice().send(Command::PressKey { call: talk.call, digit: digit(key) });
    t.run_for(span);
    t.alice().send(Command::ReleaseKey { call: talk.call });
}

fn pressed(talk: &FarTalk) -> Option<(char, Duration)> {
    talk.media.take(|event| match event {
        MediaEvent::Dtmf { digit, duration } => Some((char::from(*digit), *duration)),
        _ => None,
    })
}

fn info(t: &Scenario, talk: &FarTalk, code: u16) -> (String, String) {
    let info: Request = t.request(&Method::Info);
    talk.far.respond(&info, code, "So", "");
    let kind = info.headers.get("Content-Type").unwrap_or_default().to_owned();
    (kind, String::from_utf8_lossy(&info.body).trim().to_owned())
}

#[test]
fn a_key_that_is_held_sounds_as_long_as_it_is_held() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    assert_eq!(t.alice().view(talk.call).and_then(|call| call.dtmf), Some(DtmfMode::Rfc4733));
    hold_key(&t, &talk, '5', ms(1_500));
    let (key, span) = t.taken("the key", || pressed(&talk));
    assert_eq!(key, '5');
    assert!((ms(1_400)..ms(1_600)).contains(&span), "{span:?}");
}

#[test]
fn a_key_whose_release_is_lost_is_let_go_after_10_s() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    t.alice().send(Command::PressKey { call: talk.call, digit: digit('#') });
    t.run_for(seconds(11));
    let (_, span) = t.taken("the key", || pressed(&talk));
    assert!((ms(9_800)..ms(10_200)).contains(&span), "{span:?}");
    t.alice().press(talk.call, "1");
    assert_eq!(t.taken("the next key", || pressed(&talk)).0, '1');
}

#[test]
fn digits_go_in_calls_that_came_in_as_well() {
    let t = Scenario::new().with_far();
    let talk = t.far_calls();
    t.alice().press(talk.call, "12#");
    for key in ['1', '2', '#'] {
        assert_eq!(t.taken("a key", || pressed(&talk)).0, key);
    }
}

#[test]
fn by_info_a_held_key_tells_its_real_length() {
    let t = Scenario::new().with_settings(|settings| set_mode(settings, DtmfMode::Info)).with_far();
    let talk = t.far_call();
    hold_key(&t, &talk, '7', ms(800));
    let (kind, body) = info(&t, &talk, 200);
    assert_eq!((kind.as_str(), body.as_str()), ("application/dtmf-relay", "Signal=7\r\nDuration=800"));
}

#[test]
fn what_the_far_end_does_not_understand_goes_the_next_way_down_to_tones() {
    let t = Scenario::new().with_settings(|settings| set_mode(settings, DtmfMode::Info)).with_far();
    let talk = t.far_call();
    let mode = |t: &Scenario| t.alice().view(talk.call).and_then(|call| call.dtmf);
    t.alice().press(talk.call, "4");
    assert_eq!(info(&t, &talk, 415).0, "application/dtmf-relay");
    let (kind, body) = info(&t, &talk, 200);
    assert_eq!((kind.as_str(), body.as_str()), ("application/dtmf", "4"));
    t.run_for(ms(300));
    assert_eq!(mode(&t), Some(DtmfMode::InfoDtmf));
    t.alice().press(talk.call, "9");
    info(&t, &talk, 501);
    assert_eq!(t.taken("the key, in the audio stream", || pressed(&talk)).0, '9');
    assert_eq!(mode(&t), Some(DtmfMode::Rfc4733));
}

#[test]
fn tones_in_the_audio_are_read_by_who_listens_for_them_also_when_the_microphone_is_off() {
    let t = Scenario::new().with_settings(|settings| set_mode(settings, DtmfMode::InBand)).with_far();
    let talk = t.far_call();
    assert_eq!(t.alice().view(talk.call).and_then(|call| call.dtmf), Some(DtmfMode::InBand));
    t.alice().send(Command::Mute { call: talk.call, muted: true });
    t.run_for(ms(500));
    talk.media.take_heard();
    t.alice().press(talk.call, "159*#0");
    t.run_for(seconds(2));
    hold_key(&t, &talk, 'D', ms(600));
    t.run_for(seconds(1));
    let heard = talk.media.take_heard();
    let mut detector = DtmfDetector::new();
    let keys: String = heard.as_chunks().0.iter().filter_map(|frame| detector.add(frame)).map(char::from).collect();
    assert_eq!(keys, "159*#0D");
}

#[test]
fn a_long_row_of_digits_arrives_whole_and_a_longer_one_is_refused() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    let row = "0123456789*#ABCD".repeat(4);
    t.alice().press(talk.call, &row[..40]);
    t.alice().press(talk.call, &row[40..]);
    t.run_for(seconds(15));
    let mut arrived = String::new();
    while let Some((key, _)) = pressed(&talk) {
        arrived.push(key);
    }
    assert_eq!(arrived, row);
    t.alice().press(talk.call, &"1".repeat(300));
    t.run_for(ms(10));
    let notices: Vec<String> = t.alice().snapshot().notices.iter().map(|notice| notice.trouble.to_string()).collect();
    assert_eq!(notices, ["that is too many digits at once"]);
}
