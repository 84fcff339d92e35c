//! Accounts at Aculab Cloud. The names' own words are those of the cloud's libraries, by which its documentation helps.

use model::{
    AccessKey, AculabAccount, AculabCaller, AculabClient, AculabInterface, Callable, CallerId, ClientId, CloudId, FieldFault,
    ServiceName, TokenSource,
};

use super::{Complaints, LONGEST_TEXT, RING_S, check_ice, check_pin, check_proxy, check_url, split_url};

/// More calls than a person can have are a mistake.
const CALLS: std::ops::RangeInclusive<u32> = 1..=64;

/// Its messages too.
const LOUDEST: u8 = 6;

/// More caller ids than a person can choose from.
const MOST_IDS: usize = 32;

/// The lifetimes of tokens that the cloud grants, seconds.
const LIFETIME_S: std::ops::RangeInclusive<u32> = 600..=86_400;

pub(super) fn check(prefix: &str, account: &AculabAccount, found: &mut Complaints) {
    let field = |name: &str| format!("{prefix}.{name}");
    if account.cloud_id.parse::<CloudId>().is_err() {
        found.add(&field("cloud_id"), FieldFault::NotACloud);
    }
    match &account.interface {
        AculabInterface::V1(caller) => check_caller(prefix, caller, found),
        AculabInterface::V2(client) => check_client(prefix, client, found),
    }
    if !account.server.is_empty()
        && let Err(fault) = check_url(&account.server, false)
    {
        found.add(&field("server"), fault);
    }
    if !account.web_services.is_empty() && !is_secure_web(&account.web_services) {
        found.add(&field("web_services"), FieldFault::NotAnAddress { like: "https://host:port".into() });
    }
    for (name, text) in [("origin", &account.origin), ("user_agent", &account.user_agent)] {
        // They become header fields.
        if text.len() > LONGEST_TEXT || !text.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
            found.add(&field(name), FieldFault::NotPlain);
        }
    }
    check_pin(prefix, &account.pin, found);
    if account.log_level.is_some_and(|level| level > LOUDEST) {
        found.add(&field("log_level"), FieldFault::NotBetween { from: 0, to: LOUDEST.into() });
    }
    check_proxy(prefix, account.proxy.expose(), found);
    if let Some(servers) = &account.ice_servers {
        check_ice(prefix, servers, account.ice_policy, found);
    }
}

fn check_caller(prefix: &str, caller: &AculabCaller, found: &mut Complaints) {
    let field = |name: &str| format!("{prefix}.interface.{name}");
    found.one_line(&field("caller_id"), caller.caller_id.expose());
    found.one_line(&field("service"), caller.service.expose());
    if let Err(error) = caller.caller_id.expose().parse::<CallerId>() {
        found.add(&field("caller_id"), error.into());
    }
    if caller.other_ids.len() > MOST_IDS {
        found.add(&field("other_ids"), FieldFault::TooMany { most: MOST_IDS as u32 });
    }
    for id in caller.other_ids.iter().take(MOST_IDS) {
        found.one_line(&field("other_ids"), id.expose());
        if let Err(error) = id.expose().parse::<CallerId>() {
            found.add(&field("other_ids"), error.into());
        }
    }
    if !caller.service.is_empty()
        && let Err(error) = ServiceName::of_caller(caller.service.expose())
    {
        found.add(&field("service"), error.into());
    }
}

fn check_client(prefix: &str, client: &AculabClient, found: &mut Complaints) {
    let field = |name: &str| format!("{prefix}.interface.{name}");
    if client.access_key.parse::<AccessKey>().is_err() {
        found.add(&field("access_key"), FieldFault::NotAnAccessKey);
    }
    found.one_line(&field("client_id"), client.client_id.expose());
    if client.client_id.expose().parse::<ClientId>().is_err() {
        found.add(&field("client_id"), FieldFault::NotAClient);
    }
    if !CALLS.contains(&client.max_concurrent) {
        found.add(&field("max_concurrent"), FieldFault::NotBetween { from: *CALLS.start(), to: *CALLS.end() });
    }
    found.seconds(&field("ring_for_s"), client.ring_for_s, &RING_S);
    let field = |name: &str| format!("{prefix}.interface.token_source.{name}");
    match &client.token_source {
        TokenSource::Pasted => {}
        TokenSource::Url { url } => {
            if !is_secure_web(url) {
                found.add(&field("url"), FieldFault::NotAnAddress { like: "https://host:port/path".into() });
            }
        }
        TokenSource::WebServices { user, lifetime_s, callable } => {
            found.one_line(&field("user"), user.expose());
            found.one_line(&field("callable"), callable.expose());
            if user.is_empty() {
                found.add(&field("user"), FieldFault::Missing);
            } else if user.expose().contains(':') {
                // RFC 7617 section 2: it would end the name.
                found.add(&field("user"), FieldFault::Character { character: ":".into() });
            }
            found.seconds(&field("lifetime_s"), *lifetime_s, &LIFETIME_S);
            if callable.expose().parse::<Callable>().is_err() {
                found.add(&field("callable"), FieldFault::NotClients);
            }
        }
    }
}

/// `https://…`, or `http://…` on this machine, which nobody else can read.
fn is_secure_web(url: &str) -> bool {
    match split_url(url, &["https", "http"]) {
        Some(("https", _)) => true,
        Some((_, host)) => super::is_this_machine(host),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use model::{Account, AccountId, IcePolicy, Provider};

    use crate::check_account;

    fn complaints(toml: &str) -> Vec<String> {
        let aculab = toml::from_str(toml).expect("a whole account");
        let account = Account { id: AccountId("cloud".into()), enabled: true, provider: Provider::Aculab(aculab) };
        check_account(&account).iter().map(ToString::to_string).collect()
    }

    const CALLER: &str = "cloud_id = '1-2-0'\n[interface]\nversion = 'v1'\ncaller_id = 'bob'";
    const CLIENT: &str = "cloud_id = '1-2-0'\n[interface]\nversion = 'v2'\naccess_key = 'abc123key'\nclient_id = 'webrtc:bob'";

    #[test]
    fn plain_accounts_are_fine() {
        assert_eq!(complaints(CALLER), [""; 0]);
        assert_eq!(complaints(CLIENT), [""; 0]);
        let sources = [
            "source = 'url'\nurl = 'https://example.com/token'",
            "source = 'url'\nurl = 'http://127.0.0.1:8080/token'",
            "source = 'web-services'\nuser = 'bob@example.com'\ncallable = 'bob, agent*'",
        ];
        for source in sources {
            assert_eq!(complaints(&format!("{CLIENT}\n[interface.token_source]\n{source}")), [""; 0], "{source}");
        }
    }

    #[test]
    fn each_complaint_names_its_field_and_says_what_the_libraries_say() {
        let caller =
            "cloud_id = '1-2'\n[interface]\nversion = 'v1'\ncaller_id = 'b b'\nother_ids = ['bob', 'b@b', '']\nservice = 'x@y'";
        assert_eq!(
            complaints(caller),
            [
                "accounts.cloud.cloud_id: is three numbers with hyphens, as 1-2-0 (Invalid cloudId)",
                "accounts.cloud.interface.caller_id: must not have the character ' '",
                "accounts.cloud.interface.other_ids: must not have the character '@'",
                "accounts.cloud.interface.other_ids: is missing",
                "accounts.cloud.interface.service: must not have the character '@'",
            ]
        );
        let client = "cloud_id = 'a-b-c'\nlog_level = 7\nserver = 'ws://example.com'\nweb_services = 'ftp://x'\nproxy = 'socks5://h'\n\
                      [interface]\nversion = 'v2'\naccess_key = 'ABC'\nclient_id = 'b@b'\nmax_concurrent = 0\nring_for_s = 0\n\
                      [interface.token_source]\nsource = 'web-services'\nuser = 'a:b'\nlifetime_s = 599\ncallable = 'a;b'";
        let all = complaints(client);
        let fields: Vec<&str> = all.iter().filter_map(|complaint| complaint.split(": ").next()).collect();
        let names = [
            "cloud_id",
            "interface.access_key",
            "interface.client_id",
            "interface.max_concurrent",
            "interface.ring_for_s",
            "interface.token_source.user",
            "interface.token_source.lifetime_s",
            "interface.token_source.callable",
            "server",
            "web_services",
            "log_level",
            "proxy",
        ];
        assert_eq!(fields, names.map(|name| format!("accounts.cloud.{name}")));
        assert!(all[1].ends_with("(Invalid webRtcAccessKey)") && all[2].ends_with("(Invalid clientId)"), "{all:?}");
    }

    #[test]
    fn servers_of_the_cloud_may_be_relays_only_and_none_of_our_own_may_not() {
        let policy = |servers: &str| format!("{servers}ice_policy = 'relay-only'\n{CALLER}");
        assert_eq!(complaints(&policy("")), [""; 0]);
        assert_eq!(complaints(&policy("ice_servers = []\n")).len(), 1);
        let aculab: model::AculabAccount = toml::from_str(&policy("")).expect("a whole account");
        assert_eq!((aculab.ice_servers, aculab.ice_policy), (None, IcePolicy::RelayOnly));
    }
}
