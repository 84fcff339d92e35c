//! What settings must hold to make sense; each complaint names its field.

mod aculab;
mod xivo;

use std::{collections::BTreeSet, net::IpAddr, path::Path};

use model::{
    Account, AutoAnswer, CallSettings, IcePolicy, IceServer, Provider, Ringtone, Settings, Shortcuts, SipAccount, Target,
};

/// Above this, a list is a mistake (or an attack on our memory) and no configuration.
const MOST_ACCOUNTS: usize = 64;
const MOST_ICE_SERVERS: usize = 16;
const LONGEST_TEXT: usize = 255;
const MOST_CALLERS: usize = 256;

/// No caller waits for longer than this to be answered by a machine.
const LONGEST_DELAY_S: u32 = 60;

/// RFC 3261 10.2 sets no limits; below ten seconds a phone only registers, above a day a lost one rings for ever.
const EXPIRES_S: std::ops::RangeInclusive<u32> = 10..=86_400;

/// A field whose value cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {what}")]
pub struct Invalid {
    /// Dotted name of the field, list items by their id or position (`accounts.office.server`).
    pub field: String,
    /// What is wrong, in words; without the value where that may be personal.
    pub what: String,
}

/// Everything in `settings` that cannot work; nothing when they are fine.
pub fn check_settings(settings: &Settings) -> Vec<Invalid> {
    let mut found = Complaints::default();
    if settings.accounts.len() > MOST_ACCOUNTS {
        found.add("accounts", format!("there may be {MOST_ACCOUNTS} accounts at most"));
    }
    let mut ids = BTreeSet::new();
    for account in settings.accounts.iter().take(MOST_ACCOUNTS) {
        if !ids.insert(&account.id) {
            found.add(&format!("accounts.{}.id", account.id), "two accounts have this name");
        }
        found.0.extend(check_account(account));
    }
    check_auto_answer(&settings.auto_answer, &mut found);
    check_calls(&settings.calls, &mut found);
    let is_country = settings.country.len() == 2 && settings.country.bytes().all(|b| b.is_ascii_alphabetic());
    if !settings.country.is_empty() && !is_country {
        found.add("country", "a country is named by the two letters of ISO 3166 (gb, fr, us)");
    }
    check_shortcuts(&settings.shortcuts, &mut found);
    if settings.devices.volume > 100 {
        found.add("devices.volume", "a loudness is 0 to 100 percent");
    }
    let language = &settings.window.language;
    if !language.is_empty() && (language.len() > 16 || !language.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')) {
        found.add("window.language", "is no language code, as en or de");
    }
    found.0
}

/// Everything in one account that cannot work. Its name is looked at by itself, not beside others.
pub fn check_account(account: &Account) -> Vec<Invalid> {
    let mut found = Complaints::default();
    let prefix = format!("accounts.{}", account.id);
    let id = &account.id.0;
    // The slash parts the names under which secrets are kept.
    if id.is_empty() || id.trim() != id || id.len() > 64 || id.chars().any(|c| c.is_control() || c == '/') {
        found.add(&format!("{prefix}.id"), "a name has 1 to 64 characters, no slash, and no blank at either end");
    }
    match &account.provider {
        Provider::Practice => {}
        Provider::Sip(sip) => check_sip(&prefix, sip, &mut found),
        Provider::Aculab(account) => aculab::check(&prefix, account, &mut found),
        Provider::Xivo(account) => xivo::check(&prefix, account, &mut found),
    }
    found.0
}

#[derive(Default)]
struct Complaints(Vec<Invalid>);

impl Complaints {
    fn add(&mut self, field: &str, what: impl Into<String>) {
        self.0.push(Invalid { field: field.to_owned(), what: what.into() });
    }
}

fn check_sip(prefix: &str, sip: &SipAccount, found: &mut Complaints) {
    let field = |name: &str| format!("{prefix}.{name}");
    if let Err(what) = check_server(&sip.server, sip.allow_plain_ws) {
        found.add(&field("server"), what);
    }
    if !sip.domain.is_empty() && !is_host(&sip.domain) {
        found.add(&field("domain"), "is not a host name");
    }
    if sip.user.is_empty() {
        found.add(&field("user"), "is missing");
    } else if sip.user.expose().chars().any(|c| c.is_whitespace() || c.is_control() || "@<>\"".contains(c)) {
        found.add(&field("user"), "is the part before the @ only, without blanks");
    }
    let texts = [
        ("user", sip.user.expose()),
        ("display_name", sip.display_name.expose()),
        ("auth_user", sip.auth_user.expose()),
        ("realm", &sip.realm),
    ];
    for (name, text) in texts {
        if text.len() > LONGEST_TEXT || text.chars().any(char::is_control) {
            found.add(&field(name), format!("may have {LONGEST_TEXT} characters at most and no line breaks"));
        }
    }
    check_proxy(prefix, sip.proxy.expose(), found);
    check_pin(prefix, &sip.pin, found);
    let numbers =
        [("voicemail_number", &sip.voicemail_number), ("park_number", &sip.park_number), ("pickup_code", &sip.pickup_code)];
    for (name, number) in numbers {
        if !number.is_empty() && Target::try_from(number.clone()).is_err() {
            found.add(&field(name), "is no number or address that can be called");
        }
    }
    if !EXPIRES_S.contains(&sip.expires_s) {
        found.add(&field("expires_s"), format!("must be from {} to {} seconds", EXPIRES_S.start(), EXPIRES_S.end()));
    }
    check_ice(prefix, &sip.ice_servers, sip.ice_policy, found);
}

fn check_proxy(prefix: &str, proxy: &str, found: &mut Complaints) {
    let is_fine = proxy.is_empty() || proxy == "direct" || split_url(proxy, &["http"]).is_some();
    if !is_fine {
        found.add(&format!("{prefix}.proxy"), "is not empty, \"direct\" or http://host:port");
    }
}

fn check_ice(prefix: &str, servers: &[IceServer], policy: IcePolicy, found: &mut Complaints) {
    if servers.len() > MOST_ICE_SERVERS {
        found.add(&format!("{prefix}.ice_servers"), format!("there may be {MOST_ICE_SERVERS} servers at most"));
    }
    for (position, server) in servers.iter().take(MOST_ICE_SERVERS).enumerate() {
        if server.url.relays && server.username.is_empty() {
            found.add(&format!("{prefix}.ice_servers.{position}.username"), "a TURN server asks for a user name");
        }
    }
    if policy == IcePolicy::RelayOnly && !servers.iter().any(|server| server.url.relays) {
        found.add(&format!("{prefix}.ice_policy"), "relays only, and there is no TURN server");
    }
}

/// Everything in these policies that cannot work.
pub(crate) fn check_policies(policies: &[AutoAnswer]) -> Vec<Invalid> {
    let mut found = Complaints::default();
    check_auto_answer(policies, &mut found);
    found.0
}

fn check_auto_answer(policies: &[AutoAnswer], found: &mut Complaints) {
    if policies.len() > MOST_ACCOUNTS {
        found.add("auto_answer", format!("there may be {MOST_ACCOUNTS} policies at most"));
    }
    for (position, policy) in policies.iter().take(MOST_ACCOUNTS).enumerate() {
        let field = |name: &str| format!("auto_answer.{}.{name}", policy.account);
        if policies[..position].iter().any(|other| other.account == policy.account) {
            found.add(&field("account"), "this account has two policies");
        }
        if policy.delay_s > LONGEST_DELAY_S {
            found.add(&field("delay_s"), format!("must be from 0 to {LONGEST_DELAY_S} seconds"));
        }
        let is_fine = |text: &str| !text.trim().is_empty() && text.len() <= LONGEST_TEXT && !text.chars().any(char::is_control);
        if policy.callers.len() > MOST_CALLERS || !policy.callers.iter().all(|caller| is_fine(caller.expose())) {
            found.add(&field("callers"), format!("are {MOST_CALLERS} numbers or addresses at most, none of them empty"));
        }
    }
}

fn check_calls(calls: &CallSettings, found: &mut Complaints) {
    if calls.codecs.is_empty() {
        found.add("calls.codecs", "without a codec there is no call");
    }
    if calls.codecs.iter().enumerate().any(|(position, codec)| calls.codecs[..position].contains(codec)) {
        found.add("calls.codecs", "one codec is there twice");
    }
    if ![10, 20].contains(&calls.packet_ms) {
        found.add("calls.packet_ms", "must be 10 or 20");
    }
    if calls.limit == 0 {
        found.add("calls.limit", "must be 1 or more");
    }
    if !(1..=3600).contains(&calls.ring_for_s) {
        found.add("calls.ring_for_s", "must be from 1 to 3600 seconds");
    }
    let forward = &calls.forward;
    for (name, to) in [("always", &forward.always), ("busy", &forward.busy), ("no_answer", &forward.no_answer)] {
        if !to.is_empty() && Target::try_from(to.clone()).is_err() {
            found.add(&format!("calls.forward.{name}"), "is no number or address that can be called");
        }
    }
    if !(1..=3600).contains(&forward.no_answer_s) {
        found.add("calls.forward.no_answer_s", "must be from 1 to 3600 seconds");
    }
    if ![480, 486].contains(&calls.dnd_code) {
        found.add("calls.dnd_code", "must be 486 (busy) or 480 (not there)");
    }
    if !calls.recordings_folder.is_empty() && !Path::new(&calls.recordings_folder).is_absolute() {
        found.add("calls.recordings_folder", "must be a whole path, from the root on");
    }
    if let Ringtone::File(path) = &calls.ringtone
        && !Path::new(path).is_absolute()
    {
        found.add("calls.ringtone", "must be the whole path of a file, from the root on");
    }
    if calls.tones.len() != 2 || !calls.tones.chars().all(|c| c.is_ascii_alphabetic()) {
        found.add("calls.tones", "is a country of two letters, as gb or de");
    }
}

fn check_shortcuts(shortcuts: &Shortcuts, found: &mut Complaints) {
    let keys = [
        ("answer", &shortcuts.answer),
        ("hang_up", &shortcuts.hang_up),
        ("mute", &shortcuts.mute),
        ("hold", &shortcuts.hold),
        ("show", &shortcuts.show),
    ];
    for (position, (name, key)) in keys.iter().enumerate() {
        if key.is_empty() {
            continue;
        }
        // A key without one of these would be taken from every program.
        let parts: Vec<&str> = key.split('+').map(str::trim).collect();
        let modified = parts.iter().any(|part| ["ctrl", "alt", "super", "cmd"].contains(&part.to_ascii_lowercase().as_str()));
        if parts.len() < 2 || parts.iter().any(|part| part.is_empty()) || !modified {
            found.add(&format!("shortcuts.{name}"), "is a key with Ctrl, Alt or Super, as Ctrl+Alt+A");
        } else if keys[..position].iter().any(|(_, other)| other.eq_ignore_ascii_case(key)) {
            found.add(&format!("shortcuts.{name}"), "is taken by another one of these");
        }
    }
}

fn check_pin(prefix: &str, pin: &str, found: &mut Complaints) {
    let digits: Vec<char> = pin.chars().filter(|c| *c != ':' && !c.is_whitespace()).collect();
    let is_sha_256 = digits.len() == 64 && digits.iter().all(char::is_ascii_hexdigit);
    if !pin.is_empty() && !is_sha_256 {
        found.add(&format!("{prefix}.pin"), "is a SHA-256 of 64 hexadecimal digits, with or without colons");
    }
}

fn check_server(server: &str, allow_plain: bool) -> Result<(), &'static str> {
    // A domain alone is reached by TLS.
    if server.contains("://") {
        return check_url(server, allow_plain);
    }
    check_url(&format!("wss://{server}"), allow_plain)
        .map_err(|_| "is not a domain, wss://host, wss://host:port or wss://host:port/path")
}

fn check_url(url: &str, allow_plain: bool) -> Result<(), &'static str> {
    let Some((scheme, host)) = split_url(url, &["wss", "ws"]) else {
        return Err("is not wss://host, wss://host:port or wss://host:port/path");
    };
    if scheme == "ws" && !is_this_machine(host) && !allow_plain {
        return Err("with ws:// anyone on the way can read along; use wss://, or set allow_plain_ws");
    }
    Ok(())
}

/// Whether a host is loopback.
fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Scheme and host of a URL with one of `schemes`, if it is one; IPv6 addresses lose their brackets.
fn split_url<'a>(url: &'a str, schemes: &[&'static str]) -> Option<(&'static str, &'a str)> {
    if url.len() > 1024 || url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return None;
    }
    let (scheme, rest) = url.split_once("://")?;
    let scheme = schemes.iter().find(|known| known.eq_ignore_ascii_case(scheme))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    // Only a proxy takes a user and password in its URL.
    let authority = match authority.rsplit_once('@') {
        Some((_, authority)) if *scheme == "http" => authority,
        Some(_) => return None,
        None => authority,
    };
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
        }
        None => {
            let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
            (is_host(host).then_some(host)?, port)
        }
    };
    let port_is_fine =
        port.is_none_or(|port| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|p| p != 0));
    port_is_fine.then_some((scheme, host))
}

/// A name or IPv4 address; names in other scripts are taken as they are written.
fn is_host(text: &str) -> bool {
    !text.is_empty() && text.len() <= 253 && text.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c))
}

#[cfg(test)]
mod tests {
    use model::{AccountId, Codec, IceServer, Secret};

    use super::*;

    fn account(change: impl FnOnce(&mut SipAccount)) -> Account {
        let toml = "server = 'wss://pbx.example.com:8089/ws'\nuser = '1001'";
        let mut sip: SipAccount = toml::from_str(toml).expect("a whole account");
        change(&mut sip);
        Account { id: AccountId("office".into()), enabled: true, provider: Provider::Sip(sip) }
    }

    fn complaints(change: impl FnOnce(&mut SipAccount)) -> Vec<String> {
        check_account(&account(change)).iter().map(Invalid::to_string).collect()
    }

    #[test]
    fn the_defaults_and_a_plain_account_are_fine() {
        assert_eq!(check_settings(&Settings::default()), []);
        assert_eq!(complaints(|_| {}), [""; 0]);
    }

    #[test]
    fn servers_are_web_socket_urls() {
        for server in [
            "wss://h",
            "WSS://h:1/ws?x=y",
            "wss://[2001:db8::1]:443/",
            "ws://localhost:8088/ws",
            "ws://127.0.0.1",
            "ws://[::1]",
            "h",
            "h/ws",
        ] {
            assert_eq!(complaints(|sip| sip.server = server.into()), [""; 0], "{server}");
        }
        for server in [
            "",
            "a@h",
            "h:0",
            "https://h",
            "wss://",
            "wss://h:0",
            "wss://h:70000",
            "wss://h:+1",
            "wss://a b",
            "wss://u:p@h",
            "wss://[::1",
            "wss://[x]",
        ] {
            assert_eq!(complaints(|sip| sip.server = server.into()).len(), 1, "{server}");
        }
    }

    #[test]
    fn plain_web_sockets_to_others_must_be_allowed() {
        let [complaint] = &complaints(|sip| sip.server = "ws://pbx.example.com".into())[..] else { panic!("one complaint") };
        assert!(complaint.starts_with("accounts.office.server: with ws://"), "{complaint}");
        let allowed = |sip: &mut SipAccount| {
            sip.server = "ws://pbx.example.com".into();
            sip.allow_plain_ws = true;
        };
        assert_eq!(complaints(allowed), [""; 0]);
    }

    #[test]
    fn each_complaint_names_its_field() {
        let turn = || IceServer { url: "turn:h".parse().expect("a url"), username: "".into(), credential: Secret::default() };
        let all = complaints(|sip| {
            sip.user = "".into();
            sip.domain = "a b".into();
            sip.display_name = "x\r\nVia: y".into();
            sip.proxy = "socks5://h".into();
            sip.expires_s = 1;
            sip.ice_servers = vec![turn()];
        });
        let fields: Vec<&str> = all.iter().filter_map(|complaint| complaint.split_once(": ")).map(|(field, _)| field).collect();
        let names = ["domain", "user", "display_name", "proxy", "expires_s", "ice_servers.0.username"];
        assert_eq!(fields, names.map(|name| format!("accounts.office.{name}")));
        assert_eq!(complaints(|sip| sip.ice_policy = IcePolicy::RelayOnly).len(), 1);
        assert_eq!(complaints(|sip| sip.ice_servers = vec![turn(); 17]).len(), 17);
    }

    #[test]
    fn names_of_accounts_are_unique_and_fit_the_key_store() {
        let mut settings = Settings { accounts: vec![account(|_| {}), account(|_| {})], ..Settings::default() };
        assert_eq!(check_settings(&settings)[0].to_string(), "accounts.office.id: two accounts have this name");
        for id in ["", " x", "a/b", "a\nb"] {
            settings.accounts[1].id = AccountId(id.into());
            assert_eq!(check_settings(&settings).len(), 1, "{id:?}");
        }
    }

    #[test]
    fn policies_of_automatic_answer_are_one_per_account_and_name_callers() {
        let policy = |delay_s, callers: &[&str]| {
            let callers = callers.iter().map(|caller| (*caller).into()).collect();
            AutoAnswer { delay_s, callers, ..AutoAnswer::off(AccountId("office".into())) }
        };
        let complaints = |auto_answer: Vec<AutoAnswer>| check_settings(&Settings { auto_answer, ..Settings::default() });
        assert_eq!(complaints(vec![policy(0, &["6*"])]), []);
        assert_eq!(complaints(vec![policy(61, &["6*", " "])]).len(), 2);
        let [twice] = &complaints(vec![policy(1, &[]), policy(2, &[])])[..] else { panic!("one complaint") };
        assert_eq!(twice.to_string(), "auto_answer.office.account: this account has two policies");
    }

    #[test]
    fn call_settings_stay_within_what_the_phone_can_do() {
        let calls = CallSettings {
            codecs: vec![Codec::Opus, Codec::Opus],
            packet_ms: 30,
            limit: 0,
            ring_for_s: 0,
            tones: "britain".into(),
            ..CallSettings::default()
        };
        assert_eq!(check_settings(&Settings { calls, ..Settings::default() }).len(), 5);
    }
}
