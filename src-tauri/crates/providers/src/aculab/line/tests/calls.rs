//! Calls both ways, and what the line makes ready for them.

use calls::io::{LineEnd, LineEvent, LineRequest};
use model::{AccountState, CalleeFault, Cause, EndedBy, LineCall, LineFault, OfflineCause};
use sip::Method;

use super::bench::*;

fn ends(bench: &Bench) -> Vec<LineEnd> {
    let ends = bench.events.iter().filter_map(|event| match event {
        LineEvent::Ended { how, .. } => Some(how.clone()),
        _ => None,
    });
    ends.collect()
}

/// A call to a service that is answered so: the cloud's name for the cause, and the code told beside it.
fn refused(code: u16) -> (&'static str, Option<u16>) {
    let mut bench = Bench::registered(600);
    bench.dial("service:x");
    bench.answer(Method::Invite, code, &[("Contact", "<sip:elsewhere@example.com>")], "");
    let [LineEnd::Caused { cause }] = &ends(&bench)[..] else { panic!("{:?}", bench.events) };
    (cause.service_name(), cause.code())
}

#[test]
fn every_refusal_of_a_service_has_its_cause_with_the_code_beside() {
    for (code, name) in [
        (486, "BUSY"),
        (600, "BUSY"),
        (603, "BUSY"),
        (410, "UNOBTAINABLE"),
        (480, "UNOBTAINABLE"),
        (604, "UNOBTAINABLE"),
        (404, "UNOBTAINABLE"),
        (302, "MOVED"),
        (606, "REJECTED"),
        (403, "FAILED"),
        (500, "FAILED"),
        (503, "FAILED"),
        (401, "FAILED"),
        (407, "FAILED"),
        (487, "NOANSWER"),
    ] {
        assert_eq!(refused(code), (name, Some(code)));
    }
}

#[test]
fn a_service_that_is_silent_is_given_up_after_half_a_minute_and_one_that_rings_is_not() {
    let mut bench = Bench::registered(600);
    bench.dial("service:silent");
    bench.run_s(33);
    let [LineEnd::Caused { cause }] = &ends(&bench)[..] else { panic!("{:?}", bench.events) };
    let told = (cause.service_name(), cause.code(), cause.to_string());
    assert_eq!(told, ("FAILED", Some(408), "no answer from the service".to_owned()));
    // What a server says is told as it says it.
    assert_eq!(refused(408), ("FAILED", Some(408)));
    let mut bench = Bench::registered(600);
    bench.dial("service:ring");
    bench.answer(Method::Invite, 180, &[], "");
    bench.run_s(500);
    assert!(ends(&bench).is_empty());
}

#[test]
fn a_bye_says_why() {
    for (reason, name) in [
        ("", "NORMAL"),
        ("Reason: SIP;cause=486;text=\"Busy Here\"\r\n", "BUSY"),
        ("Reason: SIP;cause=404\r\n", "UNOBTAINABLE"),
        ("Reason: SIP ;cause=302;text=\"x\"\r\n", "MOVED"),
        ("Reason: Q.850;cause=17\r\n", "NORMAL"),
        ("Reason: SIP;cause=200;text=\"OK\"\r\n", "NORMAL"),
    ] {
        let mut bench = Bench::registered(600);
        bench.answered_call("service:hangup-1");
        bench.in_call("BYE", reason);
        let name_told = match &ends(&bench)[..] {
            [LineEnd::Caused { cause }] => cause.service_name(),
            [LineEnd::Bye { .. }] => Cause::HungUp { by: EndedBy::Remote }.service_name(),
            other => panic!("{other:?}"),
        };
        assert_eq!(name_told, name, "{reason}");
    }
}

#[test]
fn an_answer_without_a_description_fails_and_is_hung_up_on() {
    let mut bench = Bench::registered(600);
    bench.dial("service:nosdp");
    bench.answer(Method::Invite, 200, &[("Contact", "<sip:svc@far.invalid>")], "");
    assert_eq!(bench.last(Method::Bye).headers.get("Reason"), Some("SIP;cause=400;text=\"Bad Request\""));
    let [LineEnd::Caused { cause }] = &ends(&bench)[..] else { panic!("{:?}", bench.events) };
    assert_eq!(cause.service_name(), "FAILED");
}

#[test]
fn a_service_that_is_answered_by_another_than_was_heard_is_hung_up_on() {
    let mut bench = Bench::registered(600);
    bench.dial("service:early");
    bench.answer(Method::Invite, 183, &[("Contact", "<sip:svc@far.invalid>")], SDP);
    bench.answer_as("other", Method::Invite, 200, &[("Contact", "<sip:other@far.invalid>")], SDP);
    assert_eq!(bench.requests(&Method::Ack).len(), 1);
    let bye = bench.last(Method::Bye);
    assert_eq!(bye.headers.get("Reason"), Some("SIP;cause=488;text=\"Not Acceptable Here\""));
    let [LineEnd::Caused { cause }, ..] = &ends(&bench)[..] else { panic!("{:?}", bench.events) };
    assert_eq!((cause.service_name(), cause.code()), ("FAILED", Some(488)));
    // The one that was heard may answer.
    let mut bench = Bench::registered(600);
    bench.dial("service:early");
    bench.answer(Method::Invite, 183, &[("Contact", "<sip:svc@far.invalid>")], SDP);
    bench.answer(Method::Invite, 200, &[("Contact", "<sip:svc@far.invalid>")], SDP);
    assert!(ends(&bench).is_empty() && bench.requests(&Method::Bye).is_empty());
}

#[test]
fn nothing_is_sent_to_numbers_and_strangers_and_with_headers_that_are_not_ours_to_set() {
    let mut bench = Bench::registered(600);
    bench.prepare("+442079460123");
    let told = ends(&bench);
    let [LineEnd::Caused { cause }] = &told[..] else { panic!("{told:?}") };
    assert!(cause.to_string().starts_with("it cannot be called: only services and clients"), "the account is well: {cause}");
    bench.invite("service:echo", &[("Alert-Info", "x")]);
    let not_ours = LineEnd::Caused { cause: Cause::NotCallable { fault: CalleeFault::HeaderNotOurs } };
    assert_eq!(ends(&bench).last(), Some(&not_ours));
    assert!(bench.requests(&Method::Invite).is_empty());
}

#[test]
fn a_caller_calls_as_whom_he_chooses_for_one_call_and_names_that_can_be_none_go_nowhere() {
    let mut bench = Bench::new(&account(CALLER));
    bench.prepare_as("service:e%20o!", Some("sip:carol+1!%20(x);y"));
    bench.open();
    bench.list(200, "[]");
    assert!(bench.is_prepared());
    bench.invite("service:e%20o!", &[]);
    assert_eq!(bench.last(Method::Invite).uri.to_string(), "sip:e%20o!@sip-1-2-0.aculab.com;transport=tcp");
    let from = |bench: &Bench| bench.last(Method::Invite).headers.get("From").expect("has one").to_owned();
    let chosen = "<sip:carol+1!%20(x);y@acc2.webrtc-1-2-0.aculabcloud.net>;tag=";
    assert!(from(&bench).starts_with(chosen), "with its escapes, and no more of them: {}", from(&bench));
    bench.answer(Method::Invite, 486, &[], "");
    bench.prepare("service:echo");
    bench.open();
    bench.list(200, "[]");
    bench.invite("service:echo", &[]);
    assert!(from(&bench).starts_with("<sip:bob@acc2."), "the next one is from the account's own: {}", from(&bench));

    for (interface, id, words) in [
        (CALLER, "b b", "the caller id must not have the character ' '"),
        (CALLER, "", "the caller id is missing"),
        (CLIENT, "carol", "this account calls by its client id only"),
    ] {
        let mut bench = Bench::new(&account(interface));
        bench.prepare_as("service:echo", Some(id));
        let [LineEnd::Caused { cause }] = &ends(&bench)[..] else { panic!("{:?}", bench.events) };
        assert_eq!(cause.to_string(), format!("it cannot be called: {words}"));
        bench.run_s(60);
        assert!(bench.sent.is_empty());
    }
}

#[test]
fn a_call_goes_on_without_a_list_that_fails_is_garbage_or_never_comes() {
    type Answer = fn(&mut Bench);
    let answers: [(Answer, bool); 5] = [
        (|bench| bench.list(200, "[]"), true),
        (|bench| bench.list(200, r#"[{"urls":"stun:s.example.com"}]"#), true),
        (|bench| bench.list(503, ""), true),
        (|bench| bench.list(200, "<garbage>"), true),
        (|_| {}, false),
    ];
    for (answer, at_once) in answers {
        let mut bench = Bench::registering();
        bench.grant(600);
        bench.prepare("service:echo");
        assert!(!bench.is_prepared());
        answer(&mut bench);
        assert_eq!(bench.is_prepared(), at_once);
        bench.run_s(5);
        assert!(bench.is_prepared(), "five seconds at most");
    }
    // Who has been asked for five seconds keeps no later call waiting.
    let mut bench = Bench::registering();
    bench.grant(600);
    bench.run_s(20);
    bench.prepare("service:echo");
    assert!(bench.is_prepared());
    let mut own = account(CLIENT);
    own.ice_servers = Some(Vec::new());
    let mut bench = Bench::new(&own);
    bench.open();
    bench.prepare("service:echo");
    assert!(bench.is_prepared(), "who has servers of his own waits for no others");
    assert!(bench.requests(&Method::Options).is_empty());
}

#[test]
fn the_list_is_told_with_its_credentials() {
    let mut bench = Bench::registering();
    bench.grant(600);
    bench.list(200, r#"[{"urls":["turn:t.example.com"],"username":"u","credential":"c"}]"#);
    let Some(LineEvent::IceServers(servers)) = bench.events.last() else { panic!("{:?}", bench.events) };
    assert_eq!((servers[0].url.to_string().as_str(), servers[0].credential.expose()), ("turn:t.example.com", "c"));
    bench.run_s(31);
    bench.list(503, "");
    assert_eq!(bench.events.last(), Some(&LineEvent::IceServers(Vec::new())));
    bench.run_s(59);
    assert_eq!(bench.requests(&Method::Options).len(), 2);
    bench.run_s(2);
    assert_eq!(bench.requests(&Method::Options).len(), 3);
}

#[test]
fn a_caller_is_connected_for_one_call_only() {
    let mut bench = Bench::new(&account(CALLER));
    bench.prepare("echo");
    assert_eq!(bench.net.len(), 1);
    bench.open();
    bench.list(200, "[]");
    bench.invite("echo", &[]);
    bench.answer(Method::Invite, 200, &[("Contact", "<sip:svc@far.invalid>")], SDP);
    bench.run_s(60);
    assert_eq!(bench.net.len(), 1);
    bench.request(LineRequest::HangUp { call: CALL });
    assert_eq!(bench.net.len(), 1, "the BYE is not answered yet");
    bench.answer(Method::Bye, 200, &[], "");
    bench.run_s(40);
    assert_eq!(bench.net.last().map(String::as_str), Some("close(1)"));
    assert_eq!(bench.states, [AccountState::Ready]);
    // Given up before it was offered: nothing stays open.
    bench.prepare("echo");
    bench.open();
    bench.request(LineRequest::HangUp { call: CALL });
    bench.list(200, "[]");
    bench.run_s(40);
    assert_eq!(bench.net.last().map(String::as_str), Some("close(2)"));
}

#[test]
fn a_call_that_cannot_be_connected_ends_at_once_in_words() {
    let mut bench = Bench::new(&account(CALLER));
    bench.prepare("echo");
    bench.lose();
    assert_eq!(
        ends(&bench),
        [LineEnd::Failed { fault: LineFault::Offline { cause: OfflineCause::ConnectionLost { detail: "cut".into() } } }]
    );
    assert_eq!(bench.states, [AccountState::Ready], "the next call may do better");
}

#[test]
fn calls_are_over_with_their_connection() {
    for answered in [false, true] {
        let mut bench = Bench::registered(600);
        bench.dial("service:echo");
        bench.answer(Method::Invite, 180, &[], "");
        if answered {
            bench.answer(Method::Invite, 200, &[("Contact", "<sip:svc@far.invalid>")], SDP);
        }
        bench.lose();
        assert_eq!(ends(&bench)[0], LineEnd::ConnectionLost);
        bench.run_s(2);
        bench.open();
        bench.grant(600);
        bench.list(200, "[]");
        assert_eq!(bench.states.last(), Some(&AccountState::Registered));
        bench.events.clear();
        bench.dial("service:echo");
    }
}

#[test]
fn calls_arrive_with_their_caller_and_its_headers_once_the_list_is_there() {
    let mut bench = Bench::registering();
    bench.grant(600);
    bench.incoming("\"Alice Example\" <sip:441908000000@sip-1-2-0.aculab.com>");
    assert!(!bench.rings());
    bench.list(200, "[]");
    let Some(LineEvent::Incoming(incoming)) = bench.events.last() else { panic!("{:?}", bench.events) };
    assert_eq!((incoming.remote.name.expose(), incoming.remote.number.expose()), ("Alice Example", "441908000000"));
    assert_eq!(incoming.x_headers.iter().collect::<Vec<_>>(), [("X-Order", "17")]);
    assert!(!incoming.headers.iter().any(|(name, _)| name == "X-Order"), "the journal keeps those names");
    assert!(bench.responses().is_empty(), "nobody has heard it ring");
    let call = LineCall::Received(0);
    bench.request(LineRequest::Ring { call });
    bench.request(LineRequest::Reject { call, code: 999, text: String::new() });
    assert_eq!(bench.responses(), [180, 486]);
}

#[test]
fn a_call_rings_within_a_second_whatever_comes_of_the_list() {
    let mut bench = Bench::registering();
    bench.grant(600);
    bench.incoming("<sip:441908@sip-1-2-0.aculab.com>");
    bench.run_for(std::time::Duration::from_millis(999));
    assert!(!bench.rings());
    bench.run_for(std::time::Duration::from_millis(1));
    assert!(bench.rings(), "nobody answers");
    for (code, body) in [(503, ""), (200, "<garbage>")] {
        let mut bench = Bench::registering();
        bench.grant(600);
        bench.list(code, body);
        bench.incoming("<sip:441908@sip-1-2-0.aculab.com>");
        assert!(bench.rings(), "{code}");
    }
}

#[test]
fn who_is_not_to_be_called_is_not_there() {
    let mut bench = Bench::new(&account(&CLIENT.replace('}', r#","max_concurrent":2}"#)));
    bench.open();
    bench.grant(600);
    bench.list(200, "[]");
    bench.answered_call("service:echo");
    bench.tell(crate::Input::AcceptCalls(false));
    bench.incoming("<sip:441908@sip-1-2-0.aculab.com>");
    assert_eq!(bench.responses(), [480]);
    assert!(!bench.rings() && ends(&bench).is_empty(), "nobody hears of it, and the call goes on");
}

#[test]
fn who_calls_is_told_by_from_and_not_by_what_the_network_asserts() {
    let mut bench = Bench::registered(600);
    let asserted = "P-Asserted-Identity: \"Mallory\" <tel:+441632960000>\r\nRemote-Party-ID: <sip:x@example.com>\r\n";
    bench.incoming_with("\"Alice\" <sip:441908000000@sip-1-2-0.aculab.com>", asserted);
    let Some(LineEvent::Incoming(incoming)) = bench.events.last() else { panic!("{:?}", bench.events) };
    assert_eq!((incoming.remote.name.expose(), incoming.remote.number.expose()), ("Alice", "441908000000"));
    assert_eq!(incoming.caller, Some(model::CallerKind::Service));
}

#[test]
fn a_client_that_calls_can_be_called_back_by_its_id() {
    let mut bench = Bench::registered(600);
    bench.incoming("<sip:alice@abc123key.webrtc-1-2-0.aculabcloud.net>");
    let Some(LineEvent::Incoming(incoming)) = bench.events.last() else { panic!("{:?}", bench.events) };
    assert_eq!(incoming.remote.number.expose(), "client:alice");
}

#[test]
fn services_are_offered_nothing_new_clients_are_and_nobody_is_transferred() {
    let mut bench = Bench::registered(600);
    bench.answered_call("service:echo");
    bench.request(LineRequest::Reoffer { call: CALL, offer: SDP.into() });
    assert!(matches!(bench.events.last(), Some(LineEvent::ReofferRefused { code: 488, .. })), "{:?}", bench.events.last());
    assert_eq!(bench.requests(&Method::Invite).len(), 1);
    bench.in_call("REFER", "Refer-To: <sip:mallory@example.com>\r\n");
    assert_eq!(bench.responses(), [603]);

    let mut bench = Bench::registered(600);
    bench.answered_call("client:bob");
    bench.request(LineRequest::Reoffer { call: CALL, offer: SDP.into() });
    let reinvite = bench.last(Method::Invite);
    assert!(reinvite.headers.get("Contact").is_some_and(|contact| contact.contains(";ob>")));
    assert!(!reinvite.headers.has("Authorization"));
    bench.answer(Method::Invite, 488, &[], "");
    assert!(matches!(bench.events.last(), Some(LineEvent::ReofferRefused { code: 488, .. })), "the call goes on");
    assert!(ends(&bench).is_empty());
}
