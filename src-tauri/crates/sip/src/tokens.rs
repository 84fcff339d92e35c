//! Random identifiers: branches, tags, Call-IDs, nonces.

use rand::{RngExt, SeedableRng, rngs::StdRng};

/// The magic start of a branch (RFC 3261 section 8.1.1.7).
const BRANCH_COOKIE: &str = "z9hG4bK";

const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A source of identifiers that nobody outside can guess, seeded by the driver so that a journal replays to the same.
pub struct Tokens(StdRng);

impl Tokens {
    /// A source; the same seed gives the same identifiers.
    pub fn new(seed: [u8; 32]) -> Self {
        Self(StdRng::from_seed(seed))
    }

    /// `length` letters and digits, five random bits each.
    pub fn word(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(ALPHABET[self.0.random_range(0..ALPHABET.len())])).collect()
    }

    /// A branch for a Via.
    pub fn branch(&mut self) -> String {
        format!("{BRANCH_COOKIE}{}", self.word(20))
    }

    /// A tag for From or To; RFC 3261 section 19.3 asks for 32 bits at least.
    pub fn tag(&mut self) -> String {
        self.word(12)
    }

    /// A Call-ID; without a host, which would tell where we are.
    pub fn call_id(&mut self) -> String {
        self.word(26)
    }

    /// A host name that stands for an end without an address (RFC 7118 section 5.2).
    pub fn invalid_host(&mut self) -> String {
        format!("{}.invalid", self.word(12))
    }

    /// A number below `limit`, for jitter and first sequence numbers; 0 when the limit is 0.
    pub fn below(&mut self, limit: u32) -> u32 {
        if limit == 0 { 0 } else { self.0.random_range(0..limit) }
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_words_and_no_word_twice() {
        let (mut one, mut two) = (Tokens::new([7; 32]), Tokens::new([7; 32]));
        let words: std::collections::HashSet<_> = (0..1000).map(|_| one.branch()).collect();
        assert_eq!(words.len(), 1000);
        assert!(words.contains(&two.branch()));
        assert_eq!(one.below(0), 0);
    }
}
