//! What of a message may be kept for those who look for a fault: everything in it but secrets, and each piece with the
//! mark of whether it tells who called whom.
//!
//! It is a list of what may be shown, not of what may not: a header, an attribute or a value that is not known here is
//! personal, and of credentials only the names of their fields are left. Nothing is read as a message: what is damaged is
//! looked at most of all.

use model::{Personal, Piece};

use crate::{Method, grammar, headers::long_name, message::reason_phrase};

/// Longest part of a message that is kept.
const LONGEST: usize = 16 * 1024;

/// Header fields that name nobody, unless somebody hides a number or an address in them.
const PLAIN: [&str; 27] = [
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Allow",
    "Allow-Events",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Length",
    "Content-Type",
    "CSeq",
    "Date",
    "Expires",
    "Max-Forwards",
    "Min-Expires",
    "Min-SE",
    "MIME-Version",
    "Privacy",
    "Proxy-Require",
    "RAck",
    "Require",
    "Retry-After",
    "RSeq",
    "Server",
    "Session-Expires",
    "Supported",
    "Unsupported",
    "User-Agent",
];
/// Parameters of credentials and challenges that say how, not who or what.
const HOW: [&str; 5] = ["algorithm", "qop", "nc", "stale", "charset"];
/// Parameters of them that say who.
const WHO: [&str; 4] = ["username", "realm", "uri", "domain"];
/// Attributes of a description that name no address and no key.
const ATTRIBUTES: [&str; 20] = [
    "rtpmap",
    "fmtp",
    "ptime",
    "maxptime",
    "sendrecv",
    "sendonly",
    "recvonly",
    "inactive",
    "setup",
    "mid",
    "group",
    "rtcp-mux",
    "rtcp-mux-only",
    "rtcp-rsize",
    "rtcp-fb",
    "extmap",
    "ice-options",
    "ice-lite",
    "end-of-candidates",
    "msid-semantic",
];
/// Attributes that hold keys.
const KEYS: [&str; 4] = ["ice-pwd", "crypto", "key-mgmt", "zrtp-hash"];

/// A message in pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// What it is: `INVITE`, `200 INVITE`, or that it is no SIP.
    pub title: String,
    /// Whether it carries a session description.
    pub described: bool,
    /// Its Call-ID; empty when it has none.
    pub sip_call_id: Personal,
    /// All of it, in order. What was secret is a row of `x` of the same length.
    pub pieces: Vec<Piece>,
}

impl Trace {
    /// Takes a frame apart. Of one that is no SIP at all, only the length is left.
    pub fn of(frame: &[u8]) -> Self {
        let text = grammar::decode(&frame[..frame.len().min(LONGEST)]);
        let mut writer = Writer::default();
        let (first, _) = text.split_once('\n').unwrap_or((&text, ""));
        let Some(start) = Start::read(first.trim_end_matches('\r')) else {
            writer.plain(&format!("{} bytes that are no SIP\r\n", frame.len()));
            return writer.finish("no SIP".into());
        };
        start.write(&mut writer);
        let mut class = Class::Personal;
        let mut method = None;
        let mut in_body = false;
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let content = line.trim_end_matches(['\r', '\n']);
            let end = &line[content.len()..];
            match number {
                0 => {}
                // Of several lines that are ended by something else, the first would decide who reads the others.
                _ if content.contains(|c: char| c.is_control() && c != '\t') => {
                    writer.secret(content);
                    class = Class::Secret;
                }
                _ if in_body => writer.body_line(content),
                _ if content.is_empty() => in_body = true,
                _ => class = writer.header_line(content, class, &mut method),
            }
            writer.plain(end);
        }
        if frame.len() > LONGEST {
            writer.plain(&format!("\r\n(and {} bytes more)", frame.len() - LONGEST));
        }
        writer.finish(start.title(method.as_deref()))
    }
}

/// A start line (RFC 3261 section 7).
enum Start<'a> {
    Request { method: &'a str, known: bool, uri: &'a str },
    Response { code: u16, reason: &'a str },
}

impl<'a> Start<'a> {
    fn read(line: &'a str) -> Option<Self> {
        if let Some(rest) = line.strip_prefix("SIP/2.0 ") {
            let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
            let code = code.parse().ok().filter(|code| (100..700).contains(code))?;
            return Some(Self::Response { code, reason });
        }
        let (method, rest) = line.split_once(' ')?;
        let uri = rest.strip_suffix(" SIP/2.0")?;
        Some(Self::Request { method, known: is_known(Method::parse(method)?), uri })
    }

    fn write(&self, writer: &mut Writer) {
        match *self {
            Self::Request { method, known, uri } => {
                writer.either(known, method);
                writer.plain(" ");
                writer.personal(uri);
                writer.plain(" SIP/2.0");
            }
            Self::Response { code, reason } => {
                writer.plain(&format!("SIP/2.0 {code:03} "));
                writer.either(reason == reason_phrase(code), reason);
            }
        }
    }

    fn title(&self, cseq: Option<&str>) -> String {
        match self {
            Self::Request { method, known: true, .. } => (*method).to_owned(),
            Self::Request { .. } => "another request".to_owned(),
            Self::Response { code, .. } => format!("{code} {}", cseq.unwrap_or("?")),
        }
    }
}

fn is_known(method: Method) -> bool {
    !matches!(method, Method::Other(_))
}

/// Who may read the value of a header.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Plain,
    Personal,
    /// Personal, with a tag that is not.
    Tagged,
    Credentials,
    Secret,
}

impl Class {
    fn of(name: &str) -> Self {
        let is = |known: &str| known.eq_ignore_ascii_case(name);
        let lower = name.to_ascii_lowercase();
        match lower.as_str() {
            "from" | "to" => Self::Tagged,
            "authorization" | "proxy-authorization" | "www-authenticate" | "proxy-authenticate" | "authentication-info" => {
                Self::Credentials
            }
            _ if PLAIN.iter().any(|known| is(known)) => Self::Plain,
            _ if ["token", "secret", "password", "key", "auth"].iter().any(|word| lower.contains(word)) => Self::Secret,
            _ => Self::Personal,
        }
    }
}

#[derive(Default)]
struct Writer {
    pieces: Vec<Piece>,
    sip_call_id: Personal,
    described: bool,
}

impl Writer {
    fn plain(&mut self, text: &str) {
        match self.pieces.last_mut() {
            _ if text.is_empty() => {}
            Some(Piece::Plain(last)) => last.push_str(text),
            Some(Piece::Personal(_)) | None => self.pieces.push(Piece::Plain(text.to_owned())),
        }
    }

    /// Text that tells who; a password inside a URI is cut all the same.
    fn personal(&mut self, text: &str) {
        if !text.is_empty() {
            self.pieces.push(Piece::Personal(without_passwords(text).into()));
        }
    }

    fn either(&mut self, plain: bool, text: &str) {
        if plain { self.plain(text) } else { self.personal(text) }
    }

    fn secret(&mut self, text: &str) {
        self.plain(&"x".repeat(text.len()));
    }

    /// One line of the header; returns what a line that continues it is.
    fn header_line(&mut self, line: &str, last: Class, method: &mut Option<String>) -> Class {
        if line.starts_with([' ', '\t']) {
            // A folded line of credentials has lost its beginning.
            if matches!(last, Class::Credentials | Class::Secret) {
                self.secret(line)
            } else {
                self.personal(line)
            }
            return last;
        }
        let Some((name, value)) = line.split_once(':').filter(|(name, _)| grammar::is_token(name.trim_end())) else {
            self.secret(line);
            return Class::Secret;
        };
        let long = long_name(name.trim_end());
        let class = Class::of(long);
        if long.eq_ignore_ascii_case("Call-ID") {
            self.sip_call_id = value.trim().into();
        }
        if long.eq_ignore_ascii_case("CSeq") {
            let word = value.split_ascii_whitespace().nth(1).and_then(Method::parse);
            *method = word.filter(|method| is_known(method.clone())).map(|method| method.to_string());
        }
        // What is sent along by somebody's own name may be named after somebody.
        self.either(!name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("X-")), name);
        self.plain(":");
        let blanks = value.len() - value.trim_start().len();
        self.plain(&value[..blanks]);
        let value = &value[blanks..];
        match class {
            // A header that has lost its beginning reads like another one.
            Class::Plain if value.split_once(':').is_some_and(|(name, _)| grammar::is_token(name.trim_end())) => {
                self.secret(value)
            }
            Class::Plain => self.either(names_nobody(value), value),
            Class::Personal => self.personal(value),
            Class::Secret => self.secret(value),
            Class::Tagged => self.tagged(value),
            Class::Credentials => self.credentials(value),
        }
        class
    }

    fn tagged(&mut self, value: &str) {
        let Some(at) = value.rfind(";tag=") else { return self.personal(value) };
        let (who, tag) = (&value[..at], &value[at + 5..]);
        let is_tag = grammar::is_token(tag);
        self.personal(who);
        self.plain(";tag=");
        self.either(is_tag && names_nobody(tag), tag);
    }

    /// `Digest username="…", response="…"`.
    fn credentials(&mut self, value: &str) {
        let (scheme, fields) = value.split_once(' ').unwrap_or((value, ""));
        if !["Digest", "Basic", "Bearer"].iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
            return self.secret(value);
        }
        self.plain(scheme);
        if fields.is_empty() {
            return;
        }
        self.plain(" ");
        if !scheme.eq_ignore_ascii_case("Digest") {
            return self.secret(fields);
        }
        let mut rest = Some(fields);
        while let Some(text) = rest {
            let end = grammar::find(text, b',', grammar::Outside::Quotes);
            self.field(&text[..end.unwrap_or(text.len())]);
            rest = end.map(|end| {
                self.plain(",");
                &text[end + 1..]
            });
        }
    }

    /// One field of credentials, `name=value`.
    fn field(&mut self, field: &str) {
        let Some((name, content)) = field.split_once('=').filter(|(name, _)| grammar::is_token(name.trim())) else {
            return self.secret(field);
        };
        let is = |known: &str| known.eq_ignore_ascii_case(name.trim());
        self.plain(name);
        self.plain("=");
        match content {
            // Where a comma was lost, the next field is in this one.
            _ if HOW.iter().any(|known| is(known)) && !content.contains('=') => self.either(names_nobody(content), content),
            _ if WHO.iter().any(|known| is(known)) => self.personal(content),
            _ => self.secret(content),
        }
    }

    fn body_line(&mut self, line: &str) {
        if line == "v=0" {
            self.described = true;
        }
        if let Some(attribute) = line.strip_prefix("a=") {
            let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
            if KEYS.iter().any(|key| key.eq_ignore_ascii_case(name)) {
                self.plain(&line[..line.len() - value.len()]);
                return self.secret(value);
            }
            return match (self.described, name) {
                (true, name) if ATTRIBUTES.contains(&name) => self.either(names_nobody(value), line),
                (true, "candidate") => self.candidate(line),
                _ => self.personal(line),
            };
        }
        match line.as_bytes() {
            [b'k', b'=', ..] => self.secret(line),
            [b'v' | b't' | b'b' | b'm', b'=', ..] if self.described => self.plain(line),
            _ => self.personal(line),
        }
    }

    /// Of a candidate, its kind is what matters (RFC 8839 section 5.1).
    fn candidate(&mut self, line: &str) {
        let kind = line.split_once(" typ ").map(|(before, after)| (before, after.split(' ').next().unwrap_or_default()));
        match kind {
            Some((before, kind @ ("host" | "srflx" | "prflx" | "relay"))) => {
                self.personal(before);
                self.plain(&format!(" typ {kind}"));
                self.personal(&line[before.len() + 5 + kind.len()..]);
            }
            _ => self.personal(line),
        }
    }

    fn finish(self, title: String) -> Trace {
        Trace { title, described: self.described, sip_call_id: self.sip_call_id, pieces: self.pieces }
    }
}

/// Whether a value of the protocol is just that: nothing in it looks like an address or like a number somebody could call.
fn names_nobody(value: &str) -> bool {
    let mut digits = 0;
    let mut longest = 0;
    for c in value.chars() {
        digits = if c.is_ascii_digit() { digits + 1 } else { 0 };
        longest = longest.max(digits);
    }
    longest < 7 && !value.contains(['@', '<', '\\']) && value.len() <= 512
}

/// `sip:user:password@host` with the password cut. The user part ends at the `@`, also behind a `;` (RFC 3261 section 25.1).
fn without_passwords(text: &str) -> String {
    let mut cut = text.to_owned();
    let lower = text.to_ascii_lowercase();
    let schemes = ["sip:", "sips:"].into_iter().flat_map(|scheme| lower.match_indices(scheme));
    for begin in schemes.map(|(at, scheme)| at + scheme.len()) {
        let user = text[begin..].split(['@', '>', '<', ' ', '"']).next().unwrap_or_default();
        if let Some((name, password)) = user.split_once(':')
            && text[begin + user.len()..].starts_with('@')
        {
            let password = begin + name.len() + 1..begin + name.len() + 1 + password.len();
            cut.replace_range(password.clone(), &"x".repeat(password.len()));
        }
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTER: &str = "REGISTER sip:alice:hunter2@example.com SIP/2.0\r\nVia: SIP/2.0/WSS a.invalid;branch=z9hG4bK1\r\n\
        f: \"Alice\" <sip:alice@example.com>;tag=abc\r\nCall-ID: 77@192.0.2.7\r\nCSeq: 2 REGISTER\r\nX-Token: hunter2\r\n\
        Authorization: Digest username=\"alice\", realm=\"example.com\", nonce=\"secret-nonce\", qop=auth, nc=00000001,\r\n \
        response=\"secret-answer\", cnonce=\"secret-c\"\r\nSupported: path, outbound\r\nContent-Length: 0\r\n\r\n";
    const ANSWER: &str = "SIP/2.0 200 OK\r\nFrom: <sip:alice@example.com>;tag=1\r\nTo: <sip:+442079460123@example.com>;tag=2\r\n\
        CSeq: 1 INVITE\r\nCall-ID: a\r\nContent-Type: application/sdp\r\n\r\nv=0\r\no=- 1 1 IN IP4 192.0.2.7\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n\
        a=ice-ufrag:abcd\r\na=ice-pwd:secret-pwd\r\na=fingerprint:sha-256 AA:BB\r\na=rtpmap:111 opus/48000/2\r\n\
        a=candidate:1 1 udp 1 192.0.2.7 5000 typ relay raddr 10.0.0.1 rport 9\r\n";

    fn whole(trace: &Trace) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Plain(text) => text.clone(),
            Piece::Personal(text) => text.expose().to_owned(),
        };
        trace.pieces.iter().map(text).collect()
    }

    fn plain(trace: &Trace) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Plain(text) => text.clone(),
            Piece::Personal(_) => String::new(),
        };
        trace.pieces.iter().map(text).collect()
    }

    #[test]
    fn secrets_are_rows_of_x_and_the_rest_is_as_it_was() {
        let trace = Trace::of(REGISTER.as_bytes());
        let text = whole(&trace);
        assert_eq!((trace.title.as_str(), trace.sip_call_id.expose()), ("REGISTER", "77@192.0.2.7"));
        assert_eq!(text.len(), REGISTER.len(), "as long as it was");
        assert!(!text.contains("secret") && !text.contains("hunter2"), "{text}");
        for kept in
            ["alice:xxxxxxx@example.com", "username=\"alice\"", "qop=auth", "X-Token: xxxxxxx", "Supported: path, outbound"]
        {
            assert!(text.contains(kept), "{kept} in {text}");
        }
    }

    #[test]
    fn without_its_people_a_message_still_shows_what_was_agreed() {
        for (message, people) in [(REGISTER, ["alice", "example.com", "192.0.2.7"]), (ANSWER, ["4420", "AA:BB", "10.0.0.1"])] {
            let trace = Trace::of(message.as_bytes());
            let written = plain(&trace);
            for person in people.into_iter().chain(["secret"]) {
                assert!(!written.contains(person), "{person} in {written}");
            }
        }
        let trace = Trace::of(ANSWER.as_bytes());
        assert!(trace.described && trace.title == "200 INVITE");
        let written = plain(&trace);
        for kept in ["a=rtpmap:111 opus/48000/2", " typ relay", "200 OK", ";tag=2"] {
            assert!(written.contains(kept), "{kept} in {written}");
        }
    }

    #[test]
    fn no_password_in_a_uri_is_kept_however_the_uri_is_written() {
        for uris in [
            "<sips:alice:hunter2@example.com>, <sip:bob@example.com>",
            "SIP:alice:hunter2@example.com",
            "<sip:alice:hunter2,x@example.com>",
            "<sip:alice;day=tuesday:hunter2@example.com>",
            "<sip:bob@example.com;x=sip:alice:hunter2@example.com>",
        ] {
            let kept = without_passwords(uris);
            assert_eq!(kept, uris.replace("hunter2,x", "xxxxxxxxx").replace("hunter2", "xxxxxxx"));
        }
        for uris in ["<sip:alice@example.com:5061;x=y>, <sip:bob@example.com>", "sip:example.com:5060"] {
            assert_eq!(without_passwords(uris), uris, "a port is no password");
        }
    }

    #[test]
    fn what_is_no_sip_leaves_its_length_only() {
        let trace = Trace::of(b"{\"token\":\"hunter2\"}");
        assert_eq!(whole(&trace), "19 bytes that are no SIP\r\n");
    }

    #[test]
    fn however_a_message_is_damaged_what_is_left_without_its_people_holds_no_secret() {
        let message = [REGISTER, ANSWER].concat().into_bytes();
        let keeps_them = |bytes: &[u8]| {
            let left = plain(&Trace::of(bytes));
            assert!(!left.contains("secret") && !left.contains("hunter2"), "{left}");
        };
        for position in 0..message.len() {
            for byte in [0, b'\r', b' ', b':', 0xff] {
                let mut bad = message.clone();
                bad[position] = byte;
                keeps_them(&bad);
                keeps_them(&bad[..position]);
            }
        }
    }
}
