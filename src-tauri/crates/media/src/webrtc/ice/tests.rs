#![expect(clippy::disallowed_methods, reason = "an Instant of the RTC crates can be had in no other way")]

use rtc::stun::{
    attributes::{ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USERNAME},
    integrity::MessageIntegrity,
    message::{CLASS_REQUEST, METHOD_BINDING, Message, MessageType, Setter as _, TransactionId},
};

use super::*;
use crate::sdp::Setup;

const PASSWORD: &str = "a password of theirs, long enough";

fn local() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 4000))
}

fn stranger(port: u16) -> SocketAddr {
    SocketAddr::from(([198, 51, 100, 7], port))
}

/// A session that has offered and waits for the answer.
fn offering(now: Instant) -> Ice {
    let crypto = rtc::crypto::default_provider().expect("cryptography");
    let mut ice = Ice::new(now, crypto, IcePolicy::All).expect("an agent");
    ice.add_local(LocalAddress::Host(local()));
    ice
}

/// What the far end answers.
fn answer() -> TransportDescription {
    TransportDescription {
        ice_ufrag: "them".into(),
        ice_pwd: PASSWORD.into(),
        ice_lite: false,
        fingerprints: Vec::new(),
        setup: Setup::Actpass,
        candidates: Vec::new(),
    }
}

/// A session that takes itself for the controlling one, and checks.
fn controlling(now: Instant) -> Ice {
    let mut ice = offering(now);
    ice.connect(now, &answer(), true).expect("it begins");
    ice
}

/// A check whose sender is controlling too, and wins; signed with this, if with anything.
fn check(ice: &Ice, password: Option<&str>) -> Vec<u8> {
    let mut message = Message::new();
    message.transaction_id = TransactionId::new();
    message.typ = MessageType::new(METHOD_BINDING, CLASS_REQUEST);
    message.write_header();
    message.add(ATTR_USERNAME, format!("{}:them", ice.credentials().0).as_bytes());
    message.add(ATTR_PRIORITY, &1_u32.to_be_bytes());
    message.add(ATTR_ICE_CONTROLLING, &u64::MAX.to_be_bytes());
    if let Some(password) = password {
        let signed = MessageIntegrity::new_raw_integrity_with_provider(password.as_bytes(), ice.crypto.crypto());
        signed.add_to(&mut message).expect("it is signed");
    }
    message.raw
}

#[test]
fn a_stranger_does_not_change_who_is_controlling() {
    let now = Instant::now();
    let mut ice = controlling(now);
    for password in [None, Some("another password"), Some("")] {
        let forged = check(&ice, password);
        ice.handle_datagram(now, local(), stranger(1), &forged);
        assert!(ice.current.agent.role(), "signed with {password:?}");
        assert!(ice.current.agent.get_remote_candidates().is_empty());
    }
    let (_, ours) = ice.credentials();
    let signed = check(&ice, Some(&ours));
    ice.handle_datagram(now, local(), stranger(1), &signed);
    assert!(!ice.current.agent.role(), "the far end may");
}

#[test]
fn descriptions_with_ever_more_addresses_and_names_are_not_followed_to_all_of_them() {
    let now = Instant::now();
    let mut ice = controlling(now);
    let mut described = |from: u16, to: u16, address: &dyn Fn(u16) -> String| {
        let candidate =
            |number| format!("1 1 udp 2113937151 {} {number} typ host", address(number)).parse().expect("a candidate");
        let remote = TransportDescription {
            ice_ufrag: "them".into(),
            ice_pwd: PASSWORD.into(),
            ice_lite: false,
            fingerprints: Vec::new(),
            setup: Setup::Actpass,
            candidates: (from..to).map(candidate).collect(),
        };
        ice.connect(now, &remote, true).expect("it is taken");
    };
    for again in 0..10 {
        described(again * 40 + 1, again * 40 + 21, &|_| "198.51.100.7".into());
        described(again * 40 + 21, again * 40 + 41, &|number| format!("{number}.local"));
    }
    assert!(ice.current.agent.get_remote_candidates().len() <= MOST_REMOTES);
    ice.handle_timeout(now + Duration::from_millis(20));
    let asks = |ice: &mut Ice| std::iter::from_fn(|| ice.poll_datagram()).filter(|(_, to, _)| to.port() == 5353).count();
    assert_eq!(asks(&mut ice), MOST_NAMES);
    for ms in (1_020..8_000).step_by(1_000) {
        ice.handle_timeout(now + Duration::from_millis(ms));
    }
    let repeated = asks(&mut ice);
    assert!((MOST_NAMES..=6 * MOST_NAMES).contains(&repeated), "{repeated}: they are asked for again, and not for ever");
}

#[test]
fn a_far_end_with_ever_more_addresses_is_not_met_at_all_of_them() {
    let now = Instant::now();
    let mut ice = controlling(now);
    let (_, ours) = ice.credentials();
    for port in 1..1_000 {
        let signed = check(&ice, Some(&ours));
        ice.handle_datagram(now, local(), stranger(port), &signed);
    }
    assert_eq!(ice.current.agent.get_remote_candidates().len(), MOST_REMOTES);
    assert!(ice.admits(now, local(), stranger(1)) && !ice.admits(now, local(), stranger(999)));
}

#[test]
fn a_check_that_comes_before_the_answer_is_heard_with_it() {
    let now = Instant::now();
    for restarts in [false, true] {
        let mut ice = if restarts { controlling(now) } else { offering(now) };
        if restarts {
            ice.restart(now).expect("it begins anew");
            ice.add_local(LocalAddress::Host(local()));
        }
        let (_, ours) = ice.credentials();
        for (port, password) in (1..100).zip([None, Some("another password"), Some(ours.as_str())].into_iter().cycle()) {
            let early = check(&ice, password);
            ice.handle_datagram(now, local(), stranger(port), &early);
        }
        while ice.poll_datagram().is_some() {}
        let remote = TransportDescription { ice_pwd: format!("{PASSWORD} anew"), ..answer() };
        ice.connect(now, &remote, true).expect("it begins");
        let answered: Vec<_> = std::iter::from_fn(|| ice.poll_datagram())
            .filter(|(_, _, bytes)| bytes.first() == Some(&1))
            .map(|(_, to, _)| to.port())
            .collect();
        assert_eq!(answered, (1..=MOST_EARLY as u16).map(|n| n * 3).collect::<Vec<_>>(), "of a restart: {restarts}");
    }
}
