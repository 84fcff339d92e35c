//! What answers a challenge: `Authorization` and `Proxy-Authorization`.

use std::fmt;

use model::Secret;

use super::{
    Algorithm, Qop,
    challenge::{AuthParams, split_scheme},
};
use crate::{Method, grammar};

/// An answer to a digest challenge.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The user's name, or its hash.
    pub username: String,
    /// As in the challenge.
    pub realm: String,
    /// As in the challenge.
    pub nonce: String,
    /// The address the request was made for. A server compares it with the request's.
    pub uri: String,
    /// The digest.
    pub response: String,
    /// The hash.
    pub algorithm: Algorithm,
    /// As in the challenge.
    pub opaque: Option<String>,
    /// The protection, with what it needs; `None` for servers older than RFC 2617.
    pub protection: Option<Protection>,
    /// Whether the name is hashed.
    pub userhash: bool,
}

/// What a protected answer says besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// What is protected.
    pub qop: Qop,
    /// The client's random text.
    pub cnonce: String,
    /// How often the nonce has been used, this time included.
    pub count: u32,
}

impl Answer {
    /// Reads the value of an `Authorization` or `Proxy-Authorization`; `None` when it is not a whole digest answer.
    pub fn parse(value: &str) -> Option<Self> {
        let (scheme, params) = split_scheme(value.trim());
        if !scheme?.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let params = AuthParams::parse(params);
        let text = |name| params.get(name).map(str::to_owned);
        let protection = match params.get("qop") {
            Some(qop) => Some(Protection {
                qop: Qop::parse(qop)?,
                cnonce: text("cnonce")?,
                count: params.get("nc").filter(|nc| nc.len() == 8).and_then(|nc| u32::from_str_radix(nc, 16).ok())?,
            }),
            None => None,
        };
        Some(Self {
            username: text("username")?,
            realm: text("realm")?,
            nonce: text("nonce")?,
            uri: text("uri")?,
            response: text("response")?,
            algorithm: params.get("algorithm").map_or(Some(Algorithm::MD5), Algorithm::parse)?,
            opaque: text("opaque"),
            protection,
            userhash: params.get("userhash").is_some_and(|value| value.eq_ignore_ascii_case("true")),
        })
    }

    /// Whether this user with this password made this answer, for this method and body. That nonce, count, realm and
    /// address are the right ones is for the caller to see.
    pub fn matches(&self, user: &str, password: &Secret, method: &Method, body: &[u8]) -> bool {
        let name = if self.userhash { self.algorithm.hash(&[user, &self.realm]) } else { user.to_owned() };
        let expected = self.digest(user, password, method, body);
        let response = self.response.to_ascii_lowercase();
        // Every byte is compared, so that the time taken does not tell how many were right.
        let differences = expected.bytes().zip(response.bytes()).fold(0, |seen, (ours, theirs)| seen | (ours ^ theirs));
        name == self.username && expected.len() == response.len() && differences == 0
    }

    /// The digest of RFC 7616 section 3.4.1 for the other fields of this answer.
    pub(super) fn digest(&self, user: &str, password: &Secret, method: &Method, body: &[u8]) -> String {
        let hash = |parts: &[&str]| self.algorithm.hash(parts);
        let cnonce = self.protection.as_ref().map_or("", |protection| &protection.cnonce);
        let mut a1 = hash(&[user, &self.realm, password.expose()]);
        if self.algorithm.is_session() {
            a1 = hash(&[&a1, &self.nonce, cnonce]);
        }
        let Some(Protection { qop, cnonce, count }) = &self.protection else {
            return hash(&[&a1, &self.nonce, &hash(&[method.as_str(), &self.uri])]);
        };
        let a2 = match qop {
            Qop::Auth => hash(&[method.as_str(), &self.uri]),
            Qop::AuthInt => hash(&[method.as_str(), &self.uri, &self.algorithm.hash_bytes(body)]),
        };
        hash(&[&a1, &self.nonce, &format!("{count:08x}"), cnonce, qop.as_str(), &a2])
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = grammar::quote;
        write!(f, "Digest username={}, realm={}", quote(&self.username), quote(&self.realm))?;
        write!(f, ", nonce={}, uri={}", quote(&self.nonce), quote(&self.uri))?;
        write!(f, ", response=\"{}\", algorithm={}", self.response, self.algorithm)?;
        if let Some(opaque) = &self.opaque {
            write!(f, ", opaque={}", quote(opaque))?;
        }
        if let Some(Protection { qop, cnonce, count }) = &self.protection {
            write!(f, ", qop={}, cnonce={}, nc={count:08x}", qop.as_str(), quote(cnonce))?;
        }
        if self.userhash {
            f.write_str(", userhash=true")?;
        }
        Ok(())
    }
}

/// Shows for which realm, not who and with what.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer {{ realm: {:?}, algorithm: {}, .. }}", self.realm, self.algorithm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks an answer of a standard's example, and that a wrong password, method or body does not pass.
    fn check(value: &str, user: &str, password: &str, method: &Method, body: &[u8]) {
        let answer = Answer::parse(value).expect(value);
        let password = Secret::new(password);
        assert!(answer.matches(user, &password, method, body), "{value}");
        assert!(!answer.matches(user, &Secret::new("wrong"), method, body));
        assert!(!answer.matches("Other", &password, method, body));
        assert!(!answer.matches(user, &password, &Method::Bye, body));
        assert_eq!(Answer::parse(&answer.to_string()), Some(answer));
    }

    fn get() -> Method {
        Method::Other("GET".into())
    }

    #[test]
    fn rfc_2617_section_3_5() {
        check(
            r#"Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b", response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41""#,
            "Mufasa",
            "Circle Of Life",
            &get(),
            b"",
        );
    }

    #[test]
    fn rfc_7616_section_3_9_1() {
        for (algorithm, response) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let value = format!(
                r#"Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm={algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="{response}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#
            );
            check(&value, "Mufasa", "Circle of Life", &get(), b"");
        }
    }

    // The example of section 3.9.2 prints a digest made with another hash than SHA-512-256 (RFC errata 4897), so the
    // corrected values are used.
    #[test]
    fn rfc_7616_section_3_9_2_with_its_erratum() {
        check(
            r#"Digest username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b", realm="api@example.org", uri="/doe.json", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", nc=00000001, cnonce="NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v", qop=auth, response="3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", userhash=true"#,
            "J\u{e4}s\u{f8}n Doe",
            "Secret, or not?",
            &get(),
            b"",
        );
    }

    #[test]
    fn half_an_answer_is_none() {
        for value in [
            "",
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
            r#"Digest username="a", realm="b", nonce="c", uri="d""#,
            r#"Digest username="a", realm="b", nonce="c", uri="d", response="e", qop=auth, nc=1, cnonce="f""#,
            r#"Digest username="a", realm="b", nonce="c", uri="d", response="e", qop=other, nc=00000001, cnonce="f""#,
        ] {
            assert_eq!(Answer::parse(value), None, "{value}");
        }
    }
}
