//! Pages of the settings, and what is set on each.

use std::collections::BTreeSet;

use model::{Account, Settings};
use serde::{Deserialize, Serialize};

use super::overlay::differing;

/// A page of the settings, as the window names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Page {
    /// Accounts; their passwords are the user's.
    Accounts,
    /// Sound devices.
    Devices,
    /// How calls are handled, and which answer themselves.
    Calls,
    /// STUN and TURN servers of the accounts.
    Network,
    /// Keys in every program.
    Shortcuts,
    /// History and log.
    Privacy,
    /// The window and the desktop around it.
    Window,
}

impl Page {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Devices => "devices",
            Self::Calls => "calls",
            Self::Network => "network",
            Self::Shortcuts => "shortcuts",
            Self::Privacy => "privacy",
            Self::Window => "window",
        }
    }

    /// The names of its fields that differ.
    pub(super) fn changed(self, before: &Settings, after: &Settings) -> BTreeSet<String> {
        let tables: &[&str] = match self {
            Self::Accounts => &["accounts"],
            Self::Devices => &["devices"],
            Self::Calls => &["calls", "auto_answer", "country"],
            Self::Network => &[],
            Self::Shortcuts => &["shortcuts"],
            Self::Privacy => &["history", "log"],
            Self::Window => &["window"],
        };
        // An account that is new, or gone, brings or takes its servers along.
        let is_in_both = |name: &str| {
            let is_of = |account: &Account| name.starts_with(&format!("accounts.{}.", account.id));
            before.accounts.iter().any(is_of) && after.accounts.iter().any(is_of)
        };
        let is_here = |name: &String| match self {
            Self::Network => is_of_ice(name) && is_in_both(name),
            _ => name.split('.').next().is_some_and(|table| tables.contains(&table)),
        };
        differing(before, after).into_iter().filter(is_here).collect()
    }
}

/// What says which servers an account uses.
fn is_of_ice(name: &str) -> bool {
    name.starts_with("accounts.") && [".ice_servers", ".ice_policy"].iter().any(|field| name.ends_with(field))
}
