#![expect(clippy::print_stderr, reason = "what is skipped is said")]

use std::{io, net::SocketAddr};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use model::{Secret, SetupFault};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::{
    handshake::server::{Request as ServerRequest, Response as ServerResponse},
    http::HeaderValue,
};

use super::*;
use crate::{
    net::{Outgoing, Place, Proxy},
    test_clock::TestClock,
};

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        Self::named("Test Authority")
    }

    fn named(name: &str) -> Self {
        let mut params = CertificateParams::new([]).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, key()).expect("signs"))
    }

    fn file(&self) -> NamedTempFile {
        let file = NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), self.0.pem()).expect("writes");
        file
    }

    fn acceptor(&self, params: &CertificateParams) -> TlsAcceptor {
        let key = key();
        acceptor(params.signed_by(&key, &self.0).expect("signs").der(), &key)
    }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

fn params(names: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).expect("names");
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    params
}

fn acceptor(certificate: &rustls_pki_types::CertificateDer<'static>, key: &KeyPair) -> TlsAcceptor {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("matches");
    TlsAcceptor::from(Arc::new(config))
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let address = listener.local_addr().expect("has one");
    (listener, address)
}

#[expect(clippy::result_large_err, reason = "the type is tungstenite's")]
fn agree_to_sip(
    request: &ServerRequest,
    mut response: ServerResponse,
) -> Result<ServerResponse, tungstenite::handshake::server::ErrorResponse> {
    assert_eq!(request.uri().to_string(), "/ws?a=b");
    assert_eq!(request.headers().get("Sec-WebSocket-Protocol"), Some(&HeaderValue::from_static("sip")));
    response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("sip"));
    Ok(response)
}

/// Serves one connection: SIP over WebSocket that repeats what it hears.
async fn echo<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> Result<(), tungstenite::Error> {
    let mut socket = tokio_tungstenite::accept_hdr_async(stream, agree_to_sip).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

async fn serve_tls(acceptor: TlsAcceptor) -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            if let Ok(tls) = acceptor.accept(tcp).await {
                let _ = echo(tls).await;
            }
        }
    });
    address
}

/// Answers every connection with these bytes.
async fn serve_bytes(answer: &'static [u8]) -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            let mut request = [0; 2048];
            let _ = tcp.read(&mut request).await;
            let _ = tcp.write_all(answer).await;
        }
    });
    address
}

fn endpoint(url: String) -> Endpoint {
    Endpoint {
        at: None,
        url,
        subprotocol: Some("sip".into()),
        origin: None,
        ca_file: None,
        pin: None,
        allow_plain: false,
        proxy: Proxy::Direct,
    }
}

fn secure(address: SocketAddr, authorities: &NamedTempFile) -> Endpoint {
    let url = format!("wss://localhost:{}/ws?a=b", address.port());
    Endpoint { ca_file: Some(authorities.path().to_owned()), ..endpoint(url) }
}

fn sockets() -> Sockets {
    Sockets::new(Arc::new(TestClock::new()))
}

async fn refusal(endpoint: &Endpoint) -> OfflineCause {
    sockets().open(endpoint).await.expect_err("refused")
}

async fn talk(connection: &mut Connection) {
    connection.outgoing.send(Outgoing::Message(Bytes::from("hello"))).await.expect("open");
    assert_eq!(connection.incoming.recv().await, Some(Ok(Bytes::from("hello"))));
}

#[tokio::test]
async fn a_server_with_a_certificate_of_a_given_authority_is_reached_again_and_again() {
    let authority = Authority::new();
    let server = serve_tls(authority.acceptor(&params(&["localhost"]))).await;
    let (file, network) = (authority.file(), sockets());
    for _ in 0..2 {
        let mut connection = network.open(&secure(server, &file)).await.expect("opens");
        talk(&mut connection).await;
    }
}

#[tokio::test]
async fn each_bad_certificate_is_refused_in_its_own_words() {
    let authority = Authority::new();
    let file = authority.file();
    let mut expired = params(&["localhost"]);
    expired.not_after = date_time_ymd(2026, 5, 31);
    let mut future = params(&["localhost"]);
    future.not_before = date_time_ymd(2026, 6, 2);
    let mut client_only = params(&["localhost"]);
    client_only.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    let own_key = key();
    let self_signed = params(&["localhost"]).self_signed(&own_key).expect("signs");
    let mut self_signed_authority = params(&["localhost"]);
    self_signed_authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let self_signed_authority = self_signed_authority.self_signed(&own_key).expect("signs");

    for (acceptor, words) in [
        (authority.acceptor(&expired), "its certificate expired on 2026-05-31"),
        (authority.acceptor(&future), "its certificate is not valid before 2026-06-02; is this computer's clock right?"),
        (authority.acceptor(&params(&["pbx.example.com"])), "its certificate is for another name (pbx.example.com)"),
        (authority.acceptor(&params(&["*.localhost"])), "its certificate is for another name (*.localhost)"),
        (authority.acceptor(&params(&[])), "its certificate has no subjectAltName, and a name elsewhere in it does not count"),
        (authority.acceptor(&client_only), "its certificate is not meant for a server"),
        (
            Authority::named("Other Authority").acceptor(&params(&["localhost"])),
            "its certificate is from an authority this computer does not know; a private one can be added to the account",
        ),
        (acceptor(self_signed.der(), &own_key), "its certificate is self-signed: nobody this computer trusts vouches for it"),
        (
            acceptor(self_signed_authority.der(), &own_key),
            "its certificate is self-signed: nobody this computer trusts vouches for it",
        ),
    ] {
        let server = serve_tls(acceptor).await;
        assert_eq!(refusal(&secure(server, &file)).await.to_string(), format!("the secure connection was refused: {words}"));
    }
}

#[tokio::test]
async fn what_is_no_tls_is_told() {
    let file = Authority::new().file();
    for (answer, words) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "the server does not speak TLS at that port"),
        // A fatal alert "protocol version", as a server sends that knows TLS 1.1 only.
        (
            &[21, 3, 2, 0, 2, 2, 70],
            "the server and this phone cannot agree: it speaks no version of TLS that is safe (1.2 or 1.3)",
        ),
        (&[21, 3, 3, 0, 2, 2, 40], "the server and this phone cannot agree: they have no safe cipher in common"),
    ] {
        let server = serve_bytes(answer).await;
        assert_eq!(refusal(&secure(server, &file)).await.to_string(), format!("the secure connection was refused: {words}"));
    }
    // No verdict, so it may be better in a moment.
    let detail = "the server closed the connection without a word".into();
    assert_eq!(refusal(&secure(serve_bytes(b"").await, &file)).await, OfflineCause::Unreachable { detail });
}

#[tokio::test]
async fn a_file_of_authorities_that_cannot_be_used_is_a_matter_of_configuration() {
    let server = serve_tls(Authority::new().acceptor(&params(&["localhost"]))).await;
    let file = NamedTempFile::new().expect("a file");
    let empty = refusal(&secure(server, &file)).await;
    assert!(matches!(&empty, OfflineCause::Configuration { fault: SetupFault::AuthoritiesEmpty { .. } }), "{empty}");
    let missing = Endpoint { ca_file: Some("no-such-file.pem".into()), ..secure(server, &file) };
    assert!(matches!(refusal(&missing).await, OfflineCause::Configuration { .. }));
}

/// As of a disk that another computer has, which is gone.
#[tokio::test(start_paused = true)]
async fn authorities_that_cannot_be_read_to_their_end_are_waited_for_by_one_and_told() {
    let sockets = Sockets::new(Arc::new(TestClock::new()));
    let held = Arc::clone(&sockets.reading).lock_owned().await;
    let nobody = HttpRequest::get("https://127.0.0.1:9/");
    let waited = sockets.ask(&nobody).await.expect_err("nobody is there");
    let detail = "the certificate authorities to trust could not be read within 2 seconds".into();
    assert_eq!(waited, OfflineCause::Unreachable { detail });
    drop(held);
    time::resume();
    let asked = sockets.ask(&nobody).await.expect_err("nobody is there");
    assert_ne!(asked, waited);
}

#[tokio::test]
async fn a_server_that_is_not_sip_over_websocket_says_so_itself() {
    for (answer, words) in [
        (&b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"[..], "404, there is nothing at that path"),
        (b"HTTP/1.1 302 Found\r\nLocation: wss://evil/\r\n\r\n", "302, it points to another address, which is not followed"),
        (b"HTTP/1.1 401 Unauthorized\r\n\r\n", "401, it wants a web login first"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "403, access is forbidden"),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "503, it is overloaded or down for maintenance"),
        (b"HTTP/1.1 200 OK\r\n\r\n<html>", "200, an ordinary web page is there"),
        (b"", "the server closed the connection without a word"),
    ] {
        let server = serve_bytes(answer).await;
        let refused = refusal(&endpoint(format!("ws://{server}/ws"))).await;
        assert_eq!(refused, OfflineCause::NotSipOverWebSocket { detail: words.into() });
    }
}

#[tokio::test]
async fn a_websocket_without_the_sub_protocol_is_refused() {
    let (listener, server) = listen().await;
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let _ = tokio_tungstenite::accept_async(tcp).await;
        }
    });
    let detail = "a WebSocket is there, but it does not agree to the sub-protocol for SIP".into();
    let refused = refusal(&endpoint(format!("ws://{server}/ws"))).await;
    assert_eq!(refused, OfflineCause::NotSipOverWebSocket { detail });
}

#[tokio::test]
async fn a_server_that_compresses_unasked_is_refused() {
    let (listener, server) = listen().await;
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            #[expect(clippy::result_large_err, reason = "the form is the library's")]
            let compressing = |_: &ServerRequest, mut response: ServerResponse| {
                let headers = response.headers_mut();
                headers.insert("sec-websocket-protocol", HeaderValue::from_static("sip"));
                headers.insert("sec-websocket-extensions", HeaderValue::from_static("permessage-deflate"));
                Ok(response)
            };
            let _ = tokio_tungstenite::accept_hdr_async(tcp, compressing).await;
        }
    });
    let refused = refusal(&endpoint(format!("ws://{server}/ws"))).await;
    let OfflineCause::NotSipOverWebSocket { detail } = refused else { panic!("{refused}") };
    assert!(detail.contains("sec-websocket-extensions"), "{detail}");
}

#[tokio::test]
async fn plain_websockets_are_for_this_computer_unless_allowed() {
    let refused = refusal(&endpoint("ws://pbx.example.com/ws".into())).await;
    assert!(matches!(refused, OfflineCause::Configuration { .. }));
    let (listener, server) = listen().await;
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let _ = echo(tcp).await;
        }
    });
    let mut connection = sockets().open(&endpoint(format!("ws://localhost:{}/ws?a=b", server.port()))).await.expect("opens");
    talk(&mut connection).await;
}

#[tokio::test(start_paused = true)]
async fn silence_ends_after_ten_seconds() {
    let (_listener, server) = listen().await;
    let refused = refusal(&endpoint(format!("ws://{server}/ws"))).await;
    assert!(matches!(refused, OfflineCause::NotSipOverWebSocket { .. }), "{refused}");
}

#[tokio::test]
async fn a_closed_port_and_an_unknown_name_are_told_apart() {
    let (listener, server) = listen().await;
    drop(listener);
    let refused = refusal(&endpoint(format!("ws://{server}/ws"))).await;
    assert_eq!(refused, OfflineCause::Unreachable { detail: "nothing answers there (connection refused)".into() });
    let unknown = refusal(&endpoint("wss://no-such-host.invalid/ws".into())).await;
    assert_eq!(unknown, OfflineCause::NameNotFound { host: "no-such-host.invalid".into() });
}

/// A proxy that lets everybody through to `server` who knows the password, whatever he asks for.
async fn proxy_to(server: SocketAddr) -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await?;
            let mut head = vec![0; 2048];
            let read = client.read(&mut head).await?;
            let head = String::from_utf8_lossy(&head[..read]).into_owned();
            assert!(head.starts_with("CONNECT pbx.test:8089 HTTP/1.1\r\nHost: pbx.test:8089\r\n"), "{head}");
            // aladdin:sesame
            if !head.contains("Proxy-Authorization: Basic YWxhZGRpbjpzZXNhbWU=\r\n") {
                client.write_all(b"HTTP/1.1 407 No\r\nContent-Length: 4\r\n\r\nnope").await?;
                continue;
            }
            client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            let mut server = TcpStream::connect(server).await?;
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await });
        }
        #[expect(unreachable_code, reason = "tells the type of the error")]
        Ok::<(), io::Error>(())
    });
    address
}

#[tokio::test]
async fn a_proxy_is_asked_with_its_password_and_the_server_resolved_by_it() {
    let authority = Authority::new();
    let proxy = proxy_to(serve_tls(authority.acceptor(&params(&["pbx.test"]))).await).await;
    let file = authority.file();
    let through = |proxy: String| Endpoint {
        ca_file: Some(file.path().to_owned()),
        proxy: Proxy::Url(Secret::new(proxy)),
        ..endpoint("wss://pbx.test:8089/ws?a=b".into())
    };
    let mut connection = sockets().open(&through(format!("http://aladdin:sesame@{proxy}"))).await.expect("opens");
    talk(&mut connection).await;
    let refused = refusal(&through(format!("http://{proxy}"))).await;
    let detail = "the proxy does not let us through: 407, the proxy wants a user name and password".into();
    assert_eq!(refused, OfflineCause::Unreachable { detail });
}

/// Two servers of the name `localhost` at one port, the first at IPv6 and the second at IPv4; none without IPv6.
async fn two_servers() -> Option<(TcpListener, TcpListener)> {
    for _ in 0..20 {
        let first = TcpListener::bind("[::1]:0").await.ok()?;
        let port = first.local_addr().expect("has one").port();
        // Somebody else may have the same port at the other family.
        if let Ok(second) = TcpListener::bind(("127.0.0.1", port)).await {
            return Some((first, second));
        }
    }
    None
}

/// Takes one connection after the other, and counts them.
fn serve_echo(listener: TcpListener) -> Arc<std::sync::atomic::AtomicUsize> {
    let count = Arc::<std::sync::atomic::AtomicUsize>::default();
    let counted = count.clone();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            tokio::spawn(echo(tcp));
        }
    });
    count
}

#[tokio::test]
async fn the_next_address_serves_when_one_is_overloaded_cuts_or_is_silent() {
    for answer in [Some(&b"HTTP/1.1 503 Service Unavailable\r\n\r\n"[..]), Some(b""), None] {
        let Some((first, second)) = two_servers().await else {
            eprintln!("skipped: this computer has no IPv6");
            return;
        };
        let url = format!("ws://localhost:{}/ws?a=b", first.local_addr().expect("has one").port());
        let asked = serve_echo(second);
        let bad = tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut tcp, _)) = first.accept().await {
                let _ = tcp.read(&mut [0; 2048]).await;
                match answer {
                    Some(answer) => drop(tcp.write_all(answer).await),
                    None => open.push(tcp),
                }
            }
        });
        let mut connection = sockets().open(&endpoint(url)).await.expect("opens at the other address");
        talk(&mut connection).await;
        assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 1, "asked once: no storm");
        bad.abort();
    }
}

#[tokio::test]
async fn the_addresses_that_were_not_tried_are_told_with_the_connection_and_each_can_be_asked_for() {
    let Some((first, second)) = two_servers().await else { return };
    let port = first.local_addr().expect("has one").port();
    let (taken_by_first, taken_by_second) = (serve_echo(first), serve_echo(second));
    let at = endpoint(format!("ws://localhost:{port}/ws?a=b"));
    let mut connection = sockets().open(&at).await.expect("opens");
    talk(&mut connection).await;
    assert_eq!(connection.addresses, ["::1", "127.0.0.1"].map(|host| Place { host: host.into(), port }));
    let there = Endpoint { at: connection.addresses.pop(), ..at };
    let mut connection = sockets().open(&there).await.expect("opens");
    talk(&mut connection).await;
    assert_eq!(connection.addresses, [Place { host: "127.0.0.1".into(), port }]);
    let taken = [taken_by_first, taken_by_second].map(|taken| taken.load(std::sync::atomic::Ordering::Relaxed));
    assert_eq!(taken, [1, 1]);
}

#[tokio::test]
async fn a_certificate_that_is_refused_is_not_looked_for_elsewhere() {
    let Some((first, second)) = two_servers().await else {
        eprintln!("skipped: this computer has no IPv6");
        return;
    };
    let url = format!("wss://localhost:{}/ws?a=b", first.local_addr().expect("has one").port());
    let authority = Authority::new();
    let (stranger, file) = (Authority::named("Other Authority").acceptor(&params(&["localhost"])), authority.file());
    tokio::spawn(async move {
        while let Ok((tcp, _)) = first.accept().await {
            let _ = stranger.accept(tcp).await;
        }
    });
    let asked = serve_echo(second);
    let refused = refusal(&Endpoint { ca_file: Some(file.path().to_owned()), ..endpoint(url) }).await;
    assert!(matches!(refused, OfflineCause::Tls { .. }), "{refused}");
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 0);
}

#[tokio::test]
async fn when_no_address_serves_the_first_to_answer_says_why() {
    let Some((first, second)) = two_servers().await else {
        eprintln!("skipped: this computer has no IPv6");
        return;
    };
    let url = format!("ws://localhost:{}/ws", first.local_addr().expect("has one").port());
    for (listener, answer) in [(first, &b"HTTP/1.1 503 Service Unavailable\r\n\r\n"[..]), (second, b"")] {
        tokio::spawn(async move {
            while let Ok((mut tcp, _)) = listener.accept().await {
                let _ = tcp.read(&mut [0; 2048]).await;
                let _ = tcp.write_all(answer).await;
            }
        });
    }
    let detail = "503, it is overloaded or down for maintenance".into();
    assert_eq!(refusal(&endpoint(url)).await, OfflineCause::NotSipOverWebSocket { detail });
}
