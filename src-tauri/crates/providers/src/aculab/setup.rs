//! An account's configuration, as the machines take it.

use std::time::Duration;

use model::{AccessKey, AculabAccount, AculabInterface, CallerId, ClientId, CloudId, OfflineCause, Personal, SetupFault};
use sip::{Form, InvalidUri, Refresh, Transport, Uri, UserAgentConfig, auth::Credentials};

use tracing::warn;

use crate::{
    net::{Endpoint, KeyPin, Proxy, ServerUrl},
    sip::{CALLS, Connect, Habits, Loss, Refusals, SUBPROTOCOL, Schedule, Setup, USER_AGENT, configuration},
};

/// How tries grow apart; a minute of connection was a good one.
const SCHEDULE: Schedule = Schedule::Doubling { held: Duration::from_secs(60) };
/// Seconds asked for in REGISTER.
const EXPIRES_S: u32 = 600;
/// How long before its end a registration is refreshed.
const REFRESH_BEFORE: Duration = Duration::from_secs(3);
/// Who rings is left to ring: the cloud decides when nobody answers.
const RING_FOR: Duration = Duration::from_secs(24 * 3_600);

/// The cloud's domains, and which of them can be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    pub service_domain: String,
    pub client_domain: String,
    pub proxy_domain: String,
    pub calls_clients: bool,
}

/// Says that a caller id is one that SIP allows only: the cloud's own libraries refuse it.
pub(super) fn warn_unless_plain(caller: &CallerId) {
    if !caller.is_plain() {
        warn!("the caller id has signs that the cloud's own libraries refuse; services may not take it");
    }
}

/// Reads an account.
pub(super) fn read(account: &AculabAccount) -> Result<(Setup, Names), OfflineCause> {
    let cloud: CloudId = account.cloud_id.parse().map_err(configuration)?;
    let (key, user, connect) = match &account.interface {
        AculabInterface::V1(caller) => {
            let caller: CallerId = caller.caller_id.expose().parse().map_err(|error| {
                let error: model::InvalidUser = error;
                configuration(SetupFault::CallerId { fault: error.into() })
            })?;
            warn_unless_plain(&caller);
            (AccessKey::of_callers(), caller.as_str().to_owned(), Connect::ForCalls)
        }
        AculabInterface::V2(client) => {
            let id: ClientId = client.client_id.expose().parse().map_err(configuration)?;
            let connect = if client.accept_calls { Connect::Always } else { Connect::ForCalls };
            (client.access_key.parse().map_err(configuration)?, id.as_str().to_owned(), connect)
        }
    };
    let names = Names::of(&cloud, &key, &account.interface);
    let server: ServerUrl = account.server().parse().map_err(configuration)?;
    server.refuse_plain().map_err(configuration)?;
    let aor: Uri = format!("sip:{user}@{}", names.client_domain)
        .parse()
        .map_err(|_: InvalidUri| configuration(SetupFault::NotADomain { domain: names.client_domain.clone() }))?;
    let user_agent = UserAgentConfig {
        transport: Transport::WebSocket { secure: server.is_secure() },
        expires: EXPIRES_S,
        user_agent: if account.user_agent.is_empty() { USER_AGENT.to_owned() } else { account.user_agent.clone() },
        session_expires: None,
        invite_timeout: RING_FOR,
        max_calls: CALLS as usize,
        refresh: Refresh::Before(REFRESH_BEFORE),
        binding_listed: true,
        form: Form {
            rport: false,
            anonymous_contact: true,
            ob: true,
            whole_to: true,
            expires_header: false,
            takes_messages: true,
            counts_from_one: true,
            service_route: false,
            asserted_identity: false,
            supported_in_bye: true,
            supported: &["outbound"],
            register_supported: &["outbound", "path"],
        },
        ..UserAgentConfig::new(aor, Uri::sip("", &names.client_domain), Credentials::none())
    };
    let endpoint = Endpoint {
        pin: KeyPin::named(&account.pin).map_err(configuration)?,
        url: server.to_string(),
        at: None,
        subprotocol: Some(SUBPROTOCOL.to_owned()),
        origin: account.origin(),
        ca_file: (!account.ca_file.is_empty()).then(|| account.ca_file.clone().into()),
        allow_plain: false,
        proxy: Proxy::named(account.proxy.expose()),
    };
    let habits = Habits { connect, loss: Loss::CallsEnd, schedule: SCHEDULE, refusals: Refusals::Final };
    let domain = names.client_domain.clone();
    // It registers once it has a token.
    let (pickup_code, connections_before) = (Personal::default(), 0);
    let setup = Setup {
        endpoint,
        located_by: None,
        user_agent,
        domain,
        register: false,
        mwi: false,
        pickup_code,
        habits,
        connections_before,
    };
    Ok((setup, names))
}
