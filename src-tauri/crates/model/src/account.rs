//! Accounts: what the user configured, and how each is doing on the wire.

mod aculab;
mod faults;
mod xivo;

use serde::{Deserialize, Serialize};
use specta::Type;

pub use aculab::{
    AccessKey, AculabAccount, AculabCaller, AculabClient, AculabInterface, Callable, CallerId, ClientId, CloudId, InvalidName,
    InvalidUser, ServiceName, TokenSource,
};
pub use faults::{SetupFault, TlsFault, TokenFault};
pub use xivo::{XivoAccount, XivoGeneration};

use crate::{DtmfMode, IcePolicy, IceServer, Personal, Secret, SecretKey};

/// The name of an account in settings, logs and on the command line: short, unique, chosen by the user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(transparent)]
pub struct AccountId(pub String);

impl std::fmt::Display for AccountId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One account as configured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct Account {
    /// Its name.
    pub id: AccountId,
    /// Whether it is used.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The service behind it.
    pub provider: Provider,
}

fn yes() -> bool {
    true
}

/// The services an account can belong to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Provider {
    /// The practice exchange that comes with the phone; needs no server.
    Practice,
    /// Any SIP server.
    Sip(SipAccount),
    /// Aculab Cloud.
    Aculab(AculabAccount),
    /// A XiVO.
    Xivo(XivoAccount),
}

impl Provider {
    /// The STUN and TURN servers that are configured.
    pub fn ice_servers(&self) -> &[IceServer] {
        match self {
            Self::Practice => &[],
            Self::Sip(sip) => &sip.ice_servers,
            Self::Aculab(aculab) => aculab.ice_servers.as_deref().unwrap_or_default(),
            Self::Xivo(xivo) => xivo.ice_servers.as_deref().unwrap_or_default(),
        }
    }

    /// The same, to put their credentials in.
    pub fn ice_servers_mut(&mut self) -> &mut [IceServer] {
        match self {
            Self::Practice => &mut [],
            Self::Sip(sip) => &mut sip.ice_servers,
            Self::Aculab(aculab) => aculab.ice_servers.as_deref_mut().unwrap_or_default(),
            Self::Xivo(xivo) => xivo.ice_servers.as_deref_mut().unwrap_or_default(),
        }
    }

    /// Path of the PEM file with further authorities; none when empty.
    pub fn ca_file(&self) -> &str {
        match self {
            Self::Practice => "",
            Self::Sip(sip) => &sip.ca_file,
            Self::Aculab(aculab) => &aculab.ca_file,
            Self::Xivo(xivo) => &xivo.ca_file,
        }
    }

    /// The only key that the server may have, as text; none where there is no server to have one.
    pub fn pin_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Practice => None,
            Self::Sip(sip) => Some(&mut sip.pin),
            Self::Aculab(aculab) => Some(&mut aculab.pin),
            Self::Xivo(xivo) => Some(&mut xivo.pin),
        }
    }
}

impl Account {
    /// What the service asks for to sign in, and under which keys it is kept; what TURN servers ask for is beside them.
    pub fn passwords(&mut self) -> Vec<(SecretKey, &mut Password)> {
        let account = self.id.clone();
        match &mut self.provider {
            Provider::Practice => Vec::new(),
            Provider::Sip(sip) => vec![(SecretKey::Password { account }, &mut sip.password)],
            Provider::Xivo(xivo) => vec![(SecretKey::Password { account }, &mut xivo.password)],
            // All, whichever of them are used: the others may be left from before.
            Provider::Aculab(aculab) => aculab.client_mut().map_or_else(Vec::new, |client| {
                let token = SecretKey::Token { account: account.clone() };
                let fetched = SecretKey::FetchedToken { account: account.clone() };
                let api_key = SecretKey::ApiKey { account };
                vec![(token, &mut client.token), (fetched, &mut client.fetched), (api_key, &mut client.api_key)]
            }),
        }
    }
}

/// An account at a SIP server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct SipAccount {
    /// Where the server is: `wss://host[:port]/path`, or `ws://…` within the limits of `allow_plain_ws`; or `domain[/path]`,
    /// whose servers DNS names (RFC 3263), and which is the server itself where DNS names none.
    pub server: String,
    /// The domain of the address of record; the server's host when empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub domain: String,
    /// User part of the address of record.
    pub user: Personal,
    /// Name shown to the called.
    #[serde(default, skip_serializing_if = "Personal::is_empty")]
    pub display_name: Personal,
    /// User name for authentication; `user` when empty.
    #[serde(default, skip_serializing_if = "Personal::is_empty")]
    pub auth_user: Personal,
    /// The realm the password belongs to; when empty, the one the server names first, and none other after that.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub realm: String,
    /// The password; kept in the key store.
    #[serde(skip)]
    #[specta(skip)]
    pub password: Password,
    /// Path of a PEM file with further certificate authorities to trust, for this account only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ca_file: String,
    /// SHA-256 of the only public key that the server may have (of its SubjectPublicKeyInfo, RFC 7469 section 2.4), as
    /// hexadecimal digits; any that the certificate authorities vouch for when empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pin: String,
    /// Allows `ws://` to other hosts than loopback: signalling anyone on the way can read.
    #[serde(default)]
    pub allow_plain_ws: bool,
    /// HTTP proxy for the connection, `http://[user:password@]host:port`; the system's when empty, none when `direct`. Not
    /// to be printed, for it may hold a password.
    #[serde(default, skip_serializing_if = "Personal::is_empty")]
    pub proxy: Personal,
    /// Whether to register; without it the account can only call out.
    #[serde(default = "yes")]
    pub register: bool,
    /// Seconds asked for in REGISTER.
    #[serde(default = "default_expires_s")]
    pub expires_s: u32,
    /// What is dialled to hear the voice mail; what the server names when empty.
    #[serde(default, skip_serializing_if = "Personal::is_empty")]
    pub voicemail_number: Personal,
    /// What calls are transferred to in order to park them; none when empty.
    #[serde(default, skip_serializing_if = "Personal::is_empty")]
    pub park_number: Personal,
    /// What is dialled before a number to pick up the call that rings there; when empty, calls that the server names in its
    /// lamps can be picked up (RFC 3891).
    #[serde(default, skip_serializing_if = "Personal::is_empty")]
    pub pickup_code: Personal,
    /// Whether the server is asked to tell of messages that wait (RFC 3842).
    #[serde(default = "yes")]
    pub mwi: bool,
    /// How digits travel.
    #[serde(default)]
    pub dtmf: DtmfMode,
    /// STUN and TURN servers.
    #[serde(default)]
    pub ice_servers: Vec<IceServer>,
    /// Which candidates may be used.
    #[serde(default)]
    pub ice_policy: IcePolicy,
}

impl SipAccount {
    /// An account of `user` at `server`, everything else as by default.
    pub fn at_server(server: String, user: &str) -> Self {
        Self {
            server,
            domain: String::new(),
            user: user.into(),
            display_name: Personal::default(),
            auth_user: Personal::default(),
            realm: String::new(),
            password: Password::Unknown,
            ca_file: String::new(),
            pin: String::new(),
            allow_plain_ws: false,
            proxy: Personal::default(),
            register: true,
            expires_s: default_expires_s(),
            voicemail_number: Personal::default(),
            park_number: Personal::default(),
            pickup_code: Personal::default(),
            mwi: true,
            dtmf: DtmfMode::default(),
            ice_servers: Vec::new(),
            ice_policy: IcePolicy::default(),
        }
    }
}

/// RFC 3261 10.2 leaves the default to the server; 600 s keeps a lost phone's binding short without much traffic.
fn default_expires_s() -> u32 {
    600
}

/// Where a password comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Password {
    /// Not looked up yet, or there is none.
    #[default]
    Unknown,
    /// Read from the key store, or given for this run only.
    Known(Secret),
}

/// The voice mail of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Voicemail {
    /// What is dialled to hear it; empty when nobody said.
    pub number: Personal,
    /// Whether messages wait.
    pub waiting: bool,
    /// New ones; zero with `waiting` when the server does not count.
    pub new: u32,
    /// Those heard already.
    pub old: u32,
}

/// How an account is doing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum AccountState {
    /// Switched off by the user.
    Disabled,
    /// Opening the connection.
    Connecting,
    /// Connected; the server has not yet accepted us.
    Registering,
    /// Reachable for calls.
    Registered,
    /// Connected and not registered, because the account does not register: it can call out.
    Ready,
    /// Not reachable.
    Offline {
        /// Why.
        cause: OfflineCause,
        /// Seconds until the next try; `None` when trying again would not help.
        retry_in_s: Option<u32>,
    },
}

/// Why an account is not reachable, in words a person understands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, Type)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum OfflineCause {
    /// The name of the server could not be resolved.
    #[error("the server name {host:?} could not be found")]
    NameNotFound {
        /// The name.
        host: String,
    },
    /// Nobody took the connection.
    #[error("the server could not be reached: {detail}")]
    Unreachable {
        /// What the system said, or how far it went, in English. So are the details of the two below.
        detail: String,
    },
    /// TLS was refused: by us, for the certificate, or by the server.
    #[error("the secure connection was refused: {fault}")]
    Tls {
        /// What is wrong with it.
        fault: TlsFault,
    },
    /// The server has another key than the one it is known by. Nothing was sent; nothing is tried again until the user has
    /// looked at it.
    #[error("the server has another key than the one it is known by: expected {expected}, found {found}")]
    KeyChanged {
        /// SHA-256 of the key the account is pinned to, hexadecimal.
        expected: String,
        /// Of the key the server has now.
        found: String,
    },
    /// The server does not speak SIP over WebSocket at that address.
    #[error("the server does not offer SIP over WebSocket there: {detail}")]
    NotSipOverWebSocket {
        /// What it answered.
        detail: String,
    },
    /// The connection broke.
    #[error("the connection to the server was lost: {detail}")]
    ConnectionLost {
        /// What was seen.
        detail: String,
    },
    /// The user name or password was refused.
    #[error("the server refused the user name or password ({code})")]
    WrongPassword {
        /// SIP status.
        code: u16,
    },
    /// The token was refused, as over or for somebody else.
    #[error("the server did not accept the token ({code})")]
    InvalidToken {
        /// SIP status.
        code: u16,
    },
    /// No token can be had to register with.
    #[error("there is no token to register with: {fault}")]
    NoToken {
        /// Why.
        fault: TokenFault,
    },
    /// The server did not answer the registration.
    #[error("the server did not answer")]
    NoAnswer,
    /// The server refused the registration for another reason.
    #[error("the server refused the registration: {code} {text}")]
    Refused {
        /// SIP status.
        code: u16,
        /// The server's words.
        text: String,
    },
    /// The configuration cannot work.
    #[error("the account cannot be used: {fault}")]
    Configuration {
        /// What is wrong.
        fault: SetupFault,
    },
    /// The phone is being closed or the account switched off.
    #[error("signed off")]
    SignedOff,
}
