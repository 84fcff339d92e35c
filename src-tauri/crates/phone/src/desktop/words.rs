//! Sentences for the edges of the desktop, where no page can translate them.

use model::{AccountState, CallView, Remote};

/// Longest text of somebody else's making that is shown; more would push what matters off the screen.
const LONGEST: usize = 60;

/// Who is at the far end: as the user calls him, else his own name, else the number, else the address.
pub(super) fn who(call: &CallView) -> String {
    let Remote { name, number, uri } = &call.remote;
    let known = call.contact.as_ref().map(|contact| &contact.name);
    let told = known.into_iter().chain([name, number, uri]).map(|text| shown(text.expose()));
    let mut told = told.filter(|text| !text.is_empty());
    told.next().unwrap_or_else(|| "Unknown caller".into())
}

/// The number as well, where a name stands in [`who`].
pub(super) fn number_beside(call: &CallView) -> Option<String> {
    let number = shown(call.remote.number.expose());
    (!number.is_empty() && number != who(call)).then_some(number)
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
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// How an account is doing.
pub(super) fn account_state(state: &AccountState) -> String {
    match state {
        AccountState::Disabled => "switched off".into(),
        AccountState::Connecting => "connecting".into(),
        AccountState::Registering => "signing in".into(),
        AccountState::Registered => "ready".into(),
        AccountState::Ready => "ready to call out".into(),
        AccountState::Offline { cause, .. } => cause.to_string(),
    }
}

/// The account a call is on, in words.
pub(super) fn on_account(call: &CallView) -> String {
    format!("on {}", call.account)
}

#[cfg(test)]
mod tests {
    use model::{CallState, ContactId, ContactName};

    use super::*;
    use crate::desktop::test_calls::view;

    #[test]
    fn a_caller_is_named_by_what_he_told_and_tells_no_more_than_fits() {
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
