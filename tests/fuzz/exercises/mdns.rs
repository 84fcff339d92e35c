//! A datagram of anybody in the network while a name is asked for that the far end described (mDNS, RFC 6762).

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use rtc::{
    ice::{
        Agent, AgentConfig,
        candidate::{CandidateConfig, candidate_host::CandidateHostConfig, unmarshal_candidate},
        mdns::MulticastDnsMode,
    },
    mdns::MDNS_PORT,
    sansio::Protocol as _,
    shared::{TaggedBytesMut, TransportContext, TransportProtocol},
};

/// The name that is asked for, and that the seeds answer.
const NAME: &str = "fuzz.local";

/// Takes `bytes` for an answer, twice: before and after it is asked again.
pub fn exercise(bytes: &[u8]) {
    let mut now = Instant::now();
    let crypto = rtc::crypto::default_provider().expect("the machine has cryptography");
    let config = AgentConfig { multicast_dns_mode: MulticastDnsMode::QueryOnly, ..AgentConfig::default() };
    let mut agent = Agent::new(now, Arc::new(config), crypto).expect("an agent");
    let base_config = CandidateConfig {
        network: "udp".into(),
        address: "192.0.2.1".into(),
        port: 4000,
        component: 1,
        ..CandidateConfig::default()
    };
    let ours = CandidateHostConfig { base_config, ..CandidateHostConfig::default() }.new_candidate_host().expect("a candidate");
    agent.add_local_candidate(ours).expect("it is ours");
    agent.start_connectivity_checks(now, true, "them".into(), "a password of theirs, long enough".into()).expect("it begins");
    let named = unmarshal_candidate(&format!("1 1 udp 2113937151 {NAME} 50000 typ host")).expect("a candidate");
    agent.add_remote_candidate(named).expect("it is asked for");
    let transport = TransportContext {
        local_addr: ([0, 0, 0, 0], MDNS_PORT).into(),
        peer_addr: ([192, 0, 2, 9], MDNS_PORT).into(),
        transport_protocol: TransportProtocol::UDP,
        ecn: None,
    };
    for _ in 0..2 {
        // It may refuse what it likes.
        let _ticked = agent.handle_timeout(now);
        let _heard = agent.handle_read(TaggedBytesMut { now, transport, message: BytesMut::from(bytes) });
        while let Some(sent) = agent.poll_write() {
            black_box(sent);
        }
        now += Duration::from_millis(1_500);
    }
    assert!(agent.get_remote_candidates().len() <= 1, "one name is one address");
}
