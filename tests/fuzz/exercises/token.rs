//! A token of Aculab Cloud, typed, pasted or handed over by a server.

use std::hint::black_box;

use model::Secret;
use providers::aculab::Token;

/// Reads `bytes` as a token, and what it says about itself.
pub fn exercise(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let token = text.parse::<Token>();
    assert_eq!(token.is_ok(), Token::is_one(&Secret::new(text)), "one rule of what a token is");
    let Ok(token) = token else { return };
    black_box(token.claims().and_then(|claims| claims.lifetime()));
}
