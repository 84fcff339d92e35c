//! The small words of the grammar (RFC 3261 section 25.1) that all parsers here share. Everything is linear in its input.

use std::borrow::Cow;

/// What may stand in a token.
pub(crate) fn is_token_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-.!%*_+`'~".contains(c)
}

/// Whether the text is one token.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_token_char)
}

/// A decimal number of digits only; one too large for `u64` becomes the largest, so that a range check can refuse it.
pub(crate) fn number(text: &str) -> Option<u64> {
    let all_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| text.parse().unwrap_or(u64::MAX))
}

/// A delta-seconds value; larger ones than 32 bits mean the largest (RFC 4475 section 3.1.2.4).
pub(crate) fn seconds(text: &str) -> Option<u32> {
    number(text.trim()).map(|value| u32::try_from(value).unwrap_or(u32::MAX))
}

/// Bytes from the wire as text: UTF-8 as the standard says, else Latin-1, which old exchanges send in display names.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
    }
}

/// Text with what would end a header line taken out: each run of control characters (but tab) becomes one space.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    let breaks = |c: char| c.is_ascii_control() && c != '\t';
    if !text.contains(breaks) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len());
    let mut in_run = false;
    for c in text.chars() {
        if !breaks(c) {
            line.push(c);
        } else if !in_run {
            line.push(' ');
        }
        in_run = breaks(c);
    }
    Cow::Owned(line)
}

/// Where a separator counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outside {
    /// Outside quoted strings.
    Quotes,
    /// Outside quoted strings and `<…>`.
    QuotesAndAngles,
}

/// Splits at a separator, which must be ASCII, where it is not quoted. An unterminated quote reaches to the end.
pub(crate) fn split(text: &str, separator: u8, outside: Outside) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        match find(text, separator, outside) {
            Some(at) => {
                rest = text.get(at + 1..);
                text.get(..at)
            }
            None => {
                rest = None;
                Some(text)
            }
        }
    })
    .map(str::trim)
}

/// The position of the first such byte that is not quoted.
pub(crate) fn find(text: &str, wanted: u8, outside: Outside) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    let mut angle = false;
    for (at, byte) in text.bytes().enumerate() {
        if escaped {
            escaped = false;
            continue;
        }
        match byte {
            b'\\' if quoted => escaped = true,
            _ if !quoted && !angle && byte == wanted => return Some(at),
            b'"' if !angle => quoted = !quoted,
            b'<' if !quoted && outside == Outside::QuotesAndAngles => angle = true,
            b'>' if !quoted => angle = false,
            _ => {}
        }
    }
    None
}

/// Takes a quoted string off the front: its meaning (escapes undone) and what follows. `None` when it is not closed.
pub(crate) fn take_quoted(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => {
                value.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return Some((value, inner.get(at + 1..)?)),
            _ => value.push(c),
        }
    }
    None
}

/// A value without its quotes and escapes, if it has any.
pub(crate) fn unquote(text: &str) -> String {
    match take_quoted(text) {
        Some((value, _)) => value,
        None => text.to_owned(),
    }
}

/// A text as a quoted string.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        if c == '"' || c == '\\' {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// Undoes `%HH`; what is not such an escape stays as it is.
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let hex = |byte: Option<&u8>| byte.and_then(|&byte| char::from(byte).to_digit(16));
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (byte, hex(bytes.get(at + 1)), hex(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                // Two hexadecimal digits always fit a byte.
                plain.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    Cow::Owned(decode(&plain).into_owned())
}

/// Escapes as `%HH` whatever is neither unreserved (RFC 3261 section 25.1) nor listed in `also`.
pub(crate) fn escape(text: &str, also: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || "-_.!~*'()".contains(c) || (c.is_ascii() && also.contains(c)) {
            escaped.push(c);
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_inside_quotes_and_angles_do_not_split() {
        let text = r#""a, \", b" <sip:x,y@z>, c ,, d"#;
        let parts: Vec<_> = split(text, b',', Outside::QuotesAndAngles).collect();
        assert_eq!(parts, [r#""a, \", b" <sip:x,y@z>"#, "c", "", "d"]);
        assert_eq!(split("<a,b>", b',', Outside::Quotes).count(), 2);
    }

    #[test]
    fn line_breaks_become_a_space() {
        assert_eq!(one_line("a\r\n\0Via: x\ty"), "a Via: x\ty");
    }

    #[test]
    fn escapes_are_undone_and_made() {
        assert_eq!(unescape("a%20b%zz%4"), "a b%zz%4");
        assert_eq!(unescape("%00%e9"), "\0é");
        assert_eq!(escape("a b#é@", "#"), "a%20b#%C3%A9%40");
        assert_eq!(take_quoted(r#""a\"b\\" rest"#), Some((r#"a"b\"#.to_owned(), " rest")));
        assert_eq!(take_quoted(r#""open"#), None);
    }

    #[test]
    fn numbers_saturate() {
        assert_eq!(seconds("99999999999999999999999"), Some(u32::MAX));
        assert_eq!((seconds("-1"), seconds(""), seconds("1a")), (None, None, None));
    }
}
