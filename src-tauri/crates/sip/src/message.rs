//! Requests and responses as values, and how they are written.

use std::fmt;

use crate::{
    Headers, Method, ParseError, Uri, body,
    grammar::{self, one_line},
    parse,
};

/// A request or a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A request.
    Request(Request),
    /// A response.
    Response(Response),
}

/// A request.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// What is asked for.
    pub method: Method,
    /// Of whom.
    pub uri: Uri,
    /// Header fields. Content-Length is not needed: writing adds it.
    pub headers: Headers,
    /// Body.
    pub body: Vec<u8>,
}

/// A response.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// Status, 100 to 699.
    pub code: u16,
    /// Its words; may be empty.
    pub reason: String,
    /// Header fields. Content-Length is not needed: writing adds it.
    pub headers: Headers,
    /// Body.
    pub body: Vec<u8>,
}

impl Message {
    /// Reads one message that fills its frame (a datagram or a WebSocket message). Without Content-Length the frame
    /// ends the body; what follows the body that Content-Length announces is not looked at (RFC 3261 section 18.3).
    ///
    /// # Errors
    /// When it is no SIP message, or one that must be refused; [`ParseError::reply`] then holds what the refusal needs.
    pub fn parse(frame: &[u8]) -> Result<Self, ParseError> {
        parse::message(frame)
    }

    /// The message as it goes on the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Request(request) => request.to_bytes(),
            Self::Response(response) => response.to_bytes(),
        }
    }

    /// Header fields of either.
    pub fn headers(&self) -> &Headers {
        match self {
            Self::Request(request) => &request.headers,
            Self::Response(response) => &response.headers,
        }
    }
}

impl Request {
    /// A request without header fields.
    pub fn new(method: Method, uri: Uri) -> Self {
        Self { method, uri, headers: Headers::new(), body: Vec::new() }
    }

    /// Sets a body and its type; an empty body takes the type away.
    pub fn set_body(&mut self, content_type: &str, body: impl Into<Vec<u8>>) {
        self.body = body.into();
        set_content_type(&mut self.headers, content_type, self.body.is_empty());
    }

    /// The session description in the body, alone or as a part of several.
    pub fn session_description(&self) -> Option<String> {
        body::session_description(&self.headers, &self.body)
    }

    /// The request as it goes on the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        let method: String = self.method.as_str().chars().filter(|&c| grammar::is_token_char(c)).collect();
        // The parts of a URI are plain text fields; a blank among them would end it here.
        let uri: String = self.uri.to_string().chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
        write(&format!("{method} {uri} SIP/2.0"), &self.headers, &self.body)
    }
}

impl Response {
    /// A response without header fields; the usual words stand in where none are given.
    pub fn new(code: u16, reason: &str) -> Self {
        let reason = if reason.is_empty() { reason_phrase(code) } else { reason };
        Self { code, reason: reason.to_owned(), headers: Headers::new(), body: Vec::new() }
    }

    /// A response to a request with what every response copies from it (RFC 3261 section 8.2.6.2): Via, From, To,
    /// Call-ID and CSeq. The To tag is the caller's to set.
    pub fn to_request(request: &Request, code: u16, reason: &str) -> Self {
        let mut response = Self::new(code, reason);
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
            response.headers.copy(name, &request.headers);
        }
        response
    }

    /// Sets a body and its type; an empty body takes the type away.
    pub fn set_body(&mut self, content_type: &str, body: impl Into<Vec<u8>>) {
        self.body = body.into();
        set_content_type(&mut self.headers, content_type, self.body.is_empty());
    }

    /// The session description in the body, alone or as a part of several.
    pub fn session_description(&self) -> Option<String> {
        body::session_description(&self.headers, &self.body)
    }

    /// Whether it is a 1xx.
    pub fn is_provisional(&self) -> bool {
        self.code < 200
    }

    /// Whether it is a 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// The response as it goes on the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        write(&format!("SIP/2.0 {:03} {}", self.code, one_line(&self.reason)), &self.headers, &self.body)
    }
}

impl From<Request> for Message {
    fn from(request: Request) -> Self {
        Self::Request(request)
    }
}

impl From<Response> for Message {
    fn from(response: Response) -> Self {
        Self::Response(response)
    }
}

/// Shows what it is, and names of header fields only.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {:?} + {} bytes", self.method, self.uri, self.headers, self.body.len())
    }
}

/// Shows what it is, and names of header fields only.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {:?} + {} bytes", self.code, self.reason, self.headers, self.body.len())
    }
}

fn set_content_type(headers: &mut Headers, content_type: &str, empty: bool) {
    if empty {
        headers.remove("Content-Type");
    } else {
        headers.set("Content-Type", content_type);
    }
}

fn write(start: &str, headers: &Headers, body: &[u8]) -> Vec<u8> {
    let mut text = String::with_capacity(512 + body.len());
    text.push_str(start);
    text.push_str("\r\n");
    for (name, value) in headers.iter().filter(|(name, _)| !name.is_empty() && !name.eq_ignore_ascii_case("Content-Length")) {
        text.push_str(name);
        text.push_str(": ");
        text.push_str(value);
        text.push_str("\r\n");
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// The usual words for a status (RFC 3261 section 21 and the registry); those of its class for others.
pub fn reason_phrase(code: u16) -> &'static str {
    match code {
        100 => "Trying",
        180 => "Ringing",
        181 => "Call Is Being Forwarded",
        182 => "Queued",
        183 => "Session Progress",
        199 => "Early Dialog Terminated",
        202 => "Accepted",
        204 => "No Notification",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Moved Temporarily",
        305 => "Use Proxy",
        380 => "Alternative Service",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        410 => "Gone",
        412 => "Conditional Request Failed",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        421 => "Extension Required",
        422 => "Session Interval Too Small",
        423 => "Interval Too Brief",
        428 => "Use Identity Header",
        429 => "Provide Referrer Identity",
        430 => "Flow Failed",
        433 => "Anonymity Disallowed",
        436 => "Bad Identity-Info",
        437 => "Unsupported Certificate",
        438 => "Invalid Identity Header",
        439 => "First Hop Lacks Outbound Support",
        440 => "Max-Breadth Exceeded",
        469 => "Bad Info Package",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        484 => "Address Incomplete",
        485 => "Ambiguous",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        489 => "Bad Event",
        491 => "Request Pending",
        493 => "Undecipherable",
        494 => "Security Agreement Required",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Server Time-out",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        580 => "Precondition Failure",
        600 => "Busy Everywhere",
        603 => "Decline",
        604 => "Does Not Exist Anywhere",
        606 => "Not Acceptable",
        607 => "Unwanted",
        608 => "Rejected",
        _ => match code / 100 {
            0 | 1 => "Progress",
            2 => "OK",
            3 => "Redirected",
            4 => "Bad Request",
            5 => "Server Error",
            _ => "Refused Everywhere",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_written_with_its_own_length() {
        let mut request = Request::new(Method::Info, "sip:bob@example.com".parse().expect("valid"));
        request.headers.push("Content-Length", 99);
        request.headers.push("Call-ID", "x");
        request.set_body("application/dtmf", "5");
        assert_eq!(
            String::from_utf8(request.to_bytes()).expect("text"),
            "INFO sip:bob@example.com SIP/2.0\r\nCall-ID: x\r\nContent-Type: application/dtmf\r\nContent-Length: 1\r\n\r\n5"
        );
        request.set_body("application/dtmf", "");
        assert!(!request.headers.has("Content-Type"));
    }

    #[test]
    fn no_field_of_ours_can_break_the_start_line() {
        let mut uri: Uri = "sip:bob@example.com".parse().expect("valid");
        uri.host = "x SIP/2.0\r\nVia: evil".into();
        let request = Request::new(Method::Other("A B\r\nC".into()), uri);
        assert!(request.to_bytes().starts_with(b"ABC sip:bob@xSIP/2.0Via:evil SIP/2.0\r\nContent"));
        let response = Response::new(486, "Busy\r\nVia: evil");
        assert!(response.to_bytes().starts_with(b"SIP/2.0 486 Busy Via: evil\r\nContent"));
    }
}
