//! What settings must hold to make sense; each complaint names its field.

mod aculab;
mod xivo;

use std::{collections::BTreeSet, net::IpAddr, ops::RangeInclusive, path::Path};

use model::{
    Account, AutoAnswer, CallSettings, FieldFault, FieldProblem, IcePolicy, IceServer, Personal, Provider, Ringtone, Settings,
    Shortcuts, SipAccount, Target,
};

/// Above this, a list is a mistake (or an attack on our memory) and no configuration.
const MOST_ACCOUNTS: usize = 64;
const MOST_ICE_SERVERS: usize = 16;
const LONGEST_TEXT: usize = 255;
const MOST_CALLERS: usize = 256;

/// No caller waits for longer than this to be answered by a machine.
const DELAY_S: RangeInclusive<u32> = 0..=60;

/// Longer than an hour nobody lets it ring.
const RING_S: RangeInclusive<u32> = 1..=3600;

/// What Opus can do for speech.
const BITRATES: RangeInclusive<u32> = 8_000..=128_000;

/// What a detector of digits hears (ITU-T Q.24), and what Aculab's own clients send at the longest.
const DIGIT_MS: RangeInclusive<u32> = 40..=500;
const DIGIT_GAP_MS: RangeInclusive<u32> = 30..=400;

/// RFC 3261 10.2 sets no limits; below ten seconds a phone only registers, above a day a lost one rings for ever.
const EXPIRES_S: RangeInclusive<u32> = 10..=86_400;

/// Everything in `settings` that cannot work; nothing when they are fine.
pub fn check_settings(settings: &Settings) -> Vec<FieldProblem> {
    let mut found = Complaints::default();
    if settings.accounts.len() > MOST_ACCOUNTS {
        found.add("accounts", FieldFault::TooMany { most: limit(MOST_ACCOUNTS) });
    }
    let mut ids = BTreeSet::new();
    for account in settings.accounts.iter().take(MOST_ACCOUNTS) {
        if !ids.insert(&account.id) {
            found.add(&format!("accounts.{}.id", account.id), FieldFault::Twice);
        }
        found.0.extend(check_account(account));
    }
    check_auto_answer(&settings.auto_answer, &mut found);
    check_calls(&settings.calls, &mut found);
    let is_country = settings.country.len() == 2 && settings.country.bytes().all(|b| b.is_ascii_alphabetic());
    if !settings.country.is_empty() && !is_country {
        found.add("country", FieldFault::NotACountry);
    }
    check_shortcuts(&settings.shortcuts, &mut found);
    if settings.devices.volume > 100 {
        found.add("devices.volume", FieldFault::NotBetween { from: 0, to: 100 });
    }
    let language = &settings.window.language;
    if !language.is_empty() && (language.len() > 16 || !language.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')) {
        found.add("window.language", FieldFault::NotALanguage);
    }
    found.0
}

/// Everything in one account that cannot work. Its name is looked at by itself, not beside others.
pub fn check_account(account: &Account) -> Vec<FieldProblem> {
    let mut found = Complaints::default();
    let prefix = format!("accounts.{}", account.id);
    let id = &account.id.0;
    // The slash parts the names under which secrets are kept.
    if id.is_empty() || id.trim() != id || id.len() > 64 || id.chars().any(|c| c.is_control() || c == '/') {
        found.add(&format!("{prefix}.id"), FieldFault::NotAName);
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
struct Complaints(Vec<FieldProblem>);

impl Complaints {
    fn add(&mut self, field: &str, fault: FieldFault) {
        self.0.push(FieldProblem { field: field.to_owned(), fault });
    }

    fn one_line(&mut self, field: &str, text: &str) {
        if text.len() > LONGEST_TEXT || text.chars().any(char::is_control) {
            self.add(field, FieldFault::NotOneLine { most: limit(LONGEST_TEXT) });
        }
    }

    /// A number or address that may be empty.
    fn target(&mut self, field: &str, target: &Personal) {
        if !target.is_empty() && Target::try_from(target.clone()).is_err() {
            self.add(field, FieldFault::NotATarget);
        }
    }

    fn seconds(&mut self, field: &str, seconds: u32, may_be: &RangeInclusive<u32>) {
        if !may_be.contains(&seconds) {
            self.add(field, FieldFault::NotSeconds { from: *may_be.start(), to: *may_be.end() });
        }
    }
}

fn check_sip(prefix: &str, sip: &SipAccount, found: &mut Complaints) {
    let field = |name: &str| format!("{prefix}.{name}");
    if let Err(fault) = check_server(&sip.server, sip.allow_plain_ws) {
        found.add(&field("server"), fault);
    }
    if !sip.domain.is_empty() && !is_host(&sip.domain) {
        found.add(&field("domain"), FieldFault::NotAHost);
    }
    if sip.user.is_empty() {
        found.add(&field("user"), FieldFault::Missing);
    } else if sip.user.expose().chars().any(|c| c.is_whitespace() || c.is_control() || "@<>\"".contains(c)) {
        found.add(&field("user"), FieldFault::NotAUser);
    }
    let texts = [
        ("user", sip.user.expose()),
        ("display_name", sip.display_name.expose()),
        ("auth_user", sip.auth_user.expose()),
        ("realm", &sip.realm),
    ];
    for (name, text) in texts {
        found.one_line(&field(name), text);
    }
    check_proxy(prefix, sip.proxy.expose(), found);
    check_pin(prefix, &sip.pin, found);
    let numbers =
        [("voicemail_number", &sip.voicemail_number), ("park_number", &sip.park_number), ("pickup_code", &sip.pickup_code)];
    for (name, number) in numbers {
        found.target(&field(name), number);
    }
    found.seconds(&field("expires_s"), sip.expires_s, &EXPIRES_S);
    check_ice(prefix, &sip.ice_servers, sip.ice_policy, found);
}

fn check_proxy(prefix: &str, proxy: &str, found: &mut Complaints) {
    let is_fine = proxy.is_empty() || proxy == "direct" || split_url(proxy, &["http"]).is_some();
    if !is_fine {
        found.add(&format!("{prefix}.proxy"), FieldFault::NotAProxy);
    }
}

fn check_ice(prefix: &str, servers: &[IceServer], policy: IcePolicy, found: &mut Complaints) {
    if servers.len() > MOST_ICE_SERVERS {
        found.add(&format!("{prefix}.ice_servers"), FieldFault::TooMany { most: limit(MOST_ICE_SERVERS) });
    }
    for (position, server) in servers.iter().take(MOST_ICE_SERVERS).enumerate() {
        if server.url.relays && server.username.is_empty() {
            found.add(&format!("{prefix}.ice_servers.{position}.username"), FieldFault::TurnUser);
        }
    }
    if policy == IcePolicy::RelayOnly && !servers.iter().any(|server| server.url.relays) {
        found.add(&format!("{prefix}.ice_policy"), FieldFault::NoRelay);
    }
}

/// Everything in these policies that cannot work.
pub(crate) fn check_policies(policies: &[AutoAnswer]) -> Vec<FieldProblem> {
    let mut found = Complaints::default();
    check_auto_answer(policies, &mut found);
    found.0
}

fn check_auto_answer(policies: &[AutoAnswer], found: &mut Complaints) {
    if policies.len() > MOST_ACCOUNTS {
        found.add("auto_answer", FieldFault::TooMany { most: limit(MOST_ACCOUNTS) });
    }
    for (position, policy) in policies.iter().take(MOST_ACCOUNTS).enumerate() {
        let field = |name: &str| format!("auto_answer.{}.{name}", policy.account);
        if policies[..position].iter().any(|other| other.account == policy.account) {
            found.add(&field("account"), FieldFault::Twice);
        }
        found.seconds(&field("delay_s"), policy.delay_s, &DELAY_S);
        let is_fine = |text: &str| !text.trim().is_empty() && text.len() <= LONGEST_TEXT && !text.chars().any(char::is_control);
        if policy.callers.len() > MOST_CALLERS || !policy.callers.iter().all(|caller| is_fine(caller.expose())) {
            found.add(&field("callers"), FieldFault::Callers { most: limit(MOST_CALLERS) });
        }
    }
}

fn check_calls(calls: &CallSettings, found: &mut Complaints) {
    if calls.codecs.is_empty() {
        found.add("calls.codecs", FieldFault::None);
    }
    if calls.codecs.iter().enumerate().any(|(position, codec)| calls.codecs[..position].contains(codec)) {
        found.add("calls.codecs", FieldFault::Twice);
    }
    if ![10, 20].contains(&calls.packet_ms) {
        found.add("calls.packet_ms", FieldFault::NoneOf { numbers: vec![10, 20] });
    }
    for (name, value, range) in [
        ("calls.max_bitrate", calls.max_bitrate, BITRATES),
        ("calls.digit_ms", calls.digit_ms, DIGIT_MS),
        ("calls.digit_gap_ms", calls.digit_gap_ms, DIGIT_GAP_MS),
    ] {
        let is_unset = name == "calls.max_bitrate" && value == 0;
        if !is_unset && !range.contains(&value) {
            found.add(name, FieldFault::NotBetween { from: *range.start(), to: *range.end() });
        }
    }
    if calls.limit == 0 {
        found.add("calls.limit", FieldFault::None);
    }
    found.seconds("calls.ring_for_s", calls.ring_for_s, &RING_S);
    let forward = &calls.forward;
    for (name, to) in [("always", &forward.always), ("busy", &forward.busy), ("no_answer", &forward.no_answer)] {
        found.target(&format!("calls.forward.{name}"), to);
    }
    found.seconds("calls.forward.no_answer_s", forward.no_answer_s, &RING_S);
    found.target("calls.echo_number", &calls.echo_number);
    if ![480, 486].contains(&calls.dnd_code) {
        found.add("calls.dnd_code", FieldFault::NoneOf { numbers: vec![486, 480] });
    }
    if !calls.recordings_folder.is_empty() && !Path::new(&calls.recordings_folder).is_absolute() {
        found.add("calls.recordings_folder", FieldFault::NotAWholePath);
    }
    if let Ringtone::File(path) = &calls.ringtone
        && !Path::new(path).is_absolute()
    {
        found.add("calls.ringtone", FieldFault::NotAWholePath);
    }
    if calls.tones.len() != 2 || !calls.tones.chars().all(|c| c.is_ascii_alphabetic()) {
        found.add("calls.tones", FieldFault::NotACountry);
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
            found.add(&format!("shortcuts.{name}"), FieldFault::NotAShortcut);
        } else if keys[..position].iter().any(|(_, other)| other.eq_ignore_ascii_case(key)) {
            found.add(&format!("shortcuts.{name}"), FieldFault::Twice);
        }
    }
}

fn check_pin(prefix: &str, pin: &str, found: &mut Complaints) {
    let digits: Vec<char> = pin.chars().filter(|c| *c != ':' && !c.is_whitespace()).collect();
    let is_sha_256 = digits.len() == 64 && digits.iter().all(char::is_ascii_hexdigit);
    if !pin.is_empty() && !is_sha_256 {
        found.add(&format!("{prefix}.pin"), FieldFault::NotAFingerprint);
    }
}

fn check_server(server: &str, allow_plain: bool) -> Result<(), FieldFault> {
    // A domain alone is reached by TLS.
    if server.contains("://") {
        return check_url(server, allow_plain);
    }
    check_url(&format!("wss://{server}"), allow_plain)
        .map_err(|_| FieldFault::NotAnAddress { like: "pbx.example.com, wss://host:port/path".into() })
}

fn check_url(url: &str, allow_plain: bool) -> Result<(), FieldFault> {
    let Some((scheme, host)) = split_url(url, &["wss", "ws"]) else {
        return Err(FieldFault::NotAnAddress { like: "wss://host:port/path".into() });
    };
    if scheme == "ws" && !is_this_machine(host) && !allow_plain {
        return Err(FieldFault::NotEncrypted { scheme: scheme.into(), allowed_by: "allow_plain_ws".into() });
    }
    Ok(())
}

/// A limit of ours as a sentence has it.
pub(crate) fn limit(most: usize) -> u32 {
    u32::try_from(most).unwrap_or(u32::MAX)
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
        check_account(&account(change)).iter().map(FieldProblem::to_string).collect()
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
        assert_eq!(check_settings(&settings)[0].to_string(), "accounts.office.id: is there twice");
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
        assert_eq!(twice.to_string(), "auto_answer.office.account: is there twice");
    }

    #[test]
    fn call_settings_stay_within_what_the_phone_can_do() {
        let calls = CallSettings {
            codecs: vec![Codec::Opus, Codec::Opus],
            packet_ms: 30,
            max_bitrate: 7_999,
            digit_ms: 501,
            digit_gap_ms: 29,
            limit: 0,
            ring_for_s: 0,
            tones: "britain".into(),
            echo_number: Personal::new("six hundred"),
            ..CallSettings::default()
        };
        assert_eq!(check_settings(&Settings { calls, ..Settings::default() }).len(), 9);
    }
}
