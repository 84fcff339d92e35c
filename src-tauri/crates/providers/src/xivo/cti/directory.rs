//! People the server knows: found ones, and favourites.

use model::Personal;
use serde_json::Value;

use super::PhoneStatus;
use crate::xivo::fields::{self, Fields};

/// People in a table whose columns the server chooses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectoryResult {
    /// Names of the columns, in the language of the server.
    pub headers: Vec<String>,
    /// The rows.
    pub entries: Vec<DirectoryEntry>,
}

/// Somebody in such a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// The columns.
    pub columns: Vec<Personal>,
    /// How his telephone is doing.
    pub status: Option<PhoneStatus>,
    /// What he is called by to the server, within `source`.
    pub contact_id: String,
    /// Which of its directories.
    pub source: String,
    /// Whether he is a favourite.
    pub favorite: bool,
}

/// Somebody, as newer servers tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactSheet {
    /// His name.
    pub name: Personal,
    /// What stands below it.
    pub subtitle: Personal,
    /// Whether he is a favourite.
    pub favorite: bool,
    /// How his telephone is doing.
    pub status: Option<PhoneStatus>,
    /// How he can be reached.
    pub actions: Vec<SheetAction>,
}

/// A way to reach somebody: `Call`, `Chat`, `Mail` or `Video`, and with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetAction {
    /// Which way.
    pub action: String,
    /// With what.
    pub args: Vec<Personal>,
    /// Whether it is the usual one.
    pub is_default: bool,
}

/// What became of a favourite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FavoriteUpdate {
    /// What.
    pub change: FavoriteChange,
    /// Who.
    pub contact_id: String,
    /// In which directory.
    pub source: String,
}

/// Changes of favourites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FavoriteChange {
    /// He is one now.
    Added,
    /// He is none any more.
    Removed,
    /// It did not work.
    Failed,
}

impl DirectoryResult {
    pub(super) fn read(body: &Value) -> Self {
        let fields = Fields::of(body);
        Self { headers: fields.texts("headers"), entries: fields.list("entries").map(DirectoryEntry::read).collect() }
    }
}

impl DirectoryEntry {
    fn read(value: &Value) -> Self {
        let fields = Fields::of(value);
        // A column that is no text keeps its place: columns belong to headers.
        let columns = fields.list("entry").map(|column| fields::text(column).unwrap_or_default().into()).collect();
        Self {
            columns,
            status: PhoneStatus::read(fields),
            contact_id: fields.text("contact_id").unwrap_or_default(),
            source: fields.text("source").unwrap_or_default(),
            favorite: fields.flag("favorite").unwrap_or_default(),
        }
    }
}

impl ContactSheet {
    pub(super) fn read(value: &Value) -> Self {
        let fields = Fields::of(value);
        let status = fields.within("status");
        let actions = fields.list("actions").map(|action| {
            let fields = Fields::of(action);
            SheetAction {
                action: fields.text("action").unwrap_or_default(),
                args: fields.texts("args").into_iter().map(Personal::from).collect(),
                is_default: fields.flag("default").unwrap_or_default(),
            }
        });
        Self {
            name: fields.personal("name"),
            subtitle: fields.personal("subtitle1"),
            favorite: fields.flag("isFavorite").unwrap_or_default(),
            status: PhoneStatus::of_code(status.number("phone")),
            actions: actions.collect(),
        }
    }
}

impl FavoriteUpdate {
    pub(super) fn read(body: &Value) -> Self {
        let fields = Fields::of(body);
        let change = match fields.text("action").unwrap_or_default().as_str() {
            "Added" => FavoriteChange::Added,
            "Removed" => FavoriteChange::Removed,
            _ => FavoriteChange::Failed,
        };
        Self {
            change,
            contact_id: fields.text("contact_id").unwrap_or_default(),
            source: fields.text("source").unwrap_or_default(),
        }
    }
}
