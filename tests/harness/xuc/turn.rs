//! Credentials of TURN that a server and its relay make of a secret they share: what an XUC names, and coturn's `use-auth-secret`
//! takes.

use base64::{Engine, prelude::BASE64_STANDARD};
use sha1::{Digest, Sha1};

/// What SHA-1 takes at once (RFC 2104 section 2).
const BLOCK: usize = 64;

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
