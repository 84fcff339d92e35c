//! Our media session against an independent peer connection, the one of the crate `webrtc`, on the loopback of this machine.
//!
//! Descriptions are exchanged as text, as SIP would carry them. A tone in each direction says by its level and purity
//! whether a path is there.

#![expect(clippy::disallowed_methods, reason = "these tests run on real sockets and in real time")]

use std::time::Duration;

use calls::io::{Description, MediaRequest};
use model::{Codec, DtmfDigit, MediaDirection};
use rtc::peer_connection::transport::{RTCDtlsRole, RTCDtlsTransportState};

mod onpath;
mod ours;
mod sound;
mod strangers;
mod theirs;
mod tone;

use MediaDirection::{Inactive, RecvOnly, SendOnly, SendRecv};
use ours::Ours;
use theirs::{Theirs, direction_of};

/// Nothing that is waited for takes longer, on the slowest of machines.
const SOON: Duration = Duration::from_secs(10);

const BOTH: [Codec; 2] = [Codec::Opus, Codec::Pcmu];

async fn both_connect(ours: &mut Ours, theirs: &mut Theirs) {
    ours.connected().await;
    theirs.connected().await;
}

async fn both_hear(ours: &mut Ours, theirs: &mut Theirs) {
    ours.hears().await;
    theirs.hears().await;
}

/// A call that we began.
async fn we_call(speaking: Codec) -> (Ours, Theirs) {
    let (mut ours, mut theirs) = (Ours::open(&[speaking]), Theirs::open(speaking).await);
    let offer = ours.offer().await;
    let answer = theirs.accept(&offer).await;
    assert_eq!(ours.apply(answer).await, (SendRecv, SendRecv));
    both_connect(&mut ours, &mut theirs).await;
    (ours, theirs)
}

/// A call that they began.
async fn they_call(speaking: Codec) -> (Ours, Theirs) {
    let (mut ours, mut theirs) = (Ours::open(&[speaking]), Theirs::open(speaking).await);
    let offer = theirs.offer(SendRecv).await;
    let answer = ours.accept(offer).await;
    theirs.apply(&answer).await;
    both_connect(&mut ours, &mut theirs).await;
    (ours, theirs)
}

/// A description with other lines; none for an empty one.
fn edited(description: &Description, edit: impl Fn(&str) -> String) -> Description {
    let lines = description.expose().lines().map(edit).filter(|line| !line.is_empty());
    Description::from(lines.map(|line| line + "\r\n").collect::<String>())
}

fn has_line(description: &Description, wanted: &str) -> bool {
    description.expose().lines().any(|line| line == wanted)
}

#[tokio::test]
async fn our_call_is_heard_at_both_ends() {
    let call = async |codec| {
        let (mut ours, mut theirs) = we_call(codec).await;
        both_hear(&mut ours, &mut theirs).await;
    };
    tokio::join!(call(Codec::Opus), call(Codec::Pcmu));
}

#[tokio::test]
async fn their_call_is_heard_at_both_ends() {
    let call = async |codec| {
        let (mut ours, mut theirs) = they_call(codec).await;
        both_hear(&mut ours, &mut theirs).await;
    };
    tokio::join!(call(Codec::Opus), call(Codec::Pcmu));
}

#[tokio::test]
async fn keys_arrive_once_and_in_order_at_both_ends() {
    let digits = DtmfDigit::parse_all("1#9").expect("digits");
    let dial = async |(mut ours, mut theirs): (Ours, Theirs)| {
        both_hear(&mut ours, &mut theirs).await;
        theirs.press(&digits).await;
        for expected in &digits {
            assert_eq!(ours.digit().await, (*expected, Duration::from_millis(80)));
        }
        ours.send_digits(&digits).await;
        for expected in &digits {
            assert_eq!(theirs.digit().await, *expected);
        }
        both_hear(&mut ours, &mut theirs).await;
    };
    // On the clock of 48 kHz with Opus, which is our first choice, and on that of 8 kHz.
    let (at_48k, at_8k) = tokio::join!(we_call(Codec::Opus), they_call(Codec::Pcmu));
    tokio::join!(dial(at_48k), dial(at_8k));
}

#[tokio::test]
async fn we_hold_and_resume() {
    let (mut ours, mut theirs) = we_call(Codec::Opus).await;
    both_hear(&mut ours, &mut theirs).await;
    for (held, answered) in [(SendOnly, RecvOnly), (Inactive, Inactive)] {
        let offer = ours.reoffer(held, false).await;
        assert_eq!(direction_of(&offer), held);
        let answer = theirs.accept(&offer).await;
        assert_eq!(ours.apply(answer).await, (held, answered));
        ours.hears_nothing().await;
        if held.sends() {
            theirs.hears().await
        } else {
            theirs.hears_nothing().await
        }

        let offer = ours.reoffer(SendRecv, false).await;
        let answer = theirs.accept(&offer).await;
        assert_eq!(ours.apply(answer).await, (SendRecv, SendRecv));
        both_hear(&mut ours, &mut theirs).await;
    }
}

#[tokio::test]
async fn they_hold_and_resume() {
    let (mut ours, mut theirs) = they_call(Codec::Opus).await;
    both_hear(&mut ours, &mut theirs).await;
    for (held, answered) in [(SendOnly, RecvOnly), (Inactive, Inactive)] {
        let offer = theirs.offer(held).await;
        let (answer, flow) = ours.reaccept(offer).await;
        assert_eq!(flow, (answered, held));
        assert_eq!(direction_of(&answer), answered);
        theirs.apply(&answer).await;
        theirs.hears_nothing().await;
        if held.sends() {
            ours.hears().await
        } else {
            ours.hears_nothing().await
        }

        let offer = theirs.offer(SendRecv).await;
        let (answer, flow) = ours.reaccept(offer).await;
        assert_eq!(flow, (SendRecv, SendRecv));
        theirs.apply(&answer).await;
        both_hear(&mut ours, &mut theirs).await;
    }
}

#[tokio::test]
async fn an_offer_of_ours_that_is_refused_changes_nothing() {
    let (mut ours, mut theirs) = we_call(Codec::Opus).await;
    for restart_ice in [false, true] {
        ours.reoffer(SendOnly, restart_ice).await;
        // A 488 of theirs; their connection never sees the offer.
        ours.ask(MediaRequest::Rollback);
        both_hear(&mut ours, &mut theirs).await;
    }
    let offer = theirs.offer(SendOnly).await;
    let (answer, flow) = ours.reaccept(offer).await;
    assert_eq!(flow, (RecvOnly, SendOnly));
    theirs.apply(&answer).await;
    ours.hears().await;
    theirs.hears_nothing().await;
}

#[tokio::test]
async fn an_offer_of_theirs_that_we_refuse_changes_nothing() {
    let (mut ours, mut theirs) = we_call(Codec::Opus).await;
    let offer = theirs.offer(Inactive).await;
    let unknown = edited(&offer, |line| line.replace("opus", "speex").replace("SAVPF 111 0", "SAVPF 111"));
    assert_eq!(ours.refuse(unknown).await, 488);
    theirs.roll_back().await;
    both_hear(&mut ours, &mut theirs).await;
    let offer = ours.reoffer(SendOnly, false).await;
    let answer = theirs.accept(&offer).await;
    assert_eq!(ours.apply(answer).await, (SendOnly, RecvOnly));
    ours.hears_nothing().await;
    theirs.hears().await;
}

#[tokio::test]
async fn either_end_may_begin_dtls() {
    let they_answer = async |role, setup| {
        let (mut ours, mut theirs) = (Ours::open(&BOTH), Theirs::open_as(Codec::Opus, role).await);
        let answer = theirs.accept(&ours.offer().await).await;
        assert!(has_line(&answer, setup), "{}", answer.expose());
        ours.apply(answer).await;
        both_connect(&mut ours, &mut theirs).await;
        both_hear(&mut ours, &mut theirs).await;
    };
    tokio::join!(they_answer(RTCDtlsRole::Client, "a=setup:active"), they_answer(RTCDtlsRole::Server, "a=setup:passive"));
    let we_answer = async |offered, setup| {
        let (mut ours, mut theirs) = (Ours::open(&BOTH), Theirs::open(Codec::Opus).await);
        let offer = edited(&theirs.offer(SendRecv).await, |line| line.replace("a=setup:actpass", offered));
        let answer = ours.accept(offer).await;
        assert!(has_line(&answer, setup), "{}", answer.expose());
        theirs.apply(&answer).await;
        both_connect(&mut ours, &mut theirs).await;
        both_hear(&mut ours, &mut theirs).await;
    };
    tokio::join!(
        we_answer("a=setup:actpass", "a=setup:active"),
        we_answer("a=setup:active", "a=setup:passive"),
        we_answer("a=setup:passive", "a=setup:active"),
    );
}

/// A description of somebody with another certificate.
fn forged(description: &Description) -> Description {
    edited(description, |line| match line.strip_prefix("a=fingerprint:sha-256 ") {
        Some(digest) => {
            let mut bytes: Vec<&str> = digest.split(':').collect();
            bytes.rotate_left(1);
            format!("a=fingerprint:sha-256 {}", bytes.join(":"))
        }
        None => line.to_owned(),
    })
}

#[tokio::test]
async fn another_certificate_of_theirs_is_refused_in_either_role() {
    for role in [RTCDtlsRole::Client, RTCDtlsRole::Server] {
        let (mut ours, mut theirs) = (Ours::open(&BOTH), Theirs::open_as(Codec::Opus, role).await);
        let answer = theirs.accept(&ours.offer().await).await;
        ours.apply(forged(&answer)).await;
        let detail = ours.failed().await;
        assert!(detail.contains("certificate"), "{detail}");
        ours.hears_nothing().await;
    }
}

#[tokio::test]
async fn another_certificate_of_ours_is_refused_by_them() {
    let (mut ours, mut theirs) = (Ours::open(&BOTH), Theirs::open(Codec::Opus).await);
    let answer = theirs.accept(&forged(&ours.offer().await)).await;
    ours.apply(answer).await;
    let detail = ours.failed().await;
    assert!(detail.contains("alert 42"), "{detail}");
    theirs.hears_nothing().await;
}

#[tokio::test]
async fn candidates_that_lead_nowhere_do_not_matter() {
    const NOWHERE: [&str; 6] = [
        "a=candidate:1 1 udp 2130706431 198.51.100.7 40000 typ host",
        "a=candidate:2 1 udp 2130706430 2001:db8::7 40001 typ host",
        "a=candidate:3 1 udp 2130706429 6c5f2e0d-8f7b-4b65-9f35-0b1f4b2c7a11.local 40002 typ host",
        "a=candidate:4 1 tcp 2130706428 127.0.0.1 9 typ host tcptype active",
        "a=candidate:5 1 udp 1694498815 203.0.113.7 40003 typ srflx raddr 0.0.0.0 rport 0",
        "a=candidate:6 1 udp 16777215 203.0.113.8 40004 typ relay raddr 203.0.113.7 rport 40003",
    ];
    // Before their own, and alone: then they are found where their checks come from.
    for keeps in [true, false] {
        let (mut ours, mut theirs) = (Ours::open(&BOTH), Theirs::open(Codec::Opus).await);
        let answer = theirs.accept(&ours.offer().await).await;
        let answer = edited(&answer, |line| match line {
            "a=mid:0" => format!("{line}\r\n{}", NOWHERE.join("\r\n")),
            own if own.starts_with("a=candidate:") && !keeps => String::new(),
            line => line.to_owned(),
        });
        ours.apply(answer).await;
        both_connect(&mut ours, &mut theirs).await;
        both_hear(&mut ours, &mut theirs).await;
    }
}

#[tokio::test]
async fn ice_is_restarted_by_either_end() {
    let (mut ours, mut theirs) = we_call(Codec::Opus).await;
    let offer = ours.reoffer(SendRecv, true).await;
    let answer = theirs.accept(&offer).await;
    ours.apply(answer).await;
    both_connect(&mut ours, &mut theirs).await;
    both_hear(&mut ours, &mut theirs).await;

    theirs.restart_ice().await;
    let offer = theirs.offer(SendRecv).await;
    let (answer, _) = ours.reaccept(offer).await;
    theirs.apply(&answer).await;
    both_connect(&mut ours, &mut theirs).await;
    both_hear(&mut ours, &mut theirs).await;
}

#[tokio::test]
async fn our_end_is_told_to_them() {
    let (mut ours, mut theirs) = we_call(Codec::Opus).await;
    both_hear(&mut ours, &mut theirs).await;
    let last = ours.close().await;
    assert!(last.packets_sent > 0 && last.packets_received > 0, "{last:?}");
    theirs.dtls_is(RTCDtlsTransportState::Closed).await;
}

#[tokio::test]
async fn their_end_leaves_a_session_that_can_be_closed() {
    let (mut ours, mut theirs) = we_call(Codec::Opus).await;
    both_hear(&mut ours, &mut theirs).await;
    theirs.close().await;
    ours.hears_nothing().await;
    ours.reoffer(SendRecv, true).await;
    ours.close().await;
}

#[tokio::test]
async fn another_far_end_may_take_over_in_its_own_offer() {
    // As a gateway does that connects the call to somebody else, with or without the goodbye of the first.
    let take_over = async |goodbye| {
        let (mut ours, mut first) = we_call(Codec::Opus).await;
        both_hear(&mut ours, &mut first).await;
        if goodbye {
            first.close().await;
            ours.hears_nothing().await;
        }
        let mut second = Theirs::open(Codec::Opus).await;
        let (answer, _) = ours.reaccept(second.offer(SendRecv).await).await;
        second.apply(&answer).await;
        both_connect(&mut ours, &mut second).await;
        both_hear(&mut ours, &mut second).await;
    };
    tokio::join!(take_over(true), take_over(false));
}

#[tokio::test]
async fn another_far_end_may_take_over_in_its_answer() {
    let (mut ours, mut first) = we_call(Codec::Opus).await;
    both_hear(&mut ours, &mut first).await;
    let mut second = Theirs::open(Codec::Opus).await;
    let answer = second.accept(&ours.reoffer(SendRecv, false).await).await;
    ours.apply(answer).await;
    both_connect(&mut ours, &mut second).await;
    both_hear(&mut ours, &mut second).await;
}

#[tokio::test]
async fn whoever_answers_after_early_media_may_be_somebody_else() {
    let mut ours = Ours::open(&BOTH);
    let (mut early, mut callee) = (Theirs::open(Codec::Opus).await, Theirs::open(Codec::Opus).await);
    let offer = ours.offer().await;
    ours.apply(early.accept(&offer).await).await;
    both_connect(&mut ours, &mut early).await;
    ours.hears().await;
    let answer = callee.accept(&offer).await;
    assert_eq!(ours.apply(answer).await, (SendRecv, SendRecv));
    callee.connected().await;
    both_hear(&mut ours, &mut callee).await;
}
