//! The line of a user: what the server tells of it, and the SIP account that makes.

use std::str::FromStr;

use model::{LineDevice, Personal, Secret, SetupFault};
use serde_json::Value;
use sip::Uri;

use super::{fields::Fields, rest::Token};
use crate::net::ServerUrl;

/// Where the web pages of a XiVO connect to without TLS: the HTTP server of Asterisk itself.
pub const PLAIN_PORT: u16 = 5039;
/// Where they connect to otherwise.
pub const SECURE_PORT: u16 = 443;
/// What the user of a XiVO without a line has as the id of his line.
const NO_LINE: &str = "-";
/// Domain of the registrar in the first generation.
const FIRST_REALM: &str = "xivo";

/// The line of a user, as `LineConfig` tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineConfig {
    /// Its number in the server.
    pub id: String,
    /// SIP user, for authentication too.
    pub name: Personal,
    /// Its secret.
    pub password: Option<Secret>,
    /// Where the server is.
    pub xivo_ip: String,
    /// Whether a desk phone belongs to it.
    pub has_device: bool,
    /// Whether its user may choose between desk phone and WebRTC.
    pub is_unique_account: bool,
    /// Whether it may be used by WebRTC.
    pub web_rtc: bool,
    /// Who made the desk phone.
    pub vendor: String,
    /// The user's number.
    pub number: Personal,
    /// The media server it belongs to; `default` is the first one.
    pub sip_proxy_name: String,
    /// Port of its SIP.
    pub sip_port: Option<u16>,
    /// Whether a mobile application belongs to it.
    pub mobile_app: bool,
}

/// What can be done with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineMode {
    /// The user has none.
    NoLine,
    /// We register and are the telephone.
    WebRtc,
    /// The desk phone is the telephone; we control it.
    DeskPhone,
    /// It belongs to something else, a mobile application perhaps.
    Elsewhere,
}

/// Generations of XiVO, by how their SIP is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// Until 2020.07: no token, and one realm for all.
    A,
    /// 2020.18: the token has come.
    B,
    /// From 2021.07: media servers have their own paths and domains.
    C,
}

/// Where and how the SIP of a line is reached.
#[derive(Clone, Debug)]
pub struct SipDoor<'a> {
    /// Whether by TLS.
    pub secure: bool,
    /// Which port.
    pub port: u16,
    /// Which host, instead of the one the server names.
    pub host: Option<&'a str>,
    /// Who we are.
    pub token: &'a Token,
    /// Which generation the server is of; found out when missing.
    pub generation: Option<Generation>,
}

/// The SIP account of a line. The address has the token in it: `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq)]
pub struct LineAccount {
    /// SIP user, for authentication too.
    pub user: Personal,
    /// Its secret.
    pub password: Secret,
    /// Address of record.
    pub aor: Uri,
    /// Request-URI of REGISTER.
    pub registrar: Uri,
    /// At which domain numbers are called.
    pub domain: String,
    /// The WebSocket.
    pub url: ServerUrl,
}

/// Why a line makes no SIP account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineProblem {
    /// The user has none.
    #[error("the user has no telephone line on the server")]
    NoLine,
    /// There is no secret.
    #[error("the server tells no SIP password for the line")]
    NoPassword,
    /// There is no SIP user.
    #[error("the server tells no SIP user for the line")]
    NoUser,
    /// What was given is no line.
    #[error("the line configuration that was given is no object of JSON")]
    NotJson,
    /// What it tells makes no address.
    #[error("what the server tells of the line makes no address of a SIP server")]
    NoAddress,
}

/// As why the account cannot be used.
impl From<LineProblem> for SetupFault {
    fn from(problem: LineProblem) -> Self {
        match problem {
            LineProblem::NoLine => Self::NoLine,
            LineProblem::NoPassword | LineProblem::NoUser | LineProblem::NotJson | LineProblem::NoAddress => {
                Self::LineIncomplete { words: problem.to_string() }
            }
        }
    }
}

impl LineConfig {
    /// Reads the body of a `LineConfig` message; whatever is missing is as by default.
    pub fn read(body: &Value) -> Self {
        let fields = Fields::of(body);
        // A password that is a number has lost its leading zeros: as the reference, only a text is one.
        let password = fields.plain_text("password").filter(|password| !password.is_empty()).map(Secret::new);
        Self {
            id: fields.text("id").unwrap_or_default(),
            name: fields.personal("name"),
            xivo_ip: fields.text("xivoIp").unwrap_or_default(),
            has_device: fields.flag("hasDevice").unwrap_or_default(),
            is_unique_account: fields.flag("isUa").or_else(|| fields.flag("ua")).unwrap_or_default(),
            // Early servers do not say: whoever has a secret may register.
            web_rtc: fields.flag("webRtc").unwrap_or(password.is_some()),
            password,
            vendor: fields.text("vendor").unwrap_or_default(),
            number: fields.personal("number"),
            sip_proxy_name: fields.text("sipProxyName").unwrap_or_default(),
            sip_port: fields.fitting("sipPort").filter(|port| *port != 0),
            mobile_app: fields.flag("mobileApp").unwrap_or_default(),
        }
    }

    /// Reads one that whoever starts an account gives; none where its text is empty.
    ///
    /// # Errors
    /// When it is no object of JSON.
    pub fn given(text: &Secret) -> Result<Option<Self>, LineProblem> {
        if text.expose().is_empty() {
            return Ok(None);
        }
        let body: Value = serde_json::from_str(text.expose()).map_err(|_| LineProblem::NotJson)?;
        if !body.is_object() {
            return Err(LineProblem::NotJson);
        }
        // Whole messages are taken too: that is what a log of the CTI has.
        Ok(Some(Self::read(body.get("ctiMessage").unwrap_or(&body))))
    }

    /// Whether a server that tells this of a line tells the servers of ICE as well: those that know media servers do.
    pub fn tells_ice(&self) -> bool {
        !self.sip_proxy_name.is_empty()
    }

    /// Which of its telephones it is on, where its user may choose.
    pub fn device(&self) -> Option<LineDevice> {
        let device = if self.has_device { LineDevice::DeskPhone } else { LineDevice::Here };
        self.is_unique_account.then_some(device)
    }

    /// What can be done with it.
    pub fn mode(&self) -> LineMode {
        match self {
            Self { id, .. } if id == NO_LINE => LineMode::NoLine,
            Self { has_device: true, .. } => LineMode::DeskPhone,
            Self { web_rtc: true, .. } => LineMode::WebRtc,
            _ => LineMode::Elsewhere,
        }
    }

    /// The SIP account it makes.
    ///
    /// # Errors
    /// When the line cannot be used by SIP.
    pub fn account(&self, door: &SipDoor<'_>) -> Result<LineAccount, LineProblem> {
        if self.mode() == LineMode::NoLine {
            return Err(LineProblem::NoLine);
        }
        if self.name.is_empty() {
            return Err(LineProblem::NoUser);
        }
        let password = self.password.clone().ok_or(LineProblem::NoPassword)?;
        let generation = door.generation.unwrap_or(match (self.sip_proxy_name.is_empty(), door.secure) {
            (false, _) => Generation::C,
            (true, true) => Generation::B,
            (true, false) => Generation::A,
        });
        let address = bracketed(&self.xivo_ip);
        // An underscore may stand in the name of a media server and in no domain (RFC 3261 section 25.1).
        let proxy = match generation {
            Generation::A => String::new(),
            Generation::B | Generation::C => self.sip_proxy_name.replace('_', "-"),
        };
        let (domain, realm, port) = match proxy.as_str() {
            "" => (address.as_str(), FIRST_REALM, None),
            proxy => (proxy, proxy, self.sip_port),
        };
        let mut registrar = uri(&format!("sip:{realm}"))?;
        registrar.port = port;
        let aor = Uri::sip(self.name.expose(), &uri(&format!("sip:{domain}"))?.host);
        let url = self.url(door, generation, &address)?;
        Ok(LineAccount { user: self.name.clone(), password, aor, registrar, domain: realm.to_owned(), url })
    }

    fn url(&self, door: &SipDoor<'_>, generation: Generation, address: &str) -> Result<ServerUrl, LineProblem> {
        let scheme = if door.secure { "wss" } else { "ws" };
        let host = door.host.map_or_else(|| address.to_owned(), bracketed);
        let path = match (generation, door.secure) {
            (Generation::A, _) | (_, false) => "ws",
            (Generation::B | Generation::C, true) => "wssip",
        };
        let media_server = match (generation, self.sip_proxy_name.as_str()) {
            (Generation::A | Generation::B, _) | (_, "" | "default") => String::new(),
            (Generation::C, name) => format!("-{name}"),
        };
        let query = match generation {
            Generation::A => String::new(),
            Generation::B | Generation::C => format!("?token={}", door.token.in_query()),
        };
        let url = format!("{scheme}://{host}:{}/{path}{media_server}{query}", door.port);
        ServerUrl::from_str(&url).map_err(|_| LineProblem::NoAddress)
    }
}

impl std::fmt::Debug for LineAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LineAccount").field("server", &self.url.host()).finish_non_exhaustive()
    }
}

fn uri(text: &str) -> Result<Uri, LineProblem> {
    text.parse().map_err(|_| LineProblem::NoAddress)
}

fn bracketed(host: &str) -> String {
    if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() }
}

#[cfg(test)]
mod tests;
