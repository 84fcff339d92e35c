//! Strangers who would have the phone call a number that costs.

use model::{Event, TransferView};
use sip::Method;
use tests::{Scenario, ms, seconds};

/// With what a client that takes the address as it is would put into its INVITE (RFC 3261 section 19.1.5).
const PREMIUM: &str = "Refer-To: <sip:+4990012345@far.invalid;method=INVITE?Route=%3Csip:evil.invalid%3E&body=x>\r\n";

fn dials(t: &Scenario) -> bool {
    t.far().take_request(&Method::Invite).is_some()
}

#[test]
fn who_is_called_cannot_send_the_phone_to_a_premium_number_unasked() {
    let t = Scenario::new().with_far();
    let mut talk = t.far_call();
    talk.far.request(&Method::Refer, PREMIUM, "");
    t.run_for(seconds(1));
    let asked = t.alice().view(talk.call).and_then(|view| view.transfer);
    assert!(matches!(asked, Some(TransferView::Asked { .. })), "{asked:?}");
    assert!(!dials(&t), "nobody has said yes");
    // Nobody answers the question.
    t.run_for(seconds(30));
    let response = t.far().take_response(&Method::Refer).expect("refused in time");
    assert_eq!(response.code, 603);
    t.run_for(seconds(5));
    assert!(!dials(&t));
    assert!(t.alice().is_established(talk.call), "the call itself goes on");
}

#[test]
fn a_flood_of_wishes_asks_once() {
    let t = Scenario::new().with_far();
    let mut talk = t.far_call();
    for _ in 0..100 {
        talk.far.request(&Method::Refer, PREMIUM, "");
        t.run_for(ms(1));
    }
    t.run_for(seconds(1));
    let asked = |event: &Event| matches!(event, Event::Transfer { transfer: Some(TransferView::Asked { .. }), .. });
    assert_eq!(t.alice().told(asked), 1);
    let mut refused = 0;
    while let Some(response) = t.far().take_response(&Method::Refer) {
        assert!(response.code >= 400, "{}", response.code);
        refused += 1;
    }
    assert!(refused >= 99, "{refused}");
    assert!(!dials(&t));
    assert!(t.alice().is_established(talk.call));
}

#[test]
fn a_wish_outside_of_a_call_is_refused() {
    let t = Scenario::new().with_far();
    t.far().say(format!(
        "REFER {} SIP/2.0\r\nVia: SIP/2.0/WS far.invalid;branch=z9hG4bKfraud\r\nMax-Forwards: 70\r\n\
         From: <sip:mallory@far.invalid>;tag=m\r\nTo: <sip:alice@far.invalid>\r\nCall-ID: fraud\r\nCSeq: 1 REFER\r\n\
         Contact: <sip:mallory@far.invalid>\r\n{PREMIUM}Content-Length: 0\r\n\r\n",
        t.far().contact()
    ));
    let response = t.response(&Method::Refer);
    assert_eq!(response.code, 403);
    t.run_for(seconds(5));
    assert!(!dials(&t));
    assert_eq!(t.alice().live_calls(), 0);
}
