//! Two real connections against each other on the loopback of this machine.

#![expect(clippy::disallowed_methods, reason = "these tests run on real sockets and in real time")]

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use model::{IcePolicy, IceServer, IceUrl, Secret};
use tokio::{
    net::UdpSocket,
    time::{Instant, timeout},
};

use super::*;
use crate::{PeerEvent, Roles, RtpPacket, ServerStream, ServerWays, sdp::TransportDescription};

const SOON: Duration = Duration::from_secs(5);

fn settings() -> PeerSettings {
    PeerSettings { ice_policy: IcePolicy::HostOnly, ..PeerSettings::default() }
}

fn server(url: &str) -> IceServer {
    IceServer { url: url.parse().expect("a server's address"), username: "u".into(), credential: Secret::new("p") }
}

async fn open(settings: PeerSettings) -> Arc<dyn Peer> {
    let runtime = WebrtcRuntime::new().expect("a certificate can be made");
    Arc::from(runtime.open(settings).await.expect("sockets can be bound"))
}

const OFFERER: Roles = Roles { ice_controlling: true, dtls_client: false };
const ANSWERER: Roles = Roles { ice_controlling: false, dtls_client: true };

fn packet(ssrc: u32, sequence: u16) -> RtpPacket {
    let timestamp = u32::from(sequence) * 960;
    RtpPacket { payload_type: 111, marker: false, sequence, timestamp, ssrc, payload: Bytes::from_static(b"payload") }
}

/// The next event that is no packet, while the other end is kept alive too.
async fn news(peer: &Arc<dyn Peer>, other: &Arc<dyn Peer>) -> PeerEvent {
    let next = async {
        loop {
            tokio::select! {
                event = peer.event() => if !matches!(event, PeerEvent::Rtp(_)) { break event },
                _ = other.event() => {}
            }
        }
    };
    timeout(SOON, next).await.expect("an event comes")
}

async fn next_packet(peer: &Arc<dyn Peer>, other: &Arc<dyn Peer>) -> RtpPacket {
    let next = async {
        loop {
            tokio::select! {
                event = peer.event() => if let PeerEvent::Rtp(packet) = event { break packet },
                _ = other.event() => {}
            }
        }
    };
    timeout(SOON, next).await.expect("a packet comes")
}

async fn connect(offerer: &Arc<dyn Peer>, answerer: &Arc<dyn Peer>) {
    let offer = offerer.local().await.expect("an offer");
    let answer = answerer.local().await.expect("an answer");
    answerer.connect(offer, ANSWERER).await.expect("the offer is usable");
    offerer.connect(answer, OFFERER).await.expect("the answer is usable");
}

async fn both_connected(offerer: &Arc<dyn Peer>, answerer: &Arc<dyn Peer>) {
    let mut up = (false, false);
    let wait = async {
        while up != (true, true) {
            tokio::select! {
                event = offerer.event() => up.0 |= matches!(event, PeerEvent::Connected(_)),
                event = answerer.event() => up.1 |= matches!(event, PeerEvent::Connected(_)),
            }
        }
    };
    timeout(SOON, wait).await.expect("both ends connect");
}

async fn pair() -> (Arc<dyn Peer>, Arc<dyn Peer>) {
    let (offerer, answerer) = (open(settings()).await, open(settings()).await);
    connect(&offerer, &answerer).await;
    both_connected(&offerer, &answerer).await;
    (offerer, answerer)
}

#[tokio::test]
async fn packets_pass_both_ways_and_a_new_ssrc_is_heard_too() {
    let (a, b) = pair().await;
    for ssrc in [7, 8] {
        a.send(packet(ssrc, 1)).await.expect("sent");
        assert_eq!(next_packet(&b, &a).await, packet(ssrc, 1));
        b.send(packet(ssrc, 2)).await.expect("sent");
        assert_eq!(next_packet(&a, &b).await, packet(ssrc, 2));
    }
    assert!(a.statistics().await.pair.is_some());
}

#[tokio::test]
async fn an_address_that_is_gone_interrupts_at_once_and_one_that_is_back_is_told() {
    let moving = Arc::new(UdpPeer::open(Arc::new(Identity::generate().expect("a certificate")), settings()).expect("sockets"));
    let (a, b): (Arc<dyn Peer>, _) = (moving.clone(), open(settings()).await);
    connect(&a, &b).await;
    both_connected(&a, &b).await;
    moving.look_at_base(|_| false);
    assert_eq!(news(&a, &b).await, PeerEvent::Interrupted);
    a.network_changed().await;
    assert!(matches!(news(&a, &b).await, PeerEvent::Connected(_)), "it is there again");
    a.network_changed().await;
    let quiet = timeout(Duration::from_millis(300), news(&a, &b)).await;
    assert!(quiet.is_err(), "another change is no news: {quiet:?}");
}

#[tokio::test]
async fn a_far_end_that_hides_its_address_is_found_by_its_checks() {
    for hides_offer in [true, false] {
        let (a, b) = (open(settings()).await, open(settings()).await);
        let hidden = |mut description: TransportDescription| {
            for candidate in &mut description.candidates {
                candidate.address = "4bd4b0e6-8a1d-4d0e-9f5e-0c7a4d7e1c11.local".into();
            }
            description
        };
        let mut offer = a.local().await.expect("an offer");
        let mut answer = b.local().await.expect("an answer");
        if hides_offer {
            offer = hidden(offer)
        } else {
            answer = hidden(answer)
        }
        b.connect(offer, ANSWERER).await.expect("the offer is usable");
        a.connect(answer, OFFERER).await.expect("the answer is usable");
        both_connected(&a, &b).await;
        a.send(packet(7, 1)).await.expect("sent");
        assert_eq!(next_packet(&b, &a).await, packet(7, 1));
    }
}

#[tokio::test]
async fn closing_is_told_to_the_far_end() {
    let (a, b) = pair().await;
    a.close().await;
    assert_eq!(news(&b, &a).await, PeerEvent::Closed);
}

#[tokio::test]
async fn an_ice_restart_keeps_the_audio_going() {
    let (a, b) = pair().await;
    a.restart().await.expect("a restart can begin");
    let offer = a.local().await.expect("an offer");
    a.send(packet(7, 10)).await.expect("sent");
    assert_eq!(next_packet(&b, &a).await.sequence, 10, "the old path serves while the new one is offered");
    b.restart().await.expect("a restart can begin");
    let answer = b.local().await.expect("an answer");
    b.connect(offer.clone(), ANSWERER).await.expect("the offer is usable");
    a.send(packet(7, 11)).await.expect("sent");
    assert_eq!(next_packet(&b, &a).await.sequence, 11, "the old path serves while the new one is tried");
    a.connect(answer, OFFERER).await.expect("the answer is usable");
    both_connected(&a, &b).await;
    a.send(packet(7, 12)).await.expect("sent");
    assert_eq!(next_packet(&b, &a).await.sequence, 12);
    b.send(packet(9, 13)).await.expect("sent");
    assert_eq!(next_packet(&a, &b).await.sequence, 13);
}

/// Packets pass both ways.
async fn talk(a: &Arc<dyn Peer>, b: &Arc<dyn Peer>, sequence: u16) {
    a.send(packet(7, sequence)).await.expect("sent");
    assert_eq!(next_packet(b, a).await.sequence, sequence);
    b.send(packet(9, sequence)).await.expect("sent");
    assert_eq!(next_packet(a, b).await.sequence, sequence);
}

#[tokio::test]
async fn turned_roles_begin_another_association_and_the_audio_goes_on() {
    let (a, b) = pair().await;
    let (ours, theirs) = (a.local().await.expect("ours"), b.local().await.expect("theirs"));
    b.connect(ours, Roles { dtls_client: false, ..ANSWERER }).await.expect("the offer is usable");
    talk(&a, &b, 1).await;
    a.connect(theirs, Roles { dtls_client: true, ..OFFERER }).await.expect("the answer is usable");
    a.send(packet(7, 2)).await.expect("sent");
    both_connected(&a, &b).await;
    talk(&a, &b, 3).await;
}

#[tokio::test]
async fn another_end_with_the_same_certificate_is_met_whoever_says_hello() {
    let same = WebrtcRuntime::new().expect("a certificate can be made");
    for (first, second) in
        [(OFFERER, ANSWERER), (Roles { dtls_client: true, ..OFFERER }, Roles { dtls_client: false, ..ANSWERER })]
    {
        let opened = || async { Arc::<dyn Peer>::from(same.open(settings()).await.expect("sockets can be bound")) };
        let (a, another, b) = (opened().await, opened().await, open(settings()).await);
        b.connect(a.local().await.expect("an offer"), second).await.expect("the offer is usable");
        a.connect(b.local().await.expect("an answer"), first).await.expect("the answer is usable");
        both_connected(&a, &b).await;
        drop(a);
        b.restart().await.expect("a restart can begin");
        let answer = b.local().await.expect("an answer");
        b.connect(another.local().await.expect("an offer"), second).await.expect("the offer is usable");
        another.connect(answer, first).await.expect("the answer is usable");
        both_connected(&another, &b).await;
        talk(&another, &b, 1).await;
    }
}

#[tokio::test]
async fn a_discarded_restart_changes_nothing() {
    let (a, b) = pair().await;
    let before = a.local().await.expect("ours");
    a.restart().await.expect("a restart can begin");
    assert_ne!(a.local().await.expect("ours").ice_ufrag, before.ice_ufrag);
    a.discard_restart().await;
    assert_eq!(a.local().await.expect("ours").ice_ufrag, before.ice_ufrag);
    a.send(packet(7, 1)).await.expect("sent");
    assert_eq!(next_packet(&b, &a).await.sequence, 1);
}

#[tokio::test]
async fn another_certificate_than_the_announced_one_is_refused() {
    let (a, b) = (open(settings()).await, open(settings()).await);
    let mut offer = a.local().await.expect("an offer");
    let answer = b.local().await.expect("an answer");
    for byte in &mut offer.fingerprints[0].digest {
        *byte ^= 0x55;
    }
    b.connect(offer, ANSWERER).await.expect("it looks usable");
    a.connect(answer, OFFERER).await.expect("the answer is usable");
    match news(&b, &a).await {
        PeerEvent::Failed(fault) => assert_eq!(fault, model::MediaFault::Certificate),
        event => panic!("{event:?}"),
    }
}

#[tokio::test]
async fn dead_servers_delay_a_description_by_the_cap_only() {
    let servers = vec![server("stun:192.0.2.1:3478"), server("turn:192.0.2.2:3478"), server("turns:192.0.2.3")];
    let started = Instant::now();
    let peer = open(PeerSettings { ice_servers: servers, ..PeerSettings::default() }).await;
    let pumped = Arc::clone(&peer);
    let pump = async move {
        loop {
            pumped.event().await;
        }
    };
    let local = tokio::select! {
        local = peer.local() => local.expect("an offer"),
        () = pump => unreachable!("it never ends"),
    };
    assert!(started.elapsed() < Duration::from_millis(1_000), "{:?}", started.elapsed());
    assert!(!local.candidates.is_empty());
}

/// Knows one name, says that there is no other, and never finds a third.
#[derive(Debug)]
struct OneName {
    address: SocketAddr,
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl ServerWays for OneName {
    async fn find(&self, url: &IceUrl) -> Result<Vec<SocketAddr>, String> {
        self.asked.lock().expect("nobody panicked").push(url.host.clone());
        match url.host.as_str() {
            "known" => Ok(vec![self.address]),
            "unknown" => Err("there is no such name".into()),
            _ => std::future::pending().await,
        }
    }

    async fn open(&self, _url: &IceUrl) -> Result<ServerStream, String> {
        Err("there are no streams here".into())
    }
}

#[tokio::test]
async fn names_are_looked_up_beside_each_other_and_one_that_nobody_tells_delays_nothing() {
    let stun = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let ways = Arc::new(OneName { address: stun.local_addr().expect("bound"), asked: Mutex::default() });
    let started = Instant::now();
    let ice_servers = ["stun:silent", "stun:unknown", "turn:known"].map(server).to_vec();
    let server_ways: Arc<dyn ServerWays> = Arc::clone(&ways) as _;
    let peer = open(PeerSettings { ice_servers, server_ways, ..PeerSettings::default() }).await;
    let mut heard = [0; 64];
    let asked = async {
        tokio::select! {
            asked = stun.recv(&mut heard) => asked.expect("it hears"),
            never = async { loop { peer.event().await; } } => never,
        }
    };
    assert!(timeout(SOON, asked).await.expect("the server whose name is known is asked") >= 20);
    let local = tokio::select! {
        local = peer.local() => local.expect("an offer"),
        never = async { loop { peer.event().await; } } => never,
    };
    assert!(started.elapsed() < Duration::from_millis(1_000), "{:?}", started.elapsed());
    assert!(!local.candidates.is_empty());
    assert_eq!(*ways.asked.lock().expect("nobody panicked"), ["silent", "unknown", "known"]);
}

#[tokio::test]
async fn relays_alone_without_a_relay_are_an_error_in_words() {
    let servers = vec![server("turn:192.0.2.2?transport=tcp")];
    let peer = open(PeerSettings { ice_servers: servers, ice_policy: IcePolicy::RelayOnly, ..PeerSettings::default() }).await;
    let local = async {
        tokio::select! {
            local = peer.local() => local,
            never = async { loop { peer.event().await; } } => never,
        }
    };
    let error = local.await.expect_err("there is nothing to offer").to_string();
    assert!(error.contains("turn:192.0.2.2?transport=tcp: there are no streams to servers here"), "{error}");
}

#[tokio::test]
async fn a_stranger_who_is_there_early_breaks_nothing_off() {
    let (offerer, answerer) = (open(settings()).await, open(settings()).await);
    // A fatal alert in the clear (RFC 5246 section 7.2), a hello of nobody's, and what ends a hello's flight.
    let alert = [21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40];
    let hello = flights::tests::hello(0, 40, 0, 40);
    let disguised = [&hello[..], &alert].concat();
    for peer in [&offerer, &answerer] {
        for candidate in peer.local().await.expect("a description").candidates {
            let to = SocketAddr::new(candidate.ip().expect("an address"), candidate.port);
            let any = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
            let stranger = UdpSocket::bind(any).await.expect("a port");
            for datagram in [&alert[..], &disguised, &hello, &alert, &disguised, &alert] {
                stranger.send_to(datagram, to).await.expect("it is sent");
            }
        }
    }
    connect(&offerer, &answerer).await;
    both_connected(&offerer, &answerer).await;
    answerer.send(packet(7, 1)).await.expect("sent");
    assert_eq!(next_packet(&offerer, &answerer).await, packet(7, 1));
}
