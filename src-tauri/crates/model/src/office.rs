//! The settings as a face sees them: which secrets are kept, what is wrong with a field, and how a trial went.

mod file;
mod problem;
mod trial;

use std::fmt;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{AccountId, IceUrl, Personal, Refusal, Settings};

pub use file::{FileDamage, FileFault};
pub use problem::{FieldFault, FieldProblem};
pub use trial::{AccountStep, AccountTrial, IceStep, IceStepView, IceTrial, TrialFact, TrialOutcome, TrialStep};

/// Which secret is meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(tag = "secret", rename_all = "kebab-case")]
pub enum SecretKey {
    /// The password of an account.
    Password {
        /// The account.
        account: AccountId,
    },
    /// A token that was pasted for an account.
    Token {
        /// The account.
        account: AccountId,
    },
    /// A token that was fetched for an account, so that the next run needs no other one.
    FetchedToken {
        /// The account.
        account: AccountId,
    },
    /// The API access key of an account's web services.
    ApiKey {
        /// The account.
        account: AccountId,
    },
    /// What an account's TURN server asks for.
    TurnCredential {
        /// The account.
        account: AccountId,
        /// The server, as [`IceUrl`] writes it.
        url: String,
        /// The user name there.
        username: String,
    },
}

impl SecretKey {
    /// The key of what a TURN server asks `username` for.
    pub fn turn(account: &AccountId, url: &IceUrl, username: &str) -> Self {
        Self::TurnCredential { account: account.clone(), url: url.to_string(), username: username.to_owned() }
    }

    /// Whose secret it is.
    pub fn account(&self) -> &AccountId {
        match self {
            Self::Password { account }
            | Self::Token { account }
            | Self::FetchedToken { account }
            | Self::ApiKey { account }
            | Self::TurnCredential { account, .. } => account,
        }
    }
}

/// The name in the key store. Neither an account's name nor an ICE URL holds a slash, so that no two keys share one.
impl fmt::Display for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password { account } => write!(f, "{account}/password"),
            Self::Token { account } => write!(f, "{account}/token"),
            Self::FetchedToken { account } => write!(f, "{account}/fetched-token"),
            Self::ApiKey { account } => write!(f, "{account}/api-key"),
            Self::TurnCredential { account, url, username } => write!(f, "{account}/turn/{url}/{username}"),
        }
    }
}

/// Where a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum KeptWhere {
    /// Nowhere.
    Nowhere,
    /// In the key store of the desktop: it is there after a restart.
    KeyStore,
    /// In memory: it must be given again after a restart.
    ThisRun,
}

/// One secret, without the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SecretView {
    /// Which.
    pub key: SecretKey,
    /// Where it is.
    pub kept: KeptWhere,
}

/// What a secret became when it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct SecretKept {
    /// Where it is now.
    pub kept: KeptWhere,
    /// Why it is not in the key store.
    pub because: Option<Refusal>,
}

/// The settings in force, with what a face must know to change them.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
pub struct SettingsView {
    /// The settings, without secrets.
    pub settings: Settings,
    /// Every secret that the accounts can have.
    pub secrets: Vec<SecretView>,
    /// Why nothing can be saved, when that is so.
    pub locked: Option<Refusal>,
    /// What others have set.
    pub provisioned: ProvisionView,
}

/// What others have set for this user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ProvisionView {
    /// Pages of the settings on which nothing can be changed.
    pub locked: Vec<String>,
    /// Dotted names of settings that are as they are.
    pub fixed: Vec<String>,
    /// Where that stands, also when it is not known; empty when nothing is set.
    pub source: String,
    /// Whom to ask about it; empty when it does not say.
    pub contact: String,
    /// Why what an administrator has set is not known: then nothing can be changed.
    pub trouble: Option<FileFault>,
    /// The web server that sets something, when the user has agreed to one.
    pub url: Option<String>,
}

/// A setting that would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ProvisionChange {
    /// Its dotted name.
    pub field: String,
    /// What it is; empty when it is not there.
    pub before: Personal,
    /// What it would be.
    pub after: Personal,
}

/// What a web server would set, before the user has agreed to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ProvisionOffer {
    /// Where it is from.
    pub url: String,
    /// The settings that would change.
    pub changes: Vec<ProvisionChange>,
    /// The pages that would be locked.
    pub locked: Vec<String>,
}
