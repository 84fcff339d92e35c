//! Favourites whose keys show whether they are in a call (RFC 4235).

use model::{Command, Contact, ContactNumber, LampState, NoticeCode, NumberKind, Personal};
use sip::{Method, Request};
use tests::{Scenario, seconds};

const RINGING: &str = "<dialog id=\"1\" direction=\"recipient\"><state>early</state></dialog>";
const NAMED: &str = "<dialog id=\"1\" call-id=\"theirs\" local-tag=\"bob\" remote-tag=\"ann\" direction=\"recipient\"><state>early</state></dialog>";
const TALKING: &str = "<dialog id=\"1\"><state>confirmed</state></dialog>";

/// Makes somebody a favourite with a lamp.
fn watch(t: &Scenario, number: &str) {
    let numbers = vec![ContactNumber { kind: NumberKind::Work, number: number.into() }];
    let contact = Contact { name: number.into(), numbers, favourite: true, lamp: true, ..Contact::default() };
    t.ask(t.alice().phone.book().save_contact(contact)).expect("kept");
}

/// Waits until Alice asks for a lamp, and lets her.
fn asked(t: &Scenario) -> Request {
    let subscribe = t.request(&Method::Subscribe);
    assert_eq!(
        (subscribe.headers.get("Event"), subscribe.headers.get("Accept")),
        (Some("dialog"), Some("application/dialog-info+xml"))
    );
    t.far().answer(&subscribe, 200, "OK");
    subscribe
}

/// The server tells of somebody's dialogs.
fn tell(t: &Scenario, subscribe: &Request, number: u32, dialogs: &str) {
    tell_as(t, subscribe, (number, "full"), dialogs);
}

/// The server tells of somebody's dialogs, of all or of some.
fn tell_as(t: &Scenario, subscribe: &Request, (number, state): (u32, &str), dialogs: &str) {
    let header = |name: &str| subscribe.headers.get(name).expect("it has one").to_owned();
    let (from, to, call_id, contact) = (header("To"), header("From"), header("Call-ID"), t.far().contact());
    let body = format!(
        "<?xml version=\"1.0\"?><dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"{number}\" state=\"{state}\" \
         entity=\"sip:bob@far.invalid\">{dialogs}</dialog-info>"
    );
    t.far().say(format!(
        "NOTIFY {contact} SIP/2.0\r\nVia: SIP/2.0/WS far.example;branch=z9hG4bK-lamp-{call_id}-{number}\r\nMax-Forwards: 70\r\n\
         From: {from};tag=lamp\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {number} NOTIFY\r\nContact: <sip:lamp@far.example>\r\n\
         Event: dialog\r\nSubscription-State: active;expires=3600\r\nContent-Type: application/dialog-info+xml\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    assert_eq!(t.response(&Method::Notify).code, 200);
    t.run_for(seconds(1));
}

fn lamp(t: &Scenario) -> (LampState, bool) {
    let snapshot = t.alice().snapshot();
    let [lamp] = &snapshot.lamps[..] else { panic!("one lamp: {:?}", snapshot.lamps) };
    (lamp.state, lamp.pick_up)
}

#[test]
fn a_lamp_shows_whether_somebody_is_in_a_call() {
    let t = Scenario::new().with_far();
    watch(&t, "bob");
    let subscribe = asked(&t);
    assert!(subscribe.uri.to_string().starts_with("sip:bob@"), "{}", subscribe.uri);
    assert_eq!(lamp(&t), (LampState::Unknown, false), "until somebody tells");
    for (number, dialogs, state) in
        [(1, "", LampState::Free), (2, RINGING, LampState::Ringing), (3, TALKING, LampState::Busy), (4, "", LampState::Free)]
    {
        tell(&t, &subscribe, number, dialogs);
        assert_eq!(lamp(&t), (state, false), "{dialogs}");
    }
    tell(&t, &subscribe, 5, "<!DOCTYPE x>");
    assert_eq!(lamp(&t), (LampState::Free, false), "what cannot be read changes nothing");
    let everybody = t.ask(t.alice().phone.book().contacts(Default::default())).expect("the contacts");
    assert!(everybody.is_empty(), "none was asked for: {everybody:?}");
    t.finish();
}

#[test]
fn a_part_behind_one_that_is_missing_has_the_whole_asked_for_at_once() {
    let t = Scenario::new().with_far();
    watch(&t, "bob");
    let subscribe = asked(&t);
    tell(&t, &subscribe, 1, "");
    tell_as(&t, &subscribe, (3, "partial"), TALKING);
    assert_eq!(lamp(&t), (LampState::Free, false));
    let again = t.request(&Method::Subscribe);
    assert_eq!(again.headers.to().expect("readable").tag(), Some("lamp"), "within the subscription");
    t.far().answer(&again, 200, "OK");
    tell(&t, &subscribe, 4, TALKING);
    assert_eq!(lamp(&t), (LampState::Busy, false));
    t.finish();
}

#[test]
fn who_is_no_longer_watched_is_told_of_no_more() {
    let t = Scenario::new().with_far();
    watch(&t, "bob");
    let subscribe = asked(&t);
    tell(&t, &subscribe, 1, TALKING);
    t.far().answer(&subscribe, 200, "OK");
    let query = model::ContactQuery { limit: 10, ..Default::default() };
    let bob = t.ask(t.alice().phone.book().contacts(query)).expect("the contacts").remove(0);
    t.ask(t.alice().phone.book().save_contact(Contact { lamp: false, ..bob })).expect("kept");
    let over = t.request(&Method::Subscribe);
    assert_eq!(over.headers.get("Expires"), Some("0"));
    t.far().answer(&over, 200, "OK");
    t.run_for(seconds(1));
    assert!(t.alice().snapshot().lamps.is_empty());
}

#[test]
fn a_call_that_the_server_names_is_picked_up_in_its_place() {
    let t = Scenario::new().with_far();
    watch(&t, "bob");
    let subscribe = asked(&t);
    tell(&t, &subscribe, 1, NAMED);
    assert_eq!(lamp(&t), (LampState::Ringing, true));
    t.alice().send(Command::PickUp { number: "bob".into() });
    let invite = t.request(&Method::Invite);
    assert_eq!(invite.headers.get("Replaces"), Some("theirs;to-tag=bob;from-tag=ann;early-only"));
    assert_eq!(invite.headers.require(), ["replaces"]);
    assert!(invite.uri.to_string().starts_with("sip:bob@"), "{}", invite.uri);
}

#[test]
fn a_call_is_picked_up_by_the_code_of_the_account() {
    let coded = |settings: &mut model::Settings| {
        for account in &mut settings.accounts {
            if let model::Provider::Sip(sip) = &mut account.provider {
                sip.pickup_code = "*85".into();
            }
        }
    };
    let t = Scenario::new().with_settings(coded).with_far();
    watch(&t, "1002");
    let subscribe = asked(&t);
    tell(&t, &subscribe, 1, TALKING);
    t.alice().send(Command::PickUp { number: Personal::from("1002") });
    t.run_for(seconds(1));
    let refused = |code: NoticeCode| t.alice().snapshot().notices.iter().any(|notice| notice.code == code);
    assert!(refused(NoticeCode::DialFailed), "nothing rings there");
    tell(&t, &subscribe, 2, RINGING);
    assert_eq!(lamp(&t), (LampState::Ringing, true));
    t.alice().send(Command::PickUp { number: Personal::from("1002") });
    let invite = t.request(&Method::Invite);
    assert!(invite.uri.to_string().starts_with("sip:*851002@"), "{}", invite.uri);
    assert_eq!(invite.headers.get("Replaces"), None);
    let shown = t.alice().snapshot().calls[0].remote.number.clone();
    assert_eq!(shown.expose(), "1002", "the person is shown, not the code");
}

#[test]
fn a_server_that_tells_of_nobody_is_asked_once() {
    let t = Scenario::new().with_far();
    watch(&t, "bob");
    let subscribe = t.request(&Method::Subscribe);
    t.far().answer(&subscribe, 489, "Bad Event");
    t.run_for(seconds(4_000));
    assert!(t.far().take_request(&Method::Subscribe).is_none());
    assert_eq!(lamp(&t), (LampState::Unknown, false));
}
