//! Values of single header fields.

use std::{fmt, str::FromStr};

use super::InvalidHeader;
use crate::{
    Method, Params,
    grammar::{self, Outside},
};

/// The sequence number of a request in its dialog, and its method (RFC 3261 section 20.16).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CSeq {
    /// The number, below 2^31.
    pub number: u32,
    /// The method of the request.
    pub method: Method,
}

impl FromStr for CSeq {
    type Err = InvalidHeader;

    fn from_str(text: &str) -> Result<Self, InvalidHeader> {
        let invalid = || InvalidHeader::new("CSeq", "it is not a number below 2^31 and a method");
        let mut words = text.split_ascii_whitespace();
        let (number, method) = words.next().zip(words.next()).ok_or_else(invalid)?;
        let number = grammar::number(number).and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|&number| number < 1 << 31).ok_or_else(invalid)?;
        let method = Method::parse(method).filter(|_| words.next().is_none()).ok_or_else(invalid)?;
        Ok(Self { number, method })
    }
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

/// Which reliable provisional response a PRACK confirms (RFC 3262 section 7.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RAck {
    /// Number of the response.
    pub rseq: u32,
    /// Number of the request it answers.
    pub cseq: u32,
    /// Method of the request it answers.
    pub method: Method,
}

impl FromStr for RAck {
    type Err = InvalidHeader;

    fn from_str(text: &str) -> Result<Self, InvalidHeader> {
        let invalid = || InvalidHeader::new("RAck", "it is not two numbers and a method");
        let (rseq, cseq) = text.trim().split_once([' ', '\t']).ok_or_else(invalid)?;
        let rseq = grammar::number(rseq).and_then(|number| u32::try_from(number).ok()).ok_or_else(invalid)?;
        let CSeq { number: cseq, method } = cseq.parse().map_err(|_| invalid())?;
        Ok(Self { rseq, cseq, method })
    }
}

impl fmt::Display for RAck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.rseq, self.cseq, self.method)
    }
}

/// Who refreshes a session (RFC 4028).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresher {
    /// The side that sent the request.
    Uac,
    /// The side that answered it.
    Uas,
}

/// How long a session lives without a refresh (RFC 4028 section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionExpires {
    /// Seconds.
    pub seconds: u32,
    /// Who refreshes it, once that is settled.
    pub refresher: Option<Refresher>,
}

impl SessionExpires {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (seconds, params) = text.split_once(';').unwrap_or((text, ""));
        let refresher = match Params::parse(params).get("refresher").map(str::to_ascii_lowercase).as_deref() {
            Some("uac") => Some(Refresher::Uac),
            Some("uas") => Some(Refresher::Uas),
            Some(_) | None => None,
        };
        Some(Self { seconds: grammar::seconds(seconds)?, refresher })
    }
}

impl fmt::Display for SessionExpires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refresher = match self.refresher {
            Some(Refresher::Uac) => ";refresher=uac",
            Some(Refresher::Uas) => ";refresher=uas",
            None => "",
        };
        write!(f, "{}{refresher}", self.seconds)
    }
}

/// The dialog an INVITE takes the place of, seen from the one who receives it (RFC 3891).
#[derive(Clone, PartialEq, Eq)]
pub struct Replaces {
    /// Call-ID of the dialog.
    pub call_id: String,
    /// The receiver's tag in it.
    pub to_tag: String,
    /// The other side's tag in it.
    pub from_tag: String,
    /// Whether it may be replaced only while it is not answered.
    pub early_only: bool,
}

impl FromStr for Replaces {
    type Err = InvalidHeader;

    fn from_str(text: &str) -> Result<Self, InvalidHeader> {
        let (call_id, params) = text.split_once(';').unwrap_or((text, ""));
        let params = Params::parse(params);
        let tag = |name| params.get(name).filter(|tag| !tag.is_empty()).map(str::to_owned);
        match (call_id.trim(), tag("to-tag"), tag("from-tag")) {
            ("", _, _) | (_, None, _) | (_, _, None) => {
                Err(InvalidHeader::new("Replaces", "it does not name a dialog by Call-ID and both tags"))
            }
            (call_id, Some(to_tag), Some(from_tag)) => {
                Ok(Self { call_id: call_id.to_owned(), to_tag, from_tag, early_only: params.has("early-only") })
            }
        }
    }
}

impl fmt::Display for Replaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let early_only = if self.early_only { ";early-only" } else { "" };
        write!(f, "{};to-tag={};from-tag={}{early_only}", self.call_id, self.to_tag, self.from_tag)
    }
}

/// Shows that it is there; its parts would let a reader of logs take over a call.
impl fmt::Debug for Replaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Replaces {{ early_only: {}, .. }}", self.early_only)
    }
}

/// Why a request is sent (RFC 3326).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// `SIP`, `Q.850` or another.
    pub protocol: String,
    /// The code in that protocol.
    pub cause: Option<u16>,
    /// Words for people.
    pub text: Option<String>,
}

impl Reason {
    /// A reason that is a SIP status.
    pub fn sip(code: u16, text: &str) -> Self {
        Self { protocol: "SIP".into(), cause: Some(code), text: (!text.is_empty()).then(|| text.to_owned()) }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let end = grammar::find(text, b';', Outside::Quotes).unwrap_or(text.len());
        let (protocol, params) = text.split_at(end);
        let params = Params::parse(params);
        let cause = params.get("cause").and_then(grammar::number).and_then(|cause| u16::try_from(cause).ok());
        let protocol = protocol.trim();
        grammar::is_token(protocol).then(|| Self { protocol: protocol.to_owned(), cause, text: params.text("text") })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.protocol)?;
        if let Some(cause) = self.cause {
            write!(f, ";cause={cause}")?;
        }
        match &self.text {
            Some(text) => write!(f, ";text={}", grammar::quote(text)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cseq_is_a_number_below_two_to_the_31_and_a_method() {
        assert_eq!("0009\tINVITE".parse(), Ok(CSeq { number: 9, method: Method::Invite }));
        assert_eq!("2147483647 X".parse::<CSeq>().expect("valid").number, 2_147_483_647);
        for text in ["2147483648 X", "36893488147419103232 X", "-1 X", "1", "X 1", "1 X Y", "1 a(b)"] {
            assert!(text.parse::<CSeq>().is_err(), "{text}");
        }
    }

    #[test]
    fn values_come_back_as_they_were() {
        assert_eq!("776656 1 INVITE".parse::<RAck>().expect("valid").to_string(), "776656 1 INVITE");
        for text in ["abc@host;to-tag=1;from-tag=2", "abc;to-tag=1;from-tag=2;early-only"] {
            assert_eq!(text.parse::<Replaces>().expect(text).to_string(), text);
        }
        for text in ["1800", "90;refresher=uac", "4294967295;refresher=uas"] {
            assert_eq!(SessionExpires::parse(text).expect(text).to_string(), text);
        }
        for text in ["SIP;cause=200;text=\"Call completed \\\"elsewhere\\\"\"", "Q.850;cause=16", "SIP"] {
            assert_eq!(Reason::parse(text).expect(text).to_string(), text);
        }
        assert!("abc;to-tag=1".parse::<Replaces>().is_err());
        assert_eq!(Reason::parse(" ;cause=1"), None);
    }
}
