//! Calls that arrive.

use calls::io::MediaRequest;
use model::{CallState, Cause, DeclineCode, EndedBy, Event, Hold};
use sip::Method;
use tests::{FarCall, Scenario, ms, seconds, tone, tone_dbfs};

fn arrived(t: &Scenario) -> usize {
    t.alice().told(|event| matches!(event, Event::Incoming { .. }))
}

#[test]
fn an_answered_call_is_heard_at_both_ends() {
    let t = Scenario::new().with_far();
    let mut talk = t.far_calls();
    assert_eq!(t.alice().sound.rings(), [], "the ringer is silent");
    talk.media.say(&tone(700.0, -12.0, seconds(3)));
    t.alice().speak(&tone(440.0, -12.0, seconds(3)));
    t.run_for(seconds(1));
    t.alice().take_heard();
    talk.media.take_heard();
    t.run_for(seconds(1));
    assert!((tone_dbfs(&t.alice().take_heard(), 700.0) + 12.0).abs() < 1.0);
    assert!((tone_dbfs(&talk.media.take_heard(), 440.0) + 12.0).abs() < 1.0);
    talk.far.bye();
    assert_eq!(t.cause("alice", talk.call), Cause::HungUp { by: EndedBy::Remote });
    insta::assert_snapshot!(t.ladder());
}

#[test]
fn the_practice_exchange_calls_back_once() {
    let t = Scenario::new().with_phones(["alice"]);
    t.dial("alice", "602");
    t.run_for(seconds(10));
    assert_eq!(arrived(&t), 1);
    let call = t.alice().ringing().and_then(|call| t.alice().view(call)).expect("it rings");
    // The number that can be called back, and not the exchange's own.
    assert_eq!((call.remote.name.expose(), call.remote.number.expose()), ("Practice exchange", "602"));
}

#[test]
fn users_of_the_practice_exchange_see_who_calls_them() {
    let t = Scenario::new().with_phones(["alice", "bob"]);
    let talk = t.ring("alice", "bob");
    let remote = t.bob().view(talk.called).expect("it rings").remote;
    assert_eq!((remote.name.expose(), remote.number.expose()), ("alice", "alice"));
}

#[test]
fn a_call_that_was_sent_on_says_by_whom() {
    let t = Scenario::new().with_far();
    let offer = t.far_offer(&t.far_media());
    FarCall::to_phone(t.far(), &offer, "Diversion: \"Reception\" <sip:100@far.invalid>;reason=no-answer\r\n");
    t.run_for(ms(100));
    let by = t.alice().snapshot().calls[0].diverted_by.clone().expect("somebody sent it on");
    assert_eq!((by.name.expose(), by.number.expose()), ("Reception", "100"));
    assert_eq!(t.alice().told(|event| matches!(event, Event::Incoming { diverted_by: Some(told), .. } if *told == by)), 1);
}

#[test]
fn a_caller_hears_that_it_rings_within_5_ms_and_it_rings_within_100() {
    let t = Scenario::new().with_far();
    let media = t.far_media();
    let offer = t.far_offer(&media);
    let sent = t.now();
    let mut far = FarCall::to_phone(t.far(), &offer, "");
    t.run_until("it rings", ms(100), |t| !t.alice().sound.rings().is_empty());
    let rungs = t.messages().rungs();
    let told = rungs.iter().find(|rung| rung.what == "180 INVITE").expect("the caller was told");
    assert!(told.at.since(sent) <= ms(5), "{:?}", told.at.since(sent));
    let call = t.alice().ringing().expect("it rings");
    t.alice().decline(call);
    let response = t.response(&Method::Invite);
    assert_eq!(response.code, 180);
    let response = t.response(&Method::Invite);
    assert_eq!(response.code, 486);
    far.ack(&response, "");
    assert_eq!(t.cause("alice", call), Cause::Declined);
    assert_eq!(t.alice().sound.rings(), []);
}

#[test]
fn a_caller_is_told_what_the_user_declines_with() {
    let t = Scenario::new().with_far();
    for (code, words) in [
        (486, "Busy Here"),
        (480, "Temporarily Unavailable"),
        (404, "Not Found"),
        (603, "Decline"),
        (400, "Bad Request"),
        (699, "Refused Everywhere"),
    ] {
        let (call, mut far, _media) = t.far_rings();
        t.alice().send(model::Command::Decline { call, code: DeclineCode::try_from(code).expect("declines") });
        let response = t.response(&Method::Invite);
        assert_eq!((response.code, response.reason.as_str()), (code, words));
        far.ack(&response, "");
        assert_eq!(t.cause("alice", call), Cause::Declined, "whatever it is declined with");
    }
}

#[test]
fn what_a_caller_sends_along_is_told_and_shown_as_it_is_and_nothing_else_is() {
    let t = Scenario::new().with_far();
    let offer = t.far_offer(&t.far_media());
    let flood = "X-Flood: y\r\n".repeat(200);
    let lines = format!("X-Queue: sales\r\nSubject: secret\r\nx-queue: <b>$(reboot)\u{202e}\r\n{flood}");
    let mut far = FarCall::to_phone(t.far(), &offer, &lines);
    assert_eq!(t.response(&Method::Invite).code, 180);
    let call = t.alice().ringing().expect("it rings");
    let headers = t.alice().view(call).expect("it rings").headers;
    let first: Vec<_> = headers.iter().take(2).collect();
    assert_eq!(first, [("X-Queue", "sales"), ("x-queue", "<b>$(reboot)\u{202e}")]);
    assert!(headers.iter().all(|(name, _)| name != "Subject"));
    assert_eq!(headers.iter().count(), 32, "a flood is bounded");
    let told = |event: &Event| matches!(event, Event::Incoming { headers: told, .. } if *told == headers);
    assert_eq!(t.alice().told(told), 1);
    t.alice().decline(call);
    let response = t.response(&Method::Invite);
    far.ack(&response, "");
}

#[test]
fn a_call_its_caller_gives_up_was_missed() {
    let t = Scenario::new().with_far();
    for (reason, cause) in [("", Cause::Missed), ("SIP;cause=200;text=\"Call completed elsewhere\"", Cause::AnsweredElsewhere)] {
        let (call, mut far, _media) = t.far_rings();
        t.run_for(seconds(3));
        assert_eq!(t.alice().sound.rings().len(), 1);
        far.cancel(reason);
        assert_eq!(t.response(&Method::Cancel).code, 200);
        let response = t.response(&Method::Invite);
        assert_eq!(response.code, 487);
        far.ack(&response, "");
        assert_eq!(t.cause("alice", call), cause);
        assert_eq!(t.alice().sound.rings(), []);
    }
}

#[test]
fn a_call_nobody_takes_rings_for_its_time_and_is_missed() {
    let t = Scenario::new().with_settings(|settings| settings.calls.ring_for_s = 30).with_far();
    let (call, mut far, _media) = t.far_rings();
    t.run_for(seconds(29));
    assert_eq!(t.alice().state(call), Some(CallState::Incoming));
    assert_eq!(t.cause("alice", call), Cause::Missed);
    let response = t.response(&Method::Invite);
    assert_eq!(response.code, 480);
    far.ack(&response, "");
}

#[test]
fn a_call_that_rings_for_minutes_is_heard_when_it_is_answered() {
    let t = Scenario::new().with_far();
    let rings = t.far_rings();
    t.run_for(seconds(110));
    assert_eq!(t.alice().state(rings.0), Some(CallState::Incoming));
    let talk = t.far_answered(rings);
    assert_eq!(t.talks(&talk), (true, true));
}

#[test]
fn a_silenced_call_goes_on_without_a_sound() {
    let t = Scenario::new().with_far();
    let (call, far, _media) = t.far_rings();
    t.run_for(ms(100));
    t.alice().send(model::Command::Silence { call });
    t.run_for(ms(100));
    assert_eq!((t.alice().sound.rings().len(), t.alice().state(call)), (0, Some(CallState::Incoming)));
    far.cancel("");
    t.cause("alice", call);
}

#[test]
fn what_cannot_be_answered_is_refused_before_anybody_hears_it() {
    let t = Scenario::new().with_far();
    let media = t.far_media();
    let offer = t.far_offer(&media);
    let without = |line: &str| offer.lines().filter(|it| !it.starts_with(line)).map(|it| format!("{it}\r\n")).collect::<String>();
    let plain = without("a=fingerprint").replace("UDP/TLS/RTP/SAVPF", "RTP/AVP");
    let video = offer.replace("m=audio", "m=video");
    let unknown_codec = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 99\r\nc=IN IP4 192.0.2.9\r\n\
        a=rtpmap:99 SPEEX/8000\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\na=setup:actpass\r\na=rtcp-mux\r\n";
    let table = [
        ("no fingerprint", without("a=fingerprint"), "", 488),
        ("plain RTP", plain, "", 488),
        ("video only", video, "", 488),
        ("no known codec", unknown_codec.to_owned(), "", 488),
        ("no description", "v=0 and so on".to_owned(), "", 400),
        ("an unknown extension", offer.clone(), "Require: 100foo\r\n", 420),
    ];
    for (what, offer, headers, code) in table {
        let mut far = FarCall::to_phone(t.far(), &offer, headers);
        let response = t.response(&Method::Invite);
        assert_eq!(response.code, code, "{what}");
        far.ack(&response, "");
        t.run_for(seconds(1));
        assert_eq!((arrived(&t), t.alice().sound.rings().len(), t.alice().live_calls()), (0, 0, 0), "{what}");
    }
}

#[test]
fn an_invite_without_an_offer_gets_ours() {
    let t = Scenario::new().with_far();
    let mut far = FarCall::to_phone(t.far(), "", "");
    assert_eq!(t.response(&Method::Invite).code, 180);
    let call = t.alice().ringing().expect("it rings");
    t.alice().answer(call);
    let response = t.response(&Method::Invite);
    assert_eq!(response.code, 200);
    let media = t.far_media();
    let answer = t.far_answer(&media, &response.session_description().expect("our offer"));
    far.ack(&response, &answer);
    t.run_until("the call is established", seconds(2), |t| t.alice().is_established(call));
    t.alice().speak(&tone(440.0, -12.0, seconds(2)));
    t.run_for(seconds(1));
    assert!(tone_dbfs(&media.take_heard()[24_000..], 440.0) > -16.0);
}

#[test]
fn an_answer_that_is_never_acknowledged_is_repeated_and_then_ended() {
    let t = Scenario::new().with_far();
    let (call, far, media) = t.far_rings();
    t.alice().answer(call);
    let response = t.response(&Method::Invite);
    media.ask(MediaRequest::Apply { answer: response.session_description().expect("an answer").into() });
    t.run_for(seconds(20));
    assert!(t.far().take_response(&Method::Invite).is_some(), "repeated");
    t.run_until("it gives up (RFC 3261 13.3.1.4)", seconds(15), |t| t.alice().cause(call).is_some());
    let bye = t.request(&Method::Bye);
    far.respond(&bye, 200, "OK", "");
}

#[test]
fn every_call_is_answered_at_once_where_that_is_wanted() {
    let t = Scenario::new().with_settings(|settings| settings.calls.auto_answer = true).with_far();
    let media = t.far_media();
    let offer = t.far_offer(&media);
    let mut far = FarCall::to_phone(t.far(), &offer, "");
    let response = t.taken("it is answered", || t.far().take_response(&Method::Invite).filter(|response| response.code == 200));
    media.ask(MediaRequest::Apply { answer: response.session_description().expect("an answer").into() });
    far.ack(&response, "");
    let call = t.alice().newest_call().expect("it arrived");
    t.run_until("the call is established", seconds(1), |t| t.alice().is_established(call));
    assert_eq!(t.alice().sound.rings(), []);
}

#[test]
fn a_call_over_the_limit_hears_busy_and_rings_nowhere() {
    let t = Scenario::new().with_settings(|settings| settings.calls.limit = 1).with_far();
    let talk = t.far_calls();
    let media = t.far_media();
    let offer = t.far_offer(&media);
    let mut second = FarCall::to_phone(t.far(), &offer, "");
    let response = t.response(&Method::Invite);
    assert_eq!(response.code, 486);
    second.ack(&response, "");
    t.run_for(seconds(1));
    assert_eq!((arrived(&t), t.alice().is_established(talk.call)), (1, true));
}

#[test]
fn a_held_offer_is_answered_as_held() {
    let t = Scenario::new().with_far();
    let media = t.far_media();
    let offer = t.far_offer(&media).replace("a=sendrecv", "a=sendonly");
    let mut far = FarCall::to_phone(t.far(), &offer, "");
    assert_eq!(t.response(&Method::Invite).code, 180);
    let call = t.alice().ringing().expect("it rings");
    t.alice().answer(call);
    let response = t.response(&Method::Invite);
    let answer = response.session_description().expect("an answer");
    assert!(answer.contains("a=recvonly"), "{answer}");
    media.ask(MediaRequest::Apply { answer: answer.replace("a=recvonly", "a=sendrecv").into() });
    far.ack(&response, "");
    t.run_until("the call is established", seconds(2), |t| t.alice().is_established(call));
    let hold = Hold { local: false, remote: true };
    assert_eq!(t.alice().state(call), Some(CallState::Established { hold }));
}
