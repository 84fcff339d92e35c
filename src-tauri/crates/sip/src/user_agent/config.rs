//! What a user agent is told about itself once.

use std::time::Duration;

use model::Personal;

use super::core::SUPPORTED;
use crate::{Uri, auth::Credentials, transaction::Timers};

/// How messages travel; decides `Via`, the contact's form and the timers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// SIP over WebSocket (RFC 7118): we have no address of our own, names end in `.invalid`.
    WebSocket {
        /// Whether the connection is `wss://`.
        secure: bool,
    },
    /// A transport at which we can be reached under an address of our own.
    Addressed {
        /// `UDP`, `TCP` or `TLS`, as in `Via`.
        protocol: String,
        /// Our host or address.
        host: String,
        /// Our port.
        port: u16,
        /// Whether the transport itself repeats what is lost.
        reliable: bool,
    },
}

impl Transport {
    /// The word in `Via` (RFC 7118 section 5.2).
    pub fn via(&self) -> &str {
        match self {
            Self::WebSocket { secure: true } => "WSS",
            Self::WebSocket { secure: false } => "WS",
            Self::Addressed { protocol, .. } => protocol,
        }
    }

    /// The timers that go with it.
    pub fn timers(&self) -> Timers {
        match self {
            Self::WebSocket { .. } | Self::Addressed { reliable: true, .. } => Timers::RELIABLE,
            Self::Addressed { reliable: false, .. } => Timers::UNRELIABLE,
        }
    }
}

/// What a user agent is told about itself once.
#[derive(Debug)]
pub struct UserAgentConfig {
    /// Address of record: `sip:user@domain`.
    pub aor: Uri,
    /// Name shown to the called; none when empty.
    pub display_name: Personal,
    /// Request-URI of REGISTER: `sip:domain`.
    pub registrar: Uri,
    /// Further user parts that incoming requests may be addressed to.
    pub aliases: Vec<String>,
    /// How messages travel.
    pub transport: Transport,
    /// User name, password and realm for digest.
    pub credentials: Credentials,
    /// Seconds asked for in REGISTER.
    pub expires: u32,
    /// `+sip.instance` of our contact, a URN (RFC 5626 section 4.1); none when empty.
    pub instance: String,
    /// `reg-id` of our contact (RFC 5626); none by default, since it needs a registrar that knows it.
    pub reg_id: Option<u32>,
    /// `User-Agent` of requests, `Server` of responses.
    pub user_agent: String,
    /// Session interval we ask for (RFC 4028); none asks for nothing, but what the far end asks for is kept.
    pub session_expires: Option<u32>,
    /// Shortest session interval we take, seconds (RFC 4028 section 5).
    pub min_se: u32,
    /// How long an INVITE of ours may go without a final response before we give up.
    pub invite_timeout: Duration,
    /// How many calls at once, those being ended included; more are refused with 503.
    pub max_calls: usize,
    /// What it serves besides its own calls.
    pub role: Role,
    /// When a registration is refreshed.
    pub refresh: Refresh,
    /// Whether a 2xx to REGISTER must list our contact (RFC 3261 10.3 step 8); else one that lists nobody will do, for servers that
    /// forget it exist.
    pub binding_listed: bool,
    /// How often it is looked whether the registrar still knows our contact, where it lists contacts at all: another phone that
    /// registers may take its place. Never when missing.
    pub look_after: Option<Duration>,
    /// How it writes what may be written in several ways.
    pub form: Form,
}

/// When a registration is refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// After 55 to 75 % of the time, so that phones that came back together do not stay together.
    Early,
    /// So long before its end; after half of the time when it is granted for less than ten seconds.
    Before(Duration),
}

/// How a user agent writes what servers take in several ways, and some services in one only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Whether Via asks for `rport` (RFC 3581).
    pub rport: bool,
    /// Whether the user part of our contact is a made-up word; else it is that of the address of record.
    pub anonymous_contact: bool,
    /// Whether the contact of an INVITE has `ob` (RFC 5626 section 4.3).
    pub ob: bool,
    /// Whether To repeats the parameters of the Request-URI, which RFC 3261 19.1.1 would have left out.
    pub whole_to: bool,
    /// Whether REGISTER has Expires beside the parameter of the contact.
    pub expires_header: bool,
    /// Whether text messages (RFC 3428), and INFO of any kind, are taken with 200, though nobody reads them; else the ones are
    /// refused with 405, the others with 415.
    pub takes_messages: bool,
    /// Whether the first request of each kind has a number that tells of no chance: 1, and 2 for the first REGISTER.
    pub counts_from_one: bool,
    /// Whether requests outside of calls take the way that the registrar tells (RFC 3608).
    pub service_route: bool,
    /// Whether the network is believed about who calls (RFC 3325) before From is.
    pub asserted_identity: bool,
    /// Whether BYE has Supported.
    pub supported_in_bye: bool,
    /// Option tags in Supported. What a far end requires is done all the same, and a session timer that it asks for is kept.
    pub supported: &'static [&'static str],
    /// Option tags in Supported of REGISTER, beside those of outbound where `reg_id` is set.
    pub register_supported: &'static [&'static str],
}

impl Default for Form {
    fn default() -> Self {
        Self {
            rport: true,
            anonymous_contact: false,
            ob: false,
            whole_to: false,
            expires_header: true,
            takes_messages: false,
            counts_from_one: false,
            service_route: true,
            asserted_identity: true,
            supported_in_bye: false,
            supported: &SUPPORTED,
            register_supported: &["path"],
        }
    }
}

/// Whether the user agent belongs to a phone or to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A phone: only requests to its own user are taken, REGISTER is refused.
    Phone,
    /// A server's end of one connection: INVITE to anybody is handed up, and so is every other request from outside
    /// a dialog, as `Event::Request`.
    Server,
}

impl UserAgentConfig {
    /// The usual configuration of a phone on a secure WebSocket.
    pub fn new(aor: Uri, registrar: Uri, credentials: Credentials) -> Self {
        Self {
            aor,
            display_name: Personal::default(),
            registrar,
            aliases: Vec::new(),
            transport: Transport::WebSocket { secure: true },
            credentials,
            expires: 600,
            instance: String::new(),
            reg_id: None,
            user_agent: String::from("Sidetone"),
            // RFC 4028 section 4.2: half an hour is the recommended interval, 90 s the shortest.
            session_expires: Some(1800),
            min_se: 90,
            invite_timeout: Duration::from_secs(180),
            max_calls: 64,
            role: Role::Phone,
            refresh: Refresh::Early,
            binding_listed: false,
            look_after: None,
            form: Form::default(),
        }
    }
}
