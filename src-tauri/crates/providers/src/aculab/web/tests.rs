use std::{net::Ipv4Addr, sync::Arc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::{net::Sockets, test_clock::TestClock};

const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJteUNsaWVudElkIn0.c2ln";

/// A web server on loopback that gives these answers in turn, one connection each.
struct WebServer {
    listener: TcpListener,
    services: WebServices,
}

impl WebServer {
    async fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has a free port");
        let server = format!("http://{}/", listener.local_addr().expect("a bound socket has an address"));
        let services = WebServices {
            cloud: "1-2-0".parse().expect("a cloud"),
            user: "bob@example.com".into(),
            api_key: Secret::new("hunter2"),
            server,
            ca_file: None,
            proxy: Proxy::Direct,
        };
        Self { listener, services }
    }

    /// What was asked, for each of the answers.
    async fn answer(&self, answers: &[(u16, &str)]) -> Vec<String> {
        let mut asked = Vec::new();
        for (status, body) in answers {
            let (mut stream, _) = self.listener.accept().await.expect("somebody asks");
            let mut request = Vec::new();
            while !is_whole(&request) {
                assert_ne!(stream.read_buf(&mut request).await.expect("reads"), 0, "a whole request comes");
            }
            let length = body.len();
            let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).await.expect("is read");
            asked.push(String::from_utf8(request).expect("text"));
        }
        asked
    }

    async fn generate(&self, wish: &TokenWish, answers: &[(u16, &str)]) -> (Result<Token, WebError>, Vec<String>) {
        let network = Sockets::new(Arc::new(TestClock::new()));
        tokio::join!(self.services.generate_token(&network, wish), self.answer(answers))
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

fn wish() -> TokenWish {
    TokenWish {
        client: "a+b".parse().expect("a client"),
        lifetime: TokenLifetime::default(),
        incoming: true,
        callable: "bob, agent*".parse().expect("a list"),
    }
}

#[tokio::test]
async fn a_token_is_asked_for_with_the_key_and_what_it_shall_allow() {
    let server = WebServer::new().await;
    let (made, asked) = server.generate(&wish(), &[(200, &format!("{{\"token\":\"{TOKEN}\"}}"))]).await;
    assert_eq!(made.expect("made").text(), TOKEN);
    let [asked] = &asked[..] else { panic!("asked once") };
    assert!(asked.starts_with("POST /webrtc_generate_token HTTP/1.1\r\n"), "{asked}");
    let head = asked.to_ascii_lowercase();
    // base64("1-2-0/bob@example.com:hunter2")
    assert!(asked.contains("Basic MS0yLTAvYm9iQGV4YW1wbGUuY29tOmh1bnRlcjI="), "{asked}");
    assert!(head.contains("accept: application/json\r\n"), "{asked}");
    assert!(head.contains("content-type: application/x-www-form-urlencoded\r\n"), "{asked}");
    assert!(asked.ends_with("\r\n\r\nclient_id=a%2Bb&ttl=3600&enable_incoming=true&call_client=bob%2Cagent%2A"), "{asked}");
}

#[tokio::test]
async fn who_does_not_read_a_post_is_asked_by_get() {
    let server = WebServer::new().await;
    let callable = Callable::default();
    let token = format!("{{\"token\":\"{TOKEN}\"}}");
    let missing = r#"{"error":{"code":"0001","text":"Parameter missing","details":["client_id"]}}"#;
    for refusal in [(405, "no"), (400, missing), (400, "<html>"), (501, "{}")] {
        let wish = TokenWish { callable: callable.clone(), incoming: false, ..wish() };
        let (made, asked) = server.generate(&wish, &[refusal, (200, &token)]).await;
        assert_eq!(made.expect("made").text(), TOKEN);
        let first = asked[1].lines().next().expect("a line");
        assert_eq!(first, "GET /webrtc_generate_token?client_id=a%2Bb&ttl=3600&enable_incoming=false HTTP/1.1");
    }
}

#[tokio::test]
async fn refusals_are_told_in_the_clouds_words_or_in_ours() {
    let server = WebServer::new().await;
    let malformed = r#"{"error":{"code":"0002","text":"Malformed","details":["ttl","client_id"]},"request":{}}"#;
    for (status, body, words) in [
        (401, "", "the cloud refused the user name or the API access key (401)"),
        (400, malformed, "the cloud refused (0002): Malformed; ttl; client_id"),
        (400, r#"{"error":{"code":3,"text":"Twice","details":"ttl"}}"#, "the cloud refused (0003): Twice; ttl"),
        (400, r#"{"error":{"code":"0405","text":"Over","details":null}}"#, "the cloud refused (0405): Over"),
        (403, r#"{"error":{"text":"Not you"}}"#, "the cloud refused (HTTP 403): Not you"),
        (409, r#"{"error":{"code":"0002"}}"#, "the cloud refused: HTTP 409"),
        (409, r#"{"error":"no"}"#, "the cloud refused: HTTP 409"),
        (500, "<html>", "the cloud refused: HTTP 500"),
        (200, "<html>", "the cloud's answer cannot be understood"),
        (200, r#"{"token":"x"}"#, "the cloud's answer cannot be understood"),
        (302, "", "the cloud refused: HTTP 302"),
    ] {
        let (made, _) = server.generate(&wish(), &[(status, body)]).await;
        assert_eq!(made.expect_err(words).to_string(), words);
    }
}

#[tokio::test]
async fn registered_clients_are_listed() {
    let server = WebServer::new().await;
    let network = Sockets::new(Arc::new(TestClock::new()));
    let body = r#"[{"client_id":"bob","last_modified":"2020-03-10_11:00:00","expires":"2020-03-10_11:20:00","more":1},
        {"client":"x"},7,{"client_id":"carol","expires":null}]"#;
    let answers = [(200, body)];
    let (listed, asked) = tokio::join!(server.services.registered_clients(&network), server.answer(&answers));
    let [client, other] = &listed.expect("listed")[..] else { panic!("two clients") };
    assert_eq!((other.client_id.expose(), other.expires.as_str()), ("carol", ""));
    assert_eq!((client.client_id.expose(), client.expires.as_str()), ("bob", "2020-03-10_11:20:00"));
    assert!(asked[0].starts_with("POST /webrtc_registered_clients HTTP/1.1\r\n"), "{}", asked[0]);
}

#[tokio::test]
async fn nobody_there_and_a_plain_server_elsewhere_are_told() {
    let server = WebServer::new().await;
    let network = Sockets::new(Arc::new(TestClock::new()));
    let mut services = server.services.clone();
    drop(server);
    let error = services.registered_clients(&network).await.expect_err("nobody listens");
    assert!(matches!(&error, WebError::NotAsked(OfflineCause::Unreachable { detail }) if detail.contains("refused")), "{error}");
    services.server = "http://ws.example.com".into();
    let error = services.registered_clients(&network).await.expect_err("the key would go in the clear");
    assert!(matches!(error, WebError::NotAsked(OfflineCause::Configuration { .. })), "{error}");
}

#[test]
fn lifetimes_are_those_the_cloud_grants() {
    assert_eq!("600".parse(), Ok(TokenLifetime(600)));
    for text in ["", "599", "86401", "-1", "1h"] {
        assert_eq!(text.parse::<TokenLifetime>(), Err(InvalidLifetime), "{text}");
    }
}
