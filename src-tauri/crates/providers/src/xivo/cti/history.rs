//! The calls the server remembers.

use model::Personal;
use serde_json::Value;

use crate::xivo::fields::Fields;

/// A call of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryItem {
    /// When it began, `YYYY-MM-DD hh:mm:ss` by the server's clock.
    pub start: String,
    /// How long it lasted, `hh:mm:ss`; empty when it did not.
    pub duration: String,
    /// What became of it.
    pub status: HistoryStatus,
    /// Number of the other one.
    pub number: Personal,
    /// His name.
    pub name: Personal,
    /// His login; empty when he is none of the server's users.
    pub username: Personal,
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryStatus {
    /// The user called.
    Emitted,
    /// The user answered.
    Answered,
    /// Nobody answered.
    Missed,
    /// It goes on.
    Ongoing,
    /// Something of a queue, by the server's word.
    Other(String),
}

impl HistoryItem {
    pub(super) fn read(value: &Value) -> Option<Self> {
        let fields = Fields::of(value);
        let status = match fields.text("status")?.as_str() {
            "emitted" => HistoryStatus::Emitted,
            "answered" => HistoryStatus::Answered,
            "missed" => HistoryStatus::Missed,
            "ongoing" => HistoryStatus::Ongoing,
            other => HistoryStatus::Other(other.chars().take(60).collect()),
        };
        let other = if status == HistoryStatus::Emitted { "dst" } else { "src" };
        let of = |name: &str| fields.text(&format!("{other}{name}")).unwrap_or_default();
        let name = [of("FirstName"), of("LastName")].join(" ");
        Some(Self {
            start: fields.text("start").unwrap_or_default(),
            duration: fields.text("duration").unwrap_or_default(),
            status,
            number: of("Num").into(),
            name: name.trim().into(),
            username: of("Username").into(),
        })
    }
}
