//! Features that can be forced on or off, each with what that sets.

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// Something the phone can do, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// Recording of calls: every call when forced on.
    Recording,
    /// Calls that answer themselves. It cannot be forced on without saying whose: that is done in the settings.
    AutoAnswer,
    /// A second call that rings during a first one.
    CallWaiting,
    /// Calls that are sent elsewhere.
    Forwarding,
    /// Transfers that the far end asks for, without asking the user.
    Transfers,
    /// Links that dial at once.
    DialLinks,
    /// The small window that shows who calls.
    Popup,
    /// The desktop's notifications.
    Notifications,
    /// The start with the desktop's session.
    Autostart,
    /// Keys in every program.
    Shortcuts,
    /// Looking for new versions.
    Updates,
}

/// What is decided about a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Rule {
    /// The user decides.
    Allow,
    /// It is on.
    On,
    /// It is off.
    Off,
}

impl Feature {
    /// As it is written in a file.
    pub(super) fn name(self) -> String {
        Value::try_from(self).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// What a rule sets: dotted names with values. `None` for a rule that makes no sense.
    pub(super) fn sets(self, rule: Rule) -> Option<Vec<(&'static str, Value)>> {
        let on = match rule {
            Rule::Allow => return Some(Vec::new()),
            Rule::On => true,
            Rule::Off => false,
        };
        let word = |yes: &str, no: &str| Value::from(if on { yes } else { no });
        Some(match self {
            Self::Recording => vec![("calls.record", word("always", "off"))],
            Self::AutoAnswer if on => return None,
            Self::AutoAnswer => vec![("auto_answer", Value::Array(Vec::new())), ("calls.auto_answer", false.into())],
            Self::CallWaiting => vec![("calls.waiting", word("ring", "busy"))],
            Self::Forwarding if on => return None,
            Self::Forwarding => {
                ["calls.forward.always", "calls.forward.busy", "calls.forward.no_answer"].map(|name| (name, "".into())).into()
            }
            Self::Transfers => vec![("calls.allow_transfers", word("always", "never"))],
            Self::DialLinks => vec![("window.dial_links_at_once", on.into())],
            Self::Popup => vec![("window.popup", on.into())],
            Self::Notifications => vec![("window.notifications", on.into())],
            Self::Autostart => vec![("window.start_with_session", on.into())],
            Self::Shortcuts => vec![("shortcuts.enabled", on.into())],
            Self::Updates => vec![("updates.check", on.into())],
        })
    }
}

/// Sets what has a dotted name.
pub(super) fn set(table: &mut Table, name: &str, value: Value) {
    match name.split_once('.') {
        None => {
            table.insert(name.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = table.entry(first).or_insert_with(|| Value::Table(Table::new()));
            if !inner.is_table() {
                *inner = Value::Table(Table::new());
            }
            if let Some(inner) = inner.as_table_mut() {
                set(inner, rest, value);
            }
        }
    }
}
