//! Names with addresses: the values of From, To, Contact, Route and their like (RFC 3261 section 20.10).

use std::{fmt, str::FromStr};

use crate::{InvalidUri, MAX_ADDRESS, Params, Uri, grammar, uri};

/// `"Display Name" <uri>;params`
#[derive(Clone, PartialEq, Eq)]
pub struct NameAddr {
    /// The name without quotes and escapes; never empty.
    pub display_name: Option<String>,
    /// The address.
    pub uri: Uri,
    /// Parameters of the header value, not of the URI.
    pub params: Params,
}

impl NameAddr {
    /// An address without a name.
    pub fn new(uri: Uri) -> Self {
        Self { display_name: None, uri, params: Params::default() }
    }

    /// The same address with a name; the empty name is none.
    #[must_use]
    pub fn with_display_name(mut self, name: &str) -> Self {
        self.display_name = (!name.is_empty()).then(|| name.to_owned());
        self
    }

    /// The tag of a From or To.
    pub fn tag(&self) -> Option<&str> {
        self.params.get("tag").filter(|tag| !tag.is_empty())
    }

    /// Sets the tag.
    pub fn set_tag(&mut self, tag: &str) {
        self.params.set("tag", tag);
    }

    /// The `expires` of a Contact, in seconds.
    pub fn expires(&self) -> Option<u32> {
        self.params.get("expires").and_then(grammar::seconds)
    }
}

impl FromStr for NameAddr {
    type Err = InvalidUri;

    fn from_str(text: &str) -> Result<Self, InvalidUri> {
        let text = text.trim();
        if text.len() > MAX_ADDRESS {
            return Err(InvalidUri::Length);
        }
        let (name, rest) = match grammar::take_quoted(text) {
            Some((name, rest)) => (name, rest.trim_start()),
            // An open quote leaves no telling where the name ends.
            None if text.starts_with('"') => return Err(InvalidUri::Character),
            None => match text.find('<') {
                // More than tokens in a bare name is wrong, and harmless to read.
                Some(at) => (text.get(..at).unwrap_or("").trim().to_owned(), text.get(at..).unwrap_or("")),
                None => {
                    let (address, params) = text.split_at(uri::end_of_bare(text));
                    // Without angle brackets header fields of the URI could not be told from the header's own
                    // parameters, so the standard forbids them (RFC 3261 section 20).
                    let uri = uri::parse_trimmed(address)?;
                    if !uri.headers.is_empty() {
                        return Err(InvalidUri::Character);
                    }
                    return Ok(Self { display_name: None, uri, params: Params::parse(params) });
                }
            },
        };
        let inner = rest.strip_prefix('<').ok_or(InvalidUri::NoScheme)?;
        let (address, params) = inner.split_once('>').ok_or(InvalidUri::Character)?;
        let params = params.trim_start();
        if !params.is_empty() && !params.starts_with(';') {
            return Err(InvalidUri::Character);
        }
        let address = Self { display_name: None, uri: uri::parse_trimmed(address)?, params: Params::parse(params) };
        Ok(address.with_display_name(&name))
    }
}

impl fmt::Display for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.display_name {
            write!(f, "{} ", grammar::quote(&grammar::one_line(name)))?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}

/// Shows where, not who.
impl fmt::Debug for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{:?}>{:?}", self.uri, self.params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> NameAddr {
        text.parse().expect(text)
    }

    #[test]
    fn names_are_read_in_all_their_forms() {
        for (text, name, address, tag) in [
            ("<sip:a@b>", None, "sip:a@b", None),
            ("sip:a@b;tag=1", None, "sip:a@b", Some("1")),
            ("sip:a;x=1@b;tag=1", None, "sip:a;x=1@b", Some("1")),
            ("Bob Smith <sip:a@b;lr>;tag=1", Some("Bob Smith"), "sip:a@b;lr", Some("1")),
            (r#""J \"R\" \\"   < sip:a@b >  ; tag = 1 ;x"#, Some(r#"J "R" \"#), "sip:a@b", Some("1")),
            (r#""a <sip:not@this>" <sip:a@b>"#, Some("a <sip:not@this>"), "sip:a@b", None),
            ("\"\" <sip:a@b>;tag=", None, "sip:a@b", None),
            ("Jörg, Müller <tel:+49>", Some("Jörg, Müller"), "tel:+49", None),
        ] {
            let read = read(text);
            assert_eq!(read.display_name.as_deref(), name, "{text}");
            assert_eq!(read.uri.to_string(), address, "{text}");
            assert_eq!(read.tag(), tag, "{text}");
            assert_eq!(read.to_string().parse(), Ok(read), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_safely_is_refused() {
        for text in [
            "",
            "\"Mr. J. User <sip:j@example.com>",
            "<sip:a@b",
            "<sip:a@b> x",
            "\"n\" sip:a@b",
            "sip:user@example.com?Route=%3Csip:sip.example.com%3E",
            "<<sip:a@b>>",
        ] {
            assert!(text.parse::<NameAddr>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_cannot_break_out_of_its_quotes() {
        let address = read("<sip:a@b>").with_display_name("x\" <sip:evil@x>\r\nVia: y\\");
        assert_eq!(address.to_string(), r#""x\" <sip:evil@x> Via: y\\" <sip:a@b>"#);
    }
}
