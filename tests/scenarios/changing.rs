//! Calls that change while they last: hold, refreshes, digits, lost servers and paths.

use calls::io::{MediaEvent, MediaRequest};
use model::{AccountState, CallState, Cause, DtmfMode, EndedBy, Event, Hold, MediaDirection, Provider};
use sip::Method;
use tests::{FarTalk, Registering, Scenario, ms, rms_dbfs, seconds, tone, tone_dbfs};

fn hold(t: &Scenario, talk: &FarTalk) -> Hold {
    match t.alice().state(talk.call) {
        Some(CallState::Established { hold }) => hold,
        other => panic!("not established: {other:?}"),
    }
}

/// The far end answers Alice's changed offer.
fn agree(t: &Scenario, talk: &FarTalk) -> String {
    let reinvite = t.request(&Method::Invite);
    let offer = reinvite.session_description().expect("an offer");
    let answer = t.far_reanswer(&talk.media, &offer);
    talk.far.respond(&reinvite, 200, "OK", &answer);
    t.request(&Method::Ack);
    t.run_for(ms(10));
    offer
}

/// The far end offers a change, Alice agrees; her answer.
fn offer(t: &Scenario, talk: &mut FarTalk, direction: MediaDirection) -> String {
    let offer = t.far_reoffer(&talk.media, direction);
    talk.far.request(&Method::Invite, "", &offer);
    let response = t.response(&Method::Invite);
    assert_eq!(response.code, 200);
    let answer = response.session_description().expect("an answer");
    talk.media.ask(MediaRequest::Apply { answer: answer.as_str().into() });
    talk.far.ack(&response, "");
    t.run_for(ms(10));
    answer
}

#[test]
fn a_held_far_end_hears_nothing_of_us_until_it_is_taken_back() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    assert_eq!(t.talks(&talk), (true, true));
    t.alice().hold(talk.call);
    assert!(agree(&t, &talk).contains("a=sendonly"));
    assert_eq!(hold(&t, &talk), Hold { local: true, remote: false });
    assert_eq!(t.talks(&talk), (false, false));
    t.alice().resume(talk.call);
    assert!(agree(&t, &talk).contains("a=sendrecv"));
    assert_eq!(hold(&t, &talk), Hold::default());
    assert_eq!(t.talks(&talk), (true, true));
    insta::assert_snapshot!(t.ladder());
}

#[test]
fn a_far_end_that_holds_us_is_shown_and_hears_nothing() {
    let t = Scenario::new().with_far();
    let mut talk = t.far_calls();
    assert!(offer(&t, &mut talk, MediaDirection::SendOnly).contains("a=recvonly"));
    assert_eq!(hold(&t, &talk), Hold { local: false, remote: true });
    let (heard_music, was_heard) = t.talks(&talk);
    assert!(heard_music && !was_heard);
    assert!(offer(&t, &mut talk, MediaDirection::SendRecv).contains("a=sendrecv"));
    assert_eq!(hold(&t, &talk), Hold::default());
    assert_eq!(t.talks(&talk), (true, true));
}

#[test]
fn a_call_held_by_both_is_free_only_when_both_let_go() {
    let t = Scenario::new().with_far();
    let mut talk = t.far_call();
    t.alice().hold(talk.call);
    agree(&t, &talk);
    offer(&t, &mut talk, MediaDirection::SendOnly);
    assert_eq!(hold(&t, &talk), Hold { local: true, remote: true });
    offer(&t, &mut talk, MediaDirection::SendRecv);
    assert_eq!(hold(&t, &talk), Hold { local: true, remote: false });
    t.alice().resume(talk.call);
    agree(&t, &talk);
    assert_eq!(hold(&t, &talk), Hold::default());
    assert_eq!(t.talks(&talk), (true, true));
}

#[test]
fn a_hold_that_is_refused_leaves_the_call_as_it_was() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    t.alice().hold(talk.call);
    let reinvite = t.request(&Method::Invite);
    talk.far.respond(&reinvite, 488, "Not Acceptable Here", "");
    t.request(&Method::Ack);
    t.run_until("it is told", ms(100), |t| t.alice().told(|event| matches!(event, Event::Failed { .. })) == 1);
    assert_eq!(hold(&t, &talk), Hold::default());
    assert_eq!(t.talks(&talk), (true, true));
}

#[test]
fn a_hold_that_the_far_end_takes_back_is_as_if_it_had_never_been_asked_for() {
    let t = Scenario::new().with_far();
    let mut talk = t.far_call();
    for theirs in [t.far_reoffer(&talk.media, MediaDirection::SendOnly), String::new()] {
        talk.far.request(&Method::Invite, "", &theirs);
        talk.far.cancel("");
        talk.media.ask(MediaRequest::Rollback);
        assert_eq!(t.response(&Method::Cancel).code, 200);
        let refusal = t.response(&Method::Invite);
        assert_eq!(refusal.code, 487, "it was taken back before it was answered");
        talk.far.ack(&refusal, "");
        t.run_for(seconds(1));
        assert_eq!(hold(&t, &talk), Hold::default());
        assert_eq!(t.talks(&talk), (true, true));
    }
    // What follows is as it always is.
    t.alice().hold(talk.call);
    agree(&t, &talk);
    offer(&t, &mut talk, MediaDirection::SendRecv);
    assert_eq!(hold(&t, &talk), Hold { local: true, remote: false });
    t.finish();
}

#[test]
fn offers_that_cross_are_both_refused_and_ours_is_made_again() {
    for alice_called in [true, false] {
        let t = Scenario::new().with_far();
        let mut talk = if alice_called { t.far_call() } else { t.far_calls() };
        let theirs = t.far_reoffer(&talk.media, MediaDirection::SendRecv);
        t.alice().hold(talk.call);
        let ours = t.request(&Method::Invite);
        talk.far.request(&Method::Invite, "", &theirs);
        let refusal = t.response(&Method::Invite);
        assert_eq!(refusal.code, 491);
        talk.far.ack(&refusal, "");
        talk.media.ask(MediaRequest::Rollback);
        talk.far.respond(&ours, 491, "Request Pending", "");
        t.request(&Method::Ack);
        let refused = t.now();
        let again = t.request_within(&Method::Invite, seconds(5));
        let wait = t.now().since(refused);
        // RFC 3261 14.1: the owner of the Call-ID waits 2.1 to 4 s, the other 0 to 2 s.
        let allowed = if alice_called { ms(2_090)..ms(4_020) } else { ms(0)..ms(2_020) };
        assert!(allowed.contains(&wait), "{wait:?}");
        let answer = t.far_reanswer(&talk.media, &again.session_description().expect("an offer"));
        talk.far.respond(&again, 200, "OK", &answer);
        t.request(&Method::Ack);
        t.run_for(ms(10));
        assert_eq!(hold(&t, &talk), Hold { local: true, remote: false });
    }
}

#[test]
fn a_refresh_by_either_side_changes_nothing_that_is_heard() {
    let t = Scenario::new().with_far();
    let mut talk = t.far_call();
    offer(&t, &mut talk, MediaDirection::SendRecv);
    talk.far.request(&Method::Update, "Supported: timer\r\nSession-Expires: 1800;refresher=uac\r\n", "");
    assert_eq!(t.response(&Method::Update).code, 200);
    assert_eq!(hold(&t, &talk), Hold::default());
    assert_eq!(t.talks(&talk), (true, true));
}

#[test]
fn a_session_nobody_refreshes_ends_before_it_expires() {
    let t = Scenario::new().with_far();
    let call = t.dial("alice", "carol");
    let invite = t.request(&Method::Invite);
    let (far, media) = (tests::FarCall::of(t.far(), &invite), t.far_media());
    let answer = t.far_answer(&media, &invite.session_description().expect("an offer"));
    let timer = "Require: timer\r\nSession-Expires: 90;refresher=uas\r\n";
    far.respond_with(&invite, 200, "OK", timer, &answer);
    t.request(&Method::Ack);
    t.run_for(seconds(50));
    assert!(t.alice().is_established(call));
    let bye = t.request_within(&Method::Bye, seconds(41));
    far.respond(&bye, 200, "OK", "");
    assert_eq!(t.cause("alice", call).code(), Some(408));
}

#[test]
fn a_session_we_have_to_refresh_is_refreshed_at_half_its_time() {
    let t = Scenario::new().with_far();
    let call = t.dial("alice", "carol");
    let invite = t.request(&Method::Invite);
    let (far, media) = (tests::FarCall::of(t.far(), &invite), t.far_media());
    let answer = t.far_answer(&media, &invite.session_description().expect("an offer"));
    let timer = "Require: timer\r\nAllow: INVITE, ACK, BYE, CANCEL, UPDATE\r\nSession-Expires: 90;refresher=uac\r\n";
    far.respond_with(&invite, 200, "OK", timer, &answer);
    t.request(&Method::Ack);
    for _ in 0..3 {
        t.run_for(seconds(40));
        assert!(t.far().take_request(&Method::Update).is_none());
        let update = t.request_within(&Method::Update, seconds(10));
        far.respond_with(&update, 200, "OK", timer, "");
    }
    assert!(t.alice().is_established(call));
}

#[test]
fn digits_go_both_ways_in_the_audio_stream() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    t.alice().press(talk.call, "159#D");
    t.run_for(seconds(2));
    let mut digits = String::new();
    while let Some(digit) = talk.media.take(|event| match event {
        MediaEvent::Dtmf { digit, .. } => Some(digit.to_string()),
        _ => None,
    }) {
        digits += &digit;
    }
    assert_eq!(digits, "159#D");
    let digits = "0*7A".chars().map(|digit| digit.try_into().expect("a digit")).collect();
    talk.media.ask(MediaRequest::SendDtmf { digits, tone: ms(100), gap: ms(70) });
    t.run_for(seconds(2));
    assert_eq!(t.alice().digits(), "0*7A");
}

#[test]
fn digits_go_both_ways_by_info() {
    let by_info = |settings: &mut model::Settings| {
        for account in &mut settings.accounts {
            if let Provider::Sip(sip) = &mut account.provider {
                sip.dtmf = DtmfMode::Info;
            }
        }
    };
    let t = Scenario::new().with_settings(by_info).with_far();
    let mut talk = t.far_call();
    t.alice().press(talk.call, "4#");
    for digit in ["4", "#"] {
        let info = t.request(&Method::Info);
        let body = String::from_utf8_lossy(&info.body).into_owned();
        assert!(body.contains(&format!("Signal={digit}")) && body.contains("Duration="), "{body}");
        talk.far.respond(&info, 200, "OK", "");
    }
    talk.far.request_with_body(&Method::Info, "application/dtmf-relay", "Signal=7\r\nDuration=160\r\n");
    assert_eq!(t.response(&Method::Info).code, 200);
    talk.far.request_with_body(&Method::Info, "application/dtmf", "9");
    assert_eq!(t.response(&Method::Info).code, 200);
    assert_eq!(t.alice().digits(), "79");
}

#[test]
fn a_server_that_is_lost_in_a_call_costs_no_sound_and_the_call_can_still_be_ended() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    t.alice().cable.refuse();
    t.alice().cable.cut();
    t.run_for(ms(100));
    assert!(matches!(t.alice().account(), AccountState::Offline { .. }));
    assert_eq!(t.talks(&talk), (true, true));
    t.run_for(seconds(5));
    t.alice().cable.mend();
    t.run_until("it is registered again", seconds(5), |t| t.alice().is_registered());
    assert_eq!(t.talks(&talk), (true, true));
    t.alice().hang_up(talk.call);
    let bye = t.request(&Method::Bye);
    talk.far.respond(&bye, 200, "OK", "");
    assert_eq!(t.cause("alice", talk.call), Cause::HungUp { by: EndedBy::Local });
}

#[test]
fn a_call_ended_while_its_server_is_lost_is_over_at_once() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    t.alice().cable.refuse();
    t.alice().cable.cut();
    t.run_for(ms(100));
    t.alice().hang_up(talk.call);
    t.run_until("it is over", seconds(1), |t| t.alice().cause(talk.call).is_some());
    assert_eq!(t.alice().live_calls(), 0);
}

#[test]
fn the_far_end_can_hang_up_over_the_new_connection() {
    let t = Scenario::new().with_far();
    let mut talk = t.far_call();
    t.alice().cable.cut();
    t.run_for(ms(50));
    t.run_until("it is registered again", seconds(1), |t| t.alice().is_registered());
    talk.far.bye();
    assert_eq!(t.response(&Method::Bye).code, 200);
    assert_eq!(t.cause("alice", talk.call), Cause::HungUp { by: EndedBy::Remote });
}

#[test]
fn a_cable_that_is_out_for_20_s_keeps_the_call_and_its_sound_comes_back_within_300_ms() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    talk.media.say(&tone(700.0, -12.0, seconds(60)));
    t.run_for(seconds(2));
    t.air().cut("alice");
    t.alice().cable.weather(|weather| weather.frozen = true);
    t.run_for(seconds(20));
    t.alice().take_heard();
    t.air().restore("alice");
    t.alice().cable.mend();
    t.run_for(ms(300));
    t.alice().take_heard();
    t.run_for(ms(500));
    let heard = t.alice().take_heard();
    assert!(tone_dbfs(&heard, 700.0) > -16.0, "{}", tone_dbfs(&heard, 700.0));
    assert!(t.alice().is_established(talk.call) && t.alice().is_registered());
    assert_eq!(t.talks(&talk), (true, true));
}

#[test]
fn a_call_outlives_a_cable_that_is_out_for_60_s_with_path_and_server_lost() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    talk.media.say(&tone(700.0, -12.0, seconds(120)));
    t.run_for(seconds(2));
    t.air().cut("alice");
    t.alice().cable.weather(|weather| weather.frozen = true);
    t.alice().cable.refuse();
    t.alice().cable.cut();
    t.run_for(seconds(60));
    assert!(t.alice().is_established(talk.call), "nobody gave it up");
    t.air().restore("alice");
    t.alice().cable.mend();
    t.run_until("it is registered again", seconds(31), |t| t.alice().is_registered());
    t.run_for(seconds(2));
    t.alice().take_heard();
    t.run_for(ms(500));
    let heard = t.alice().take_heard();
    assert!(tone_dbfs(&heard, 700.0) > -16.0, "{}", tone_dbfs(&heard, 700.0));
    assert!(t.alice().is_established(talk.call));
}

#[test]
fn a_path_that_is_lost_for_good_is_looked_for_again_and_then_given_up() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    t.air().cut("alice");
    let reinvite = t.request_within(&Method::Invite, seconds(65));
    assert!(t.alice().is_established(talk.call), "it is not given up yet");
    let offer = reinvite.session_description().expect("an offer");
    let answer = t.far_reanswer(&talk.media, &offer);
    talk.far.respond(&reinvite, 200, "OK", &answer);
    t.request(&Method::Ack);
    let bye = t.request_within(&Method::Bye, seconds(100));
    talk.far.respond(&bye, 200, "OK", "");
    assert!(matches!(t.cause("alice", talk.call), Cause::MediaFailed { .. }));
}

#[test]
fn a_muted_microphone_is_heard_by_nobody() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    t.alice().send(model::Command::Mute { call: talk.call, muted: true });
    t.run_for(ms(50));
    assert_eq!(t.talks(&talk), (true, false));
    talk.media.take_heard();
    t.run_for(ms(500));
    assert!(rms_dbfs(&talk.media.take_heard()) < -80.0);
    t.alice().send(model::Command::Mute { call: talk.call, muted: false });
    t.run_for(ms(50));
    assert_eq!(t.talks(&talk), (true, true));
}

#[test]
fn a_far_end_that_forgets_the_call_ends_it() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    t.far().registering(Registering::Granted(600));
    t.alice().hold(talk.call);
    let reinvite = t.request(&Method::Invite);
    // RFC 3261 12.2.1.2: the dialog is gone.
    talk.far.respond(&reinvite, 481, "Call/Transaction Does Not Exist", "");
    t.request(&Method::Ack);
    assert_eq!(t.cause("alice", talk.call).code(), Some(481));
}
