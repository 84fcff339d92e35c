//! Calls over the account's line, word for word.

use std::time::Duration;

use calls::io::{LineEnd, LineEvent, LineRequest};
use model::{Cause, DtmfDigit, LineCall, LineFault, Personal};
use sip::Method;

use super::{Bench, SDP, account};

#[test]
fn calls_that_cannot_be_placed_end_in_words() {
    let mut bench = Bench::new(&account());
    let call = bench.dial("600");
    let how = LineEnd::Failed { fault: LineFault::NotConnected };
    assert_eq!(bench.events, [LineEvent::Ended { call, how }]);
    let mut bench = Bench::registered();
    bench.dial("bob@[::zz]");
    assert!(
        matches!(&bench.events[..], [LineEvent::Ended { how: LineEnd::Caused { cause: Cause::NotCallable { .. } }, .. }]),
        "{:?}",
        bench.events
    );
}

#[test]
fn a_call_goes_out_and_its_words_come_back_one_for_one() {
    let mut bench = Bench::registered();
    let call = bench.dial("600");
    bench.answer(Method::Invite, 180, &[("Contact", "<sip:600@far.invalid>")]);
    bench.answer(Method::Invite, 200, &[("Contact", "<sip:600@far.invalid>"), ("Content-Type", "application/sdp")]);
    bench.last_request(Method::Ack);
    let told: Vec<_> = bench.events.iter().map(|event| format!("{event:?}")).collect();
    for (at, start) in ["Sent", "Progress", "Answered"].into_iter().enumerate() {
        assert!(told[at].starts_with(start), "{told:?}");
    }
    bench.request_in_call("BYE", "Reason: SIP;cause=480\r\n", "");
    assert_eq!(bench.events.last(), Some(&LineEvent::Ended { call, how: LineEnd::Bye { code: Some(480) } }));
}

#[test]
fn digits_go_and_come_by_info() {
    let mut bench = Bench::registered();
    let call = bench.answered();
    let digit = DtmfDigit::try_from('#').expect("a key");
    bench.request(LineRequest::SendDtmf {
        call,
        digit,
        duration: Duration::from_millis(120),
        form: calls::io::InfoForm::DtmfRelay,
    });
    let info = bench.last_request(Method::Info);
    assert_eq!(info.headers.get("Content-Type"), Some("application/dtmf-relay"));
    assert_eq!(info.body, b"Signal=#\r\nDuration=120\r\n");
    bench.answer(Method::Info, 415, &[]);
    assert_eq!(bench.events.last(), Some(&LineEvent::DtmfAnswered { call, code: 415 }));
    bench.request_in_call("INFO", "Content-Type: application/dtmf-relay\r\n", "Signal=11\r\nDuration=90\r\n");
    assert_eq!(bench.events.last(), Some(&LineEvent::Dtmf { call, digit, duration: Duration::from_millis(90) }));
    assert_eq!(bench.responses(), [200]);
}

#[test]
fn whom_the_far_end_asks_for_is_told_and_called_as_it_wrote_it() {
    let mut bench = Bench::registered();
    let call = bench.answered();
    let refer = "Refer-To: <sip:601@pbx.example.com;x=y>\r\nReferred-By: <sip:boss@pbx.example.com>\r\n";
    bench.request_in_call("REFER", refer, "");
    let target: model::Target = "601".parse().expect("a number");
    assert_eq!(bench.events.last(), Some(&LineEvent::Referred { call, target: target.clone() }));
    assert_eq!(bench.responses(), [0u16; 0], "the user is asked first");
    bench.request(LineRequest::AnswerRefer { call, accept: true });
    assert_eq!(bench.responses(), [202]);
    let new = LineCall::Dialled(9);
    bench.request(LineRequest::Invite {
        call: new,
        target,
        offer: SDP.into(),
        headers: Vec::new(),
        referred: Some(call),
        pick_up: false,
    });
    let invite = bench.last_request(Method::Invite);
    assert_eq!(invite.uri.to_string(), "sip:601@pbx.example.com;x=y");
    assert_eq!(invite.headers.get("Referred-By"), Some("<sip:boss@pbx.example.com>"));
}

#[test]
fn a_transfer_that_is_not_wanted_is_declined() {
    let mut bench = Bench::registered();
    let call = bench.answered();
    bench.request_in_call("REFER", "Refer-To: <sip:601@pbx.example.com>\r\n", "");
    bench.request(LineRequest::AnswerRefer { call, accept: false });
    assert_eq!(bench.responses(), [603]);
}

#[test]
fn an_incoming_call_brings_the_headers_that_tell_something() {
    let mut bench = Bench::registered();
    let contact = bench.last_request(Method::Register).headers.contacts().expect("reads")[0].uri.clone();
    let invite = format!(
        "INVITE {contact} SIP/2.0\r\nVia: SIP/2.0/WSS far.invalid;branch=z9hG4bK1\r\nFrom: \"Bob\" <sip:bob@pbx.example.com>;tag=b\r\n\
         To: <sip:alice@pbx.example.com>\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:bob@far.invalid>\r\n\
         Call-Info: <sip:x>;answer-after=0\r\nX-Queue: sales\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{SDP}",
        SDP.len()
    );
    bench.receive(invite.into_bytes());
    let Some(LineEvent::Incoming(incoming)) = bench.events.last() else { panic!("{:?}", bench.events) };
    let names: Vec<_> = incoming.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Call-Info"]);
    assert_eq!(incoming.x_headers.iter().collect::<Vec<_>>(), [("X-Queue", "sales")]);
    assert_eq!(incoming.offer.as_ref().map(Personal::expose), Some(SDP));
    let call = incoming.call;
    bench.request(LineRequest::Reject { call, code: 486, text: String::new() });
    assert_eq!(bench.responses().last(), Some(&486));
}
