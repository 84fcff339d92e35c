//! The support bundle: one text that can be read before it is sent. It is put together from what names nobody: the journal,
//! the state written under the journal's pseudonyms, and what of the settings is a choice and not a name.

use std::fmt::Write;

use model::{Account, DevicesView, Provider, RoleView, Settings};

use super::{Ladder, stories};

/// What a bundle is made of.
pub(crate) struct Parts<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) devices: &'a DevicesView,
    /// The snapshot, with pseudonyms.
    pub(crate) state: &'a str,
    pub(crate) journal: &'a [String],
    pub(crate) unix_s: i64,
}

/// Puts it together.
pub(crate) fn bundle(parts: &Parts<'_>) -> String {
    let mut text = format!(
        "Sidetone {} on {} {}, {} s after 1970\nPeople, numbers and addresses are pseudonyms. Passwords, tokens and keys are not \
         in here. Names of accounts and servers are.\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        parts.unix_s
    );
    section(&mut text, "accounts");
    for account in &parts.settings.accounts {
        line(&mut text, &account_line(account));
    }
    section(&mut text, "settings");
    let calls = &parts.settings.calls;
    line(
        &mut text,
        &format!("codecs {:?}, {} ms a packet, DTX {}, {} calls", calls.codecs, calls.packet_ms, calls.dtx, calls.limit),
    );
    line(&mut text, &format!("clean-up {:?}", parts.settings.devices.cleanup));
    section(&mut text, "devices");
    let devices = parts.devices;
    line(&mut text, &format!("{} microphones, {} speakers", devices.microphones.len(), devices.speakers.len()));
    for (role, view) in [("microphone", &devices.microphone), ("speaker", &devices.speaker), ("ringer", &devices.ringer)] {
        line(&mut text, &role_line(role, view));
    }
    section(&mut text, "state");
    line(&mut text, parts.state);
    let lines = || parts.journal.iter().map(String::as_str);
    section(&mut text, "calls");
    match stories(lines()) {
        Ok(stories) => stories.iter().for_each(|story| line(&mut text, &story.to_string())),
        Err(error) => line(&mut text, &error.to_string()),
    }
    section(&mut text, "messages");
    text.push_str(&Ladder::of(lines(), None).map_or_else(|error| error.to_string(), |ladder| ladder.text()));
    section(&mut text, "journal");
    lines().for_each(|entry| line(&mut text, entry));
    text
}

fn section(text: &mut String, name: &str) {
    line(text, &format!("\n== {name} =="));
}

fn line(text: &mut String, content: &str) {
    writeln!(text, "{content}").expect("a string takes all");
}

fn account_line(account: &Account) -> String {
    let kind = match &account.provider {
        Provider::Practice => "practice exchange".to_owned(),
        Provider::Sip(sip) => format!(
            "SIP over {}, registers {}, digits {:?}, a proxy of its own {}",
            sip.server.split(':').next().unwrap_or_default(),
            sip.register,
            sip.dtmf,
            !sip.proxy.is_empty()
        ),
        Provider::Aculab(_) => "Aculab Cloud".to_owned(),
        Provider::Xivo(xivo) => format!("XiVO, digits {:?}, generation {:?}", xivo.dtmf, xivo.generation),
    };
    let servers: Vec<String> = account
        .provider
        .ice_servers()
        .iter()
        .map(|server| format!("{} by {:?}", if server.url.relays { "TURN" } else { "STUN" }, server.url.transport))
        .collect();
    let authorities = !account.provider.ca_file().is_empty();
    format!("{}: {kind}, on {}, own authorities {authorities}, servers {servers:?}", account.id, account.enabled)
}

/// What is wrong with a device may name it: only that something is wrong is told.
fn role_line(role: &str, view: &RoleView) -> String {
    format!("{role}: in use {}, trouble {}", view.using.is_some(), view.trouble.is_some())
}
