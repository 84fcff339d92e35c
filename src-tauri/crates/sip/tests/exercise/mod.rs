//! What is done with every message, good or bad, in tests and by the fuzzer.

use std::{collections::BTreeSet, hint::black_box};

use sip::{
    Headers, Message, Method, NameAddr, Request, Tokens, Uri, Via,
    auth::{Answer, Attempts, Credentials},
    body,
};

/// Calls every typed reader; what they say does not matter here, that they return does.
pub fn read_all(headers: &Headers) {
    let _ = black_box((headers.via(), headers.vias(), headers.from(), headers.to(), headers.contacts(), headers.all_contacts()));
    let _ = black_box((
        headers.record_routes(),
        headers.routes(),
        headers.cseq(),
        headers.call_id().map(str::len),
        headers.expires(),
    ));
    let _ = black_box((
        headers.min_expires(),
        headers.session_expires(),
        headers.min_se(),
        headers.retry_after(),
        headers.max_forwards(),
    ));
    let _ = black_box((
        headers.content_type(),
        headers.require(),
        headers.supported(),
        headers.allow(),
        headers.rseq(),
        headers.rack(),
    ));
    let _ = black_box((
        headers.replaces(),
        headers.reason(),
        headers.challenges("WWW-Authenticate"),
        headers.challenges("Proxy-Authenticate"),
    ));
    let names: BTreeSet<_> = headers.iter().map(|(name, _)| name).collect();
    black_box(names.into_iter().map(|name| headers.list(name).count()).sum::<usize>());
    for (_, value) in headers.iter() {
        let _ = black_box((value.parse::<NameAddr>(), value.parse::<Via>(), value.parse::<Uri>(), Answer::parse(value)));
    }
}

/// Parses a frame and everything in it, and checks that what was read is written and read again as the same.
pub fn exercise(frame: &[u8]) {
    match Message::parse(frame) {
        Ok(message) => {
            read_all(message.headers());
            let body = match &message {
                Message::Request(request) => &request.body,
                Message::Response(response) => &response.body,
            };
            let _ =
                black_box((body::session_description(message.headers(), body), body::is_unsupported(message.headers(), body)));
            let written = message.to_bytes();
            let again = Message::parse(&written).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&written)));
            let fields =
                |headers: &Headers| headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("Content-Length")).count();
            assert_eq!(fields(again.headers()), fields(message.headers()), "no header field may hide in another");
            assert_eq!(String::from_utf8_lossy(&again.to_bytes()), String::from_utf8_lossy(&written));
            if let (Message::Response(response), Ok(uri)) = (&message, "sip:example.com".parse()) {
                let mut request = Request::new(Method::Register, uri);
                let mut credentials = Credentials::new("user".into(), model::Secret::new("secret"), "");
                let answered = credentials.answer(&mut Attempts::default(), response, &mut request, &mut Tokens::new([1; 32]));
                let _ = black_box((answered, request.to_bytes()));
                credentials.accepted(response);
            }
        }
        Err(error) => {
            if let Some(reply) = error.reply {
                let refusal = reply.response("", "tag").to_bytes();
                // The refusal copies header fields that may be damaged; it must be a message all the same.
                assert!(refusal.starts_with(b"SIP/2.0 ") && refusal.ends_with(b"Content-Length: 0\r\n\r\n"));
            }
        }
    }
}
