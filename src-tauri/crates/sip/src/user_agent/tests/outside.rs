use super::{
    super::{Command, OutsideRequest, RequestKey, Role},
    line::{Line, answer, config, incoming, uri},
};
use crate::{Method, Response, UserAgentConfig};

fn message(target: &str) -> OutsideRequest {
    OutsideRequest {
        request: RequestKey(7),
        method: Method::Message,
        target: uri(target),
        headers: vec![("X-Mood".into(), "good".into())],
        content_type: "text/plain".into(),
        body: "hello".into(),
    }
}

#[test]
fn a_message_is_sent_challenged_sent_again_and_answered() {
    let mut line = Line::new();
    line.command(Command::Request(Box::new(message("sip:bob@example.com"))));
    let request = line.request(Method::Message);
    assert_eq!(request.headers.get("X-Mood"), Some("good"));
    let challenge = r#"Digest realm="example.com", nonce="n", qop="auth", algorithm=MD5"#;
    line.receive(answer(&request, 407, "p", &[("Proxy-Authenticate", challenge)], ""));
    let request = line.request(Method::Message);
    assert!(request.headers.has("Proxy-Authorization"));
    line.receive(answer(&request, 202, "b", &[], ""));
    assert_eq!(line.told(), ["RequestKey(7) 202"]);
}

#[test]
fn requests_that_belong_to_calls_and_headers_of_ours_are_refused_here() {
    for request in [
        OutsideRequest { method: Method::Bye, ..message("sip:bob@example.com") },
        OutsideRequest { headers: vec![("v".into(), "x".into())], ..message("sip:bob@example.com") },
        OutsideRequest { headers: vec![("X-A".into(), "1\r\nVia: x".into())], ..message("sip:bob@example.com") },
    ] {
        let mut line = Line::new();
        line.command(Command::Request(Box::new(request)));
        line.silent();
        assert_eq!(line.told(), ["RequestKey(7) 400"]);
    }
}

#[test]
fn a_server_hands_up_what_a_phone_refuses_and_answers_for_its_user() {
    let mut line = Line::with(UserAgentConfig { role: Role::Server, ..config() });
    let mut register = incoming(&uri("sip:example.com"), &[("Expires", "60")], "");
    register.method = Method::Register;
    register.headers.set("CSeq", "1 REGISTER");
    line.receive(register);
    assert_eq!(line.told(), ["RequestKey(0) REGISTER"]);
    let mut response = Response::new(200, "");
    response.headers.push("Contact", "<sip:bob@192.0.2.9>;expires=60");
    line.command(Command::Respond { request: RequestKey(0), response: Box::new(response) });
    let response = line.response(200);
    assert_eq!(response.headers.contacts().expect("copied").len(), 1);
    assert!(response.headers.to().expect("copied").tag().is_some());
}
