//! Servers that are not who they should be, or do not protect what is said: each is refused in its own words, and hears nothing.
//!
//! What rustls cannot serve (weak keys, old versions, no certificate at all) is served by OpenSSL, where that is installed.

use std::{
    fs,
    io::Read as _,
    net::TcpListener as StdListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use model::OfflineCause;
use phone::SystemClock;
use providers::net::{Endpoint, HttpRequest, KeyPin, Network, Proxy, Sockets};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::TempDir;
use tokio::{io::AsyncReadExt, net::TcpListener, net::TcpStream, time::sleep};
use tokio_rustls::TlsAcceptor;

/// Who certifies servers.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(super) fn named(name: &str) -> Self {
        let mut params = CertificateParams::new([]).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, key()).expect("signs"))
    }

    /// What makes others trust it, as PEM.
    pub(super) fn pem(&self) -> String {
        self.0.pem()
    }

    fn certify(&self, params: &CertificateParams) -> (CertificateDer<'static>, KeyPair) {
        let key = key();
        (params.signed_by(&key, &self.0).expect("signs").der().clone(), key)
    }

    /// What a server of these names takes connections with.
    pub(super) fn acceptor(&self, names: &[&str]) -> TlsAcceptor {
        let (certificate, key) = self.certify(&named(names));
        acceptor(certificate, &key)
    }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

fn named(names: &[&str]) -> CertificateParams {
    CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).expect("names")
}

/// A server with this certificate; what it hears once the connection is secure is counted.
async fn serve(certificate: CertificateDer<'static>, key: &KeyPair, heard: Arc<AtomicUsize>) -> u16 {
    let acceptor = acceptor(certificate, key);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let port = listener.local_addr().expect("has one").port();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            if let Ok(mut tls) = acceptor.accept(tcp).await {
                let mut bytes = [0; 512];
                let read = tls.read(&mut bytes).await.unwrap_or(0);
                heard.fetch_add(read, Ordering::Relaxed);
            }
        }
    });
    port
}

fn acceptor(certificate: CertificateDer<'static>, key: &KeyPair) -> TlsAcceptor {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("matches");
    TlsAcceptor::from(Arc::new(config))
}

struct Client {
    network: Sockets,
    folder: TempDir,
}

impl Client {
    fn trusting(authority: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("ca.pem"), authority).expect("writes");
        Self { network: Sockets::new(Arc::new(SystemClock::start())), folder }
    }

    async fn refusal(&self, port: u16, pin: Option<KeyPin>) -> OfflineCause {
        let endpoint = Endpoint {
            at: None,
            url: format!("wss://localhost:{port}/ws"),
            subprotocol: Some("sip".into()),
            origin: None,
            ca_file: Some(self.folder.path().join("ca.pem")),
            pin,
            allow_plain: false,
            proxy: Proxy::Direct,
        };
        self.network.open(&endpoint).await.expect_err("it is refused")
    }
}

fn words(cause: &OfflineCause) -> String {
    match cause {
        OfflineCause::Tls { fault } => fault.to_string(),
        other => panic!("no verdict of TLS: {other}"),
    }
}

#[tokio::test]
async fn kinds_of_bad_certificate_are_refused_in_words_of_their_own_and_hear_nothing() {
    let authority = Authority::named("Good Authority");
    let client = Client::trusting(&authority.pem());
    let mut expired = named(&["localhost"]);
    (expired.not_before, expired.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    let mut future = named(&["localhost"]);
    future.not_before = date_time_ymd(2090, 1, 1);
    let mut only_common_name = named(&[]);
    only_common_name.distinguished_name.push(DnType::CommonName, "localhost");
    let own = key();
    let self_signed = named(&["localhost"]).self_signed(&own).expect("signs").der().clone();
    let servers = [
        ("expired", authority.certify(&expired), "expired on 2021-01-01"),
        ("not yet valid", authority.certify(&future), "not valid before 2090-01-01"),
        ("wrong name", authority.certify(&named(&["pbx.example.com"])), "for another name (pbx.example.com)"),
        ("self-signed", (self_signed, own), "self-signed"),
        (
            "unknown authority",
            Authority::named("Other").certify(&named(&["localhost"])),
            "an authority this computer does not know",
        ),
        ("wildcard of another depth", authority.certify(&named(&["*.localhost"])), "for another name (*.localhost)"),
        ("name only in CN", authority.certify(&only_common_name), "no subjectAltName"),
    ];
    let heard = Arc::new(AtomicUsize::new(0));
    for (kind, (certificate, key), said) in servers {
        let port = serve(certificate, &key, Arc::clone(&heard)).await;
        let cause = client.refusal(port, None).await;
        assert!(words(&cause).contains(said), "{kind}: {cause}");
    }
    // A good certificate whose key is not the one the account knows.
    let (certificate, key) = authority.certify(&named(&["localhost"]));
    let port = serve(certificate, &key, Arc::clone(&heard)).await;
    let known: KeyPin = "00".repeat(32).parse().expect("a fingerprint");
    let cause = client.refusal(port, Some(known)).await;
    let OfflineCause::KeyChanged { expected, found } = &cause else { panic!("{cause}") };
    assert!(expected == &known.to_string() && found != expected && found.len() == 95, "both are told: {cause}");
    // With the key that was found, it is the server again: what is missing now is a WebSocket.
    let accepted = client.refusal(port, Some(found.parse().expect("a fingerprint"))).await;
    assert!(matches!(accepted, OfflineCause::NotSipOverWebSocket { .. }), "{accepted}");
    // A web server that is asked for a token is held against the key, too.
    let question = |pin| HttpRequest {
        ca_file: Some(client.folder.path().join("ca.pem")),
        pin,
        proxy: Proxy::Direct,
        ..HttpRequest::get(&format!("https://localhost:{port}/"))
    };
    sleep(Duration::from_millis(50)).await;
    let before = heard.load(Ordering::Relaxed);
    let cause = client.network.ask(&question(Some(known))).await.expect_err("it is refused");
    assert_eq!(cause, OfflineCause::KeyChanged { expected: expected.clone(), found: found.clone() });
    sleep(Duration::from_millis(50)).await;
    assert_eq!(heard.load(Ordering::Relaxed), before, "it was told something");
    let accepted = client.network.ask(&question(found.parse().ok())).await.expect_err("it is no web server");
    assert!(!matches!(accepted, OfflineCause::KeyChanged { .. }), "{accepted}");
    sleep(Duration::from_millis(50)).await;
    let asked = heard.load(Ordering::Relaxed);
    assert!((1..1024).contains(&asked), "only the server with the right key was spoken to: {asked} bytes");
}

/// A server of OpenSSL; ends with this value.
struct OpenSsl {
    server: Child,
    port: u16,
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.server.kill();
        let _ended = self.server.wait();
    }
}

fn openssl(folder: &Path, arguments: &[&str]) -> bool {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output();
    output.is_ok_and(|output| output.status.success())
}

impl OpenSsl {
    async fn serve(folder: &Path, arguments: &[&str]) -> Self {
        let port = StdListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let accept = format!("127.0.0.1:{port}");
        let mut server = Command::new("openssl");
        server.args(["s_server", "-quiet", "-accept", &accept]).args(arguments).current_dir(folder);
        let server = server.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let served = Self { server, port };
        for _ in 0..100 {
            // Only looks whether the port is taken; a connection would be a client to it.
            if StdListener::bind(&accept).is_err() {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
        served
    }

    /// What it heard from its clients.
    fn heard(mut self) -> String {
        let _gone = self.server.kill();
        let mut text = String::new();
        if let Some(mut out) = self.server.stdout.take() {
            let _read = out.read_to_string(&mut text);
        }
        text
    }
}

#[tokio::test]
async fn weak_keys_forgeable_signatures_old_versions_and_anonymous_servers_are_refused_too() {
    if Command::new("openssl").arg("version").output().is_err() {
        println!("skipped: OpenSSL is not installed");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    fs::write(path.join("san"), "subjectAltName=DNS:localhost\n").expect("writes");
    let authority = [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "9", "-subj", "/CN=Lab",
    ];
    assert!(openssl(path, &authority), "an authority can be made");
    for (name, bits, digest) in [("sha1", "2048", "-sha1"), ("weak", "1024", "-sha256"), ("good", "2048", "-sha256")] {
        let (bits, key, request, pem) =
            (format!("rsa:{bits}"), format!("{name}.key"), format!("{name}.csr"), format!("{name}.pem"));
        assert!(openssl(path, &["req", "-newkey", &bits, "-nodes", "-keyout", &key, "-out", &request, "-subj", "/CN=localhost"]));
        let sign =
            ["x509", "-req", "-in", &request, "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", &pem, "-days", "9"];
        assert!(openssl(path, &[&sign[..], &[digest, "-extfile", "san"]].concat()), "{name}");
    }
    let client = Client::trusting(&fs::read_to_string(path.join("ca.pem")).expect("it was made"));
    let low = "DEFAULT@SECLEVEL=0";
    let servers: [(&str, &[&str], &str); 4] = [
        ("SHA-1", &["-cert", "sha1.pem", "-key", "sha1.key", "-cipher", low], "signed with SHA-1"),
        ("weak key", &["-cert", "weak.pem", "-key", "weak.key", "-cipher", low], "too weak (1024 bits)"),
        ("TLS 1.1", &["-cert", "good.pem", "-key", "good.key", "-cipher", low, "-tls1_1"], "no version of TLS that is safe"),
        ("anonymous", &["-nocert", "-tls1_2", "-cipher", "aNULL@SECLEVEL=0"], "no safe cipher in common"),
    ];
    for (kind, arguments, said) in servers {
        let server = OpenSsl::serve(path, arguments).await;
        let cause = client.refusal(server.port, None).await;
        assert!(words(&cause).contains(said), "{kind}: {cause}");
        assert!(!server.heard().contains("GET"), "{kind} was told something");
    }
    // So that the refusals are for what is bad about them.
    let server = OpenSsl::serve(path, &["-cert", "good.pem", "-key", "good.key"]).await;
    let reached = TcpStream::connect(("127.0.0.1", server.port)).await;
    drop(reached);
    let cause = tokio::time::timeout(Duration::from_secs(11), client.refusal(server.port, None)).await.expect("in time");
    assert!(matches!(cause, OfflineCause::NotSipOverWebSocket { .. }), "{cause}");
}
