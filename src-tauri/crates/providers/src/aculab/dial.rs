//! Who can be called at the cloud: its services, and its clients. Nobody else.

use model::{AculabInterface, CalleeFault, CallerId, CallerKind, ClientId, Named, Personal, Remote, ServiceName, Target};

use sip::{InvalidUri, Uri};

use super::setup::{self, Names};

/// Whom a call goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Callee {
    Service(ServiceName),
    Client(ClientId),
}

/// Reads what was dialled.
pub(super) fn callee(target: &Target, names: &Names) -> Result<Callee, CalleeFault> {
    let only = || if names.calls_clients { CalleeFault::ServicesAndClientsOnly } else { CalleeFault::ServicesOnly };
    let text = target.expose();
    let (kind, name) = match target.named() {
        Some(named) => named,
        None if target.is_address() => {
            let (user, host) = text.split_once(':').and_then(|(_, rest)| rest.split_once('@')).ok_or_else(only)?;
            let host = host.split([';', ':']).next().unwrap_or_default();
            match host {
                _ if host.eq_ignore_ascii_case(&names.service_domain) => (Named::Service, user),
                _ if host.eq_ignore_ascii_case(&names.client_domain) => (Named::Client, user),
                _ => return Err(only()),
            }
        }
        None if text.chars().all(|c| c.is_ascii_digit() || "+*#".contains(c)) => return Err(only()),
        None => (Named::Service, text),
    };
    match kind {
        Named::Client if !names.calls_clients => Err(CalleeFault::ServicesOnly),
        Named::Client => name.parse().map(Callee::Client).map_err(not_a_name),
        Named::Service if names.calls_clients => name.parse().map(Callee::Service).map_err(not_a_name),
        Named::Service => {
            let fault = |error: model::InvalidUser| CalleeFault::Service { fault: error.into() };
            ServiceName::of_caller(name).map(Callee::Service).map_err(fault)
        }
    }
}

fn not_a_name(error: model::InvalidName) -> CalleeFault {
    CalleeFault::NotAName { words: error.to_string() }
}

/// Who a call is to be from, where the user chose that.
pub(super) fn caller_id(chosen: Option<&Personal>, names: &Names) -> Result<Option<CallerId>, CalleeFault> {
    match chosen {
        None => Ok(None),
        Some(_) if names.calls_clients => Err(CalleeFault::ClientIdOnly),
        Some(id) => {
            let fault = |error: model::InvalidUser| CalleeFault::CallerId { fault: error.into() };
            let caller = id.expose().parse().map_err(fault)?;
            setup::warn_unless_plain(&caller);
            Ok(Some(caller))
        }
    }
}

impl Callee {
    /// The address on the wire.
    pub(super) fn target(&self, names: &Names) -> Result<Target, CalleeFault> {
        let (user, domain) = match self {
            Self::Service(service) => (service.as_str(), &names.service_domain),
            Self::Client(client) => (client.as_str(), &names.client_domain),
        };
        format!("sip:{user}@{domain};transport=tcp")
            .parse()
            .map_err(|error: model::InvalidTarget| CalleeFault::NotAnAddress { words: error.to_string() })
    }
}

/// The address of who calls, with the escapes that he was given with.
pub(super) fn from(caller: &CallerId, names: &Names) -> Result<Uri, CalleeFault> {
    let written = format!("sip:{}@{}", caller.as_str(), names.client_domain);
    written.parse().map_err(|error: InvalidUri| CalleeFault::NotAnAddress { words: error.to_string() })
}

/// Who calls, so that it can be called back: clients by their id, services under the number they give. The host of From tells
/// the one from the other.
pub(super) fn caller(mut remote: Remote, names: &Names) -> (Remote, CallerKind) {
    let uri = remote.uri.expose();
    let host = uri.rsplit_once('@').map_or("", |(_, host)| host).split([';', ':']).next().unwrap_or_default();
    let kind = match host {
        _ if host.eq_ignore_ascii_case(&names.service_domain) => CallerKind::Service,
        _ if host.eq_ignore_ascii_case(&names.client_domain) => CallerKind::Client,
        _ => CallerKind::Other,
    };
    if kind == CallerKind::Client {
        remote.number = Personal::new(format!("client:{}", remote.number.expose()));
    }
    (remote, kind)
}

impl Names {
    /// The names at a cloud, as an account has them.
    pub(super) fn of(cloud: &model::CloudId, key: &model::AccessKey, interface: &AculabInterface) -> Self {
        Self {
            service_domain: cloud.service_domain(),
            client_domain: cloud.client_domain(key),
            proxy_domain: cloud.proxy_domain(),
            calls_clients: matches!(interface, AculabInterface::V2(_)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(calls_clients: bool) -> Names {
        Names {
            service_domain: "sip-1-2-0.aculab.com".into(),
            client_domain: "abc123key.webrtc-1-2-0.aculabcloud.net".into(),
            proxy_domain: "webrtc-1-2-0.aculabcloud.net".into(),
            calls_clients,
        }
    }

    fn dialled(text: &str, calls_clients: bool) -> Result<String, String> {
        let target = text.parse().expect(text);
        let names = names(calls_clients);
        let callee = callee(&target, &names).and_then(|callee| callee.target(&names));
        callee.map(|target| target.expose().to_owned()).map_err(|fault| fault.to_string())
    }

    #[test]
    fn services_and_clients_have_their_addresses() {
        let service = "sip:echo@sip-1-2-0.aculab.com;transport=tcp";
        let client = "sip:bob@abc123key.webrtc-1-2-0.aculabcloud.net;transport=tcp";
        for (typed, address) in [
            ("service:echo", service),
            ("echo", service),
            ("echo@sip-1-2-0.aculab.com", service),
            ("client:bob", client),
            ("webrtc:bob", client),
            ("sip:bob@ABC123KEY.webrtc-1-2-0.aculabcloud.net;transport=ws", client),
        ] {
            assert_eq!(dialled(typed, true).as_deref(), Ok(address), "{typed}");
        }
        assert_eq!(dialled("service:123", true).as_deref(), Ok("sip:123@sip-1-2-0.aculab.com;transport=tcp"));
        assert_eq!(dialled("e!o", false).as_deref(), Ok("sip:e!o@sip-1-2-0.aculab.com;transport=tcp"));
        assert_eq!(dialled("service:e%20o", false).as_deref(), Ok("sip:e%20o@sip-1-2-0.aculab.com;transport=tcp"));
    }

    #[test]
    fn numbers_and_strangers_cannot_be_called_and_the_user_hears_why() {
        for typed in ["+442079460123", "600", "*97", "sip:bob@example.com", "bob@abc123key.example.com"] {
            assert_eq!(dialled(typed, true), Err(CalleeFault::ServicesAndClientsOnly.to_string()), "{typed}");
            assert_eq!(dialled(typed, false), Err(CalleeFault::ServicesOnly.to_string()), "{typed}");
        }
        assert_eq!(dialled("client:bob", false), Err(CalleeFault::ServicesOnly.to_string()));
        assert_eq!(dialled("client:b!b", true), Err("Invalid clientId".to_owned()));
        assert_eq!(dialled("service:e!o", true), Err("Invalid serviceName".to_owned()));
        assert_eq!(dialled("service:e#o", false), Err("the service must not have the character '#'".to_owned()));
    }

    #[test]
    fn who_calls_is_told_apart_and_clients_can_be_called_back() {
        let remote = |uri: &str| Remote { name: "".into(), number: "alice".into(), uri: uri.into() };
        let told = |uri: &str| {
            let (remote, kind) = caller(remote(uri), &names(true));
            (remote.number.expose().to_owned(), kind)
        };
        for (uri, number, kind) in [
            ("sip:alice@abc123key.webrtc-1-2-0.aculabcloud.net", "client:alice", CallerKind::Client),
            ("sip:alice@SIP-1-2-0.aculab.com;transport=tcp", "alice", CallerKind::Service),
            ("sip:alice@other.webrtc-1-2-0.aculabcloud.net", "alice", CallerKind::Other),
            ("sip:alice@example.com", "alice", CallerKind::Other),
            ("tel:+441908", "alice", CallerKind::Other),
        ] {
            assert_eq!(told(uri), (number.to_owned(), kind), "{uri}");
        }
    }
}
