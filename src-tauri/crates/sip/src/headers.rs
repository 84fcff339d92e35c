//! Header fields: an ordered list, and readers that give the values their types.

mod typed;
mod values;

use std::fmt;

use crate::grammar::{self, Outside};
pub use typed::InvalidHeader;
pub use values::{CSeq, RAck, Reason, Refresher, Replaces, SessionExpires};

/// Compact forms and what they stand for (RFC 3261 section 7.3.3 and the registry's later ones).
const COMPACT: [(&str, &str); 19] = [
    ("a", "Accept-Contact"),
    ("b", "Referred-By"),
    ("c", "Content-Type"),
    ("d", "Request-Disposition"),
    ("e", "Content-Encoding"),
    ("f", "From"),
    ("i", "Call-ID"),
    ("j", "Reject-Contact"),
    ("k", "Supported"),
    ("l", "Content-Length"),
    ("m", "Contact"),
    ("n", "Identity-Info"),
    ("o", "Event"),
    ("r", "Refer-To"),
    ("s", "Subject"),
    ("t", "To"),
    ("u", "Allow-Events"),
    ("v", "Via"),
    ("x", "Session-Expires"),
];

/// The long form of a header name; names that are not compact stay as they are.
pub(crate) fn long_name(name: &str) -> &str {
    if name.len() != 1 {
        return name;
    }
    let known = COMPACT.iter().find(|(compact, _)| compact.eq_ignore_ascii_case(name));
    known.map_or(name, |(_, long)| long)
}

/// Header fields in their order. Names are compared without case, compact forms are the same as long ones.
///
/// No value in here holds a line break: what [`Headers::push`] and [`Headers::set`] are given loses its control
/// characters (a run of them becomes one space), and names lose what may not stand in a name. So a message that is
/// written has the header fields that were put in and no other.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<Header>);

#[derive(Clone, PartialEq, Eq)]
struct Header {
    name: String,
    value: String,
}

impl Headers {
    /// No header field yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The first value of that name, whole.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The values of all header fields of that name, one per line, in order.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let name = long_name(name);
        self.0.iter().filter(move |header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value.as_str())
    }

    /// The values of all header fields of that name, split at their commas; empty ones are left out.
    pub fn list<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.all(name).flat_map(|line| grammar::split(line, b',', Outside::QuotesAndAngles)).filter(|value| !value.is_empty())
    }

    /// Whether there is a header field of that name.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Appends a header field.
    pub fn push(&mut self, name: &str, value: impl fmt::Display) {
        let header = Header::new(name, &value.to_string());
        self.0.push(header);
    }

    /// Puts a header field before all others, as proxies do with Via.
    pub fn push_front(&mut self, name: &str, value: impl fmt::Display) {
        let header = Header::new(name, &value.to_string());
        self.0.insert(0, header);
    }

    /// Replaces all header fields of that name by one, at the place of the first.
    pub fn set(&mut self, name: &str, value: impl fmt::Display) {
        let header = Header::new(name, &value.to_string());
        match self.0.iter().position(|known| known.name.eq_ignore_ascii_case(&header.name)) {
            Some(at) => {
                self.remove(name);
                self.0.insert(at.min(self.0.len()), header);
            }
            None => self.0.push(header),
        }
    }

    /// Takes all header fields of that name out.
    pub fn remove(&mut self, name: &str) {
        let name = long_name(name);
        self.0.retain(|header| !header.name.eq_ignore_ascii_case(name));
    }

    /// Appends copies of all header fields of that name from another message.
    pub fn copy(&mut self, name: &str, from: &Self) {
        self.0.extend(from.0.iter().filter(|header| header.name.eq_ignore_ascii_case(long_name(name))).cloned());
    }

    /// Names, in their long form, and values, one per line, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|header| (header.name.as_str(), header.value.as_str()))
    }

    /// How many header fields there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Header {
    fn new(name: &str, value: &str) -> Self {
        let name = long_name(name).chars().filter(|&c| grammar::is_token_char(c)).collect();
        Self { name, value: grammar::one_line(value).trim().to_owned() }
    }
}

/// Shows the names only: values tell who calls whom, and carry credentials.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|header| &header.name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_form() {
        let mut headers = Headers::new();
        headers.push("v", "SIP/2.0/WSS a;branch=1");
        headers.push("VIA", "SIP/2.0/WSS b;branch=2, SIP/2.0/WSS c;branch=3");
        headers.push("X-Custom", "1");
        assert_eq!(headers.list("via").count(), 3);
        assert_eq!(headers.all("V").count(), 2);
        assert_eq!(headers.get("x-CUSTOM"), Some("1"));
        headers.set("Via", "only");
        assert_eq!(headers.iter().collect::<Vec<_>>(), [("Via", "only"), ("X-Custom", "1")]);
        headers.remove("v");
        assert_eq!(headers.len(), 1);
    }

    #[test]
    fn nothing_that_is_put_in_makes_a_second_line() {
        let mut headers = Headers::new();
        headers.push("X-Name\r\nVia: a", "one\r\n\r\nVia: two\0three\n");
        assert_eq!(headers.iter().collect::<Vec<_>>(), [("X-NameViaa", "one Via: two three")]);
        assert_eq!(format!("{headers:?}"), r#"["X-NameViaa"]"#);
    }
}
