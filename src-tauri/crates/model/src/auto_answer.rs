//! Calls that are answered without the user: which, when, and what happens with the microphone.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{AccountId, Personal, Remote};

/// How calls of one account are answered by themselves. Accounts without one never are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AutoAnswer {
    /// Whose calls.
    pub account: AccountId,
    /// Which of them.
    #[serde(default)]
    pub when: AutoAnswerWhen,
    /// Who may: numbers or addresses, in which `*` stands for any text and `?` for one character. Nobody when empty.
    #[serde(default)]
    pub callers: Vec<Personal>,
    /// Whether everyone among the contacts may too.
    #[serde(default)]
    pub contacts: bool,
    /// Seconds it rings before: the time in which the user can veto it. A caller's header may ask for more.
    #[serde(default = "default_delay_s")]
    pub delay_s: u32,
    /// What happens while another call is in conversation.
    #[serde(default)]
    pub busy: AutoAnswerBusy,
    /// What happens with the microphone.
    #[serde(default)]
    pub microphone: AutoAnswerMicrophone,
}

impl AutoAnswer {
    /// The policy of an account that has none: nothing is answered.
    pub fn off(account: AccountId) -> Self {
        Self {
            account,
            when: AutoAnswerWhen::Never,
            callers: Vec::new(),
            contacts: false,
            delay_s: default_delay_s(),
            busy: AutoAnswerBusy::default(),
            microphone: AutoAnswerMicrophone::default(),
        }
    }

    /// Whether it answers this caller's calls; `known` when he is among the contacts.
    pub fn permits(&self, caller: &Remote, known: bool) -> bool {
        self.contacts && known || self.callers.iter().any(|pattern| names(pattern.expose(), caller))
    }
}

/// Long enough to look up and press a button, short enough for who waits at the other end.
fn default_delay_s() -> u32 {
    3
}

/// Which calls are answered without the user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum AutoAnswerWhen {
    /// None.
    #[default]
    Never,
    /// Every call of a permitted caller.
    Always,
    /// Those of permitted callers that ask for it by a header (Call-Info, Alert-Info, Answer-Mode), on an account that is
    /// registered at its server.
    ByHeader,
}

/// What an automatic answer does to the call in conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum AutoAnswerBusy {
    /// Nothing: the new caller hears busy.
    #[default]
    Refuse,
    /// It is held, and the new call is answered.
    Hold,
    /// It is ended, and the new call is answered.
    Answer,
}

/// The microphone in a call that was answered without the user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum AutoAnswerMicrophone {
    /// It stays off until the user switches it on.
    #[default]
    Closed,
    /// It opens after the beep.
    AfterBeep,
}

/// Whether a pattern names a caller: by his address when it holds an `@`, else by his number or name at the server.
fn names(pattern: &str, caller: &Remote) -> bool {
    let plain = |text: &str| {
        let text = text.strip_prefix("sips:").or_else(|| text.strip_prefix("sip:")).unwrap_or(text);
        text.to_lowercase()
    };
    // Visual separators carry no meaning in a number (RFC 3966 section 5.1.1).
    let is_number = pattern.chars().all(|c| c.is_ascii_digit() || "+*#?-.() \u{a0}".contains(c));
    let pattern: String =
        if is_number { pattern.chars().filter(|c| !"-.() \u{a0}".contains(*c)).collect() } else { plain(pattern.trim()) };
    let named = if pattern.contains('@') { plain(caller.uri.expose()) } else { plain(caller.number.expose()) };
    // A withheld number is nobody: only a call that says who it is can be permitted.
    !pattern.is_empty() && !named.is_empty() && fits(&pattern, &named)
}

/// Whether `*` (any text) and `?` (one character) make `pattern` and `text` the same. Takes time in proportion to both.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where the last star stands, and where in the text what follows it was tried last.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => (p, t) = (p + 1, t + 1),
            Some(_) | None => match star {
                Some((at, tried)) => {
                    star = Some((at, tried + 1));
                    (p, t) = (at + 1, tried + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(number: &str) -> Remote {
        Remote { number: number.into(), uri: format!("sip:{number}@pbx.example.com").into(), ..Remote::default() }
    }

    fn permits(pattern: &str, number: &str) -> bool {
        let office = AccountId("office".into());
        AutoAnswer { callers: vec![pattern.into()], ..AutoAnswer::off(office) }.permits(&caller(number), false)
    }

    #[test]
    fn patterns_name_numbers_names_and_addresses() {
        for (pattern, number) in [
            ("600", "600"),
            ("6??", "600"),
            ("6*", "600"),
            ("*", "bob"),
            ("*0*0", "600"),
            ("+44 (20) 7946-0*", "+442079460123"),
            ("Bob", "bob"),
            ("*@pbx.example.com", "bob"),
            ("sip:bob@*", "bob"),
        ] {
            assert!(permits(pattern, number), "{pattern} {number}");
        }
        for (pattern, number) in [
            ("", "600"),
            ("60", "600"),
            ("6??", "6000"),
            ("6*1", "600"),
            ("bob@other.example", "bob"),
            ("*@example.com", "bob"),
            ("*", ""),
        ] {
            assert!(!permits(pattern, number), "{pattern} {number}");
        }
    }

    #[test]
    fn contacts_are_permitted_only_where_that_is_set() {
        let mut policy = AutoAnswer::off(AccountId("office".into()));
        assert!(!policy.permits(&caller("600"), true));
        policy.contacts = true;
        assert!(policy.permits(&caller("600"), true) && !policy.permits(&caller("600"), false));
    }
}
