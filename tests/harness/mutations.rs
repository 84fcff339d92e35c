//! Messages that were damaged on purpose, the same ones for the same seed.

use std::{fs, path::Path};

use rand::{RngExt, SeedableRng, rngs::StdRng};

/// The messages of a folder below `fixtures`, with their names.
pub fn fixtures(folder: &str, extension: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder);
    let files = fs::read_dir(folder).expect("the fixtures are there").map(|file| file.expect("a readable folder").path());
    let mut found: Vec<(String, Vec<u8>)> = files
        .filter(|path| path.extension().is_some_and(|it| it == extension))
        .map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), fs::read(&path).expect("a readable file")))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "the fixtures are there");
    found
}

/// An endless row of damaged messages.
pub struct Mutations {
    random: StdRng,
    messages: Vec<Vec<u8>>,
}

/// What parsers trip over.
const WORDS: [&[u8]; 14] =
    [b"\r\n", b"\r\n\r\n", b"\0", b":", b";", b",", b"<", b">", b"\"", b"%", b"4294967296", b"-1", b"\xff\xfe", b"="];

impl Mutations {
    /// Damages these.
    pub fn of(messages: Vec<Vec<u8>>, seed: u64) -> Self {
        Self { random: StdRng::seed_from_u64(seed), messages }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.random.random_range(0..bound.max(1))
    }

    fn pick(&mut self) -> Vec<u8> {
        let at = self.below(self.messages.len());
        self.messages[at].clone()
    }

    fn damage(&mut self, message: &mut Vec<u8>) {
        let at = self.below(message.len() + 1);
        let rest = message.len() - at;
        match self.below(9) {
            0 if rest > 0 => message[at] ^= 1 << self.below(8),
            1 if rest > 0 => message[at] = self.random.random(),
            2 => {
                let length = self.below(rest.min(40) + 1);
                message.drain(at..at + length);
            }
            3 => {
                let word = WORDS[self.below(WORDS.len())];
                message.splice(at..at, word.iter().copied());
            }
            4 => {
                let length = self.below(rest.min(200) + 1);
                let again = message[at..at + length].to_vec();
                message.splice(at..at, again);
            }
            5 => message.truncate(at),
            6 => {
                let mut lines: Vec<&[u8]> = message.split_inclusive(|byte| *byte == b'\n').collect();
                let (one, other) = (self.below(lines.len()), self.below(lines.len()));
                if !lines.is_empty() {
                    lines.swap(one, other);
                }
                *message = lines.concat();
            }
            7 => {
                let other = self.pick();
                let from = self.below(other.len() + 1);
                message.truncate(at);
                message.extend_from_slice(&other[from..]);
            }
            8 if rest > 0 => {
                let byte = message[at];
                let times = self.below(3_000);
                message.splice(at..at, std::iter::repeat_n(byte, times));
            }
            _ => {}
        }
    }
}

impl Iterator for Mutations {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let mut message = self.pick();
        for _ in 0..=self.below(3) {
            self.damage(&mut message);
        }
        Some(message)
    }
}
