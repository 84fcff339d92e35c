//! From bytes to messages (RFC 3261 sections 7 and 25), as strict as safety needs and as lenient as the field asks.
//!
//! Linear in the size of the frame, and bounded: nothing a stranger sends takes more than one pass and a few copies.

use std::fmt;

use crate::{
    CSeq, Headers, Message, Method, NameAddr, Request, Response, Uri,
    grammar::{self, decode},
    headers::long_name,
};

/// The largest message read, in bytes.
pub const MAX_MESSAGE: usize = 64 * 1024;

/// The most header lines read in one message.
pub const MAX_HEADER_LINES: usize = 256;

/// The longest address read, in bytes, with its name and parameters: what is kept and shown of a far end. Any other header may be
/// as long as its message, because RFC 3261 section 18.1.1 has us take 65,535 bytes however they are divided.
pub const MAX_ADDRESS: usize = 8 * 1024;

/// The most commas and semicolons read in the header of one message. Each may start a value or a parameter, so they are
/// what makes a message of some size costly; the longest route of a real call has some hundreds.
pub const MAX_SEPARATORS: usize = 1024;

/// What a response repeats of its request (RFC 3261 section 8.2.6.2).
const REPEATED: [&str; 5] = ["Via", "From", "To", "Call-ID", "CSeq"];

/// The most of a response's words kept, in characters.
const MAX_WORDS: usize = 1024;

/// Header fields that a message has once, because two could be read in two ways (RFC 4475 section 3.3.8).
const ONCE: [&str; 6] = ["Call-ID", "Content-Length", "CSeq", "From", "Max-Forwards", "To"];

/// Why a frame is not taken for a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ParseError {
    /// What is wrong with it, in plain words.
    pub reason: String,
    /// What the refusal of a bad request needs; `None` for responses, ACKs, and what is not SIP at all.
    pub reply: Option<Box<ReplyParts>>,
}

/// What is left of a bad request, to be answered.
#[derive(Clone, PartialEq, Eq)]
pub struct ReplyParts {
    /// The status to answer with: 400, 414, 505 or 513.
    pub code: u16,
    /// The method of the request.
    pub method: Method,
    /// Via, From, To, Call-ID and CSeq as they came, as far as they came. There is one Via at least.
    pub headers: Headers,
}

impl ReplyParts {
    /// The refusal. `tag` becomes the To tag if To can be read and has none.
    pub fn response(&self, reason: &str, tag: &str) -> Response {
        let mut response = Response::new(self.code, reason);
        response.headers = self.headers.clone();
        if let Ok(mut to) = self.headers.to()
            && to.tag().is_none()
        {
            to.set_tag(tag);
            response.headers.set("To", to);
        }
        response
    }
}

/// Shows what it answers, not whom.
impl fmt::Debug for ReplyParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {} {:?}", self.code, self.method, self.headers)
    }
}

/// Whether a frame holds line breaks only: a ping or pong, not a message (RFC 5626 section 3.5.1).
pub fn is_keep_alive(frame: &[u8]) -> bool {
    frame.iter().all(|byte| b"\r\n\0".contains(byte))
}

/// What is wrong with a message, and the status that says so.
struct Fault {
    code: u16,
    reason: String,
}

impl Fault {
    fn new(reason: impl Into<String>) -> Self {
        Self { code: 400, reason: reason.into() }
    }
}

/// Start lines in their two kinds. A request keeps its method even when the rest of the line is bad, for the reply.
enum Start {
    Request { method: Method, uri: Result<Uri, Fault> },
    Response { code: u16, reason: String },
}

pub(crate) fn message(frame: &[u8]) -> Result<Message, ParseError> {
    let too_large = frame.len() > MAX_MESSAGE;
    let frame = frame.get(..MAX_MESSAGE).unwrap_or(frame);
    // Line breaks before the start line are keep-alives (RFC 3261 section 7.5).
    let begin = frame.iter().position(|byte| !b"\r\n".contains(byte)).unwrap_or(frame.len());
    let mut lines = Lines(frame.get(begin..).unwrap_or(&[]));
    let not_sip = |reason: String| ParseError { reason, reply: None };
    let first = lines.next().ok_or_else(|| not_sip("the message is empty".into()))?;
    let start = start_line(first).map_err(|fault| not_sip(fault.reason))?;
    let (headers, mut fault) = header_lines(&mut lines);
    if too_large {
        fault = Some(Fault { code: 513, reason: format!("the message is larger than {MAX_MESSAGE} bytes") });
    }
    let rest = lines.0;
    match start {
        Start::Request { method, uri } => {
            let checked = match fault {
                Some(fault) => Err(fault),
                None => uri.and_then(|uri| {
                    check_request(&method, &headers)?;
                    Ok((uri, body(&headers, rest)?))
                }),
            };
            match checked {
                Ok((uri, body)) => Ok(Message::Request(Request { method, uri, headers, body: body.to_vec() })),
                Err(Fault { code, reason }) => Err(ParseError { reason, reply: reply(code, method, &headers) }),
            }
        }
        Start::Response { code, reason } => {
            let checked = match fault {
                Some(fault) => Err(fault),
                None => check(&headers).and_then(|_| body(&headers, rest)),
            };
            let body = checked.map_err(|fault| not_sip(fault.reason))?.to_vec();
            Ok(Message::Response(Response { code, reason, headers, body }))
        }
    }
}

fn reply(code: u16, method: Method, bad: &Headers) -> Option<Box<ReplyParts>> {
    // An ACK is never answered, and without a Via nobody could tell what the answer is for.
    if method == Method::Ack || !bad.has("Via") {
        return None;
    }
    let mut headers = Headers::new();
    for name in REPEATED {
        headers.copy(name, bad);
    }
    Some(Box::new(ReplyParts { code, method, headers }))
}

/// Lines up to the empty one that ends the header, folded ones apart; CRLF ends them, or LF alone.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let end = self.0.iter().position(|&byte| byte == b'\n');
        let (line, rest) = match end {
            Some(end) => (self.0.get(..end)?, self.0.get(end + 1..)?),
            None => (self.0, &[][..]),
        };
        self.0 = rest;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

fn start_line(line: &[u8]) -> Result<Start, Fault> {
    let is_long = line.len() > MAX_ADDRESS;
    let line = decode(line);
    let (first, rest) = line.split_once(' ').ok_or_else(|| Fault::new("the first line is not one of SIP"))?;
    if first.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("SIP/")) {
        return status_line(first, rest);
    }
    let method = Method::parse(first).ok_or_else(|| Fault::new("the first line does not start with a method"))?;
    let (uri, version) = rest.rsplit_once(' ').ok_or_else(|| Fault::new("the first line is not one of SIP"))?;
    // The last word must look like a version, or it is another protocol or a broken line: not to be answered unless
    // the line ends with blanks after a version, which RFC 4475 section 3.1.2.9 shows.
    let trailing = version.is_empty() && rest.trim_end().ends_with("SIP/2.0");
    if !trailing && !version.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("SIP/")) {
        return Err(Fault::new("the first line does not end with a version of SIP"));
    }
    let uri = if trailing {
        Err(Fault::new("there are blanks after the version"))
    } else if !version.eq_ignore_ascii_case("SIP/2.0") {
        Err(Fault {
            code: 505,
            reason: format!("the version is not SIP/2.0 but {}", version.chars().take(20).collect::<String>()),
        })
    } else if is_long {
        Err(Fault { code: 414, reason: format!("the request address is longer than {MAX_ADDRESS} bytes") })
    } else {
        request_uri(uri)
    };
    Ok(Start::Request { method, uri })
}

fn request_uri(text: &str) -> Result<Uri, Fault> {
    let uri: Uri = text.parse().map_err(|error| Fault::new(format!("the request address cannot be read: {error}")))?;
    if !uri.headers.is_empty() {
        return Err(Fault::new("the request address carries header fields"));
    }
    Ok(uri)
}

fn status_line(version: &str, rest: &str) -> Result<Start, Fault> {
    if !version.eq_ignore_ascii_case("SIP/2.0") {
        return Err(Fault::new("the version is not SIP/2.0"));
    }
    let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let code = grammar::number(code).filter(|code| (100..700).contains(code)).and_then(|code| u16::try_from(code).ok());
    let code = code.ok_or_else(|| Fault::new("the status is not one of SIP"))?;
    Ok(Start::Response { code, reason: grammar::one_line(reason).trim().chars().take(MAX_WORDS).collect() })
}

/// Reads header lines up to the empty one. Behind one that is too many nothing is kept but what a refusal repeats; what cannot
/// be read as a header line at all is left out, as a fault.
fn header_lines(lines: &mut Lines<'_>) -> (Headers, Option<Fault>) {
    let mut headers = Headers::new();
    let mut fault = None;
    let mut line: Vec<u8> = Vec::new();
    let mut count = 0;
    let mut separators = 0;
    let mut crowded = None;
    for next in lines {
        separators += next.iter().filter(|byte| matches!(byte, b',' | b';')).count();
        // A line that starts with a blank goes on with the one before (RFC 3261 section 7.3.1).
        if next.first().is_some_and(|byte| b" \t".contains(byte)) && !line.is_empty() {
            line.push(b' ');
            line.extend_from_slice(next.trim_ascii());
        } else {
            if let Some(bad) = take_header(&mut headers, &line, Wanted::of(crowded.as_ref())) {
                fault.get_or_insert(bad);
            }
            line.clear();
            if next.is_empty() {
                return (headers, crowded.or(fault));
            }
            count += 1;
            line.extend_from_slice(next);
        }
        if crowded.is_none() && count > MAX_HEADER_LINES {
            crowded = Some(Fault::new(format!("there are more than {MAX_HEADER_LINES} header lines")));
        }
        if crowded.is_none() && separators > MAX_SEPARATORS {
            crowded = Some(Fault::new(format!("there are more than {MAX_SEPARATORS} commas and semicolons in the header")));
        }
    }
    let _ = take_header(&mut headers, &line, Wanted::of(crowded.as_ref()));
    (headers, crowded.or(fault).or_else(|| Some(Fault::new("the empty line after the header is missing"))))
}

/// Which header lines are kept.
#[derive(Clone, Copy)]
enum Wanted {
    All,
    /// Those that a refusal repeats.
    Repeated,
}

impl Wanted {
    fn of(crowded: Option<&Fault>) -> Self {
        if crowded.is_some() { Self::Repeated } else { Self::All }
    }
}

fn take_header(headers: &mut Headers, line: &[u8], wanted: Wanted) -> Option<Fault> {
    if line.is_empty() {
        return None;
    }
    let text = decode(line);
    match text.split_once(':') {
        Some((name, value)) if grammar::is_token(name.trim_end()) => {
            let name = long_name(name.trim_end());
            let is_repeated = REPEATED.iter().any(|repeated| repeated.eq_ignore_ascii_case(name));
            let is_kept = match wanted {
                Wanted::All => true,
                Wanted::Repeated => is_repeated && headers.len() < 2 * MAX_HEADER_LINES,
            };
            if is_kept {
                headers.push(name, value);
            }
            None
        }
        Some(_) | None => Some(Fault::new("a header line has no name")),
    }
}

/// Checks what both kinds of messages need (RFC 3261 section 8.1.1).
fn check(headers: &Headers) -> Result<CSeq, Fault> {
    for name in ONCE {
        if headers.all(name).nth(1).is_some() {
            return Err(Fault::new(format!("{name} is there twice")));
        }
    }
    let unreadable = |error: crate::InvalidHeader| Fault::new(error.to_string());
    headers.via().map_err(unreadable)?;
    headers.vias().map_err(unreadable)?;
    let _: NameAddr = headers.from().map_err(unreadable)?;
    let _: NameAddr = headers.to().map_err(unreadable)?;
    headers.call_id().map_err(unreadable)?;
    headers.cseq().map_err(unreadable)
}

fn check_request(method: &Method, headers: &Headers) -> Result<(), Fault> {
    let cseq = check(headers)?;
    if cseq.method != *method {
        return Err(Fault::new("CSeq names another method than the request"));
    }
    if headers.has("Max-Forwards") && headers.max_forwards().is_none() {
        return Err(Fault::new("Max-Forwards is not a number from 0 to 255"));
    }
    headers.contacts().map_err(|error| Fault::new(error.to_string()))?;
    Ok(())
}

/// The body in what follows the header.
fn body<'a>(headers: &Headers, rest: &'a [u8]) -> Result<&'a [u8], Fault> {
    let Some(length) = headers.get("Content-Length") else {
        return Ok(rest);
    };
    let length = grammar::number(length).ok_or_else(|| Fault::new("Content-Length is not a number"))?;
    let length = usize::try_from(length).ok().and_then(|length| rest.get(..length));
    length.ok_or_else(|| Fault::new("Content-Length is larger than the body"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason_phrase;

    const OPTIONS: &str = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/WSS c;branch=z9hG4bK1\r\nFrom: <sip:d@e>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n";

    fn with(lines: &str, body: &str) -> Result<Message, ParseError> {
        Message::parse(format!("{OPTIONS}{lines}\r\n{body}").as_bytes())
    }

    fn body_of(message: Result<Message, ParseError>) -> Vec<u8> {
        match message.expect("valid") {
            Message::Request(request) => request.body,
            Message::Response(response) => response.body,
        }
    }

    fn refusal(message: Result<Message, ParseError>) -> (String, Option<u16>) {
        let error = message.expect_err("must be refused");
        (error.reason, error.reply.map(|reply| reply.code))
    }

    #[test]
    fn the_frame_ends_the_body_where_no_length_is_given() {
        assert_eq!(body_of(with("", "v=0\r\n")), b"v=0\r\n");
        assert_eq!(body_of(with("l: 3\r\n", "v=0\r\n")), b"v=0");
        assert_eq!(body_of(with("Content-Type: x/y\r\n", "\0\u{ff}")), "\0\u{ff}".as_bytes());
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused() {
        for length in ["9", "-5", "99999999999999999999", "x", "1 1", ""] {
            assert_eq!(refusal(with(&format!("Content-Length: {length}\r\n"), "v=0\r\n")).1, Some(400), "{length}");
        }
        assert_eq!(refusal(with("Content-Length: 1\r\nl: 1\r\n", "12")).1, Some(400));
    }

    #[test]
    fn a_latin_1_name_costs_no_header() {
        let mut bytes = OPTIONS.replace("From: ", "From: M\u{1}ller ").into_bytes();
        bytes.iter_mut().filter(|byte| **byte == 1).for_each(|byte| *byte = 0xfc);
        bytes.extend_from_slice(b"Subject: later\r\n\r\n");
        let message = Message::parse(&bytes).expect("valid");
        assert_eq!(message.headers().from().expect("valid").display_name.as_deref(), Some("Müller"));
        assert_eq!(message.headers().get("s"), Some("later"));
    }

    #[test]
    fn folded_lines_are_one_value() {
        let message = with("Subject:\r\n one\r\n\t two \r\n", "").expect("valid");
        assert_eq!(message.headers().get("Subject"), Some("one two"));
    }

    #[test]
    fn other_versions_are_answered_505_and_acks_never() {
        let text = format!("{OPTIONS}\r\n");
        assert_eq!(refusal(Message::parse(text.replace("b SIP/2.0", "b SIP/7.0").as_bytes())).1, Some(505));
        let ack = text.replace("OPTIONS", "ACK").replace("CSeq: 1", "CSeq: -1");
        assert_eq!(refusal(Message::parse(ack.as_bytes())).1, None);
        assert_eq!(refusal(Message::parse(b"GET / HTTP/1.1\r\nVia: x\r\n\r\n")).1, None);
    }

    #[test]
    fn a_refusal_carries_what_the_sender_needs() {
        let error = Message::parse(format!("{OPTIONS}CSeq: 2 OPTIONS\r\n\r\n").as_bytes()).expect_err("two CSeq");
        let response = error.reply.expect("a reply").response("Bad", "mine");
        assert_eq!(response.headers.to().expect("valid").tag(), Some("mine"));
        assert_eq!(response.headers.all("CSeq").count(), 2);
        assert_eq!((response.code, response.reason.as_str()), (400, "Bad"));
    }

    #[test]
    fn sizes_are_capped() {
        assert_eq!(refusal(with(&"X: y\r\n".repeat(MAX_HEADER_LINES), "")).1, Some(400));
        assert_eq!(refusal(with(&format!("X: {}\r\n", ",".repeat(MAX_SEPARATORS)), "")).1, Some(400));
        assert_eq!(refusal(with("", &"y".repeat(MAX_MESSAGE))).1, Some(513));
    }

    #[test]
    fn a_header_may_be_as_long_as_its_message_and_an_address_may_not() {
        for lines in [format!("X-Note: {}\r\n", "y".repeat(60_000)), format!("X-Note: y\r\n{}", " y\r\n".repeat(15_000))] {
            let message = with(&lines, "v=0\r\n").expect("valid");
            assert!(message.headers().get("X-Note").is_some_and(|note| note.len() >= 30_000));
        }
        let long = "y".repeat(MAX_ADDRESS);
        assert_eq!(refusal(with(&format!("Contact: <sip:{long}@x>\r\n"), "")).1, Some(400));
        assert_eq!(refusal(with(&format!("Contact: \"{long}\" <sip:y@x>\r\n"), "")).1, Some(400));
        let to = OPTIONS.replace("OPTIONS sip:a", &format!("OPTIONS sip:{long}"));
        assert_eq!(refusal(Message::parse(format!("{to}\r\n").as_bytes())).1, Some(414));
        let words = OPTIONS.replace("OPTIONS sip:a@b SIP/2.0", &format!("SIP/2.0 200 {long}"));
        assert!(Message::parse(format!("{words}\r\n").as_bytes()).is_ok());
    }

    #[test]
    fn a_refusal_finds_what_it_repeats_behind_what_is_too_much() {
        let (start, rest) = OPTIONS.split_once("\r\n").expect("lines");
        for crowd in ["X: y\r\n".repeat(MAX_HEADER_LINES + 50), format!("X: {}\r\n", ",".repeat(MAX_SEPARATORS + 1))] {
            let error = Message::parse(format!("{start}\r\n{crowd}{rest}\r\n").as_bytes()).expect_err("too much");
            let reply = error.reply.expect("it is answered");
            assert!(REPEATED.iter().all(|name| reply.headers.has(name)) && !reply.headers.has("X"), "{:?}", reply.headers);
        }
        let vias = Message::parse(format!("{OPTIONS}{}\r\n", "v: SIP/2.0/WSS c\r\n".repeat(3_000)).as_bytes());
        assert!(vias.expect_err("too much").reply.expect("it is answered").headers.len() <= 2 * MAX_HEADER_LINES);
    }

    #[test]
    fn keep_alives_are_no_messages() {
        assert!(is_keep_alive(b"\r\n\r\n") && is_keep_alive(b""));
        assert!(!is_keep_alive(b"\r\nX"));
        assert_eq!(refusal(Message::parse(b"\r\n\r\n")), ("the message is empty".into(), None));
        assert!(Message::parse(format!("\r\n\r\n{OPTIONS}\r\n").as_bytes()).is_ok());
    }

    #[test]
    fn every_status_from_100_to_699_has_words() {
        assert!((100..700).all(|code| !reason_phrase(code).is_empty()));
    }
}
