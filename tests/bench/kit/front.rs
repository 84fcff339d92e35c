//! A door with TLS in front of the practice exchange, as real servers have one. It notes when calls pass, and can keep
//! phones from agreeing on redundancy.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use futures_util::{SinkExt, StreamExt};
use model::{Clock, Instant};
use tempfile::NamedTempFile;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};
use tokio_tungstenite::{
    accept_hdr_async, client_async,
    tungstenite::{
        Message,
        client::IntoClientRequest,
        handshake::server::{ErrorResponse, Request, Response},
        http::HeaderValue,
    },
};

use crate::Outcome;

/// The running front; dropping it closes its connections.
pub struct Front {
    /// `wss://localhost:PORT/`.
    pub url: String,
    /// The certificate, as a PEM file to be trusted.
    pub ca: NamedTempFile,
    passing: Arc<Passing>,
    _task: JoinSet<()>,
}

/// What its connections share.
struct Passing {
    clock: Arc<dyn Clock>,
    /// `ws://HOST:PORT/`.
    server: String,
    invites: Mutex<Vec<Instant>>,
    without_red: AtomicBool,
}

impl Front {
    /// Opens it in front of `server`, `ws://HOST:PORT/`.
    ///
    /// # Errors
    /// When no port or certificate can be had.
    pub async fn open(server: String, clock: Arc<dyn Clock>) -> Outcome<Self> {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)?;
        let ca = NamedTempFile::with_suffix(".pem")?;
        std::fs::write(ca.path(), own.cert.pem())?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("wss://localhost:{}/", listener.local_addr()?.port());
        let passing = Arc::new(Passing { clock, server, invites: Mutex::default(), without_red: AtomicBool::new(false) });
        let (acceptor, shared) = (TlsAcceptor::from(Arc::new(config)), Arc::clone(&passing));
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((phone, _)) = listener.accept().await {
                let (acceptor, shared) = (acceptor.clone(), Arc::clone(&shared));
                connections.spawn(async move {
                    // A connection that breaks is the phone's to notice.
                    let _ended = shared.pass(phone, &acceptor).await;
                });
            }
        });
        Ok(Self { url, ca, passing, _task: task })
    }

    /// When the first INVITE at or after `since` came from a phone.
    pub fn invited_after(&self, since: Instant) -> Option<Instant> {
        self.passing.invites.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().find(|at| *at >= since)
    }

    /// From now on no description that passes speaks of RED.
    pub fn without_red(&self) {
        self.passing.without_red.store(true, Relaxed);
    }
}

impl Passing {
    async fn pass(&self, phone: TcpStream, acceptor: &TlsAcceptor) -> Outcome {
        phone.set_nodelay(true)?;
        let phone = accept_hdr_async(acceptor.accept(phone).await?, speak_sip).await?;
        let host = self.server.trim_start_matches("ws://").trim_end_matches('/');
        let server = TcpStream::connect(host).await?;
        server.set_nodelay(true)?;
        let mut request = self.server.as_str().into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("sip"));
        let (server, _) = client_async(request, server).await?;
        let ((mut to_phone, mut from_phone), (mut to_server, mut from_server)) = (phone.split(), server.split());
        let up = async {
            while let Some(message) = from_phone.next().await {
                let message = self.filtered(message?);
                if message.to_text().is_ok_and(|text| text.starts_with("INVITE ")) {
                    self.invites.lock().unwrap_or_else(PoisonError::into_inner).push(self.clock.now());
                }
                to_server.send(message).await?;
            }
            Outcome::Ok(())
        };
        let down = async {
            while let Some(message) = from_server.next().await {
                to_phone.send(message?).await?;
            }
            Outcome::Ok(())
        };
        // Either end's goodbye is the other's.
        tokio::select! {
            ended = up => ended,
            ended = down => ended,
        }
    }

    fn filtered(&self, message: Message) -> Message {
        match &message {
            Message::Text(text) if self.without_red.load(Relaxed) => without_red(text).map_or(message, Message::text),
            _ => message,
        }
    }
}

/// The SIP message with a description that does not know RED (RFC 2198); none when it does not anyway.
fn without_red(message: &str) -> Option<String> {
    let (head, body) = message.split_once("\r\n\r\n")?;
    let number = body.lines().find_map(|line| line.strip_prefix("a=rtpmap:")?.split_once(" red/").map(|(number, _)| number))?;
    let of_red = |line: &&str| {
        line.strip_prefix("a=rtpmap:").or(line.strip_prefix("a=fmtp:")).is_some_and(|rest| rest.split(' ').next() == Some(number))
    };
    let line = |line: &str| {
        let kept: Vec<&str> = line.split(' ').filter(|word| !line.starts_with("m=audio") || *word != number).collect();
        format!("{}\r\n", kept.join(" "))
    };
    let body: String = body.lines().filter(|line| !of_red(line)).map(line).collect();
    let is_length = |line: &&str| line.to_ascii_lowercase().starts_with("content-length");
    let head: String = head.lines().filter(|line| !is_length(line)).map(|line| format!("{line}\r\n")).collect();
    Some(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()))
}

#[expect(clippy::result_large_err, reason = "the form is the library's")]
#[expect(clippy::unnecessary_wraps, reason = "the form is the library's")]
fn speak_sip(_: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    response.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("sip"));
    Ok(response)
}
