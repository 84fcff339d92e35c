//! HTTP proxies, by CONNECT (RFC 9110 section 9.3.6).

use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use model::{OfflineCause, SetupFault};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::http::Uri;

use super::{Place, Proxy, ServerUrl, dial, words};

/// A proxy's answer has no reason to be longer.
const LONGEST_ANSWER: usize = 8 * 1024;

/// A proxy to go through.
#[derive(Debug)]
pub(crate) struct Via(Intercept);

impl Proxy {
    /// The proxy for `server`, if any. This computer itself is never reached through one.
    pub(crate) fn for_server(&self, server: &ServerUrl) -> Result<Option<Via>, OfflineCause> {
        let matcher = match self {
            Self::Direct => return Ok(None),
            Self::System | Self::Url(_) if server.is_loopback() => return Ok(None),
            Self::System => Matcher::from_system(),
            Self::Url(url) => Matcher::builder().all(url.expose()).build(),
        };
        // Rules speak of HTTP; a WebSocket begins as one.
        let scheme = if server.is_secure() { "https" } else { "http" };
        let asked: Uri = format!("{scheme}://{}/", server.host_and_port()).parse().map_err(|_| not_understood())?;
        let found = matcher.intercept(&asked);
        match (&found, self) {
            (None, Self::Url(_)) => Err(not_understood()),
            (Some(via), _) if via.uri().scheme_str() != Some("http") => Err(OfflineCause::Configuration {
                fault: SetupFault::ProxyKind { scheme: via.uri().scheme_str().unwrap_or("?").to_owned() },
            }),
            _ => Ok(found.map(Via)),
        }
    }
}

fn not_understood() -> OfflineCause {
    OfflineCause::Configuration { fault: SetupFault::NotAProxy }
}

impl Via {
    /// A TCP stream to `place` through the proxy.
    pub(crate) async fn dial(&self, place: &Place) -> Result<TcpStream, OfflineCause> {
        let host = self.0.uri().host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let port = self.0.uri().port_u16().unwrap_or(80);
        let mut stream = dial::dial(host, port).await.map_err(|cause| match cause {
            OfflineCause::Unreachable { detail } => unreachable(&detail),
            other => other,
        })?;
        self.connect(&mut stream, place).await?;
        Ok(stream)
    }

    async fn connect(&self, stream: &mut TcpStream, place: &Place) -> Result<(), OfflineCause> {
        let target = place.to_string();
        let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
        if let Some(credentials) = self.0.basic_auth() {
            request.extend_from_slice(b"Proxy-Authorization: ");
            request.extend_from_slice(credentials.as_bytes());
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        stream.write_all(&request).await.map_err(|error| unreachable(&words::io_error(&error)))?;
        judge(&read_head(stream).await?)
    }
}

async fn read_head(stream: &mut TcpStream) -> Result<Vec<u8>, OfflineCause> {
    let mut head = Vec::new();
    let mut searched: usize = 0;
    // What follows the empty line can only be the page of a refusal: the server does not speak before we do.
    while !head.get(searched.saturating_sub(3)..).is_some_and(|new| new.windows(4).any(|end| end == b"\r\n\r\n")) {
        searched = head.len();
        if head.len() > LONGEST_ANSWER {
            return Err(unreachable("its answer is too long"));
        }
        let read = stream.read_buf(&mut head).await.map_err(|error| unreachable(&words::io_error(&error)))?;
        if read == 0 {
            return Err(unreachable("it closed the connection without an answer"));
        }
    }
    Ok(head)
}

fn judge(head: &[u8]) -> Result<(), OfflineCause> {
    let head = String::from_utf8_lossy(head);
    let mut words_of_line = head.lines().next().unwrap_or_default().split_ascii_whitespace();
    let (protocol, code) = (words_of_line.next().unwrap_or_default(), words_of_line.next().and_then(|code| code.parse().ok()));
    match code {
        _ if !protocol.starts_with("HTTP/1.") => Err(unreachable("it does not answer like an HTTP proxy")),
        Some(200..=299) => Ok(()),
        Some(code) => Err(unreachable(&format!("{code}, {}", words::http_status(code)))),
        None => Err(unreachable("it does not answer like an HTTP proxy")),
    }
}

fn unreachable(detail: &str) -> OfflineCause {
    OfflineCause::Unreachable { detail: format!("the proxy does not let us through: {detail}") }
}

#[cfg(test)]
mod tests {
    use model::Secret;

    use super::*;

    fn server(url: &str) -> ServerUrl {
        url.parse().expect(url)
    }

    #[test]
    fn a_given_proxy_is_used_but_not_for_this_computer() {
        let proxy = Proxy::Url(Secret::new("http://aladdin:open%20sesame@proxy:3128"));
        let via = proxy.for_server(&server("wss://pbx/ws")).expect("understood").expect("used");
        assert_eq!(via.0.uri(), "http://proxy:3128/");
        assert_eq!(via.0.basic_auth().expect("has credentials"), "Basic YWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(!format!("{via:?}").contains("sesame"));
        assert!(proxy.for_server(&server("wss://localhost/ws")).expect("understood").is_none());
        assert!(Proxy::Direct.for_server(&server("wss://pbx/ws")).expect("understood").is_none());
    }

    #[test]
    fn proxies_that_cannot_be_used_are_refused_in_words() {
        for url in ["", "nonsense with blanks", "socks5://proxy:1080", "https://proxy", "ftp://proxy"] {
            let verdict = Proxy::Url(Secret::new(url)).for_server(&server("wss://pbx/ws"));
            assert!(matches!(verdict, Err(OfflineCause::Configuration { .. })), "{url}");
        }
    }

    #[test]
    fn the_proxys_answer_is_judged_by_its_status() {
        assert_eq!(judge(b"HTTP/1.0 200 Connection established\r\n\r\n"), Ok(()));
        for (answer, words) in [
            (&b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"[..], "user name and password"),
            (b"HTTP/1.1 502 Bad\r\n\r\n", "does not answer"),
            (b"SSH-2.0-x\r\n\r\n", "not answer like an HTTP proxy"),
            (b"HTTP/1.1 \xff\r\n\r\n", "not answer like an HTTP proxy"),
        ] {
            assert!(judge(answer).is_err_and(|cause| cause.to_string().contains(words)), "{words}");
        }
    }
}
