//! How a call that arrives is to be answered without the user: by its account's policy, its caller and its headers.
//!
//! Who hands call control its inputs decides that, and not call control itself: the journal keeps pseudonyms in the place of
//! numbers and headers, so a replay could not compare them with a pattern.

use std::time::Duration;

use model::{AccountId, AutoAnswer, AutoAnswerBusy, AutoAnswerMicrophone, AutoAnswerWhen, Personal};
use serde::{Deserialize, Serialize};

use super::IncomingCall;

/// How a call is to be answered without the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Whether its headers ask for it. They are believed on an account that is registered: the server it is registered at
    /// answers for what it lets through.
    pub by_header: bool,
    /// How long it rings before.
    pub delay: Duration,
    /// What becomes of the call in conversation.
    pub busy: AutoAnswerBusy,
    /// What becomes of the microphone.
    pub microphone: AutoAnswerMicrophone,
}

impl Plan {
    /// What the policies say of a call on this account; `known` when its caller is among the contacts.
    pub fn of(policies: &[AutoAnswer], account: &AccountId, incoming: &IncomingCall, known: bool) -> Option<Self> {
        let policy = policies.iter().find(|policy| policy.account == *account)?;
        let delay = Duration::from_secs(policy.delay_s.into());
        let (by_header, delay) = match policy.when {
            AutoAnswerWhen::Never => return None,
            AutoAnswerWhen::Always => (false, delay),
            AutoAnswerWhen::ByHeader => (true, delay.max(asked_delay(&incoming.headers)?)),
        };
        let plan = Self { by_header, delay, busy: policy.busy, microphone: policy.microphone };
        policy.permits(&incoming.remote, known).then_some(plan)
    }
}

/// A header may make people wait, but not for ever.
const LONGEST_DELAY_S: u32 = 60;

/// What makers write into Alert-Info to ask for an answer without the called, in lower case and without blanks, dashes and
/// quotes: Polycom and Asterisk (`Ring Answer`, `info=alert-autoanswer`), Cisco and Yealink (`Auto Answer`), Grandstream and
/// Snom (`intercom`), XiVO.
const ALERTS: [&str; 7] =
    ["alertautoanswer", "autoanswer", "ringanswer", "ringautoanswer", "xivoautoanswer", "intercom", "alertintercom"];

/// After which delay the headers `(name, value)` ask for an answer; nothing when they do not.
fn asked_delay(headers: &[(String, Personal)]) -> Option<Duration> {
    let delays: Vec<u32> = headers.iter().filter_map(|(name, value)| delay_s(name, value.expose())).collect();
    // Several headers that say the same are usual; the most patient one counts.
    delays.into_iter().max().map(|delay| Duration::from_secs(delay.min(LONGEST_DELAY_S).into()))
}

/// What one header asks for, in seconds.
fn delay_s(name: &str, value: &str) -> Option<u32> {
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    let words: Vec<String> = value.split([';', ',']).map(plain).collect();
    let number = |key: &str| {
        let parameters = value.split([';', ',']).filter_map(|word| word.split_once('='));
        parameters.filter(|(name, _)| plain(name) == key).find_map(|(_, value)| value.trim().trim_matches('"').parse().ok())
    };
    if is("Call-Info") {
        return number("answerafter");
    }
    if is("Alert-Info") {
        let asks = |word: &String| ALERTS.contains(&word.strip_prefix("info=").unwrap_or(word));
        return words.iter().any(asks).then(|| number("delay").unwrap_or(0));
    }
    // RFC 5373; its priority form asks for the same, and is permitted to the same callers.
    if is("Answer-Mode") || is("Priv-Answer-Mode") {
        return (words.first()? == "auto").then_some(0);
    }
    if is("Answer-After") {
        return words.first()?.parse().ok();
    }
    None
}

/// A word of a header as it is compared: without case, quotes, angles, blanks, dashes.
fn plain(word: &str) -> String {
    word.chars().filter(|c| !"\"<> -_\t".contains(*c)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(name: &str, value: &str) -> Option<u64> {
        asked_delay(&[(name.to_owned(), value.into())]).map(|delay| delay.as_secs())
    }

    #[test]
    fn headers_of_every_maker_are_understood() {
        for (name, value, delay) in [
            ("Call-Info", ";answer-after=0", 0),
            ("call-info", "<sip:pbx.example.com>;answer-after=5", 5),
            ("Call-Info", "<http://a/b.png>;purpose=icon, <sip:x>;Answer-After=2", 2),
            ("Alert-Info", "xivo-autoanswer", 0),
            ("Alert-Info", "<http://wazo.community>;info=alert-autoanswer;delay=0;xivo-autoanswer", 0),
            ("Alert-Info", "<http://www.notused.com>;info=alert-autoanswer;delay=4", 4),
            ("Alert-Info", "Ring Answer", 0),
            ("Alert-Info", "info=\"Auto Answer\"", 0),
            ("Alert-Info", "<ring-answer>", 0),
            ("Alert-Info", "intercom", 0),
            ("Answer-Mode", "Auto", 0),
            ("Answer-Mode", "auto;require", 0),
            ("Priv-Answer-Mode", "Auto", 0),
            ("Answer-After", "3", 3),
            ("Call-Info", ";answer-after=86400", 60),
        ] {
            assert_eq!(asks(name, value), Some(delay), "{name}: {value}");
        }
    }

    #[test]
    fn everything_else_asks_for_nothing() {
        for (name, value) in [
            ("Call-Info", "<http://a/b.png>;purpose=icon"),
            ("Call-Info", ";answer-after="),
            ("Call-Info", ";answer-after=-1"),
            ("Call-Info", ";answer-after=99999999999999"),
            ("Alert-Info", "<urn:alert:service:call-waiting>"),
            ("Alert-Info", "<http://example.com/autoanswer.wav>"),
            ("Answer-Mode", "Manual"),
            ("Answer-Mode", ""),
            ("X-Answer-Mode", "Auto"),
            ("Subject", "auto answer"),
        ] {
            assert_eq!(asks(name, value), None, "{name}: {value}");
        }
    }
}
