//! Questions to web servers, over the same TLS and proxies as connections.

use std::{
    error::Error,
    path::{Path, PathBuf},
    time::Duration,
};

use model::{OfflineCause, Secret, SetupFault};
use reqwest::{
    Client, StatusCode,
    header::{HeaderName, HeaderValue},
    redirect::Policy,
};
use rustls::ClientConfig;
use tokio::io::AsyncWriteExt;

use super::{KeyPin, Proxy, ServerUrl, tls, words};

/// What asking may take in all.
const ASK_LIMIT: Duration = Duration::from_secs(10);
/// What a download may take in all, however little comes at a time; the largest package over a telephone line.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(4 * 60 * 60);
/// Longest answer taken; those we ask for have a few kilobytes.
const LONGEST_ANSWER: usize = 256 * 1024;
/// Who publishes files often sends on to where they lie.
const MOST_REDIRECTIONS: usize = 5;
const USER_AGENT: &str = concat!("Sidetone/", env!("CARGO_PKG_VERSION"));

/// What is asked of a web server. All of it may be secret: it has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// How.
    pub method: HttpMethod,
    /// `https://host[:port]/path?query`, or `http://…` within the limits of `allow_plain`.
    pub url: String,
    /// User and password of Basic authentication (RFC 7617).
    pub basic: Option<(String, Secret)>,
    /// Further headers, `(name, value)`.
    pub headers: Vec<(String, Secret)>,
    /// The body; none when empty.
    pub body: Secret,
    /// PEM file with further authorities to trust, beside those of the platform.
    pub ca_file: Option<PathBuf>,
    /// The only public key the server may have; any that is vouched for when there is none.
    pub pin: Option<KeyPin>,
    /// Allows `http://` to other hosts than loopback.
    pub allow_plain: bool,
    /// HTTP proxy to go through.
    pub proxy: Proxy,
}

impl HttpRequest {
    /// GET of a public page, by what the platform trusts and the system's proxy.
    pub fn get(url: &str) -> Self {
        Self {
            method: HttpMethod::Get,
            url: url.to_owned(),
            basic: None,
            headers: Vec::new(),
            body: Secret::default(),
            ca_file: None,
            pin: None,
            allow_plain: false,
            proxy: Proxy::System,
        }
    }
}

/// The methods that are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpMethod {
    /// GET.
    Get,
    /// POST.
    Post,
}

/// What a web server said. `Debug` shows the status only.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// HTTP status.
    pub status: u16,
    /// Its body, as text.
    pub body: Secret,
}

impl std::fmt::Debug for HttpAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HttpAnswer({}, {} bytes)", self.status, self.body.expose().len())
    }
}

impl HttpRequest {
    /// The server, as the rules of connections name it: a WebSocket begins as such a request.
    pub(super) fn server(&self) -> Result<ServerUrl, OfflineCause> {
        let configuration = |fault| OfflineCause::Configuration { fault };
        let rest = self.url.trim().strip_prefix("http");
        let rest = rest.filter(|rest| rest.starts_with("://") || rest.starts_with("s://"));
        let rest = rest.ok_or_else(|| configuration(SetupFault::NotAWebAddress))?;
        let server: ServerUrl = format!("ws{rest}").parse().map_err(|_| configuration(SetupFault::NotAWebAddress))?;
        if !self.allow_plain && server.refuse_plain().is_err() {
            return Err(configuration(SetupFault::NotEncrypted { scheme: "http".into(), host: server.host().to_owned() }));
        }
        Ok(server)
    }

    /// A client that goes through the proxy that is set; TLS is configured already.
    fn client(&self, server: &ServerUrl, tls: ClientConfig, patience: Patience) -> Result<Client, OfflineCause> {
        let client = Client::builder().tls_backend_preconfigured(tls).user_agent(USER_AGENT);
        let mut client = match patience {
            Patience::Answer => client.redirect(Policy::none()).timeout(ASK_LIMIT),
            Patience::Download => {
                let client = client.redirect(Policy::limited(MOST_REDIRECTIONS)).https_only(!server.is_loopback());
                client.read_timeout(ASK_LIMIT).timeout(DOWNLOAD_LIMIT)
            }
        };
        client = match &self.proxy {
            Proxy::System if !server.is_loopback() => client,
            Proxy::Url(url) if !server.is_loopback() => {
                let proxy = reqwest::Proxy::all(url.expose())
                    .map_err(|_| OfflineCause::Configuration { fault: SetupFault::NotAProxy })?;
                client.proxy(proxy)
            }
            Proxy::System | Proxy::Url(_) | Proxy::Direct => client.no_proxy(),
        };
        client.build().map_err(|error| failed(&error))
    }

    /// Takes a large answer into a file.
    pub(super) async fn download(&self, server: &ServerUrl, tls: ClientConfig, to: &Path, most: u64) -> Result<(), OfflineCause> {
        let unreachable = |detail: String| OfflineCause::Unreachable { detail };
        let unwritten = |error: std::io::Error| unreachable(format!("what was taken cannot be kept: {error}"));
        let client = self.client(server, tls, Patience::Download)?;
        let mut response = client.get(self.url.trim()).send().await.map_err(|error| failed(&error))?;
        if response.status() != StatusCode::OK {
            return Err(unreachable(format!("the web server answered {}", response.status().as_u16())));
        }
        let mut file = tokio::fs::File::create(to).await.map_err(unwritten)?;
        let mut taken = 0u64;
        while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
            taken += chunk.len() as u64;
            if taken > most {
                return Err(unreachable("the web server's answer is too long".into()));
            }
            file.write_all(&chunk).await.map_err(unwritten)?;
        }
        file.sync_all().await.map_err(unwritten)
    }

    /// Asks; TLS is configured already.
    pub(super) async fn ask(&self, server: &ServerUrl, tls: ClientConfig) -> Result<HttpAnswer, OfflineCause> {
        let client = self.client(server, tls, Patience::Answer)?;
        let mut request = match self.method {
            HttpMethod::Get => client.get(self.url.trim()),
            HttpMethod::Post => client.post(self.url.trim()),
        };
        if let Some((user, password)) = &self.basic {
            request = request.basic_auth(user, Some(password.expose()));
        }
        for (name, value) in &self.headers {
            let unsendable = |_| OfflineCause::Configuration { fault: SetupFault::Header { name: name.clone() } };
            let name: HeaderName = name.parse().map_err(|_| unsendable(()))?;
            let mut value = HeaderValue::from_str(value.expose()).map_err(|_| unsendable(()))?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        if !self.body.expose().is_empty() {
            request = request.body(self.body.expose().to_owned());
        }
        let mut response = request.send().await.map_err(|error| failed(&error))?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(OfflineCause::Unreachable { detail: "the web server's answer is too long".into() });
            }
            body.extend_from_slice(&chunk);
        }
        // Some servers begin every text with a mark of its encoding (RFC 8259 section 8.1).
        let body = String::from_utf8_lossy(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body)).into_owned();
        Ok(HttpAnswer { status: response.status().as_u16(), body: Secret::new(body) })
    }
}

/// How long is waited, and whether redirections are followed.
#[derive(Clone, Copy)]
enum Patience {
    /// A few kilobytes, from where they were asked for: the question may hold secrets.
    Answer,
    /// Megabytes, from wherever the server sends us.
    Download,
}

/// What kept a question from being answered, in words; the innermost error says most.
fn failed(error: &reqwest::Error) -> OfflineCause {
    if error.is_timeout() {
        return OfflineCause::Unreachable {
            detail: format!("the web server did not answer for {} seconds", ASK_LIMIT.as_secs()),
        };
    }
    let mut source: Option<&(dyn Error + 'static)> = error.source();
    let mut innermost = None;
    while let Some(error) = source {
        let refused = error.downcast_ref::<std::io::Error>().and_then(tls::refusal);
        if let Some(refused) = refused.or_else(|| error.downcast_ref().map(tls::refusal_of)) {
            return refused;
        }
        innermost = Some(match error.downcast_ref::<std::io::Error>() {
            Some(error) => words::io_error(error),
            None => words::quoted(&error.to_string()),
        });
        source = error.source();
    }
    OfflineCause::Unreachable { detail: innermost.unwrap_or_else(|| "the web server could not be asked".into()) }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use tokio::{io::AsyncReadExt, net::TcpListener};

    use super::{
        super::{Network, Sockets},
        *,
    };
    use crate::test_clock::TestClock;

    /// What is made of a server that says this, whatever it is asked, and how often it was asked. `{at}` is its own address.
    async fn asked(says: &[u8]) -> (Result<HttpAnswer, OfflineCause>, usize) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let at = listener.local_addr().expect("it is bound").to_string();
        let says = match str::from_utf8(says) {
            Ok(text) => text.replace("{at}", &at).into_bytes(),
            Err(_) => says.to_owned(),
        };
        let times = AtomicUsize::new(0);
        let serve = async {
            while let Ok((mut stream, _)) = listener.accept().await {
                times.fetch_add(1, Ordering::Relaxed);
                // Who has heard enough hangs up; that is no fault of the server's.
                let _asked = stream.read(&mut [0; 4_096]).await;
                let _heard = stream.write_all(&says).await;
            }
        };
        let network = Sockets::new(Arc::new(TestClock::new()));
        let question = HttpRequest { basic: Some(("user".into(), Secret::new("key"))), ..request(&format!("http://{at}/x")) };
        let answer = tokio::select! {
            answer = network.ask(&question) => answer,
            () = serve => panic!("it listens for ever"),
        };
        (answer, times.into_inner())
    }

    fn page(status: &str, headers: &str, body: &str) -> Vec<u8> {
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }

    #[tokio::test]
    async fn what_a_web_server_says_is_taken_as_text_and_leads_nowhere_else() {
        let gzip = "Content-Encoding: gzip\r\n";
        let wants = "WWW-Authenticate: Digest realm=\"x\", nonce=\"y\"\r\nSet-Cookie: a=b\r\n";
        for (says, status, body) in [
            (page("200 OK", "Content-Type: text/html; charset=utf-16\r\n", "{}"), 200, "{}"),
            (page("200 OK", "", "\u{feff}{}"), 200, "{}"),
            (page("200 OK", gzip, "not unpacked"), 200, "not unpacked"),
            ([b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec(), page("200 OK", "", "{}")].concat(), 200, "{}"),
            (page("302 Found", "Location: http://{at}/y\r\n", ""), 302, ""),
            (page("307 Temporary Redirect", "Location: file:///etc/passwd\r\n", ""), 307, ""),
            (page("401 Unauthorized", wants, "no"), 401, "no"),
            (
                page("200 OK", "", "??").into_iter().map(|byte| if byte == b'?' { 0xFF } else { byte }).collect(),
                200,
                "\u{fffd}\u{fffd}",
            ),
        ] {
            let shown = String::from_utf8_lossy(&says).into_owned();
            let (answer, times) = asked(&says).await;
            let answer = answer.unwrap_or_else(|cause| panic!("{shown}: {cause}"));
            assert_eq!((answer.status, answer.body.expose(), times), (status, body, 1), "{shown}");
        }
    }

    #[tokio::test]
    async fn an_answer_without_end_or_sense_is_refused_in_words() {
        let endless = |head: &str, again: &str| [head, &again.repeat((1 << 21) / again.len())].concat().into_bytes();
        for (says, words) in [
            (endless("HTTP/1.1 200 OK\r\n\r\n", " "), "too long"),
            (endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "4\r\n    \r\n"), "too long"),
            (endless("HTTP/1.1 200 OK\r\n", "X: y\r\n"), "too large"),
            (endless("HTTP/1.1 200 ", "O"), "too large"),
            (endless("HTTP/1.1 200 OK\r\nX: ", "y"), "too large"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\n{}".to_vec(), "content-length"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}".to_vec(), "without a word"),
            (b"{}".to_vec(), ""),
        ] {
            let shown = String::from_utf8_lossy(&says[..says.len().min(60)]).into_owned();
            match asked(&says).await {
                (Err(OfflineCause::Unreachable { detail }), _) => assert!(detail.contains(words), "{shown}: {detail}"),
                (other, _) => panic!("{shown}: {other:?}"),
            }
        }
    }

    fn request(url: &str) -> HttpRequest {
        HttpRequest {
            method: HttpMethod::Get,
            url: url.into(),
            basic: None,
            headers: Vec::new(),
            body: Secret::default(),
            ca_file: None,
            pin: None,
            allow_plain: false,
            proxy: Proxy::Direct,
        }
    }

    #[test]
    fn only_web_servers_are_asked_and_in_the_clear_only_on_this_computer() {
        for url in ["https://ws.example.com/x?y=z", "http://127.0.0.1:80/x", "http://localhost/"] {
            assert!(request(url).server().is_ok(), "{url}");
        }
        for url in ["", "ws.example.com", "ftp://x/", "https://", "httpx://y/", "https://u:p@x/", "http://ws.example.com/"] {
            assert!(matches!(request(url).server(), Err(OfflineCause::Configuration { .. })), "{url}");
        }
    }

    #[test]
    fn an_answer_is_not_printed() {
        let answer = HttpAnswer { status: 200, body: Secret::new("{\"token\":\"t\"}") };
        assert_eq!(format!("{answer:?}"), "HttpAnswer(200, 13 bytes)");
    }
}
