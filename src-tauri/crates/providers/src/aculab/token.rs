//! Tokens of the cloud: JWTs (RFC 7519) that only the cloud verifies. What they say is read for the user, never trusted.

use std::{str::FromStr, time::Duration};

use model::Secret;
use serde::{Deserialize, Deserializer};

/// Nothing of a token is longer.
const LONGEST: usize = 16 * 1024;

/// A new one is fetched after this much of the lifetime, in percent, …
const FETCHED_AFTER: u32 = 80;
/// … and that much before its end at the latest.
const FETCHED_BEFORE: Duration = Duration::from_secs(60);

/// A token in its compact form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token(Secret);

/// A text that is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid token")]
pub struct InvalidToken;

/// What a token says about itself. Times are seconds since 1970, by the cloud's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TokenClaims {
    /// Whose it is: the client id.
    #[serde(rename = "sub")]
    pub client: Option<String>,
    /// Where it is good.
    #[serde(rename = "aud", deserialize_with = "one_or_several")]
    pub clouds: Vec<String>,
    /// When it was made.
    #[serde(rename = "iat")]
    pub issued: Option<i64>,
    /// When it ends.
    #[serde(rename = "exp")]
    pub expires: Option<i64>,
}

impl Token {
    /// Whether a text has the form of one.
    pub fn is_one(text: &Secret) -> bool {
        text.expose().parse::<Self>().is_ok()
    }

    /// The token itself, for who is to use it.
    pub fn text(&self) -> &str {
        self.0.expose()
    }

    /// What it says; `None` when it is encrypted or says nothing that can be read.
    pub fn claims(&self) -> Option<TokenClaims> {
        let parts: Vec<&str> = self.text().split('.').collect();
        let [_, claims, _] = parts[..] else { return None };
        serde_json::from_slice(&decoded(claims)?).ok()
    }

    /// How long it lasts that came now, by the time of day; `asked` where it does not say. A clock that is wrong by more than
    /// its life is not believed, its span is. None when nobody knows.
    pub(super) fn lasts(&self, unix_s: i64, asked: Option<Duration>) -> Option<Duration> {
        let Some(claims) = self.claims() else { return asked };
        let left = claims.expires.and_then(|at| u64::try_from(at.saturating_sub(unix_s)).ok()).map(Duration::from_secs);
        match (left, claims.lifetime()) {
            (Some(left), Some(lifetime)) => Some(left.min(lifetime)),
            (Some(left), None) => Some(left),
            // By our clock it is over. One that we were just given is not: the clock is wrong.
            (None, lifetime) => lifetime.or(asked),
        }
    }
}

impl FromStr for Token {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let text = text.trim();
        let parts = text.split('.').count();
        let is_part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if text.len() <= LONGEST && (parts == 3 || parts == 5) && text.split('.').all(is_part) {
            Ok(Self(Secret::new(text)))
        } else {
            Err(InvalidToken)
        }
    }
}

impl TokenClaims {
    /// How long it lasts from when it was made; `None` when it does not say.
    pub fn lifetime(&self) -> Option<Duration> {
        let seconds = self.expires?.checked_sub(self.issued?)?;
        u64::try_from(seconds).ok().map(Duration::from_secs)
    }
}

/// How long before a token ends in `lasts` the next one is fetched: after 80 % of that, a minute before it at the latest.
pub(super) fn fetch_next_after(lasts: Duration) -> Duration {
    (lasts.saturating_mul(FETCHED_AFTER) / 100).min(lasts.saturating_sub(FETCHED_BEFORE))
}

/// `aud` is one text or a list of them (RFC 7519 section 4.1.3).
fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        One(String),
        Several(Vec<String>),
    }
    Ok(match Form::deserialize(deserializer)? {
        Form::One(one) => vec![one],
        Form::Several(several) => several,
    })
}

/// Base64 for URLs without padding (RFC 4648 section 5).
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = ((bits << 6) | u32::from(value)) & 0xFFFF;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xFF).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"alg":"RS256"}`, the claims of the cloud's own example, and no real signature.
    const EXAMPLE: &str = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiIwLTAtMCIsImlhdCI6MTU4Mzg0MDAwNywibmJmIjoxNTgzODQwMDA3LCJleHAiOjE1ODM4NDM2MDcsInNjb3BlIjpbIndlYnJ0Y2NsaWVudCJdLCJzdWIiOiJteUNsaWVudElkIn0.c2ln";

    #[test]
    fn a_token_tells_whose_it_is_where_and_how_long() {
        let token: Token = EXAMPLE.parse().expect("is one");
        let claims = token.claims().expect("can be read");
        assert_eq!(claims.client.as_deref(), Some("myClientId"));
        assert_eq!(claims.clouds, ["0-0-0"]);
        assert_eq!(claims.lifetime(), Some(Duration::from_secs(3600)));
        assert_eq!(claims.lifetime().map(fetch_next_after), Some(Duration::from_secs(2880)));
        assert_eq!(format!("{token:?}"), "Token(Secret(..))");
    }

    #[test]
    fn short_tokens_are_fetched_again_a_minute_before_their_end() {
        let claims = |seconds: i64| TokenClaims { issued: Some(100), expires: Some(100 + seconds), ..TokenClaims::default() };
        assert_eq!(claims(200).lifetime().map(fetch_next_after), Some(Duration::from_secs(140)));
        assert_eq!(claims(30).lifetime().map(fetch_next_after), Some(Duration::ZERO));
        assert_eq!(claims(-30).lifetime().map(fetch_next_after), None);
        let overflowing = TokenClaims { issued: Some(i64::MIN), expires: Some(i64::MAX), ..TokenClaims::default() };
        assert_eq!(overflowing.lifetime(), None);
    }

    #[test]
    fn only_the_shape_decides_what_a_token_is() {
        for text in ["a.b.c", " a.b.c.d.e\n", "A-_9.b.c"] {
            assert!(text.parse::<Token>().is_ok(), "{text}");
        }
        for text in ["", "a.b", "a.b.c.d", "a..c", "a.b.c=", "a.b.c d", "a.b\r\nX: y.c"] {
            assert_eq!(text.parse::<Token>(), Err(InvalidToken), "{text:?}");
        }
        assert_eq!(InvalidToken.to_string(), "Invalid token");
    }

    #[test]
    fn what_cannot_be_read_says_nothing() {
        for text in ["a.b.c", "a.b.c.d.e", "a.bm90IEpTT04.c"] {
            assert_eq!(text.parse::<Token>().expect(text).claims(), None, "{text}");
        }
        // An audience that is a list: {"aud":["1-2-0","1-2-1"]}
        let several: Token = "a.eyJhdWQiOlsiMS0yLTAiLCIxLTItMSJdfQ.c".parse().expect("is one");
        assert_eq!(several.claims().expect("can be read").clouds, ["1-2-0", "1-2-1"]);
    }
}
