//! Accounts at a XiVO.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{Password, yes};
use crate::{DtmfMode, IcePolicy, IceServer, Personal, Secret};

/// An account at a XiVO: one login, from which the server tells the telephone line and the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct XivoAccount {
    /// Where its XUC is: `https://host[:port]`, or `http://…` within the limits of `allow_plain`.
    pub server: String,
    /// Who signs in.
    pub login: Personal,
    /// The password; kept in the key store.
    #[serde(skip)]
    #[specta(skip)]
    pub password: Password,
    /// The line as the server would tell it (`LineConfig`, an object of JSON); it is asked for when empty. Whoever starts an
    /// account knows it: it is not kept.
    #[serde(skip)]
    #[specta(skip)]
    pub line: Secret,
    /// Name shown to the called.
    #[serde(default, skip_serializing_if = "Personal::is_empty")]
    pub display_name: Personal,
    /// Path of a PEM file with further certificate authorities to trust, for this account only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ca_file: String,
    /// SHA-256 of the only public key that the server may have, as that of a SIP account. A SIP WebSocket on another host
    /// (`sip_host`) has another key, and any that is vouched for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pin: String,
    /// Allows connections in the clear to other hosts than loopback.
    #[serde(default)]
    pub allow_plain: bool,
    /// HTTP proxy for the connections, as that of a SIP account.
    #[serde(default, skip_serializing_if = "Personal::is_empty")]
    pub proxy: Personal,
    /// Host of the SIP WebSocket, instead of the one the server names.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sip_host: String,
    /// Its port; as usual when 0: that of `server`, and 5039 without TLS.
    #[serde(default)]
    pub sip_port: u16,
    /// Which generation of XiVO it is.
    #[serde(default)]
    pub generation: XivoGeneration,
    /// What this program says it is when it signs in (`softwareType`), where a server wants to know; usually nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub software_type: String,
    /// For what it is used (`applicationType`), likewise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub application_type: String,
    /// Whether calls that the server asks to be answered at once are: the far side of dialling from another program.
    #[serde(default = "yes")]
    pub auto_answer: bool,
    /// Whether it may ask for that in the words of its relatives too.
    #[serde(default)]
    pub auto_answer_extended: bool,
    /// What is dialled to hear the voice mail.
    #[serde(default = "voicemail_number")]
    pub voicemail_number: Personal,
    /// How digits travel.
    #[serde(default = "by_info")]
    pub dtmf: DtmfMode,
    /// STUN and TURN servers in the place of those that the server names; none at all when empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ice_servers: Option<Vec<IceServer>>,
    /// Which candidates may be used.
    #[serde(default)]
    pub ice_policy: IcePolicy,
    /// Whether events are logged by the names of XiVO's own library.
    #[serde(default)]
    pub log_events: bool,
}

/// Generations of XiVO, by how their SIP is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum XivoGeneration {
    /// By what the server tells of the line.
    #[default]
    Automatic,
    /// Until 2020.07: no token, and one realm for all.
    A,
    /// 2020.18: the token has come.
    B,
    /// From 2021.07: media servers have their own paths and domains.
    C,
}

impl XivoAccount {
    /// An account of `login` at `server`, everything else as by default.
    pub fn at_server(server: String, login: &str) -> Self {
        Self {
            server,
            login: login.into(),
            password: Password::Unknown,
            line: Secret::default(),
            display_name: Personal::default(),
            ca_file: String::new(),
            pin: String::new(),
            allow_plain: false,
            proxy: Personal::default(),
            sip_host: String::new(),
            sip_port: 0,
            generation: XivoGeneration::default(),
            software_type: String::new(),
            application_type: String::new(),
            auto_answer: true,
            auto_answer_extended: false,
            voicemail_number: voicemail_number(),
            dtmf: by_info(),
            ice_servers: None,
            ice_policy: IcePolicy::default(),
            log_events: false,
        }
    }
}

/// What a XiVO has out of the box.
fn voicemail_number() -> Personal {
    "*98".into()
}

/// As XiVO's own pages send them.
fn by_info() -> DtmfMode {
    DtmfMode::Info
}
