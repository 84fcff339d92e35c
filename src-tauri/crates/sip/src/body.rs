//! Bodies of several parts (RFC 2046 section 5.1, RFC 5621): finding the session description.

use crate::{
    Headers, Params,
    grammar::{self, Outside, decode},
};

/// How deep parts may lie in parts, and how many of them are looked at.
const MAX_DEPTH: usize = 4;
const MAX_PARTS: usize = 32;

/// The session description in a body, alone or as a part of several; the first one if there are more.
///
/// `None` as well when it is encoded (Content-Encoding), which we never offer to understand.
pub fn session_description(headers: &Headers, body: &[u8]) -> Option<String> {
    let mut parts_left = MAX_PARTS;
    find(headers, body, MAX_DEPTH, &mut parts_left).map(|sdp| decode(sdp).into_owned())
}

/// Whether there is a body that must be understood and is not: neither a session description nor marked as optional
/// (RFC 5621 section 6). Such a request is answered with 415.
pub fn is_unsupported(headers: &Headers, body: &[u8]) -> bool {
    let disposition = headers.get("Content-Disposition").unwrap_or("");
    let optional = Params::parse(disposition).get("handling").is_some_and(|handling| handling.eq_ignore_ascii_case("optional"));
    !body.is_empty() && !optional && session_description(headers, body).is_none()
}

fn find<'a>(headers: &Headers, body: &'a [u8], depth: usize, parts_left: &mut usize) -> Option<&'a [u8]> {
    let encoded = headers.list("Content-Encoding").any(|encoding| !encoding.eq_ignore_ascii_case("identity"));
    if body.is_empty() || encoded {
        return None;
    }
    let content_type = headers.content_type()?;
    if content_type == "application/sdp" {
        return Some(body);
    }
    if !content_type.starts_with("multipart/") || depth == 0 {
        return None;
    }
    let whole = headers.get("Content-Type")?;
    let params = whole.get(grammar::find(whole, b';', Outside::Quotes)?..)?;
    let boundary = Params::parse(params).text("boundary").filter(|boundary| !boundary.is_empty())?;
    let mut parts = Parts { rest: body, delimiter: format!("--{boundary}").into_bytes() };
    // What stands before the first delimiter is not a part.
    parts.next()?;
    parts.find_map(|part| {
        *parts_left = parts_left.checked_sub(1)?;
        let (headers, body) = split_part(part);
        find(&headers, body, depth - 1, parts_left)
    })
}

/// The pieces between delimiter lines; ends at the closing delimiter or at the end of the body.
struct Parts<'a> {
    rest: &'a [u8],
    delimiter: Vec<u8>,
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let whole = self.rest;
        let mut at = 0;
        while let Some(line) = whole.get(at..).filter(|line| !line.is_empty()) {
            let end = line.iter().position(|&byte| byte == b'\n').map_or(line.len(), |end| end + 1);
            if let Some(after) = line.get(..end).and_then(|line| line.strip_prefix(self.delimiter.as_slice())) {
                let closing = after.starts_with(b"--");
                if closing || after.trim_ascii().is_empty() {
                    self.rest = if closing { &[] } else { whole.get(at + end..)? };
                    let part = whole.get(..at)?;
                    // The line break before a delimiter belongs to the delimiter.
                    let part = part.strip_suffix(b"\n").unwrap_or(part);
                    return Some(part.strip_suffix(b"\r").unwrap_or(part));
                }
            }
            at += end;
        }
        // An open part: the sender forgot the closing delimiter.
        self.rest = &[];
        Some(whole)
    }
}

/// The header fields of a part and its body.
fn split_part(part: &[u8]) -> (Headers, &[u8]) {
    let mut headers = Headers::new();
    let mut rest = part;
    while headers.len() < MAX_PARTS {
        let end = rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |end| end + 1);
        let (line, after) = rest.split_at(end);
        rest = after;
        let line = line.trim_ascii();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = decode(line).split_once(':') {
            headers.push(name, value);
        }
    }
    (headers, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(content_type: &str) -> Headers {
        let mut headers = Headers::new();
        headers.push("Content-Type", content_type);
        headers
    }

    #[test]
    fn a_plain_description_is_the_body() {
        assert_eq!(session_description(&headers("APPLICATION/SDP;charset=utf-8"), b"v=0\r\n").as_deref(), Some("v=0\r\n"));
        assert_eq!(session_description(&headers("application/sdp"), b""), None);
        assert_eq!(session_description(&headers("text/plain"), b"v=0\r\n"), None);
    }

    #[test]
    fn the_description_is_found_among_and_within_parts() {
        let body = b"preamble\r\n--o\r\nContent-Type: text/plain\r\n\r\n--other\r\n--o \r\nContent-Type: multipart/alternative;boundary=i\r\n\r\n--i\r\nc: application/sdp\r\n\r\nv=0\r\ns=-\r\n--i--\r\n--o--\r\nafter";
        let found = session_description(&headers("multipart/mixed; boundary=\"o\""), body);
        assert_eq!(found.as_deref(), Some("v=0\r\ns=-"));
        assert_eq!(session_description(&headers("multipart/mixed"), body), None);
        assert_eq!(session_description(&headers("multipart/mixed;boundary=zz"), body), None);
    }

    #[test]
    fn an_open_last_part_is_read() {
        let found = session_description(&headers("multipart/mixed;boundary=o"), b"--o\nContent-Type: application/sdp\n\nv=0\n");
        assert_eq!(found.as_deref(), Some("v=0\n"));
    }

    #[test]
    fn an_encoded_or_foreign_body_is_unsupported_unless_optional() {
        let mut encoded = headers("application/sdp");
        encoded.push("Content-Encoding", "gzip");
        assert!(is_unsupported(&encoded, b"\x1f\x8b"));
        let mut optional = headers("application/x-note");
        assert!(is_unsupported(&optional, b"x"));
        optional.push("Content-Disposition", "render;handling=optional");
        assert!(!is_unsupported(&optional, b"x"));
        assert!(!is_unsupported(&headers("application/x-note"), b""));
    }

    #[test]
    fn endless_parts_end() {
        let body = "--o\r\nContent-Type: text/plain\r\n\r\nx\r\n".repeat(1500);
        assert_eq!(session_description(&headers("multipart/mixed;boundary=o"), body.as_bytes()), None);
        let nested = "--o\r\nContent-Type: multipart/mixed;boundary=o\r\n\r\n".repeat(1200);
        assert_eq!(session_description(&headers("multipart/mixed;boundary=o"), nested.as_bytes()), None);
    }
}
