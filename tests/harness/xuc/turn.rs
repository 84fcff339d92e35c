//! Credentials of TURN that a server and its relay make of a secret they share: what an XUC names, and coturn's `use-auth-secret`
//! takes.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

/// What SHA-1 takes at once (RFC 2104 section 2).
const BLOCK: usize = 64;

/// What it says of the servers of ICE when it is asked.
#[derive(Debug)]
pub(super) enum Ice {
    Told(Value),
    Silent,
    Relay(Relay),
}

impl Ice {
    /// The body of an `IceConfig`; nothing where it says nothing.
    pub(super) fn config(&self) -> Option<Value> {
        match self {
            Self::Told(config) => Some(config.clone()),
            Self::Silent => None,
            Self::Relay(relay) => Some(relay.config()),
        }
    }
}

/// A relay with which the XUC shares a secret.
#[derive(Clone, Debug)]
pub struct Relay {
    /// Its addresses, `turn:HOST:PORT`.
    pub urls: Vec<String>,
    /// The secret.
    pub secret: String,
    /// For how many seconds the credentials are good.
    pub lifetime_s: u64,
}

impl Relay {
    #[expect(clippy::disallowed_methods, reason = "a relay knows the time of day")]
    fn config(&self) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let username = (now + self.lifetime_s).to_string();
        let credential = turn_credential(&self.secret, &username);
        json!({"turnConfig": {"urls": self.urls, "username": username, "credential": credential, "ttl": self.lifetime_s}})
    }
}

/// The password of a user name, which is the second until which it is good: base64 of HMAC-SHA1 (RFC 2104).
pub fn turn_credential(secret: &str, username: &str) -> String {
    let mut key = [0; BLOCK];
    match secret.as_bytes() {
        long if long.len() > BLOCK => key[..20].copy_from_slice(&Sha1::digest(long)),
        short => key[..short.len()].copy_from_slice(short),
    }
    let inner = Sha1::new().chain_update(key.map(|byte| byte ^ 0x36)).chain_update(username).finalize();
    let outer = Sha1::new().chain_update(key.map(|byte| byte ^ 0x5C)).chain_update(inner).finalize();
    BASE64_STANDARD.encode(outer)
}
