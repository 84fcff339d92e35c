//! What a line of a XiVO says on the wire, header by header: sections 9.2 to 9.4 and 9.10 of the specification.

use super::*;

/// The request as it was sent, what is drawn by lot left out, and its body.
fn as_sent(request: &Request) -> String {
    let bytes = String::from_utf8(request.to_bytes()).expect("text");
    let (head, _) = bytes.split_once("\r\n\r\n").expect("a head");
    let lines = head.split("\r\n").map(|line| {
        let (name, _) = line.split_once(": ").unwrap_or((line, ""));
        match name {
            "Call-ID" | "Content-Length" => format!("{name}: ?"),
            "CSeq" => format!("CSeq: ? {}", line.rsplit(' ').next().unwrap_or_default()),
            _ => without_lots(line),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Tags, branches, our made-up host and our version are other ones each time.
fn without_lots(line: &str) -> String {
    let line = line.replace(env!("CARGO_PKG_VERSION"), "?");
    let mut kept = String::new();
    for part in line.split_inclusive([';', '@', '>', ' ']) {
        let word = part.trim_end_matches([';', '@', '>', ' ']);
        let end = &part[word.len()..];
        let lot = ["tag=", "branch=z9hG4bK"].into_iter().find(|lot| word.starts_with(lot));
        match lot {
            Some(lot) => kept.extend([lot, "?"]),
            None if word.ends_with(".invalid") => kept.push_str("?.invalid"),
            None => kept.push_str(word),
        }
        kept.push_str(end);
    }
    kept
}

impl Bench {
    fn dial(&mut self, number: &str, nth: u32) -> LineCall {
        let call = LineCall::Dialled(nth);
        let target = number.parse().expect("a number");
        let (offer, headers) = (SDP.into(), Vec::new());
        self.tell(Input::Request(LineRequest::Invite { call, target, offer, headers, referred: None, pick_up: false }));
        call
    }
}

#[test]
fn register_and_invite_are_what_the_specification_writes() {
    let mut named = account();
    named.display_name = "Alice Reed".into();
    let mut bench = Bench::registered_with(&named);
    insta::assert_snapshot!(as_sent(&bench.last_request(Method::Register)));
    bench.dial("1002", 0);
    insta::assert_snapshot!(as_sent(&bench.last_request(Method::Invite)));
}

/// 9.2: `path, outbound` on REGISTER and `outbound` on INVITE, in a call as well; 9.10: what the server requires is done.
#[test]
fn no_100rel_no_timer_and_no_replaces_are_offered_and_what_the_server_asks_for_is_done() {
    let mut bench = Bench::registered();
    assert_eq!(bench.last_request(Method::Register).headers.get("Supported"), Some("path, outbound"));
    let call = bench.dial("1002", 0);
    let invite = bench.last_request(Method::Invite);
    assert_eq!(invite.headers.get("Supported"), Some("outbound"));
    assert_eq!((invite.headers.get("Session-Expires"), invite.headers.get("Min-SE")), (None, None));

    let contact = ("Contact", "<sip:asterisk@192.0.2.10;transport=ws>");
    bench.answer(Method::Invite, 183, &[contact, ("Require", "100rel"), ("RSeq", "41")]);
    let prack = bench.last_request(Method::Prack);
    assert_eq!(prack.headers.get("RAck").map(|rack| rack.starts_with("41 ")), Some(true));
    bench.answer(Method::Prack, 200, &[]);

    let timer = ("Session-Expires", "90;refresher=uac");
    let description = [contact, timer, ("Require", "timer"), ("Allow", "INVITE, UPDATE"), ("Content-Type", "application/sdp")];
    bench.answer_with(Method::Invite, 200, &description, SDP);
    bench.run_for(seconds(45));
    let update = bench.last_request(Method::Update);
    assert_eq!(update.headers.get("Session-Expires"), Some("90;refresher=uac"));
    assert_eq!(update.headers.get("Supported"), Some("outbound, timer"), "RFC 4028 section 7.4");
    bench.answer(Method::Update, 200, &[contact, timer]);
    bench.tell(Input::Request(LineRequest::HangUp { call }));
    bench.last_request(Method::Bye);
}

/// 4.6: numbers are called at the host of the realm, without its port; 9.4: `#` is escaped, `*` and `+` are not.
#[test]
fn numbers_are_called_at_the_host_of_the_realm() {
    let mut bench = Bench::on();
    let mut of_paris = line();
    (of_paris["sipProxyName"], of_paris["sipPort"]) = ("mds_paris".into(), "5060".into());
    bench.cti("LineConfig", &of_paris);
    bench.register();
    assert_eq!(bench.last_request(Method::Register).uri.to_string(), "sip:mds-paris:5060");
    for (nth, (number, uri)) in
        [("1002", "sip:1002@mds-paris"), ("*55", "sip:*55@mds-paris"), ("#21", "sip:%2321@mds-paris")].into_iter().enumerate()
    {
        bench.dial(number, u32::try_from(nth).expect("few"));
        let invite = bench.last_request(Method::Invite);
        assert_eq!(invite.uri.to_string(), uri);
        assert!(invite.headers.get("To").is_some_and(|to| to.contains(uri)));
        assert_eq!(invite.headers.get("Max-Forwards"), Some("70"));
        let allowed = invite.headers.get("Allow").expect("has one").to_owned();
        for method in ["ACK", "BYE", "CANCEL", "INFO", "INVITE", "NOTIFY", "OPTIONS", "PRACK", "UPDATE"] {
            assert!(allowed.contains(method), "{method} in {allowed}");
        }
    }
}
