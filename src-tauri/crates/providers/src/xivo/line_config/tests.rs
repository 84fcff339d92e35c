use serde_json::json;
use sip::{Method, auth::Answer};

use super::*;

fn example() -> Value {
    json!({
        "id": "42", "name": "k3v9x1qz", "password": "s1pS3cret", "xivoIp": "192.0.2.10",
        "hasDevice": false, "isUa": false, "webRtc": true, "vendor": null, "number": "1001",
        "sipProxyName": "default", "sipPort": "5060", "mobileApp": false
    })
}

fn token() -> Token {
    "a.b.c".parse().expect("is one")
}

fn line(changes: &Value) -> LineConfig {
    let mut body = example();
    let members = body.as_object_mut().expect("is an object");
    for (name, value) in changes.as_object().expect("is an object") {
        members.insert(name.clone(), value.clone());
    }
    LineConfig::read(&body)
}

#[test]
fn the_example_is_read() {
    let line = LineConfig::read(&example());
    assert_eq!((line.id.as_str(), line.name.expose(), line.number.expose()), ("42", "k3v9x1qz", "1001"));
    assert_eq!(line.password.as_ref().map(Secret::expose), Some("s1pS3cret"));
    assert_eq!((line.sip_proxy_name.as_str(), line.sip_port, line.xivo_ip.as_str()), ("default", Some(5060), "192.0.2.10"));
    assert!(line.web_rtc && !line.has_device && !line.is_unique_account && !line.mobile_app);
    assert_eq!(line.vendor, "");
}

#[test]
fn the_worked_examples_give_their_addresses() {
    let no = Value::Null;
    for (changes, secure, port, host, url, aor, registrar, domain) in [
        (
            json!({"sipPort": no}),
            true,
            443,
            Some("cc.example.org"),
            "wss://cc.example.org:443/wssip?token=a.b.c",
            "sip:k3v9x1qz@default",
            "sip:default",
            "default",
        ),
        (
            json!({"sipProxyName": "mds_paris"}),
            true,
            443,
            Some("cc.example.org"),
            "wss://cc.example.org:443/wssip-mds_paris?token=a.b.c",
            "sip:k3v9x1qz@mds-paris",
            "sip:mds-paris:5060",
            "mds-paris",
        ),
        (
            json!({"sipPort": no}),
            false,
            5039,
            None,
            "ws://192.0.2.10:5039/ws?token=a.b.c",
            "sip:k3v9x1qz@default",
            "sip:default",
            "default",
        ),
        (
            json!({"sipProxyName": no}),
            false,
            5039,
            None,
            "ws://192.0.2.10:5039/ws",
            "sip:k3v9x1qz@192.0.2.10",
            "sip:xivo",
            "xivo",
        ),
        // The second generation: no media servers, but a token.
        (
            json!({"sipProxyName": no}),
            true,
            443,
            None,
            "wss://192.0.2.10:443/wssip?token=a.b.c",
            "sip:k3v9x1qz@192.0.2.10",
            "sip:xivo",
            "xivo",
        ),
        (
            json!({"sipProxyName": no, "xivoIp": "2001:db8::10"}),
            true,
            443,
            Some("2001:db8::1"),
            "wss://[2001:db8::1]:443/wssip?token=a.b.c",
            "sip:k3v9x1qz@[2001:db8::10]",
            "sip:xivo",
            "xivo",
        ),
    ] {
        let token = token();
        let door = SipDoor { secure, port, host, token: &token, generation: None };
        let account = line(&changes).account(&door).expect(url);
        assert_eq!(account.url, url.parse::<ServerUrl>().expect(url));
        assert_eq!((account.aor.to_string().as_str(), account.registrar.to_string().as_str()), (aor, registrar));
        assert_eq!(account.domain, domain);
    }
}

#[test]
fn the_generation_can_be_set_by_hand() {
    let token = token();
    let account = |generation, secure| {
        let door = SipDoor { secure, port: 443, host: Some("h"), token: &token, generation: Some(generation) };
        let account = line(&json!({"sipProxyName": "mds_paris"})).account(&door).expect("can be used");
        (account.url.resource().to_owned(), account.registrar.to_string())
    };
    assert_eq!(account(Generation::A, true), ("/ws".into(), "sip:xivo".into()));
    assert_eq!(account(Generation::B, true), ("/wssip?token=a.b.c".into(), "sip:mds-paris:5060".into()));
    assert_eq!(account(Generation::C, false), ("/ws-mds_paris?token=a.b.c".into(), "sip:mds-paris:5060".into()));
}

#[test]
fn the_line_tells_what_can_be_done_with_it() {
    for (changes, mode) in [
        (json!({}), LineMode::WebRtc),
        (json!({"id": "-"}), LineMode::NoLine),
        (json!({"hasDevice": true}), LineMode::DeskPhone),
        (json!({"hasDevice": true, "webRtc": false}), LineMode::DeskPhone),
        (json!({"ua": true, "isUa": null}), LineMode::WebRtc),
        (json!({"webRtc": "false", "mobileApp": 1}), LineMode::Elsewhere),
    ] {
        assert_eq!(line(&changes).mode(), mode, "{changes}");
    }
    assert!(line(&json!({"ua": true, "isUa": null})).is_unique_account);
}

#[test]
fn what_is_missing_is_said() {
    let token = token();
    let door = SipDoor { secure: true, port: 443, host: None, token: &token, generation: None };
    for (changes, problem) in [
        (json!({"id": "-"}), LineProblem::NoLine),
        (json!({"password": null}), LineProblem::NoPassword),
        (json!({"password": 7}), LineProblem::NoPassword),
        (json!({"name": ""}), LineProblem::NoUser),
        (json!({"xivoIp": "a b"}), LineProblem::NoAddress),
        (json!({"xivoIp": ""}), LineProblem::NoAddress),
        (json!({"sipProxyName": "a b"}), LineProblem::NoAddress),
    ] {
        assert_eq!(line(&changes).account(&door), Err(problem), "{changes}");
    }
    assert_eq!(LineConfig::read(&json!([1, 2])), LineConfig::default());
}

#[test]
fn the_token_is_in_the_address_and_never_printed() {
    let token: Token = "secret/1.b.c".parse().expect("is one");
    let door = SipDoor { secure: true, port: 443, host: None, token: &token, generation: None };
    let account = LineConfig::read(&example()).account(&door).expect("can be used");
    assert_eq!(account.url.resource(), "/wssip?token=secret%2F1.b.c");
    for printed in [format!("{account:?}"), format!("{door:?}"), format!("{:?}", LineConfig::read(&example()))] {
        assert!(!printed.contains("secret") && !printed.contains("s1pS3cret"), "{printed}");
    }
}

/// The digest vector of the specification, verified by the rules of servers.
#[test]
fn the_digest_vector_holds() {
    for (protection, response) in [
        ("", "ec834550bb26406aeb5b2570699644f0"),
        (", qop=auth, nc=00000001, cnonce=\"0a4f113b\"", "be0d9b0321689ed2644e1c50ae4e4795"),
    ] {
        let header = format!(
            "Digest username=\"k3v9x1qz\", realm=\"asterisk\", nonce=\"1767225600/8f3a\", uri=\"sip:default\", \
             response=\"{response}\"{protection}"
        );
        let answer = Answer::parse(&header).expect("is whole");
        assert!(answer.matches("k3v9x1qz", &Secret::new("s1pS3cret"), &Method::Register, b""), "{header}");
    }
}
