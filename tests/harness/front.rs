//! A door with TLS in front of the practice exchange, as real servers have one. It notes when calls pass, can keep phones from
//! agreeing on redundancy, can be shut, and lets a stranger in who talks to the phone behind the exchange's back.

use std::{
    error::Error,
    io,
    net::Ipv4Addr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use futures_util::{SinkExt, StreamExt};
use model::{Clock, Instant, SipAccount};
use sip::{Message as SipMessage, Method, Response as SipResponse};
use tempfile::NamedTempFile;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
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

/// What the Call-ID of a stranger's calls begins with.
pub(crate) const STRANGERS: &str = "stranger-";

/// What a stranger has said that the phone has not taken yet.
const WAITING: usize = 256;

/// How a connection ended.
type Passed = Result<(), Box<dyn Error + Send + Sync>>;

/// The running front; dropping it closes its connections.
pub struct Front {
    /// `wss://localhost:PORT/`.
    pub url: String,
    /// The certificate, as a PEM file to be trusted.
    pub ca: NamedTempFile,
    passing: Arc<Passing>,
    /// How often everybody was shown out.
    cuts: watch::Sender<u32>,
    _task: JoinSet<()>,
}

/// What its connections share.
struct Passing {
    clock: Arc<dyn Clock>,
    /// `ws://HOST:PORT/`.
    server: String,
    invites: Mutex<Vec<Instant>>,
    without_red: AtomicBool,
    shut: AtomicBool,
    stranger: Mutex<Stranger>,
}

/// Who talks to the phone behind the exchange's back.
#[derive(Default)]
struct Stranger {
    /// Where the phone can be reached: the address it registered.
    contact: String,
    /// The way to the phone that came last.
    to_phone: Option<mpsc::Sender<String>>,
    /// Where its answers go.
    answers: Option<mpsc::UnboundedSender<SipResponse>>,
}

/// TLS with a certificate of `localhost`, and that as a PEM file to be trusted.
pub(crate) fn of_localhost() -> io::Result<(TlsAcceptor, NamedTempFile)> {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).map_err(io::Error::other)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .map_err(io::Error::other)?;
    let ca = NamedTempFile::with_suffix(".pem")?;
    std::fs::write(ca.path(), own.cert.pem())?;
    Ok((TlsAcceptor::from(Arc::new(config)), ca))
}

impl Front {
    /// Opens it in front of `server`, `ws://HOST:PORT/`.
    ///
    /// # Errors
    /// When no port or certificate can be had.
    pub async fn open(server: String, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let (acceptor, ca) = of_localhost()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("wss://localhost:{}/", listener.local_addr()?.port());
        let passing = Arc::new(Passing {
            clock,
            server,
            invites: Mutex::default(),
            without_red: AtomicBool::new(false),
            shut: AtomicBool::new(false),
            stranger: Mutex::default(),
        });
        let (cuts, cut) = watch::channel(0);
        let shared = Arc::clone(&passing);
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((phone, _)) = listener.accept().await {
                if shared.shut.load(Relaxed) {
                    continue;
                }
                let (acceptor, shared, mut cut) = (acceptor.clone(), Arc::clone(&shared), cut.clone());
                cut.mark_unchanged();
                connections.spawn(async move {
                    // A connection that breaks is the phone's to notice.
                    tokio::select! {
                        _ended = shared.pass(phone, &acceptor) => {}
                        _cut = cut.changed() => {}
                    }
                });
            }
        });
        Ok(Self { url, ca, passing, cuts, _task: task })
    }

    /// An account of the exchange as it is reached by this door.
    pub fn account(&self, at_exchange: &SipAccount) -> SipAccount {
        let ca_file = self.ca.path().display().to_string();
        SipAccount { server: self.url.clone(), ca_file, allow_plain_ws: false, proxy: "direct".into(), ..at_exchange.clone() }
    }

    /// Ends every connection.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Ends every connection and takes no other, or takes them again.
    pub fn shut(&self, is_shut: bool) {
        self.passing.shut.store(is_shut, Relaxed);
        if is_shut {
            self.cut();
        }
    }

    /// The address that the phone registered.
    pub(crate) fn contact(&self) -> String {
        self.passing.stranger().contact.clone()
    }

    /// Says something to the phone; it waits while the phone takes nothing.
    ///
    /// # Panics
    /// When no phone is connected.
    pub(crate) async fn say(&self, message: String) {
        let to_phone = self.passing.stranger().to_phone.clone().expect("a phone is connected");
        to_phone.send(message).await.expect("the phone stays connected");
    }

    /// From now on what the phone answers to a stranger, which the exchange never sees.
    pub(crate) fn answers(&self) -> mpsc::UnboundedReceiver<SipResponse> {
        let (answers, told) = mpsc::unbounded_channel();
        self.passing.stranger().answers = Some(answers);
        told
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
    fn stranger(&self) -> MutexGuard<'_, Stranger> {
        self.stranger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the exchange is to see what the phone says.
    fn is_for_exchange(&self, text: &str) -> bool {
        if text.starts_with("INVITE ") {
            self.invites.lock().unwrap_or_else(PoisonError::into_inner).push(self.clock.now());
        }
        match SipMessage::parse(text.as_bytes()) {
            Ok(SipMessage::Request(request)) if request.method == Method::Register => {
                let contact = request.headers.contacts().ok().and_then(|contacts| contacts.into_iter().next());
                if let Some(contact) = contact {
                    self.stranger().contact = contact.uri.to_string();
                }
                true
            }
            Ok(SipMessage::Response(response)) if response.headers.call_id().is_ok_and(|id| id.starts_with(STRANGERS)) => {
                // Nobody may wait for it any more.
                let _heard = self.stranger().answers.as_ref().map(|answers| answers.send(response));
                false
            }
            Ok(SipMessage::Request(_) | SipMessage::Response(_)) | Err(_) => true,
        }
    }

    async fn pass(&self, phone: TcpStream, acceptor: &TlsAcceptor) -> Passed {
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
                if !message.to_text().is_ok_and(|text| !self.is_for_exchange(text)) {
                    to_server.send(message).await?;
                }
            }
            Passed::Ok(())
        };
        let (strangers, mut stranger) = mpsc::channel(WAITING);
        self.stranger().to_phone = Some(strangers);
        let down = async {
            loop {
                tokio::select! {
                    message = from_server.next() => match message {
                        Some(message) => to_phone.send(message?).await?,
                        None => return Passed::Ok(()),
                    },
                    Some(message) = stranger.recv() => to_phone.send(Message::text(message)).await?,
                }
            }
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
