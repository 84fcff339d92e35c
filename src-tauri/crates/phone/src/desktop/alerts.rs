//! Calls that somebody should see at once.

use model::{CallId, CallState, CallView, Command, DeclineCode, DialOptions, Settings, Snapshot, Target};
use serde::Deserialize;

use super::{language::Language, words};

/// A call as told by a popup or a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Which.
    pub call: CallId,
    /// The caller.
    pub title: String,
    /// What else there is to know.
    pub body: String,
    /// Whether the phone is about to answer it, which can be stopped.
    pub answers_itself: bool,
}

/// Which calls ring here, oldest first.
pub fn ringing(snapshot: &Snapshot) -> Vec<CallId> {
    snapshot.calls.iter().filter(|call| is_ringing(call)).map(|call| call.id).collect()
}

/// Calls that ring here in words, oldest first.
pub fn incoming(snapshot: &Snapshot, language: Language) -> Vec<Alert> {
    snapshot.calls.iter().filter(|call| is_ringing(call)).map(|call| alert(call, language)).collect()
}

/// Calls that nobody answered and that are still shown, oldest first, each with what calls back; nothing does where the caller
/// told no number.
pub fn missed(snapshot: &Snapshot, language: Language) -> Vec<(Alert, Option<Command>)> {
    let missed = |call: &&CallView| match &call.state {
        CallState::Ended { cause } => call.answered_ms.is_none() && cause.is_missed(call.direction),
        _ => false,
    };
    snapshot.calls.iter().filter(missed).map(|call| (alert(call, language), call_back(call))).collect()
}

fn call_back(call: &CallView) -> Option<Command> {
    let target = Target::try_from(store::dialable(&call.remote)).ok()?;
    Some(Command::Dial(DialOptions { target, account: Some(call.account.clone()), headers: Vec::new() }))
}

/// Whether the machine must not fall asleep: somebody is talking, or about to.
pub fn keeps_awake(snapshot: &Snapshot) -> bool {
    snapshot.calls.iter().any(|call| !matches!(call.state, CallState::Ended { .. }))
}

/// Whether a link to `target` calls at once. Codes with star or hash may change things at the server: they are only filled in.
pub fn dials_at_once(settings: &Settings, target: &Target) -> bool {
    settings.window.dial_links_at_once && !target.expose().contains(['*', '#'])
}

pub(super) fn is_ringing(call: &CallView) -> bool {
    call.state == CallState::Incoming
}

fn alert(call: &CallView, language: Language) -> Alert {
    let number = words::number_beside(call, language);
    let body = number.into_iter().chain([words::on_account(call, language)]).collect::<Vec<_>>().join(" ");
    Alert { call: call.id, title: words::who(call, language), body, answers_itself: call.answers_itself_ms.is_some() }
}

/// What the window of a ringing call can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IncomingAction {
    /// Answer it. A call in conversation is held by that.
    #[serde(alias = "hold-and-answer")]
    Answer,
    /// End the call in conversation and answer this one.
    EndAndAnswer,
    /// Decline it.
    Decline,
    /// Decline it, and tell the caller why.
    DeclineWith(DeclineCode),
    /// Send the caller elsewhere; the phone's own window asks where to, because this one has no keyboard.
    Redirect,
    /// Stop the ringer.
    Silence,
    /// Keep the phone from answering it by itself.
    Veto,
}

impl IncomingAction {
    /// Whether the user talks next.
    pub fn answers(self) -> bool {
        match self {
            Self::Answer | Self::EndAndAnswer => true,
            Self::Decline | Self::DeclineWith(_) | Self::Redirect | Self::Silence | Self::Veto => false,
        }
    }

    /// The command it stands for. There is none for a call that does not ring any more: a late click must not end a
    /// conversation. There is none for [`Self::Redirect`], which is the window's.
    pub fn command(self, call: CallId, snapshot: &Snapshot) -> Option<Command> {
        let ringing = snapshot.calls.iter().find(|view| view.id == call && is_ringing(view))?;
        Some(match self {
            Self::Answer => Command::Answer { call },
            Self::EndAndAnswer => Command::EndAndAnswer { call },
            Self::Decline => Command::Decline { call, code: DeclineCode::default() },
            Self::DeclineWith(code) => Command::Decline { call, code },
            Self::Redirect => return None,
            Self::Silence => Command::Silence { call },
            Self::Veto => {
                ringing.answers_itself_ms?;
                Command::Veto { call }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use model::{AccountId, Cause, Direction, Remote};

    use super::*;
    use crate::desktop::test_calls::{snapshot, view};

    #[test]
    fn a_caller_who_told_no_number_cannot_be_called_back() {
        let nobody = CallView { remote: Remote::default(), ..view(1, CallState::Ended { cause: Cause::Missed }) };
        let missed = missed(&snapshot([nobody]), Language::English);
        assert!(matches!(missed[..], [(_, None)]), "{missed:?}");
    }

    #[test]
    fn who_rang_until_the_line_went_was_missed_and_who_talked_was_not() {
        let rang = view(1, CallState::Ended { cause: Cause::ConnectionLost });
        let talked = CallView { answered_ms: Some(0), ..view(2, CallState::Ended { cause: Cause::ConnectionLost }) };
        let called = CallView { direction: Direction::Outgoing, ..view(3, CallState::Ended { cause: Cause::ConnectionLost }) };
        let missed = missed(&snapshot([rang, talked, called]), Language::English);
        assert_eq!(missed.iter().map(|(alert, _)| alert.call).collect::<Vec<_>>(), [CallId(1)]);
    }

    #[test]
    fn only_calls_that_ring_here_alert_and_any_live_call_keeps_the_machine_awake() {
        let ended = CallState::Ended { cause: Cause::Missed };
        let snapshot = snapshot([view(1, CallState::Ringing), view(2, CallState::Incoming), view(3, ended)]);
        assert_eq!(ringing(&snapshot), [CallId(2)]);
        let alerts = incoming(&snapshot, Language::English);
        assert_eq!(
            alerts,
            [Alert { call: CallId(2), title: "Anna".into(), body: "602 on practice".into(), answers_itself: false }]
        );
        let missed = missed(&snapshot, Language::English);
        let [(alert, Some(Command::Dial(dial)))] = &missed[..] else { panic!("one call to return: {missed:?}") };
        assert_eq!(
            (alert.call, dial.target.expose(), dial.account.as_ref()),
            (CallId(3), "602", Some(&AccountId("practice".into())))
        );
        assert!(keeps_awake(&snapshot));
    }

    #[test]
    fn a_link_calls_at_once_only_where_the_user_wants_it_and_never_a_code() {
        let target = |text: &str| text.parse::<Target>().expect("a target");
        let mut settings = Settings::default();
        assert!(!dials_at_once(&settings, &target("600")));
        settings.window.dial_links_at_once = true;
        assert!(dials_at_once(&settings, &target("600")));
        assert!(!dials_at_once(&settings, &target("*21*600#")));
    }

    #[test]
    fn only_a_call_that_is_about_to_answer_itself_can_be_kept_from_it() {
        let itself = model::CallView { answers_itself_ms: Some(3000), ..view(2, CallState::Incoming) };
        let snapshot = snapshot([view(1, CallState::Incoming), itself]);
        assert_eq!(IncomingAction::Veto.command(CallId(1), &snapshot), None);
        assert_eq!(IncomingAction::Veto.command(CallId(2), &snapshot), Some(Command::Veto { call: CallId(2) }));
        let told: Vec<bool> = incoming(&snapshot, Language::English).iter().map(|alert| alert.answers_itself).collect();
        assert_eq!(told, [false, true]);
    }

    #[test]
    fn the_window_of_a_ringing_call_declines_with_a_code_and_with_no_other() {
        let chosen = |text: &str| serde_json::from_str::<IncomingAction>(text);
        let snapshot = snapshot([view(1, CallState::Incoming), view(2, CallState::Established { hold: Default::default() })]);
        let not_now = chosen(r#"{"decline-with":480}"#).expect("one of its actions");
        let code = DeclineCode::try_from(480).expect("declines");
        assert_eq!(not_now.command(CallId(1), &snapshot), Some(Command::Decline { call: CallId(1), code }));
        assert_eq!(not_now.command(CallId(2), &snapshot), None, "it does not ring any more");
        let plain = chosen(r#""decline""#).expect("one of its actions");
        assert_eq!(plain.command(CallId(1), &snapshot), Some(Command::Decline { call: CallId(1), code: DeclineCode::BUSY }));
        for other in [r#"{"decline-with":200}"#, r#"{"decline-with":302}"#, r#""decline-with""#] {
            assert!(chosen(other).is_err(), "{other}");
        }
    }

    #[test]
    fn where_a_caller_is_sent_is_no_matter_of_the_window_of_a_ringing_call() {
        let snapshot = snapshot([view(1, CallState::Incoming)]);
        let redirect: IncomingAction = serde_json::from_str(r#""redirect""#).expect("one of its actions");
        assert_eq!((redirect.command(CallId(1), &snapshot), redirect.answers()), (None, false));
    }

    #[test]
    fn a_late_click_does_nothing() {
        let snapshot = snapshot([view(1, CallState::Incoming), view(2, CallState::Established { hold: Default::default() })]);
        let answer = IncomingAction::Answer.command(CallId(1), &snapshot);
        assert_eq!(answer, Some(Command::Answer { call: CallId(1) }));
        assert_eq!(IncomingAction::Decline.command(CallId(2), &snapshot), None);
        assert_eq!(IncomingAction::Decline.command(CallId(9), &snapshot), None);
    }
}
