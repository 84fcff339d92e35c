//! Accounts at Aculab Cloud, by either of its interfaces.

mod causes;
mod names;

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{Password, yes};
use crate::{IcePolicy, IceServer, Personal};

pub use names::{AccessKey, Callable, CallerId, ClientId, CloudId, InvalidName, InvalidUser, ServiceName};

/// An account at Aculab Cloud.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct AculabAccount {
    /// Which cloud: three numbers, `1-2-0`.
    pub cloud_id: String,
    /// By which of its interfaces.
    pub interface: AculabInterface,
    /// `wss://host[:port]/path` of a private cloud; where the cloud id leads when empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub server: String,
    /// `https://host[:port]` of the web services of a private cloud; where the cloud id leads when empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub web_services: String,
    /// Path of a PEM file with further certificate authorities to trust, for this account only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ca_file: String,
    /// SHA-256 of the only public key that the server of the calls may have, as that of a SIP account. Where tokens come from
    /// is another server.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pin: String,
    /// HTTP proxy for the connections, as that of a SIP account.
    #[serde(default, skip_serializing_if = "Personal::is_empty")]
    pub proxy: Personal,
    /// What the connection says it is from (RFC 6454 section 7): the cloud's own address when empty, nothing when `none`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub origin: String,
    /// What the phone calls itself to the cloud; its own name when empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user_agent: String,
    /// STUN and TURN servers in the place of those that the cloud names; none at all when empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ice_servers: Option<Vec<IceServer>>,
    /// Which candidates may be used.
    #[serde(default)]
    pub ice_policy: IcePolicy,
    /// How much of it is logged: 0 for nothing, 1 errors, 2 warnings, 3 steps, 4 decisions, 5 everything, 6 its messages too. As
    /// the rest of the phone when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_level: Option<u8>,
}

/// The two ways in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
#[serde(tag = "version", rename_all = "lowercase")]
pub enum AculabInterface {
    /// Calls to services, one at a time, without signing in.
    V1(AculabCaller),
    /// Calls to services and clients, and from them.
    V2(AculabClient),
}

/// Who calls by the first interface.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct AculabCaller {
    /// Who the service is told is calling.
    pub caller_id: Personal,
    /// Others who may be told instead, to be chosen for a call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_ids: Vec<Personal>,
    /// The service that is called when none is dialled.
    #[serde(default, skip_serializing_if = "Personal::is_empty")]
    pub service: Personal,
}

/// A client of the second interface.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct AculabClient {
    /// The access key of WebRTC, which is no secret.
    pub access_key: String,
    /// Who we are there.
    pub client_id: Personal,
    /// Where its tokens come from.
    #[serde(default)]
    pub token_source: TokenSource,
    /// A token that was pasted; kept in the key store.
    #[serde(skip)]
    #[specta(skip)]
    pub token: Password,
    /// A token that was fetched before, with what it was fetched by; kept in the key store.
    #[serde(skip)]
    #[specta(skip)]
    pub fetched: Password,
    /// The API access key of the web services; kept in the key store.
    #[serde(skip)]
    #[specta(skip)]
    pub api_key: Password,
    /// Whether to register, and so be called.
    #[serde(default = "yes")]
    pub accept_calls: bool,
    /// Calls at once, of either direction.
    #[serde(default = "one")]
    pub max_concurrent: u32,
    /// Seconds a call may ring before it is answered with 480, where all calls may ring longer.
    #[serde(default = "minute")]
    pub ring_for_s: u32,
}

/// Where the tokens come from with which a client registers and calls other clients.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
#[serde(tag = "source", rename_all = "kebab-case")]
pub enum TokenSource {
    /// The user pastes one.
    #[default]
    Pasted,
    /// From a web server of the user's own: the client id is posted to it, and it answers `{"token":"…"}`.
    Url {
        /// `https://host[:port]/path`.
        url: String,
    },
    /// From the web services of the cloud.
    WebServices {
        /// Name of the user there.
        user: Personal,
        /// Seconds that a token lasts.
        #[serde(default = "hour")]
        lifetime_s: u32,
        /// Which other clients may be called: ids with commas between them, `agent*` for many, `*` for all.
        #[serde(default, skip_serializing_if = "Personal::is_empty")]
        callable: Personal,
    },
}

impl AculabAccount {
    /// An account of `interface` at a cloud, everything else as by default.
    pub fn at_cloud(cloud_id: String, interface: AculabInterface) -> Self {
        Self {
            cloud_id,
            interface,
            server: String::new(),
            web_services: String::new(),
            ca_file: String::new(),
            pin: String::new(),
            proxy: Personal::default(),
            origin: String::new(),
            user_agent: String::new(),
            ice_servers: None,
            ice_policy: IcePolicy::default(),
            log_level: None,
        }
    }

    /// Where the signalling goes.
    pub fn server(&self) -> String {
        match self.cloud_id.parse::<CloudId>() {
            _ if !self.server.is_empty() => self.server.clone(),
            Ok(cloud) => cloud.web_socket(),
            Err(_) => String::new(),
        }
    }

    /// What the connection says it is from.
    pub fn origin(&self) -> Option<String> {
        match self.origin.as_str() {
            "none" => None,
            "" => self.cloud_id.parse().ok().map(|cloud: CloudId| format!("https://{}", cloud.proxy_domain())),
            origin => Some(origin.to_owned()),
        }
    }

    /// The second interface's part.
    pub fn client(&self) -> Option<&AculabClient> {
        match &self.interface {
            AculabInterface::V1(_) => None,
            AculabInterface::V2(client) => Some(client),
        }
    }

    /// The same, to change it.
    pub fn client_mut(&mut self) -> Option<&mut AculabClient> {
        match &mut self.interface {
            AculabInterface::V1(_) => None,
            AculabInterface::V2(client) => Some(client),
        }
    }
}

impl AculabCaller {
    /// A caller who is told as `caller_id`, everything else as by default.
    pub fn new(caller_id: &str) -> Self {
        Self { caller_id: caller_id.into(), other_ids: Vec::new(), service: Personal::default() }
    }

    /// Who services can be told is calling, the usual one first.
    pub fn all_ids(&self) -> impl Iterator<Item = &Personal> {
        std::iter::once(&self.caller_id).chain(&self.other_ids)
    }
}

impl AculabClient {
    /// A client that registers once it has a token, everything else as by default.
    pub fn new(access_key: String, client_id: &str) -> Self {
        Self {
            access_key,
            client_id: client_id.into(),
            token_source: TokenSource::default(),
            token: Password::Unknown,
            fetched: Password::Unknown,
            api_key: Password::Unknown,
            accept_calls: true,
            max_concurrent: one(),
            ring_for_s: minute(),
        }
    }
}

fn one() -> u32 {
    1
}

/// As long as the cloud's own clients let a call ring.
fn minute() -> u32 {
    60
}

/// What the cloud gives to who asks for no time.
fn hour() -> u32 {
    3_600
}
