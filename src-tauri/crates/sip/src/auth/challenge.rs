//! What a server asks: `WWW-Authenticate` and `Proxy-Authenticate`.

use std::fmt;

use super::Algorithm;
use crate::grammar::{self, Outside};

/// What the digest protects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qop {
    /// Method and address.
    Auth,
    /// And the body.
    AuthInt,
}

impl Qop {
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "auth" => Some(Self::Auth),
            "auth-int" => Some(Self::AuthInt),
            _ => None,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::AuthInt => "auth-int",
        }
    }
}

/// One digest challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Whose passwords are meant.
    pub realm: String,
    /// The server's random text.
    pub nonce: String,
    /// To be sent back as it is.
    pub opaque: Option<String>,
    /// The hash.
    pub algorithm: Algorithm,
    /// The choice of protections; `None` for servers older than RFC 2617. Unknown ones are left out.
    pub qop: Option<Vec<Qop>>,
    /// Whether the password was right and only the nonce too old.
    pub stale: bool,
    /// Whether the user name is to be sent hashed (RFC 7616 section 3.4.4).
    pub userhash: bool,
}

impl Challenge {
    /// A challenge as our practice exchange makes it.
    pub fn new(realm: &str, nonce: &str, algorithm: Algorithm) -> Self {
        Self {
            realm: realm.to_owned(),
            nonce: nonce.to_owned(),
            opaque: None,
            algorithm,
            qop: Some(vec![Qop::Auth]),
            stale: false,
            userhash: false,
        }
    }

    /// All digest challenges in the lines of one header field. A line may hold several, of several schemes; other
    /// schemes than Digest, unknown algorithms, and challenges without realm or nonce are left out.
    pub(crate) fn parse_all<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Self> {
        let mut challenges = Vec::new();
        for line in lines {
            // Commas separate challenges and their parameters alike: a piece that starts with two words starts a new
            // challenge (RFC 9110 section 11.6.1).
            let mut current: Option<(String, AuthParams)> = None;
            for piece in grammar::split(line, b',', Outside::Quotes) {
                let (scheme, param) = split_scheme(piece);
                if let Some(scheme) = scheme {
                    challenges.extend(current.take().and_then(Self::from_params));
                    current = Some((scheme.to_owned(), AuthParams::default()));
                }
                if let Some((_, params)) = &mut current {
                    params.add(param);
                }
            }
            challenges.extend(current.and_then(Self::from_params));
        }
        challenges
    }

    fn from_params((scheme, params): (String, AuthParams)) -> Option<Self> {
        if !scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let is_true = |name| params.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        Some(Self {
            realm: params.get("realm")?.to_owned(),
            nonce: params.get("nonce")?.to_owned(),
            opaque: params.get("opaque").map(str::to_owned),
            algorithm: params.get("algorithm").map_or(Some(Algorithm::MD5), Algorithm::parse)?,
            qop: params.get("qop").map(|names| names.split(',').filter_map(Qop::parse).collect()),
            stale: is_true("stale"),
            userhash: is_true("userhash"),
        })
    }

    /// The protection to use: `auth` before `auth-int`. The outer `None` means that there is none we know.
    pub(super) fn best_qop(&self) -> Option<Option<Qop>> {
        match &self.qop {
            // The session's key is made with a cnonce, which only protected answers carry.
            None => (!self.algorithm.is_session()).then_some(None),
            Some(choice) if choice.contains(&Qop::Auth) => Some(Some(Qop::Auth)),
            Some(choice) => choice.first().map(|&qop| Some(qop)),
        }
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest realm={}, nonce={}", grammar::quote(&self.realm), grammar::quote(&self.nonce))?;
        if let Some(opaque) = &self.opaque {
            write!(f, ", opaque={}", grammar::quote(opaque))?;
        }
        write!(f, ", algorithm={}", self.algorithm)?;
        if let Some(qop) = &self.qop {
            let names: Vec<_> = qop.iter().map(|qop| qop.as_str()).collect();
            write!(f, ", qop=\"{}\"", names.join(","))?;
        }
        if self.stale {
            f.write_str(", stale=true")?;
        }
        if self.userhash {
            f.write_str(", userhash=true")?;
        }
        Ok(())
    }
}

/// Splits `Scheme name=value`; a piece without a scheme is a parameter.
pub(super) fn split_scheme(piece: &str) -> (Option<&str>, &str) {
    match piece.split_once([' ', '\t']) {
        Some((scheme, param)) if grammar::is_token(scheme) && !param.trim_start().starts_with('=') => (Some(scheme), param),
        None if grammar::is_token(piece) => (Some(piece), ""),
        Some(_) | None => (None, piece),
    }
}

/// Parameters of a challenge or an answer, without quotes and escapes; the first of a name counts.
#[derive(Default)]
pub(super) struct AuthParams(Vec<(String, String)>);

impl AuthParams {
    pub(super) fn parse(text: &str) -> Self {
        let mut params = Self::default();
        grammar::split(text, b',', Outside::Quotes).for_each(|piece| params.add(piece));
        params
    }

    fn add(&mut self, piece: &str) {
        if let Some((name, value)) = piece.split_once('=') {
            self.0.push((name.trim().to_ascii_lowercase(), grammar::unquote(value.trim())));
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_challenges_are_read_from_one_line_and_from_many() {
        let lines = [
            "Digest realm=\"a, b\", nonce=\"1\", algorithm=SHA-256, qop=\"auth,auth-int\", Basic realm=\"x\", digest  realm=c,nonce=2 , algorithm=\"md5\",stale=TRUE",
            "NoOneKnowsThisScheme opaque-data=here, Negotiate, Digest realm=\"d\\\"\", nonce=\"\", qop=\"token\", userhash=true, opaque=\"o\"",
            "Digest realm=\"e\", nonce=\"3\", algorithm=SHA-1",
            "Digest nonce=\"no realm\"",
        ];
        let all = Challenge::parse_all(lines.into_iter());
        let shown: Vec<_> = all.iter().map(|c| (c.realm.as_str(), c.nonce.as_str(), c.stale, c.userhash)).collect();
        assert_eq!(shown, [("a, b", "1", false, false), ("c", "2", true, false), ("d\"", "", false, true)]);
        assert_eq!(all[0].best_qop(), Some(Some(Qop::Auth)));
        assert_eq!((all[1].best_qop(), all[1].algorithm), (Some(None), Algorithm::MD5));
        assert_eq!(all[2].best_qop(), None);
    }

    #[test]
    fn what_we_ask_we_can_read() {
        let mut challenge = Challenge::new("the \"realm\"", "n", Algorithm::SHA_512_256);
        challenge.opaque = Some("o".into());
        challenge.stale = true;
        assert_eq!(Challenge::parse_all([challenge.to_string().as_str()].into_iter()), [challenge]);
    }
}
