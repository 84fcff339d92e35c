//! The settings as a face sees them: which secrets are kept, what is wrong with a field, and how a trial went.

use std::fmt;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{AccountId, IceUrl, OfflineCause, Personal, Settings};

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SecretKept {
    /// Where it is now.
    pub kept: KeptWhere,
    /// Why it is not in the key store, in words.
    pub because: Option<String>,
}

/// The settings in force, with what a face must know to change them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct SettingsView {
    /// The settings, without secrets.
    pub settings: Settings,
    /// Every secret that the accounts can have.
    pub secrets: Vec<SecretView>,
    /// Why nothing can be saved, when that is so.
    pub locked: Option<String>,
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
    /// Where that stands; empty when nothing is set.
    pub source: String,
    /// Whom to ask about it; empty when it does not say.
    pub contact: String,
    /// Why what an administrator has set is not known: then nothing can be changed.
    pub trouble: Option<String>,
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

/// A field that cannot stay as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FieldProblem {
    /// Its dotted name, items of lists by id or position (`accounts.office.server`).
    pub field: String,
    /// What is wrong, to follow the name of the field.
    pub words: String,
}

/// How far an account came when it was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct AccountTrial {
    /// The steps in order.
    pub steps: Vec<TrialStep>,
}

/// One step of a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct TrialStep {
    /// Which.
    pub step: AccountStep,
    /// How it went.
    pub outcome: TrialOutcome,
    /// What was seen; empty when there is nothing to say.
    pub words: String,
    /// Why it failed, where there is a code for it: then the page has words of its own.
    pub cause: Option<OfflineCause>,
    /// When it was done, ms after the trial began, where that can be told.
    pub ms: Option<f64>,
}

/// The steps from a name to a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum AccountStep {
    /// The fields make sense.
    Settings,
    /// The server's name has an address.
    Name,
    /// Somebody takes the connection there.
    Connection,
    /// The connection is secure, and the certificate is the server's.
    Tls,
    /// The server speaks SIP over WebSocket.
    WebSocket,
    /// The server takes the user name and password.
    Registration,
}

/// How far a STUN or TURN server came when it was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct IceTrial {
    /// The steps in order.
    pub steps: Vec<IceStepView>,
}

impl IceTrial {
    /// The step that failed.
    pub fn failed(&self) -> Option<&IceStepView> {
        self.steps.iter().find(|step| step.outcome == TrialOutcome::Failed)
    }
}

impl AccountTrial {
    /// The step that failed.
    pub fn failed(&self) -> Option<&TrialStep> {
        self.steps.iter().find(|step| step.outcome == TrialOutcome::Failed)
    }
}

/// One step of a server's trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct IceStepView {
    /// Which.
    pub step: IceStep,
    /// How it went.
    pub outcome: TrialOutcome,
    /// What was seen; empty when there is nothing to say.
    pub words: String,
    /// When it was done, ms after the trial began.
    pub ms: Option<f64>,
}

/// The steps from a name to a relayed address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum IceStep {
    /// Its name has an address.
    Name,
    /// Somebody takes the connection there; over UDP there is none.
    Connection,
    /// The connection is secure, and the certificate is the server's.
    Tls,
    /// It answers as STUN and TURN servers do.
    Answer,
    /// It takes the user name and password.
    Password,
    /// It gives an address to relay from.
    Relay,
}

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum TrialOutcome {
    /// It worked.
    Passed,
    /// It did not.
    Failed,
    /// It was not reached, or does not apply.
    Skipped,
}
