//! Readers of header fields by their type.

use std::str::FromStr;

use super::{CSeq, Headers, RAck, Reason, Replaces, SessionExpires};
use crate::{NameAddr, Via, auth::Challenge, grammar};

/// A header field that is missing or cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {reason}")]
pub struct InvalidHeader {
    /// Its name.
    pub name: &'static str,
    /// What is wrong with it, in plain words.
    pub reason: &'static str,
}

impl InvalidHeader {
    pub(crate) fn new(name: &'static str, reason: &'static str) -> Self {
        Self { name, reason }
    }
}

impl Headers {
    /// The topmost Via.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn via(&self) -> Result<Via, InvalidHeader> {
        self.list("Via").next().map_or_else(|| missing("Via"), |value| read("Via", value))
    }

    /// All Vias, topmost first.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn vias(&self) -> Result<Vec<Via>, InvalidHeader> {
        self.list("Via").map(|value| read("Via", value)).collect()
    }

    /// Who sent the request of this dialog or transaction.
    ///
    /// # Errors
    /// When it is missing or cannot be read.
    pub fn from(&self) -> Result<NameAddr, InvalidHeader> {
        self.get("From").map_or_else(|| missing("From"), |value| read("From", value))
    }

    /// Whom it was sent to.
    ///
    /// # Errors
    /// When it is missing or cannot be read.
    pub fn to(&self) -> Result<NameAddr, InvalidHeader> {
        self.get("To").map_or_else(|| missing("To"), |value| read("To", value))
    }

    /// All contacts; none for the `*` of an un-REGISTER ([`Headers::all_contacts`]).
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn contacts(&self) -> Result<Vec<NameAddr>, InvalidHeader> {
        self.list("Contact").filter(|value| *value != "*").map(|value| read("Contact", value)).collect()
    }

    /// Whether Contact is `*`, which means all bindings (RFC 3261 section 10.2.2).
    pub fn all_contacts(&self) -> bool {
        self.list("Contact").any(|value| value == "*")
    }

    /// Record-Route, topmost first.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn record_routes(&self) -> Result<Vec<NameAddr>, InvalidHeader> {
        self.addresses("Record-Route")
    }

    /// Route, topmost first.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn routes(&self) -> Result<Vec<NameAddr>, InvalidHeader> {
        self.addresses("Route")
    }

    /// All values of a header field that holds names with addresses (Service-Route, Path, P-Asserted-Identity, …).
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn addresses(&self, name: &'static str) -> Result<Vec<NameAddr>, InvalidHeader> {
        self.list(name).map(|value| read(name, value)).collect()
    }

    /// The sequence number and method.
    ///
    /// # Errors
    /// When it is missing or cannot be read.
    pub fn cseq(&self) -> Result<CSeq, InvalidHeader> {
        self.get("CSeq").map_or_else(|| missing("CSeq"), str::parse)
    }

    /// The Call-ID, compared with case.
    ///
    /// # Errors
    /// When it is missing or empty.
    pub fn call_id(&self) -> Result<&str, InvalidHeader> {
        self.get("Call-ID").filter(|call_id| !call_id.is_empty()).map_or_else(|| missing("Call-ID"), Ok)
    }

    /// Expires in seconds; what is not a number is none, what is too large is the largest.
    pub fn expires(&self) -> Option<u32> {
        self.get("Expires").and_then(grammar::seconds)
    }

    /// Min-Expires in seconds.
    pub fn min_expires(&self) -> Option<u32> {
        self.get("Min-Expires").and_then(grammar::seconds)
    }

    /// Session-Expires (RFC 4028).
    pub fn session_expires(&self) -> Option<SessionExpires> {
        self.get("Session-Expires").and_then(SessionExpires::parse)
    }

    /// Min-SE in seconds (RFC 4028).
    pub fn min_se(&self) -> Option<u32> {
        let value = self.get("Min-SE")?;
        grammar::seconds(value.split(';').next().unwrap_or(""))
    }

    /// Retry-After in seconds, without its comment and parameters.
    pub fn retry_after(&self) -> Option<u32> {
        let value = self.get("Retry-After")?;
        grammar::seconds(value.split([';', '(']).next().unwrap_or(""))
    }

    /// Max-Forwards; RFC 3261 section 20.22 allows 0 to 255.
    pub fn max_forwards(&self) -> Option<u8> {
        grammar::number(self.get("Max-Forwards")?).and_then(|hops| u8::try_from(hops).ok())
    }

    /// The media type of the body in lower case, without parameters: `application/sdp`.
    pub fn content_type(&self) -> Option<String> {
        let value = self.get("Content-Type")?;
        let essence: String = value.split(';').next().unwrap_or("").split_ascii_whitespace().collect();
        Some(essence.to_ascii_lowercase())
    }

    /// Option tags the far end insists on, in lower case.
    pub fn require(&self) -> Vec<String> {
        self.option_tags("Require")
    }

    /// Option tags the far end knows, in lower case.
    pub fn supported(&self) -> Vec<String> {
        self.option_tags("Supported")
    }

    /// Methods the far end takes, as written.
    pub fn allow(&self) -> Vec<String> {
        self.list("Allow").map(str::to_owned).collect()
    }

    fn option_tags(&self, name: &str) -> Vec<String> {
        self.list(name).map(str::to_ascii_lowercase).collect()
    }

    /// Number of a reliable provisional response (RFC 3262).
    pub fn rseq(&self) -> Option<u32> {
        grammar::number(self.get("RSeq")?).and_then(|number| u32::try_from(number).ok())
    }

    /// What a PRACK confirms (RFC 3262).
    ///
    /// # Errors
    /// When it is missing or cannot be read.
    pub fn rack(&self) -> Result<RAck, InvalidHeader> {
        self.get("RAck").map_or_else(|| missing("RAck"), str::parse)
    }

    /// The dialog to replace, if there is one to replace (RFC 3891).
    ///
    /// # Errors
    /// When it cannot be read, or there are two.
    pub fn replaces(&self) -> Result<Option<Replaces>, InvalidHeader> {
        let mut values = self.list("Replaces");
        match (values.next(), values.next()) {
            (Some(value), None) => value.parse().map(Some),
            (Some(_), Some(_)) => Err(InvalidHeader::new("Replaces", "there may be only one")),
            (None, _) => Ok(None),
        }
    }

    /// Why it was sent (RFC 3326); the first of several.
    pub fn reason(&self) -> Option<Reason> {
        self.list("Reason").next().and_then(Reason::parse)
    }

    /// The digest challenges of `WWW-Authenticate` or `Proxy-Authenticate`, in order, of all lines; other schemes and
    /// unreadable ones are left out.
    pub fn challenges(&self, name: &str) -> Vec<Challenge> {
        Challenge::parse_all(self.all(name))
    }
}

fn missing<T>(name: &'static str) -> Result<T, InvalidHeader> {
    Err(InvalidHeader::new(name, "it is missing"))
}

fn read<T: FromStr>(name: &'static str, value: &str) -> Result<T, InvalidHeader> {
    value.parse().map_err(|_| InvalidHeader::new(name, "it cannot be read"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_numbers_are_read_with_forbearance() {
        let mut headers = Headers::new();
        for (name, value) in [
            ("Supported", "100rel, Timer,,outbound"),
            ("k", "replaces"),
            ("Expires", "99999999999"),
            ("Retry-After", "18000 (I'm in a meeting);duration=3600"),
            ("Min-SE", "90;x"),
            ("x", "1800 ; refresher = UAS"),
            ("c", "Application / SDP ; charset=utf-8"),
            ("Contact", "*"),
            ("Max-Forwards", "256"),
        ] {
            headers.push(name, value);
        }
        assert_eq!(headers.supported(), ["100rel", "timer", "outbound", "replaces"]);
        assert_eq!(headers.expires(), Some(u32::MAX));
        assert_eq!(headers.retry_after(), Some(18_000));
        assert_eq!(headers.min_se(), Some(90));
        assert_eq!(headers.session_expires().expect("valid").to_string(), "1800;refresher=uas");
        assert_eq!(headers.content_type().as_deref(), Some("application/sdp"));
        assert_eq!((headers.contacts(), headers.all_contacts()), (Ok(vec![]), true));
        assert_eq!(headers.max_forwards(), None);
        assert_eq!(headers.via(), Err(InvalidHeader::new("Via", "it is missing")));
    }
}
