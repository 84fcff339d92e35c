//! The fake cloud by the very messages that the official client was seen to send, and by our own way to its web services.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use model::{OfflineCause, Secret};
use phone::SystemClock;
use providers::{
    aculab::{TokenWish, WebError, WebServices},
    net::{Connection, Endpoint, HttpMethod, HttpRequest, Network, Outgoing, Proxy, Sockets},
};
use sip::{Message, Request, Response};
use tests::{Closing, CloudOptions, CloudRegistering, FakeCloud, IceAnswer, TokenTerms};
use tokio::time::timeout;

/// Longer than any answer takes.
const SOON: Duration = Duration::from_secs(10);

const REGISTER: &[u8] = include_bytes!("../fixtures/sip/peers/aculab-register.dat");
const OPTIONS: &[u8] = include_bytes!("../fixtures/sip/peers/aculab-options.dat");
const INVITE: &[u8] = include_bytes!("../fixtures/sip/peers/aculab-invite-service.dat");

fn cloud() -> FakeCloud {
    FakeCloud::start(CloudOptions::default()).expect("it starts")
}

fn network() -> Sockets {
    Sockets::new(Arc::new(SystemClock::start()))
}

fn endpoint(cloud: &FakeCloud) -> Endpoint {
    Endpoint {
        at: None,
        pin: None,
        url: cloud.socket_url(),
        subprotocol: Some("sip".into()),
        origin: None,
        ca_file: Some(cloud.ca().to_owned()),
        allow_plain: false,
        proxy: Proxy::Direct,
    }
}

async fn opened(cloud: &FakeCloud) -> Connection {
    network().open(&endpoint(cloud)).await.expect("it opens")
}

fn captured(bytes: &[u8]) -> Request {
    match Message::parse(bytes) {
        Ok(Message::Request(request)) => request,
        other => panic!("the fixture is no request: {other:?}"),
    }
}

/// The captured REGISTER with this token.
fn register(token: &str) -> Request {
    let mut request = captured(REGISTER);
    request.headers.set("Authorization", format!("Bearer {token}"));
    request
}

async fn ask(connection: &mut Connection, request: &Request) -> Response {
    say(connection, request).await;
    heard(connection).await
}

async fn say(connection: &Connection, request: &Request) {
    connection.outgoing.send(Outgoing::Message(Bytes::from(request.to_bytes()))).await.expect("open");
}

async fn heard(connection: &mut Connection) -> Response {
    let message = timeout(SOON, connection.incoming.recv()).await.expect("an answer").expect("open").expect("open");
    match Message::parse(&message) {
        Ok(Message::Response(response)) => response,
        other => panic!("no response: {other:?}"),
    }
}

#[tokio::test]
async fn a_registration_is_granted_to_a_good_token_with_the_contact_as_it_was_given() {
    let cloud = cloud();
    let mut connection = opened(&cloud).await;
    let response = ask(&mut connection, &register(&cloud.token("myClientId"))).await;
    assert_eq!(response.code, 200);
    assert_eq!(response.headers.get("Contact"), Some("<sip:913g8cbf@hjvmbfhvlajs.invalid;transport=ws>;expires=600"));
    assert_eq!(response.headers.get("Via"), captured(REGISTER).headers.get("Via"), "as it was sent");
    assert!(cloud.seen().is_registered("abc123key", "myClientId"));
    // Its own goodbye needs no token.
    let mut goodbye = register("");
    goodbye.headers.remove("Authorization");
    goodbye.headers.set("Contact", "<sip:913g8cbf@hjvmbfhvlajs.invalid;transport=ws>;expires=0");
    goodbye.headers.set("Via", "SIP/2.0/WSS hjvmbfhvlajs.invalid;branch=z9hG4bK2");
    let response = ask(&mut connection, &goodbye).await;
    assert_eq!((response.code, response.headers.get("Contact")), (200, None));
    assert!(cloud.seen().registered.is_empty());
    assert_eq!(
        cloud.received().first().map(|message| message.text()),
        Some(String::from_utf8_lossy(&register(&cloud.token("myClientId")).to_bytes()).into_owned())
    );
}

#[tokio::test]
async fn bad_tokens_and_strange_accounts_are_refused() {
    let cloud = cloud();
    let mut connection = opened(&cloud).await;
    let expired = cloud.token_of(&TokenTerms { lifetime_s: -1, ..TokenTerms::new("abc123key", "myClientId") });
    for (branch, (token, wrong)) in [(expired, "expired"), (cloud.token("bob"), "of another client")].into_iter().enumerate() {
        let mut request = register(&token);
        request.headers.set("Via", format!("SIP/2.0/WSS x.invalid;branch=z9hG4bK{branch}"));
        let response = ask(&mut connection, &request).await;
        let words = format!("Bearer realm=\"aculab\", error=\"invalid_token\", error_description=\"{wrong}\"");
        assert_eq!((response.code, response.headers.get("WWW-Authenticate")), (401, Some(words.as_str())));
    }
    let mut strange = register(&cloud.token("myClientId"));
    strange.uri.host = "nobody.webrtc-1-2-0.aculabcloud.net".into();
    assert_eq!(ask(&mut connection, &strange).await.code, 403);
    cloud.knobs(|knobs| {
        knobs.registering = CloudRegistering::Refused { code: 503, headers: vec![("Retry-After", "7".into())] };
    });
    let mut forced = register(&cloud.token("myClientId"));
    forced.headers.set("Via", "SIP/2.0/WSS x.invalid;branch=z9hG4bKforced");
    let response = ask(&mut connection, &forced).await;
    assert_eq!((response.code, response.headers.retry_after()), (503, Some(7)));
}

#[tokio::test]
async fn servers_for_ice_are_told_refused_or_garbled_as_the_knob_says() {
    let cloud = cloud();
    let mut connection = opened(&cloud).await;
    for (number, (answer, code, body)) in [
        (IceAnswer::List("[{\"urls\":[\"stun:127.0.0.1:3478\"]}]".into()), 200, "[{\"urls\":[\"stun:127.0.0.1:3478\"]}]"),
        (IceAnswer::Refused(503), 503, ""),
        (IceAnswer::Garbage, 200, "<html>[\"no list"),
    ]
    .into_iter()
    .enumerate()
    {
        cloud.knobs(|knobs| knobs.ice = answer);
        let mut request = captured(OPTIONS);
        request.headers.set("Via", format!("SIP/2.0/WSS x.invalid;branch=z9hG4bK{number}"));
        let response = ask(&mut connection, &request).await;
        assert_eq!((response.code, String::from_utf8_lossy(&response.body).as_ref()), (code, body));
    }
}

#[tokio::test]
async fn an_unknown_service_a_busy_one_and_a_silent_one_are_told_apart() {
    let cloud = cloud();
    let mut connection = opened(&cloud).await;
    let invite = |service: &str| {
        let mut request = captured(INVITE);
        request.uri.user = Some(service.to_owned());
        request.headers.set("Via", format!("SIP/2.0/WSS x.invalid;branch=z9hG4bK{service}"));
        request.headers.set("Call-ID", service);
        request
    };
    say(&connection, &invite("silent")).await;
    for (service, code) in [("nonesuch", 404), ("busy", 486), ("decline603", 603), ("code-499", 499)] {
        let response = ask(&mut connection, &invite(service)).await;
        assert_eq!((response.code, response.headers.get("Call-ID")), (code, Some(service)));
    }
    let response = ask(&mut connection, &invite("redirect")).await;
    assert_eq!(response.headers.get("Contact"), Some("<sip:echo@sip-1-2-0.aculab.com;transport=tcp>"));
}

#[tokio::test]
async fn sockets_are_closed_and_upgrades_refused_when_it_is_asked_for() {
    let cloud = cloud();
    let mut connection = opened(&cloud).await;
    ask(&mut connection, &register(&cloud.token("myClientId"))).await;
    cloud.refuse_upgrades_for(Duration::from_secs(60));
    cloud.close_connection_of("myClientId", Closing::Abruptly);
    let last = timeout(SOON, connection.incoming.recv()).await.expect("it is noticed");
    assert!(matches!(last, Some(Err(OfflineCause::ConnectionLost { .. }))), "{last:?}");
    let refused = network().open(&endpoint(&cloud)).await.expect_err("refused");
    assert!(refused.to_string().contains("503"), "{refused}");
    cloud.refuse_upgrades_for(Duration::ZERO);
    drop(opened(&cloud).await);
    let seen = cloud.wait_for("the second connection", SOON, |seen| (seen.opened == 2).then(|| seen.clone()));
    assert_eq!((seen.refused, seen.registered.len()), (1, 0));
}

/// For who drives the cloud from another program, as the official client's pages are driven.
#[tokio::test]
async fn calls_are_ordered_and_listed_by_http_with_and_without_tls() {
    let cloud = cloud();
    let network = network();
    let ask = async |method: HttpMethod, what: &str, body: &str| {
        let request = HttpRequest {
            method,
            url: format!("{}{what}", cloud.web_url()),
            basic: None,
            headers: Vec::new(),
            body: Secret::new(body),
            ca_file: Some(cloud.ca().to_owned()),
            pin: None,
            allow_plain: false,
            proxy: Proxy::Direct,
        };
        let answer = network.ask(&request).await.expect("it answers");
        (answer.status, answer.body.expose().to_owned())
    };
    assert_eq!(ask(HttpMethod::Post, "/call", "{}").await.0, 400);
    let order = r#"{"client_id":"myClientId","from":"441","service":"echo"}"#;
    assert_eq!(ask(HttpMethod::Post, "/call", order).await, (200, r#"{"call":0}"#.to_owned()));
    let (_, listed) = ask(HttpMethod::Get, "/calls", "").await;
    assert!(listed.contains(r#""service":"echo""#) && listed.contains("not registered"), "{listed}");
    let plain = Endpoint { url: cloud.plain_url(), allow_plain: true, ca_file: None, ..endpoint(&cloud) };
    let mut connection = network.open(&plain).await.expect("it opens");
    assert_eq!(self::ask(&mut connection, &register(&cloud.token("myClientId"))).await.code, 200);
    ask(HttpMethod::Post, "/call", order).await;
    let message = timeout(SOON, connection.incoming.recv()).await.expect("an INVITE").expect("open").expect("open");
    assert!(message.starts_with(b"INVITE sip:myClientId@"), "{}", String::from_utf8_lossy(&message));
}

#[tokio::test]
async fn the_web_services_make_tokens_that_the_registrar_takes_and_list_who_is_there() {
    let cloud = cloud();
    let account = cloud.account().clone();
    let mut services = WebServices {
        cloud: "1-2-0".parse().expect("a cloud"),
        user: account.user.as_str().into(),
        api_key: account.api_key,
        server: cloud.web_url(),
        ca_file: Some(cloud.ca().to_owned()),
        proxy: Proxy::Direct,
    };
    let network = network();
    let wish = TokenWish {
        client: "myClientId".parse().expect("a client"),
        lifetime: "600".parse().expect("granted"),
        incoming: true,
        callable: "bob,agent*".parse().expect("a list"),
    };
    let token = services.generate_token(&network, &wish).await.expect("made");
    assert_eq!(token.claims().expect("can be read").lifetime(), Some(Duration::from_secs(600)));
    let mut connection = opened(&cloud).await;
    assert_eq!(ask(&mut connection, &register(token.text())).await.code, 200);
    let [client] = &services.registered_clients(&network).await.expect("listed")[..] else { panic!("one") };
    assert_eq!(client.client_id.expose(), "myClientId");
    services.api_key = Secret::new("wrong");
    assert_eq!(services.registered_clients(&network).await, Err(WebError::WrongKey));
    assert_eq!(cloud.seen().asked.len(), 3);
}
