//! Calls that are dialled.

use model::{CallState, Cause, EndedBy, Event, Hold, IcePolicy, IceServer, NoticeCode, Provider, Secret, Settings};
use sip::Method;
use tests::{FarCall, IceServers, Registering, Scenario, ms, seconds, tone, tone_dbfs};

/// One of the two tones of the British ringback.
const RINGBACK_HZ: f64 = 400.0;

fn hears_ringback(t: &Scenario) -> bool {
    t.alice().take_heard();
    t.run_for(seconds(3));
    tone_dbfs(&t.alice().take_heard(), RINGBACK_HZ) > -45.0
}

#[test]
fn refusals_are_told_apart() {
    let t = Scenario::new().with_far();
    let text = |text: &str| text.to_owned();
    let table = [
        (302, Cause::Moved { code: 302 }),
        (403, Cause::Forbidden { code: 403, text: text("No") }),
        (404, Cause::NotFound { code: 404 }),
        (480, Cause::NoAnswer { code: 480 }),
        (486, Cause::Busy { code: 486 }),
        (488, Cause::NotAcceptable { code: 488, text: text("No"), fault: None }),
        (500, Cause::ServerFailed { code: 500, text: text("No") }),
        (600, Cause::Busy { code: 600 }),
        (603, Cause::Rejected { code: 603 }),
    ];
    for (code, cause) in table {
        let call = t.dial("alice", "carol");
        let invite = t.request(&Method::Invite);
        let far = FarCall::of(t.far(), &invite);
        far.reply(180, "Ringing", "");
        t.run_for(ms(500));
        far.reply(code, "No", "");
        t.request(&Method::Ack);
        assert_eq!(t.cause("alice", call), cause);
        t.run_for(seconds(6));
        assert_eq!(t.alice().view(call), None, "it is shown for a moment only");
    }
}

#[test]
fn a_call_nobody_ever_answers_to_ends_after_32_s() {
    let t = Scenario::new().with_far();
    let call = t.dial("alice", "carol");
    t.request(&Method::Invite);
    t.run_for(seconds(31));
    assert_eq!(t.alice().state(call), Some(CallState::Dialing));
    assert_eq!(t.cause("alice", call), Cause::NoAnswer { code: 408 });
}

#[test]
fn an_invite_that_is_challenged_goes_again_with_the_password() {
    let t = Scenario::new().with_unregistered_far();
    t.far().registering(Registering::Challenged(600));
    t.run_for(seconds(1));
    let call = t.dial("alice", "carol");
    let invite = t.request(&Method::Invite);
    let far = FarCall::of(t.far(), &invite);
    let challenge = "Proxy-Authenticate: Digest realm=\"far\", nonce=\"x\", qop=\"auth\", algorithm=SHA-256\r\n";
    far.respond_with(&invite, 407, "Proxy Authentication Required", challenge, "");
    t.request(&Method::Ack);
    let again = t.request(&Method::Invite);
    assert!(again.headers.has("Proxy-Authorization"));
    FarCall::of(t.far(), &again).reply(486, "Busy Here", "");
    t.request(&Method::Ack);
    assert_eq!(t.cause("alice", call), Cause::Busy { code: 486 });
}

#[test]
fn ringback_is_heard_while_it_rings_and_stops_for_early_media() {
    let t = Scenario::new().with_far();
    let call = t.dial("alice", "carol");
    let invite = t.request(&Method::Invite);
    let (far, media) = (FarCall::of(t.far(), &invite), t.far_media());
    assert!(!hears_ringback(&t), "nobody rings yet");
    far.reply(180, "Ringing", "");
    t.run_for(ms(20));
    assert_eq!(t.alice().state(call), Some(CallState::Ringing));
    assert!(hears_ringback(&t));
    let answer = t.far_answer(&media, &invite.session_description().expect("an offer"));
    media.say(&tone(620.0, -12.0, seconds(10)));
    far.reply(183, "Session Progress", &answer);
    t.run_until("early media is heard", seconds(1), |t| t.alice().state(call) == Some(CallState::EarlyMedia));
    t.run_for(ms(300));
    assert!(!hears_ringback(&t));
    t.run_for(seconds(1));
    assert!(tone_dbfs(&t.alice().take_heard(), 620.0) > -16.0, "their own tone is heard instead");
    far.reply(200, "OK", &answer);
    t.request(&Method::Ack);
    t.run_until("the call is established", ms(100), |t| t.alice().is_established(call));
}

#[test]
fn a_call_is_given_up_while_it_rings() {
    let t = Scenario::new().with_far();
    let call = t.dial("alice", "carol");
    let invite = t.request(&Method::Invite);
    let far = FarCall::of(t.far(), &invite);
    far.reply(180, "Ringing", "");
    t.run_for(seconds(5));
    t.alice().hang_up(call);
    let cancel = t.request(&Method::Cancel);
    t.far().answer(&cancel, 200, "OK");
    far.reply(487, "Request Terminated", "");
    t.request(&Method::Ack);
    assert_eq!(t.cause("alice", call), Cause::Cancelled);
    assert!(!hears_ringback(&t));
    insta::assert_snapshot!(t.ladder());
}

#[test]
fn a_call_given_up_before_anything_is_heard_is_cancelled_once_something_is() {
    let t = Scenario::new().with_far();
    let call = t.dial("alice", "carol");
    let invite = t.request(&Method::Invite);
    t.alice().hang_up(call);
    t.run_for(seconds(1));
    assert_eq!(t.cause("alice", call), Cause::Cancelled, "the user need not wait for the server");
    assert!(t.far().take_request(&Method::Cancel).is_none(), "RFC 3261 9.1: not before a provisional response");
    let far = FarCall::of(t.far(), &invite);
    far.reply(180, "Ringing", "");
    let cancel = t.request(&Method::Cancel);
    t.far().answer(&cancel, 200, "OK");
    far.reply(487, "Request Terminated", "");
    t.request(&Method::Ack);
}

#[test]
fn an_answer_that_crosses_with_giving_up_is_acknowledged_and_ended() {
    let t = Scenario::new().with_far();
    let call = t.dial("alice", "carol");
    let invite = t.request(&Method::Invite);
    let (far, media) = (FarCall::of(t.far(), &invite), t.far_media());
    let answer = t.far_answer(&media, &invite.session_description().expect("an offer"));
    far.reply(180, "Ringing", "");
    t.run_for(ms(50));
    t.alice().hang_up(call);
    let cancel = t.request(&Method::Cancel);
    far.reply(200, "OK", &answer);
    t.far().answer(&cancel, 200, "OK");
    t.request(&Method::Ack);
    let bye = t.request(&Method::Bye);
    far.respond(&bye, 200, "OK", "");
    assert_eq!(t.cause("alice", call), Cause::Cancelled);
    assert_eq!(t.alice().told(|event| matches!(event, Event::Answered { .. })), 0);
}

#[test]
fn a_call_given_up_at_once_never_leaves() {
    let t = Scenario::new().with_settings(with_dead_servers).with_far();
    t.air().ice_servers("alice", IceServers::Silent);
    let call = t.dial("alice", "carol");
    t.alice().hang_up(call);
    assert_eq!(t.cause("alice", call), Cause::Cancelled);
    t.run_for(seconds(2));
    assert!(t.far().take_request(&Method::Invite).is_none());
}

fn with_dead_servers(settings: &mut Settings) {
    for account in &mut settings.accounts {
        if let Provider::Sip(sip) = &mut account.provider {
            let server = |url: &str| IceServer {
                url: url.parse().expect("a server's address"),
                username: "u".into(),
                credential: Secret::new("p"),
            };
            sip.ice_servers = vec![server("stun:stun.invalid"), server("turn:turn.invalid")];
        }
    }
}

#[test]
fn silent_stun_and_turn_servers_cost_a_call_150_ms_at_most() {
    let t = Scenario::new().with_settings(with_dead_servers).with_far();
    t.air().ice_servers("alice", IceServers::Silent);
    let dialled = t.now();
    t.dial("alice", "carol");
    let invite = t.request(&Method::Invite);
    let sent = t.messages().rungs().into_iter().find(|rung| rung.what.starts_with("INVITE")).expect("it was sent").at;
    assert!(sent.since(dialled) <= ms(150), "{:?}", sent.since(dialled));
    FarCall::of(t.far(), &invite).reply(486, "Busy Here", "");
    t.request(&Method::Ack);
}

fn with_a_relay_alone(settings: &mut Settings) {
    with_dead_servers(settings);
    for account in &mut settings.accounts {
        if let Provider::Sip(sip) = &mut account.provider {
            sip.ice_policy = IcePolicy::RelayOnly;
        }
    }
}

#[test]
fn a_relay_alone_that_refuses_the_password_ends_the_call_at_once_and_is_named() {
    let t = Scenario::new().with_settings(with_a_relay_alone).with_far();
    t.air().ice_servers("alice", IceServers::Refusing);
    let call = t.dial("alice", "carol");
    t.run_until("it has ended", ms(300), |t| t.alice().cause(call).is_some());
    let words = t.cause("alice", call).to_string();
    assert!(words.contains("the TURN server 192.0.2.9:3478 refused the user name or password (401)"), "{words}");
    let notices = t.alice().snapshot().notices.clone();
    assert_eq!(notices.iter().filter(|notice| notice.code == NoticeCode::TurnRefused).count(), 1, "{notices:?}");
    assert!(t.far().take_request(&Method::Invite).is_none(), "nobody is rung up for a call that cannot be heard");
}

#[test]
fn a_relay_that_refuses_the_password_is_told_and_costs_nothing_where_there_are_other_ways() {
    let t = Scenario::new().with_settings(with_dead_servers).with_far();
    t.air().ice_servers("alice", IceServers::Refusing);
    t.dial("alice", "carol");
    let invite = t.request(&Method::Invite);
    let notices = t.alice().snapshot().notices.clone();
    assert_eq!(notices.iter().filter(|notice| notice.code == NoticeCode::TurnRefused).count(), 1, "{notices:?}");
    FarCall::of(t.far(), &invite).reply(486, "Busy Here", "");
    t.request(&Method::Ack);
}

#[test]
fn a_call_that_was_prepared_leaves_at_once() {
    let t = Scenario::new().with_settings(with_dead_servers).with_far();
    t.air().ice_servers("alice", IceServers::Silent);
    t.alice().send(model::Command::Prepare { account: None });
    t.run_for(seconds(3));
    let dialled = t.now();
    t.dial("alice", "carol");
    let invite = t.request(&Method::Invite);
    let sent = t.messages().rungs().into_iter().find(|rung| rung.what.starts_with("INVITE")).expect("it was sent").at;
    assert!(sent.since(dialled) <= ms(5), "{:?}", sent.since(dialled));
    FarCall::of(t.far(), &invite).reply(486, "Busy Here", "");
    t.request(&Method::Ack);
}

#[test]
fn of_two_phones_that_answer_the_first_is_talked_to_and_the_other_hung_up() {
    let t = Scenario::new().with_far();
    let call = t.dial("alice", "carol");
    let invite = t.request(&Method::Invite);
    let (one, media) = (FarCall::of(t.far(), &invite), t.far_media());
    let other = one.fork();
    one.reply(180, "Ringing", "");
    other.reply(180, "Ringing", "");
    let answer = t.far_answer(&media, &invite.session_description().expect("an offer"));
    one.reply(200, "OK", &answer);
    other.reply(200, "OK", &answer);
    t.request(&Method::Ack);
    t.request(&Method::Ack);
    let bye = t.request(&Method::Bye);
    other.respond(&bye, 200, "OK", "");
    t.run_until("the call is established", seconds(1), |t| t.alice().is_established(call));
    t.run_for(seconds(40));
    assert!(t.far().take_request(&Method::Bye).is_none(), "the winner is not hung up");
    let tag = |header: Option<&str>| header.and_then(|to| to.split_once("tag=")).map(|(_, tag)| tag.to_owned());
    let lost = tag(bye.headers.get("To"));
    t.alice().hang_up(call);
    let last = t.request(&Method::Bye);
    assert_ne!(tag(last.headers.get("To")), lost);
    one.respond(&last, 200, "OK", "");
}

#[test]
fn a_phone_that_answers_after_another_played_early_media_is_heard() {
    let t = Scenario::new().with_far();
    let call = t.dial("alice", "carol");
    let invite = t.request(&Method::Invite);
    let offer = invite.session_description().expect("an offer");
    let (playing, music) = (FarCall::of(t.far(), &invite), t.far_media());
    let early = t.far_answer(&music, &offer);
    music.say(&tone(620.0, -12.0, seconds(5)));
    playing.reply(183, "Session Progress", &early);
    t.run_until("early media is heard", seconds(1), |t| t.alice().state(call) == Some(CallState::EarlyMedia));
    let (talking, media) = (playing.fork(), t.far_media());
    let answer = t.far_answer(&media, &offer);
    talking.reply(200, "OK", &answer);
    t.request(&Method::Ack);
    // The first peer connection is bound to the one that played: a fresh one is offered inside the call.
    let reinvite = t.request(&Method::Invite);
    let fresh = t.far_media();
    let answer = t.far_answer(&fresh, &reinvite.session_description().expect("an offer"));
    talking.respond(&reinvite, 200, "OK", &answer);
    t.request(&Method::Ack);
    t.run_until("the call is established", seconds(2), |t| t.alice().is_established(call));
    fresh.say(&tone(700.0, -12.0, seconds(3)));
    t.run_for(seconds(1));
    t.alice().take_heard();
    t.run_for(seconds(1));
    let heard = t.alice().take_heard();
    assert!(tone_dbfs(&heard, 700.0) > -16.0, "{}", tone_dbfs(&heard, 700.0));
    assert!(tone_dbfs(&heard, 620.0) < -50.0, "the loser is silent");
}

#[test]
fn an_account_that_is_not_reachable_says_why() {
    let t = Scenario::new().with_unregistered_far();
    t.far().registering(Registering::Mistrusted);
    t.run_for(seconds(1));
    let call = t.dial("alice", "carol");
    let cause = t.cause("alice", call);
    assert!(matches!(&cause, Cause::AccountNotReady { fault } if fault.to_string().contains("password")), "{cause}");
}

#[test]
fn a_call_dialled_while_the_phone_starts_waits_for_the_account() {
    let t = Scenario::new().with_unregistered_far();
    t.alice().cable.weather(|weather| weather.delay = ms(500));
    t.alice().dial("carol");
    let invite = t.request(&Method::Invite);
    let call = t.alice().newest_call().expect("it was dialled");
    t.alice().cable.mend();
    FarCall::of(t.far(), &invite).reply(486, "Busy Here", "");
    assert_eq!(t.cause("alice", call), Cause::Busy { code: 486 });
    t.request(&Method::Ack);
}

#[test]
fn a_machine_without_a_socket_says_so() {
    let t = Scenario::new().with_far();
    t.air().sockets("alice", false);
    let call = t.dial("alice", "carol");
    let cause = t.cause("alice", call);
    assert!(matches!(&cause, Cause::MediaFailed { fault } if fault.to_string() == "no socket can be had"), "{cause}");
}

#[test]
fn the_far_end_hangs_up() {
    let t = Scenario::new().with_far();
    let mut talk = t.far_call();
    assert_eq!(t.alice().state(talk.call), Some(CallState::Established { hold: Hold::default() }));
    talk.far.bye();
    assert_eq!(t.response(&Method::Bye).code, 200);
    assert_eq!(t.cause("alice", talk.call), Cause::HungUp { by: EndedBy::Remote });
}
