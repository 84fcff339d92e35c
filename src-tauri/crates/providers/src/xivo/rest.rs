//! Signing in: a login and a password for a token, a token for the next one.

use std::{str::FromStr, time::Duration};

use model::{OfflineCause, Personal, Secret};
use serde_json::{Value, json};

use super::fields::Fields;
use crate::net::{self, HttpAnswer};

/// Nothing of a token is longer.
const LONGEST_TOKEN: usize = 16 * 1024;
/// When the server does not say how long a token lasts, a new one is got this often.
const RENEW_AFTER: Duration = Duration::from_secs(30 * 60);
/// However short a token lasts, it is not renewed more often: the server's edge allows 20 requests a minute.
const SHORTEST_RENEWAL: Duration = Duration::from_secs(1);

/// What the server knows us by once we have signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token(Secret);

/// A text that is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server's token cannot be used")]
pub struct InvalidToken;

/// Who has signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// As whom; empty when the server does not repeat it.
    pub login: Personal,
    /// His token.
    pub token: Token,
    /// How long it lasts, where the server says so.
    pub lifetime: Option<Duration>,
}

/// Why nobody has signed in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestError {
    /// The login or the password is wrong.
    #[error("the server refused the login or the password")]
    InvalidCredentials,
    /// The token is not good any more.
    #[error("the server does not know the token any more")]
    TokenExpired,
    /// The server refused in its own words.
    #[error("the server refused ({code}): {message}")]
    Refused {
        /// Its code: `InvalidJson`, `UnhandledError`, …
        code: String,
        /// Its words.
        message: String,
    },
    /// The server did not answer, or not as a XUC does.
    #[error("{0}")]
    NoResponse(OfflineCause),
}

impl Token {
    /// The token itself, for a header.
    pub fn text(&self) -> &str {
        self.0.expose()
    }

    /// As the header `Authorization` has it.
    pub fn authorization(&self) -> Secret {
        Secret::new(format!("Bearer {}", self.text()))
    }

    /// As it stands in the query of a URL; a JWT needs no escaping, but that is not promised.
    pub fn in_query(&self) -> String {
        let mut escaped = String::with_capacity(self.text().len());
        for byte in self.text().bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(char::from(byte)),
                other => escaped.push_str(&format!("%{other:02X}")),
            }
        }
        escaped
    }
}

impl FromStr for Token {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        // It stands in a header and in a URL: what could end either is no part of one.
        let fits = (1..=LONGEST_TOKEN).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(Secret::new(text))) } else { Err(InvalidToken) }
    }
}

impl Session {
    /// How long after it was got the next token should be.
    pub fn renew_after(&self) -> Duration {
        self.lifetime.map_or(RENEW_AFTER, |lifetime| (lifetime / 2).max(SHORTEST_RENEWAL))
    }
}

/// What a program says of itself when it signs in. Which words a server knows is not documented: nothing is said where they are
/// empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SaysOfItself {
    /// What it is.
    pub software: String,
    /// For what it is used.
    pub application: String,
}

/// The body that asks for a token.
pub fn login_body(login: &Personal, password: &Secret, says: &SaysOfItself) -> Secret {
    let mut body = json!({ "login": login.expose(), "password": password.expose() });
    for (name, word) in [("softwareType", &says.software), ("applicationType", &says.application)] {
        if !word.is_empty() {
            body[name] = json!(word);
        }
    }
    Secret::new(body.to_string())
}

/// What the server answered, to either question. What it says decides, not its HTTP status: which those are is not documented.
/// `known` is the token that was asked about: an answer that names none leaves it.
///
/// # Errors
/// When it refused, or did not answer as a XUC does.
pub fn read_answer(answer: &Result<HttpAnswer, OfflineCause>, known: Option<&Token>) -> Result<Session, RestError> {
    let answer = answer.as_ref().map_err(|cause| RestError::NoResponse(cause.clone()))?;
    let not_understood = || {
        let detail = format!("the web server does not answer like a XUC (HTTP {})", answer.status);
        RestError::NoResponse(OfflineCause::Unreachable { detail })
    };
    let body: Value = serde_json::from_str(answer.body.expose()).map_err(|_| not_understood())?;
    let fields = Fields::of(&body);
    if let Some(code) = fields.text("error") {
        return Err(match code.as_str() {
            "InvalidCredentials" => RestError::InvalidCredentials,
            "TokenExpired" | "InvalidToken" => RestError::TokenExpired,
            _ => {
                RestError::Refused { code: net::quoted(&code), message: net::quoted(&fields.text("message").unwrap_or_default()) }
            }
        });
    }
    let token = match fields.plain_text("token") {
        Some(token) => token.parse().ok(),
        // A page of somebody else's is none, be it JSON.
        None => known.filter(|_| fields.text("login").or_else(|| fields.text("TTL")).is_some()).cloned(),
    };
    let token = token.ok_or_else(not_understood)?;
    let lifetime = fields.fitting::<u64>("TTL").filter(|seconds| *seconds > 0).map(Duration::from_secs);
    Ok(Session { login: fields.personal("login"), token, lifetime })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> Result<Session, RestError> {
        read_answer(&Ok(HttpAnswer { status, body: Secret::new(body) }), None)
    }

    #[test]
    fn a_login_is_asked_for_and_answered_as_specified() {
        let body = |says| -> Value {
            serde_json::from_str(login_body(&"alice".into(), &Secret::new("pa55"), &says).expose()).expect("is JSON")
        };
        assert_eq!(body(SaysOfItself::default()), json!({"login": "alice", "password": "pa55"}));
        let says = SaysOfItself { software: "electron".into(), application: "ucassistant".into() };
        let whole = json!({
            "login": "alice", "password": "pa55", "softwareType": "electron", "applicationType": "ucassistant"
        });
        assert_eq!(body(says), whole);
        let session = answered(200, r#"{"login": "alice", "token": "aaaa.bbbb.cccc", "TTL": 3600}"#).expect("signed in");
        assert_eq!((session.login.expose(), session.token.text()), ("alice", "aaaa.bbbb.cccc"));
        assert_eq!(session.renew_after(), Duration::from_secs(1_800));
        assert_eq!(session.token.authorization().expose(), "Bearer aaaa.bbbb.cccc");
    }

    #[test]
    fn the_lifetime_may_be_a_text_or_missing() {
        let lifetime = |ttl: &str| answered(200, &format!(r#"{{"token":"a.b.c"{ttl}}}"#)).expect("signed in").renew_after();
        assert_eq!(lifetime(r#","TTL":"120""#), Duration::from_secs(60));
        assert_eq!(lifetime(r#","TTL":2"#), Duration::from_secs(1));
        assert_eq!(lifetime(r#","TTL":1"#), Duration::from_secs(1));
        for ttl in ["", r#","TTL":null"#, r#","TTL":-5"#, r#","TTL":"soon""#, r#","TTL":0"#] {
            assert_eq!(lifetime(ttl), Duration::from_secs(1_800), "{ttl}");
        }
    }

    #[test]
    fn what_the_server_says_decides_and_not_its_status() {
        let refused = r#"{"error": "InvalidCredentials", "message": "Invalid username or password"}"#;
        assert_eq!(answered(200, refused), Err(RestError::InvalidCredentials));
        assert_eq!(answered(401, refused), Err(RestError::InvalidCredentials));
        assert_eq!(answered(403, r#"{"error":"TokenExpired","message":"x"}"#), Err(RestError::TokenExpired));
        let other = RestError::Refused { code: "InvalidJson".into(), message: String::new() };
        assert_eq!(answered(400, r#"{"error":"InvalidJson"}"#), Err(other));
        assert!(answered(500, r#"{"token":"a.b.c"}"#).is_ok());
        for body in ["", "<html>", "[]", "null", r#"{"token":7}"#, r#"{"token":""}"#, r#"{"token":"a b"}"#] {
            assert!(matches!(answered(200, body), Err(RestError::NoResponse(_))), "{body}");
        }
        let unreachable = read_answer(&Err(OfflineCause::NoAnswer), None);
        assert_eq!(unreachable, Err(RestError::NoResponse(OfflineCause::NoAnswer)));
    }

    #[test]
    fn an_answer_to_a_check_that_names_no_token_leaves_the_one_there_is() {
        let known: Token = "a.b.c".parse().expect("is one");
        let checked = |body: &str| read_answer(&Ok(HttpAnswer { status: 200, body: Secret::new(body) }), Some(&known));
        let kept = checked(r#"{"login":"alice","TTL":60}"#).expect("it is good still");
        assert_eq!((kept.token.text(), kept.renew_after()), ("a.b.c", Duration::from_secs(30)));
        assert_eq!(
            checked(r#"{"login":"alice","token":"d.e.f"}"#).map(|session| session.token.text().to_owned()),
            Ok("d.e.f".into())
        );
        for body in [r#"{}"#, r#"{"status":"ok"}"#, r#"{"login":"alice","token":"a b"}"#] {
            assert!(matches!(checked(body), Err(RestError::NoResponse(_))), "{body}");
        }
    }

    #[test]
    fn a_token_is_escaped_in_a_url_and_never_printed() {
        let token: Token = "a.b/c+d=&%".parse().expect("is one");
        assert_eq!(token.in_query(), "a.b%2Fc%2Bd%3D%26%25");
        assert_eq!(format!("{token:?}"), "Token(Secret(..))");
        for text in ["", "a b", "a\r\nb", "ä.b.c", &"x".repeat(LONGEST_TOKEN + 1)] {
            assert_eq!(text.parse::<Token>(), Err(InvalidToken));
        }
    }
}
