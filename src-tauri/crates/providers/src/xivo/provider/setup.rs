//! An account's configuration and its line's, as the machines take them.

use std::{path::PathBuf, time::Duration};

use model::{OfflineCause, Password, Personal, SetupFault, XivoAccount, XivoGeneration};
use sip::{Form, Transport, UserAgentConfig, auth::Credentials};

use super::Machine;
use crate::{
    net::{Endpoint, KeyPin, Proxy},
    sip::{Connect, Habits, Loss, Refusals, SUBPROTOCOL, Setup, configuration},
    xivo::{
        XucServer,
        line_config::{Generation, LineConfig, LineProblem, PLAIN_PORT, SipDoor},
        rest::SaysOfItself,
        session::{Door, SCHEDULE},
    },
};

/// The user agent takes more, so that a third one is told that the line is busy, not that the phone is out of order.
const SIP_CALLS: usize = 8;
/// Seconds asked for in REGISTER, as XiVO's own pages do.
const EXPIRES_S: u32 = 60;
/// The line has room for one phone: whether it is still this one is looked at this long after it was.
const LOOK_AFTER: Duration = Duration::from_secs(15);
/// The server's statistics may look at how it begins.
const USER_AGENT: &str = concat!("XiVO XC WebRTC Sidetone/", env!("CARGO_PKG_VERSION"));

const HABITS: Habits =
    Habits { connect: Connect::Always, loss: Loss::CallsStay, schedule: SCHEDULE, refusals: Refusals::InStages };

/// Where an account is signed in.
pub(in crate::xivo) fn door(account: &XivoAccount) -> Result<Door, OfflineCause> {
    let server: XucServer = account.server.parse().map_err(configuration)?;
    if !server.is_secure() && !server.is_loopback() && !account.allow_plain {
        return Err(configuration(SetupFault::NotEncrypted { scheme: "http".into(), host: server.host().to_owned() }));
    }
    let Password::Known(password) = &account.password else {
        return Err(configuration(SetupFault::NoPassword));
    };
    if account.login.is_empty() {
        return Err(configuration(SetupFault::NoUser));
    }
    Ok(Door {
        server,
        login: account.login.clone(),
        password: password.clone(),
        says: SaysOfItself { software: account.software_type.clone(), application: account.application_type.clone() },
        ca_file: (!account.ca_file.is_empty()).then(|| PathBuf::from(&account.ca_file)),
        allow_plain: account.allow_plain,
        pin: KeyPin::named(&account.pin).map_err(configuration)?,
        proxy: Proxy::named(account.proxy.expose()),
    })
}

impl Machine {
    /// How the line's SIP is reached and spoken.
    pub(super) fn setup(&self, line: &LineConfig) -> Result<Setup, LineProblem> {
        let server = &self.door.server;
        let token = self.token.as_ref().ok_or(LineProblem::NoAddress)?;
        let port = match (self.account.sip_port, server.is_secure()) {
            (0, true) => server.port(),
            (0, false) => PLAIN_PORT,
            (port, _) => port,
        };
        let host = match self.account.sip_host.as_str() {
            // By TLS everything goes through the server that we signed in at.
            "" => server.is_secure().then(|| server.host()),
            host => Some(host),
        };
        let generation = match self.account.generation {
            XivoGeneration::Automatic => None,
            XivoGeneration::A => Some(Generation::A),
            XivoGeneration::B => Some(Generation::B),
            XivoGeneration::C => Some(Generation::C),
        };
        let door = SipDoor { secure: server.is_secure(), port, host, token, generation };
        let account = line.account(&door)?;
        let endpoint = Endpoint {
            url: account.url.to_string(),
            at: None,
            subprotocol: Some(SUBPROTOCOL.to_owned()),
            origin: None,
            ca_file: self.door.ca_file.clone(),
            // Another host has another key.
            pin: self.door.pin.filter(|_| account.url.host() == server.host()),
            allow_plain: self.account.allow_plain,
            proxy: self.door.proxy.clone(),
        };
        let credentials = Credentials::new(account.user, account.password, "").registered_in(&account.registrar.host);
        let mut user_agent = UserAgentConfig::new(account.aor, account.registrar, credentials);
        user_agent.display_name = self.account.display_name.clone();
        user_agent.transport = Transport::WebSocket { secure: server.is_secure() };
        user_agent.expires = EXPIRES_S;
        user_agent.instance = self.instance.clone();
        user_agent.user_agent = USER_AGENT.to_owned();
        user_agent.session_expires = None;
        user_agent.max_calls = SIP_CALLS;
        user_agent.look_after = Some(LOOK_AFTER);
        user_agent.form = Form { supported: &["outbound"], register_supported: &["path", "outbound"], ..Form::default() };
        Ok(Setup {
            endpoint,
            located_by: None,
            user_agent,
            domain: account.domain,
            register: true,
            mwi: false,
            // Lamps are the CTI's.
            pickup_code: Personal::default(),
            habits: HABITS,
            connections_before: self.connections,
        })
    }
}
