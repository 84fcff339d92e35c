//! Messages as they went over the wire, in pieces that say who may read them.

use serde::{Deserialize, Serialize};

use crate::{AccountId, Instant, Personal, Pseudonyms};

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WireWay {
    /// From this phone.
    Sent,
    /// To this phone.
    Received,
}

/// A piece of a message. Secrets are in neither kind: they were cut out when the piece was made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Piece {
    /// Words of the protocol.
    Plain(String),
    /// What may tell who called whom.
    Personal(Personal),
}

impl Piece {
    /// As its user may see it.
    pub fn text(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Personal(text) => text.expose(),
        }
    }
}

/// What of one message may be kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireMessage {
    /// When.
    pub at: Instant,
    /// On whose connection.
    pub account: AccountId,
    /// Which way.
    pub way: WireWay,
    /// What it is: `INVITE`, `200 INVITE`.
    pub title: String,
    /// Whether it carries a session description.
    pub described: bool,
    /// Its Call-ID; empty when it has none.
    pub sip_call_id: Personal,
    /// All of it, in order; what was secret is a row of `x` of the same length.
    pub pieces: Vec<Piece>,
}

impl WireMessage {
    /// The message as its user may see it.
    pub fn text(&self) -> String {
        self.pieces.iter().map(Piece::text).collect()
    }

    /// The message without people, for a log.
    pub fn text_without_people(&self, pseudonyms: &mut Pseudonyms) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Plain(text) => text.clone(),
            Piece::Personal(text) => pseudonyms.of(text),
        };
        self.pieces.iter().map(text).collect()
    }

    /// How many bytes it takes to keep.
    pub fn bytes(&self) -> usize {
        let length = |piece: &Piece| match piece {
            Piece::Plain(text) => text.len(),
            Piece::Personal(text) => text.expose().len(),
        };
        self.pieces.iter().map(|piece| length(piece) + size_of::<Piece>()).sum()
    }

    /// `INVITE (sdp)`.
    pub fn what(&self) -> String {
        if self.described { format!("{} (sdp)", self.title) } else { self.title.clone() }
    }
}

/// Shows what it is only.
impl std::fmt::Debug for WireMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {}", self.way, self.what())
    }
}

/// Shows its size only.
impl std::fmt::Debug for Piece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Plain(text) => write!(f, "Plain({} bytes)", text.len()),
            Self::Personal(text) => write!(f, "Personal({} bytes)", text.expose().len()),
        }
    }
}
