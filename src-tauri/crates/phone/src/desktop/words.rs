//! Sentences for the edges of the desktop, where no page can translate them.

use model::{AccountState, CallView, OfflineCause, Remote};

use super::language::{Language, fill};

/// Longest text of somebody else's making that is shown; more would push what matters off the screen.
const LONGEST: usize = 60;

/// Who is at the far end: as the user calls him, else his own name, else the number, else the address.
pub(super) fn who(call: &CallView, language: Language) -> String {
    let Remote { name, number, uri } = &call.remote;
    let known = call.contact.as_ref().map(|contact| &contact.name);
    let told = known.into_iter().chain([name, number, uri]).map(|text| shown(text.expose()));
    let mut told = told.filter(|text| !text.is_empty());
    told.next().unwrap_or_else(|| language.words().unknown_caller.into())
}

/// The number as well, where a name stands in [`who`].
pub(super) fn number_beside(call: &CallView, language: Language) -> Option<String> {
    let number = shown(call.remote.number.expose());
    (!number.is_empty() && number != who(call, language)).then_some(number)
}

/// Text from outside on one line, without control characters and marks that turn the direction of writing.
fn shown(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    let plain: String = plain.filter(|c| !c.is_control() && !is_direction_mark(*c)).collect();
    let plain = plain.trim();
    if plain.chars().count() <= LONGEST {
        return plain.to_owned();
    }
    plain.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// Unicode's embeddings, overrides and isolates: a caller's name could hide another with them.
pub fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// How an account is doing.
pub(super) fn account_state(state: &AccountState, language: Language) -> String {
    let words = language.words();
    match state {
        AccountState::Disabled => words.switched_off.into(),
        AccountState::Connecting => words.connecting.into(),
        AccountState::Registering => words.signing_in.into(),
        AccountState::Registered => words.ready.into(),
        AccountState::Ready => words.ready_to_call_out.into(),
        AccountState::Offline { cause, .. } => offline(cause, language),
    }
}

/// Why an account is offline. Details of the system are for the window, which has room for them.
fn offline(cause: &OfflineCause, language: Language) -> String {
    let words = language.words();
    match cause {
        OfflineCause::NameNotFound { host } => fill(words.name_not_found, host),
        OfflineCause::Unreachable { .. } => words.unreachable.into(),
        OfflineCause::Tls { .. } | OfflineCause::KeyChanged { .. } => words.not_secure.into(),
        OfflineCause::NotSipOverWebSocket { .. } => words.not_sip_over_web_socket.into(),
        OfflineCause::ConnectionLost { .. } => words.connection_lost.into(),
        OfflineCause::WrongPassword { code } => fill(words.wrong_password, code),
        OfflineCause::InvalidToken { code } => fill(words.invalid_token, code),
        OfflineCause::NoToken { .. } => words.no_token.into(),
        OfflineCause::NoAnswer => words.no_answer.into(),
        OfflineCause::Refused { code, .. } => fill(words.refused, code),
        OfflineCause::Configuration { .. } => words.configuration.into(),
        OfflineCause::SignedOff => words.signed_off.into(),
    }
}

/// The account a call is on, in words.
pub(super) fn on_account(call: &CallView, language: Language) -> String {
    fill(language.words().on_account, &call.account)
}

#[cfg(test)]
mod tests {
    use model::{CallState, ContactId, ContactName};

    use super::*;
    use crate::desktop::test_calls::view;

    #[test]
    fn an_account_says_in_each_language_how_it_is_doing() {
        let offline = AccountState::Offline { cause: OfflineCause::WrongPassword { code: 403 }, retry_in_s: None };
        let told = |language| account_state(&offline, language);
        assert_eq!(told(Language::English), "the server refused the user name or password (403)");
        assert_eq!(told(Language::German), "der Server hat Benutzernamen oder Passwort abgelehnt (403)");
    }

    #[test]
    fn a_caller_is_named_by_what_he_told_and_tells_no_more_than_fits() {
        let who = |call: &CallView| who(call, Language::English);
        let number_beside = |call: &CallView| number_beside(call, Language::English);
        let call = |name: &str, number: &str| CallView {
            remote: Remote { name: name.into(), number: number.into(), uri: "sip:x@y".into() },
            ..view(1, CallState::Incoming)
        };
        assert_eq!(who(&call("Anna", "600")), "Anna");
        assert_eq!(who(&call(" \u{202e}\n", "600")), "600");
        assert_eq!(who(&call("", "")), "sip:x@y");
        assert_eq!(who(&CallView { remote: Remote::default(), ..call("", "") }), "Unknown caller");
        assert_eq!(who(&call(&"x".repeat(500), "")).chars().count(), LONGEST);
        assert_eq!(number_beside(&call("Anna", "600")).as_deref(), Some("600"));
        assert_eq!(number_beside(&call("", "600")), None);
        let contact = Some(ContactName { id: ContactId(1), name: "Mother".into() });
        assert_eq!(who(&CallView { contact, ..call("Anna", "600") }), "Mother", "the user's own word counts more");
    }
}
