//! Tokens: JWTs signed with RS256, made and judged.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rustls::{
    SignatureScheme,
    crypto::ring::sign::any_supported_type,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    sign::SigningKey,
};
use serde_json::{Value, json};

/// A key that is good for nothing but these tests.
const KEY: &[u8] = include_bytes!("../../fixtures/aculab/token-key.der");

/// Makes the tokens of one cloud.
pub(super) struct Mint {
    cloud: String,
    key: Arc<dyn SigningKey>,
}

/// What a token allows.
#[derive(Clone, Debug)]
pub struct TokenTerms {
    /// Access key of the account.
    pub key: String,
    /// Who uses it.
    pub client: String,
    /// How long it lasts, seconds; it has expired when this is negative.
    pub lifetime_s: i64,
    /// When it becomes good, seconds from now.
    pub good_in_s: i64,
    /// Whether it is good for registering.
    pub incoming: bool,
    /// Whom it may call: client ids, each as a whole or its beginning and `*`.
    pub callable: Vec<String>,
}

impl TokenTerms {
    /// An hour, to register and to call everybody.
    pub fn new(key: &str, client: &str) -> Self {
        Self {
            key: key.to_owned(),
            client: client.to_owned(),
            lifetime_s: 3600,
            good_in_s: 0,
            incoming: true,
            callable: vec!["*".to_owned()],
        }
    }
}

/// What somebody wants to do with a token.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose<'a> {
    /// Register.
    Incoming,
    /// Call this client.
    Call(&'a str),
}

impl Mint {
    pub fn new(cloud: &str) -> Self {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(KEY));
        Self { cloud: cloud.to_owned(), key: any_supported_type(&key).expect("the fixture is an RSA key") }
    }

    /// A token that is made at `now`, in Unix seconds.
    pub fn token(&self, terms: &TokenTerms, now: i64) -> String {
        let header = json!({"alg": "RS256", "kid": "test", "typ": "JWT"});
        let claims = json!({
            "aud": self.cloud, "iat": now, "nbf": now + terms.good_in_s, "exp": now + terms.lifetime_s, "iss": terms.key,
            "scope": ["webrtcclient"], "sub": terms.client,
            "enable_incoming": terms.incoming, "call_client": terms.callable,
        });
        let signed = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        format!("{signed}.{}", self.signature(&signed))
    }

    /// Judges a token of the client `client` of the account `key`; the error says what is wrong with it.
    pub fn judge(&self, token: &str, key: &str, client: &str, purpose: Purpose<'_>, now: i64) -> Result<(), &'static str> {
        let (signed, signature) = token.rsplit_once('.').ok_or("malformed")?;
        // Signatures of this kind are the same each time: whoever has made this one had the key.
        if signature != self.signature(signed) {
            return Err("bad signature");
        }
        let claims = signed.split_once('.').and_then(|(_, claims)| URL_SAFE_NO_PAD.decode(claims).ok());
        let claims: Value = claims.and_then(|claims| serde_json::from_slice(&claims).ok()).ok_or("malformed")?;
        let is_later = |claim: &str| claims[claim].as_i64().is_none_or(|time| now < time);
        let lists = |claim: &str, is: &dyn Fn(&str) -> bool| {
            claims[claim].as_array().is_some_and(|list| list.iter().filter_map(Value::as_str).any(is))
        };
        let is_callable = |callee: &str| {
            lists("call_client", &|one| one.strip_suffix('*').map_or(one == callee, |beginning| callee.starts_with(beginning)))
        };
        let demands = [
            (!is_later("nbf"), "not yet good"),
            (claims["exp"].is_i64() && is_later("exp"), "expired"),
            (claims["aud"] == self.cloud.as_str(), "of another cloud"),
            (claims["iss"] == key, "of another account"),
            (claims["sub"] == client, "of another client"),
            (lists("scope", &|scope| scope == "webrtcclient"), "not for WebRTC"),
            match purpose {
                Purpose::Incoming => (claims["enable_incoming"] == true, "not for incoming calls"),
                Purpose::Call(callee) => (is_callable(callee), "not for calling this client"),
            },
        ];
        demands.into_iter().find(|(met, _)| !met).map_or(Ok(()), |(_, wrong)| Err(wrong))
    }

    fn signature(&self, signed: &str) -> String {
        let signer = self.key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256]).expect("RSA keys sign so");
        URL_SAFE_NO_PAD.encode(signer.sign(signed.as_bytes()).expect("the key is whole"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_583_840_007;

    fn judged(change: fn(&mut TokenTerms), purpose: Purpose<'_>, now: i64) -> Result<(), &'static str> {
        let mint = Mint::new("1-2-0");
        let mut terms = TokenTerms::new("abc", "alice");
        change(&mut terms);
        mint.judge(&mint.token(&terms, NOW), "abc", "alice", purpose, now)
    }

    #[test]
    fn a_token_is_good_for_what_it_says_as_long_as_it_says() {
        assert_eq!(judged(|_| (), Purpose::Incoming, NOW), Ok(()));
        assert_eq!(judged(|_| (), Purpose::Call("bob"), NOW + 3599), Ok(()));
        assert_eq!(judged(|_| (), Purpose::Incoming, NOW + 3600), Err("expired"));
        assert_eq!(judged(|terms| terms.good_in_s = 5, Purpose::Incoming, NOW), Err("not yet good"));
        assert_eq!(judged(|terms| terms.key = "x".into(), Purpose::Incoming, NOW), Err("of another account"));
        assert_eq!(judged(|terms| terms.client = "bob".into(), Purpose::Incoming, NOW), Err("of another client"));
        assert_eq!(judged(|terms| terms.incoming = false, Purpose::Incoming, NOW), Err("not for incoming calls"));
        let agents: fn(&mut TokenTerms) = |terms| terms.callable = vec!["bob".into(), "agent*".into()];
        assert_eq!(judged(agents, Purpose::Call("agent7"), NOW), Ok(()));
        assert_eq!(judged(agents, Purpose::Call("bobby"), NOW), Err("not for calling this client"));
    }

    #[test]
    fn nobody_else_can_make_one() {
        let (here, elsewhere) = (Mint::new("1-2-0"), Mint::new("1-2-1"));
        let terms = TokenTerms::new("abc", "alice");
        let judged = |token: &str| here.judge(token, "abc", "alice", Purpose::Incoming, NOW);
        assert_eq!(judged(&elsewhere.token(&terms, NOW)), Err("of another cloud"));
        let token = here.token(&terms, NOW);
        let (signed, signature) = token.rsplit_once('.').expect("it has parts");
        let other = elsewhere.token(&terms, NOW);
        let (forged, _) = other.rsplit_once('.').expect("it has parts");
        assert_eq!(judged(&format!("{forged}.{signature}")), Err("bad signature"));
        assert_eq!(judged(signed), Err("bad signature"));
        assert_eq!(judged("none"), Err("malformed"));
    }
}
