use super::{
    super::{Command, Input},
    line::{Line, answer, config, millis, seconds},
};
use crate::{Method, Request, UserAgentConfig};

const CHALLENGE: (&str, &str) = ("WWW-Authenticate", r#"Digest realm="example.com", nonce="n1", algorithm=SHA-256, qop="auth""#);

fn contact_of(request: &Request) -> String {
    request.headers.get("Contact").expect("REGISTER names a contact").to_owned()
}

/// The line registered for `expires` seconds.
fn registered(expires: u32) -> (Line, Request) {
    let mut line = Line::new();
    line.command(Command::Register);
    let register = line.request(Method::Register);
    let contact = contact_of(&register).replace("expires=600", &format!("expires={expires}"));
    line.receive(answer(&register, 200, "s", &[("Contact", &contact)], ""));
    assert_eq!(line.told(), [format!("Registered {{ expires: {expires} }}")]);
    (line, register)
}

#[test]
fn register_answers_the_challenge_and_refreshes_with_the_nonce_it_has() {
    let mut line = Line::new();
    line.command(Command::Register);
    let first = line.request(Method::Register);
    line.receive(answer(&first, 401, "s", &[CHALLENGE], ""));
    let second = line.request(Method::Register);
    line.receive(answer(&second, 200, "s", &[("Contact", &contact_of(&second))], ""));
    line.wait(seconds(365));
    let refresh = line.request(Method::Register);
    line.receive(answer(&refresh, 200, "s", &[("Contact", &contact_of(&refresh))], ""));
    assert_eq!(first.headers.call_id(), refresh.headers.call_id());
    assert_eq!(contact_of(&first), contact_of(&refresh));
    insta::assert_snapshot!(line.ladder);
}

#[test]
fn a_refused_password_is_told_once_and_not_tried_again() {
    let mut line = Line::new();
    line.command(Command::Register);
    for _ in 0..2 {
        let register = line.request(Method::Register);
        line.receive(answer(&register, 401, "s", &[CHALLENGE], ""));
    }
    assert_eq!(line.told(), ["WrongPassword { code: 401 }"]);
    line.wait(seconds(3600));
    line.silent();
}

#[test]
fn what_was_granted_is_read_from_our_contact_then_from_expires_then_from_what_was_asked() {
    let ours = |request: &Request| contact_of(request).replace(";expires=600", "");
    type Headers<'a> = &'a dyn Fn(&Request) -> Vec<(&'static str, String)>;
    let cases: [(Headers<'_>, u32); 6] = [
        (
            &|r| {
                vec![
                    ("Contact", format!("<sip:other@desk.example.com>;expires=7, {};expires=60", ours(r))),
                    ("Expires", "9".into()),
                ]
            },
            60,
        ),
        (&|r| vec![("Contact", ours(r)), ("Expires", "90".into())], 90),
        (&|r| vec![("Contact", ours(r).replace(";transport=ws", ";transport=ws;alias=1~2~3;ob"))], 600),
        // The address that the server sees in the place of ours, on two connections.
        (
            &|_| {
                vec![(
                    "Contact",
                    "<sip:alice@192.0.2.7:5;transport=ws>;expires=70, <sip:alice@[2001:db8::7];transport=WS>;expires=50".into(),
                )]
            },
            50,
        ),
        (&|_| vec![("Expires", "90".into())], 90),
        (&|_| vec![("Contact", "<not a uri".into()), ("Expires", "120".into())], 120),
    ];
    for (headers, expires) in cases {
        let mut line = Line::new();
        line.command(Command::Register);
        let register = line.request(Method::Register);
        let headers = headers(&register);
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        line.receive(answer(&register, 200, "s", &headers, ""));
        assert_eq!(line.told(), [format!("Registered {{ expires: {expires} }}")]);
    }
}

#[test]
fn who_is_not_among_those_that_the_registrar_lists_is_not_registered() {
    for others in [
        "<sip:desk@192.0.2.77>;expires=7",
        "<sip:alice@192.0.2.77:5060>;expires=60",
        "<sip:alice@192.0.2.77;transport=tls>;expires=60, <sip:bob@192.0.2.77;transport=ws>",
        "<sip:alice@q8t2ixyq5jn1.invalid;transport=ws>;expires=60",
    ] {
        let mut line = Line::new();
        line.command(Command::Register);
        let register = line.request(Method::Register);
        line.receive(answer(&register, 200, "s", &[("Contact", others), ("Expires", "60")], ""));
        let told = line.told();
        assert!(told.len() == 1 && told[0].starts_with("Refused { code: 200"), "{others}: {told:?}");
    }
    // The refresh is held to the same.
    let (mut line, _) = registered(10);
    line.wait(seconds(8));
    let refresh = line.request(Method::Register);
    line.receive(answer(&refresh, 200, "s", &[("Contact", "<sip:desk@192.0.2.77>;expires=7")], ""));
    assert!(line.told()[0].starts_with("Refused { code: 200"));
}

#[test]
fn the_refresh_comes_between_half_and_four_fifths_of_the_time_with_one_request_in_flight() {
    let (mut line, _) = registered(10);
    line.wait(seconds(5));
    line.silent();
    line.wait(seconds(3));
    line.request(Method::Register);
    line.command(Command::Register);
    line.wait(seconds(20));
    line.silent();
}

#[test]
fn a_longer_registration_is_asked_for_when_the_server_insists() {
    let mut line = Line::new();
    line.command(Command::Register);
    let register = line.request(Method::Register);
    line.receive(answer(&register, 423, "s", &[("Min-Expires", "900")], ""));
    let again = line.request(Method::Register);
    assert_eq!(again.headers.expires(), Some(900));
    line.receive(answer(&again, 423, "s", &[("Min-Expires", "10")], ""));
    assert!(line.told()[0].starts_with("Refused { code: 423"));
}

#[test]
fn refusals_carry_their_words_and_when_to_come_back() {
    let mut line = Line::new();
    line.command(Command::Register);
    let register = line.request(Method::Register);
    line.receive(answer(&register, 503, "s", &[("Retry-After", "30")], ""));
    assert_eq!(line.told(), [r#"Refused { code: 503, text: "Service Unavailable", retry_after: Some(30) }"#]);
}

#[test]
fn silence_ends_after_32_seconds() {
    let mut line = Line::new();
    line.command(Command::Register);
    line.wait(millis(31_999));
    assert!(line.told().is_empty());
    line.wait(millis(1));
    assert_eq!(line.told(), ["NoAnswer"]);
}

#[test]
fn taking_the_registration_back_waits_two_seconds_at_most() {
    let (mut line, _) = registered(600);
    line.command(Command::Unregister);
    let register = line.request(Method::Register);
    assert_eq!(register.headers.expires(), Some(0));
    assert!(contact_of(&register).ends_with("expires=0"));
    line.wait(seconds(2));
    assert_eq!(line.told(), ["Unregistered"]);

    let (mut line, _) = registered(600);
    line.command(Command::Unregister);
    let register = line.request(Method::Register);
    line.receive(answer(&register, 401, "s", &[CHALLENGE], ""));
    let register = line.request(Method::Register);
    line.receive(answer(&register, 200, "s", &[], ""));
    assert_eq!(line.told(), ["Unregistered"]);
    line.wait(seconds(4000));
    line.silent();
}

#[test]
fn a_new_connection_registers_again_with_the_same_call_id_contact_and_instance() {
    let instance = String::from("urn:uuid:00000000-0000-1000-8000-000a95a0e128");
    let mut line = Line::with(UserAgentConfig { instance, reg_id: Some(1), ..config() });
    line.command(Command::Register);
    let first = line.request(Method::Register);
    assert!(contact_of(&first).contains(r#"+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>""#));
    line.handle(Input::Disconnected);
    line.wait(seconds(3));
    line.handle(Input::Connected);
    let second = line.request(Method::Register);
    line.silent();
    assert_eq!(first.headers.call_id(), second.headers.call_id());
    assert_eq!(contact_of(&first), contact_of(&second));
    assert!(second.headers.cseq().expect("ours").number > first.headers.cseq().expect("ours").number);
}

#[test]
fn coming_back_while_signing_off_is_not_undone_by_the_late_answer() {
    let (mut line, _) = registered(600);
    line.command(Command::Unregister);
    let off = line.request(Method::Register);
    line.command(Command::Register);
    let on = line.request(Method::Register);
    line.receive(answer(&off, 200, "s", &[], ""));
    assert!(line.told().is_empty());
    line.receive(answer(&on, 200, "s", &[("Contact", &contact_of(&on))], ""));
    assert_eq!(line.told(), ["Registered { expires: 600 }"]);
}

#[test]
fn calls_take_the_way_the_registrar_told() {
    let mut line = Line::new();
    line.command(Command::Register);
    let register = line.request(Method::Register);
    line.receive(answer(&register, 200, "s", &[("Service-Route", "<sip:edge.example.com;lr>")], ""));
    assert_eq!(line.dial().headers.get("Route"), Some("<sip:edge.example.com;lr>"));
}

#[test]
fn a_registration_taken_away_at_once_is_a_refusal() {
    let mut line = Line::new();
    line.command(Command::Register);
    let register = line.request(Method::Register);
    line.receive(answer(&register, 200, "s", &[("Contact", &contact_of(&register).replace("=600", "=0"))], ""));
    assert!(line.told()[0].starts_with("Refused { code: 200"));
}

/// One that looks after its place every 15 seconds, registered by a registrar that lists it.
fn looking() -> (Line, String) {
    let mut line = Line::with(UserAgentConfig { look_after: Some(seconds(15)), ..config() });
    line.command(Command::Register);
    let register = line.request(Method::Register);
    let contact = contact_of(&register);
    line.receive(answer(&register, 200, "s", &[("Contact", &contact)], ""));
    line.told();
    (line, contact)
}

#[test]
fn a_place_that_another_phone_has_taken_is_noticed_and_taken_back() {
    let (mut line, contact) = looking();
    line.wait(millis(14_999));
    line.silent();
    for _ in 0..2 {
        line.wait(seconds(15));
        let question = line.request(Method::Register);
        assert_eq!((question.headers.get("Contact"), question.headers.get("Expires")), (None, None));
        let both = format!("<sip:other@desk.example.com>;expires=60, {contact}");
        line.receive(answer(&question, 200, "s", &[("Contact", &both)], ""));
        assert_eq!(line.told(), [""; 0], "ours is among them");
    }
    line.wait(seconds(15));
    let question = line.request(Method::Register);
    line.receive(answer(&question, 401, "s", &[CHALLENGE], ""));
    let question = line.request(Method::Register);
    line.receive(answer(&question, 200, "s", &[("Contact", "<sip:other@desk.example.com>;expires=60")], ""));
    assert_eq!(line.told(), ["Replaced"]);
    let register = line.request(Method::Register);
    line.receive(answer(&register, 200, "s", &[("Contact", &contact_of(&register))], ""));
    assert_eq!(line.told(), ["Registered { expires: 600 }"]);
}

#[test]
fn a_registrar_that_lists_nobody_or_refuses_to_tell_is_not_asked_again() {
    let mut line = Line::with(UserAgentConfig { look_after: Some(seconds(15)), ..config() });
    line.command(Command::Register);
    let register = line.request(Method::Register);
    line.receive(answer(&register, 200, "s", &[], ""));
    line.told();
    line.wait(seconds(300));
    line.silent();
    let (mut line, _) = looking();
    line.wait(seconds(15));
    let question = line.request(Method::Register);
    line.receive(answer(&question, 400, "s", &[], ""));
    line.wait(seconds(300));
    line.silent();
    assert_eq!(line.told(), [""; 0]);
}

#[test]
fn a_place_that_nobody_has_is_taken_again_without_a_word_and_a_registrar_that_never_tells_is_left_alone() {
    let (mut line, contact) = looking();
    for _ in 0..2 {
        line.wait(seconds(15));
        let question = line.request(Method::Register);
        assert_eq!(question.headers.get("Contact"), None);
        line.receive(answer(&question, 200, "s", &[], ""));
        let register = line.request(Method::Register);
        line.receive(answer(&register, 200, "s", &[("Contact", &contact)], ""));
        assert_eq!(line.told(), ["Registered { expires: 600 }"], "nobody else has it");
    }
    line.wait(seconds(250));
    line.silent();
    let (mut line, contact) = looking();
    for nobody in [true, false, true, false, true, false] {
        line.wait(seconds(15));
        let question = line.request(Method::Register);
        let listed = [("Contact", contact.as_str())];
        line.receive(answer(&question, 200, "s", if nobody { &[] } else { &listed }, ""));
        if nobody {
            let register = line.request(Method::Register);
            line.receive(answer(&register, 200, "s", &listed, ""));
        }
    }
    line.told();
    line.wait(seconds(15));
    assert_eq!(line.request(Method::Register).headers.get("Contact"), None, "one that tells at times is asked on");
}
