//! Questions to a name server on loopback.

use hickory_resolver::{
    config::{LookupIpStrategy, NameServerConfig, ResolverConfig},
    net::runtime::TokioRuntimeProvider,
    proto::{
        op::{Message, ResponseCode},
        rr::{
            Name, Record,
            rdata::{A, NAPTR, SRV},
        },
    },
};
use tokio::{net::UdpSocket, time::Instant};

use super::*;

/// Entries of a zone: a name, how long its record is valid in seconds, and the record.
type Zone = Vec<(&'static str, u32, RData)>;

fn name(text: &str) -> Name {
    Name::from_ascii(text).expect("a name")
}

fn srv(priority: u16, weight: u16, port: u16, target: &str) -> RData {
    RData::SRV(SRV::new(priority, weight, port, name(target)))
}

fn naptr(order: u16, services: &str, replacement: &str) -> RData {
    let bytes = |text: &str| text.as_bytes().to_vec().into_boxed_slice();
    RData::NAPTR(NAPTR::new(order, 0, bytes("s"), bytes(services), bytes(""), name(replacement)))
}

/// Asks a name server with this zone, which says nothing to questions for services of names with `silent` in them.
async fn asking(zone: Zone) -> TokioResolver {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let port = socket.local_addr().expect("bound").port();
    #[expect(clippy::disallowed_methods, reason = "it serves as long as the test lasts")]
    tokio::spawn(async move {
        let mut bytes = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut bytes).await {
            let question = Message::from_vec(&bytes[..length]).expect("a question");
            let Some(query) = question.queries.first().cloned() else { continue };
            let asked = query.name().to_ascii().to_ascii_lowercase();
            if asked.contains("silent") && query.query_type() == RecordType::SRV {
                continue;
            }
            let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
            answer.add_query(query.clone());
            for (owner, ttl, data) in
                zone.iter().filter(|(owner, _, data)| format!("{owner}.") == asked && data.record_type() == query.query_type())
            {
                answer.add_answer(Record::from_rdata(name(&format!("{owner}.")), *ttl, data.clone()));
            }
            if answer.answers.is_empty() {
                answer.metadata.response_code = ResponseCode::NXDomain;
            }
            let answer = answer.to_vec().expect("it can be written");
            socket.send_to(&answer, from).await.expect("it is sent");
        }
    });
    let mut server = NameServerConfig::udp("127.0.0.1".parse().expect("an address"));
    server.connections[0].port = port;
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    options.timeout = Duration::from_millis(500);
    options.attempts = 1;
    options.cache_size = 0;
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    builder.build().expect("a resolver")
}

fn hosts(located: &Located) -> Vec<(u16, &str, u16)> {
    located.servers.iter().map(|server| (server.priority, server.place.host.as_str(), server.place.port)).collect()
}

#[tokio::test]
async fn a_domain_names_its_servers_by_naptr_or_else_by_srv() {
    let resolver = asking(vec![
        ("a.test", 300, naptr(10, "SIPS+D2T", "_sips._tcp.a.test.")),
        ("a.test", 300, naptr(20, "sips+d2w", "_web._tcp.a.test.")),
        ("_web._tcp.a.test", 60, srv(20, 0, 443, "Two.a.test.")),
        ("_web._tcp.a.test", 30, srv(10, 5, 8443, "one.a.test.")),
        ("_sips._ws.a.test", 30, srv(10, 5, 1, "not.a.test.")),
        ("_sips._ws.b.test", 99, srv(1, 1, 443, "b.test.")),
        ("_sips._wss.c.test", u32::MAX, srv(1, 1, 443, "c.test.")),
    ])
    .await;
    let a = sip_by(&resolver, "a.test").await.expect("it has servers");
    assert_eq!(hosts(&a), [(10, "one.a.test", 8443), (20, "two.a.test", 443)]);
    assert_eq!(a.valid_for, Duration::from_secs(30), "as long as the one that ends first");
    let b = sip_by(&resolver, "b.test").await.expect("it has servers");
    assert_eq!((hosts(&b).as_slice(), b.valid_for.as_secs()), (&[(1, "b.test", 443)][..], 99));
    assert!(sip_by(&resolver, "c.test").await.expect("it has servers").valid_for <= LONGEST_VALID);
}

#[tokio::test]
async fn a_domain_that_names_none_is_its_own_server_and_one_that_says_so_has_none() {
    let mut zone: Zone = vec![("_sips._ws.none.test", 60, srv(0, 0, 0, "."))];
    zone.extend((0..40).map(|nth| ("_sips._ws.many.test", 60, srv(nth, 0, 443, "many.test."))));
    let resolver = asking(zone).await;
    assert_eq!(sip_by(&resolver, "plain.test").await, Ok(Located::default()));
    let refused = sip_by(&resolver, "none.test").await.expect_err("it says that there is none");
    assert!(refused.to_string().contains("no server for it"), "{refused}");
    let many = sip_by(&resolver, "many.test").await.expect("it has servers");
    assert_eq!(hosts(&many).last(), Some(&(7, "many.test", 443)), "the first eight");
}

#[tokio::test]
async fn stun_and_turn_servers_are_those_of_their_service_or_else_the_host_itself() {
    let address = |last: u8| RData::A(A::new(192, 0, 2, last));
    let resolver = asking(vec![
        ("_turn._udp.t.test", 60, srv(10, 0, 3479, "one.t.test.")),
        ("_turn._udp.t.test", 60, srv(20, 0, 3480, "two.t.test.")),
        ("_turn._udp.t.test", 60, srv(30, 0, 3481, "three.t.test.")),
        ("_turns._tcp.t.test", 60, srv(0, 0, 0, ".")),
        ("t.test", 60, address(1)),
    ])
    .await;
    let places = async |url: &str| ice_by(&resolver, &url.parse().expect("a url")).await;
    let Ok(Places::Named(named)) = places("turn:t.test").await else { panic!("it names them") };
    assert_eq!(named.iter().map(ToString::to_string).collect::<Vec<_>>(), ["one.t.test:3479", "two.t.test:3480"]);
    let own = ["192.0.2.1".parse::<IpAddr>().expect("an address")];
    for url in ["stun:t.test", "turn:t.test?transport=tcp"] {
        let Ok(Places::Own(addresses)) = places(url).await else { panic!("{url} names none") };
        assert_eq!(addresses, own, "{url}");
    }
    assert!(places("turns:t.test").await.is_err(), "it says that there is none");
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "real time is what is measured")]
async fn a_name_server_that_tells_addresses_only_costs_an_offer_nothing() {
    let resolver = asking(vec![("silent.test", 60, RData::A(A::new(192, 0, 2, 1)))]).await;
    let begun = Instant::now();
    let Ok(Places::Own(addresses)) = ice_by(&resolver, &"stun:silent.test".parse().expect("a url")).await else {
        panic!("it names none")
    };
    assert_eq!(addresses.len(), 1);
    assert!(begun.elapsed() < Duration::from_millis(400), "{:?}", begun.elapsed());
}
