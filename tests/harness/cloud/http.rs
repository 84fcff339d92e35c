//! As much of HTTP as fake servers need: one request a connection, with the head read before anything else is decided.

use std::io;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::derive_accept_key,
        protocol::{Role, WebSocketConfig},
    },
};

/// Longest head, and longest body.
const LONGEST: usize = 64 * 1024;

/// A request.
#[derive(Debug)]
pub(crate) struct HttpQuestion {
    pub method: String,
    /// Without the query.
    pub path: String,
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct HttpReply {
    status: u16,
    content_type: &'static str,
    body: String,
}

impl HttpQuestion {
    /// Reads a request. Nothing behind it is read, for who asks for a WebSocket waits for the answer first.
    pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Self> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() >= LONGEST {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the head is too long"));
            }
            // One by one: what follows the head belongs to somebody else, and TLS has it in memory.
            head.push(stream.read_u8().await?);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut lines = head.lines();
        let mut words = lines.next().unwrap_or_default().split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let header = |line: &str| line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
        let mut question = Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: lines.filter_map(header).collect(),
            body: String::new(),
        };
        let length = question.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; LONGEST.min(length)];
        stream.read_exact(&mut body).await?;
        question.body = String::from_utf8_lossy(&body).into_owned();
        Ok(question)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str())
    }

    /// Whether a list in a header has this word.
    pub fn lists(&self, name: &str, word: &str) -> bool {
        self.header(name).is_some_and(|list| list.split(',').any(|one| one.trim().eq_ignore_ascii_case(word)))
    }

    /// Makes a WebSocket of the connection (RFC 6455 section 4.2.2). Longer messages than `longest` bytes end it.
    pub async fn upgrade<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut stream: S,
        subprotocol: Option<&str>,
        longest: usize,
    ) -> io::Result<WebSocketStream<S>> {
        let accept = derive_accept_key(self.header("sec-websocket-key").unwrap_or_default().as_bytes());
        let subprotocol = subprotocol.map_or_else(String::new, |name| format!("Sec-WebSocket-Protocol: {name}\r\n"));
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Accept: {accept}\r\n{subprotocol}\r\n"
        );
        stream.write_all(head.as_bytes()).await?;
        stream.flush().await?;
        let config = WebSocketConfig::default().max_message_size(Some(longest)).max_frame_size(Some(longest));
        Ok(WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await)
    }

    /// The parameters of the query and of the form in the body, of whatever kind the form is.
    pub fn parameters(&self) -> Vec<(String, String)> {
        let is_form = self.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        let boundary = self.header("content-type").and_then(|kind| kind.strip_prefix("multipart/form-data; boundary="));
        let mut all = urlencoded(&self.query);
        if is_form {
            all.extend(urlencoded(&self.body));
        }
        if let Some(boundary) = boundary {
            all.extend(self.body.split(&format!("--{boundary}")).filter_map(part));
        }
        all
    }
}

impl HttpReply {
    pub fn json(status: u16, body: &Value) -> Self {
        Self { status, content_type: "application/json", body: body.to_string() }
    }

    /// JSON that is written already.
    pub fn whole(status: u16, body: &str) -> Self {
        Self { status, content_type: "application/json", body: body.to_owned() }
    }

    pub fn text(status: u16, body: &str) -> Self {
        Self { status, content_type: "text/plain", body: body.to_owned() }
    }

    /// Sends it and closes.
    pub async fn send(&self, stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        let Self { status, content_type, body } = self;
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} Status\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n"
        );
        // Pages of the official client's users come from elsewhere.
        let head = format!("{head}Access-Control-Allow-Origin: *\r\n\r\n");
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        stream.shutdown().await
    }
}

/// One part of `multipart/form-data`: its name and value.
fn part(part: &str) -> Option<(String, String)> {
    let (head, value) = part.split_once("\r\n\r\n")?;
    let (_, name) = head.split_once("name=\"")?;
    let (name, _) = name.split_once('"')?;
    Some((name.to_owned(), value.trim_end_matches("\r\n").to_owned()))
}

fn urlencoded(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (unescaped(name), unescaped(value)))
        .collect()
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let digits = String::from_utf8_lossy(&digits).into_owned();
                u8::from_str_radix(&digits, 16).unwrap_or(b'%')
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn parameters(request: &str) -> Vec<(String, String)> {
        HttpQuestion::read(&mut request.as_bytes()).await.expect("it is whole").parameters()
    }

    #[tokio::test]
    async fn parameters_come_in_the_query_in_a_form_and_in_parts() {
        let pair = vec![("client_id".to_owned(), "a+b c".to_owned())];
        assert_eq!(parameters("GET /x?client_id=a%2Bb+c HTTP/1.1\r\n\r\n").await, pair);
        let form = "POST /x HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 19\r\n\r\nclient_id=a%2Bb%20c";
        assert_eq!(parameters(form).await, pair);
        let body = "--x\r\nContent-Disposition: form-data; name=\"client_id\"\r\n\r\na+b c\r\n--x--\r\n";
        let length = body.len();
        let parts = format!(
            "POST /x HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        assert_eq!(parameters(&parts).await, pair);
    }
}
