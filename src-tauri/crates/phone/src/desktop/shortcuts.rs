//! Keys that work everywhere: what each means now.

use model::{CallId, CallState, CallView, Command, DeclineCode, Snapshot};

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shortcut {
    /// Answers the call that rings longest.
    Answer,
    /// Ends the conversation, else gives up dialling, else declines what rings.
    HangUp,
    /// Switches the microphone of the conversation off or on.
    Mute,
    /// Holds the conversation, or takes the held call back.
    Hold,
    /// Brings the window up.
    Show,
}

/// The command a key stands for in this state; `None` when there is nothing to do it to, and for [`Shortcut::Show`], which is
/// the window's.
pub fn target_of_shortcut(shortcut: Shortcut, snapshot: &Snapshot) -> Option<Command> {
    let first = |fits: fn(&CallView) -> bool| snapshot.calls.iter().find(|call| fits(call));
    match shortcut {
        Shortcut::Answer => first(super::alerts::is_ringing).map(|call| Command::Answer { call: call.id }),
        Shortcut::HangUp => {
            let call = first(is_talking).or_else(|| first(is_under_way)).or_else(|| first(is_held));
            let hang_up = call.map(|call| Command::HangUp { call: call.id });
            hang_up.or_else(|| {
                first(super::alerts::is_ringing).map(|call| Command::Decline { call: call.id, code: DeclineCode::default() })
            })
        }
        Shortcut::Mute => {
            first(|call| is_talking(call) && !call.elsewhere).map(|call| Command::Mute { call: call.id, muted: !call.muted })
        }
        Shortcut::Hold => {
            let hold = |call: CallId| Command::Hold { call };
            first(is_talking).map(|call| hold(call.id)).or_else(|| first(is_held).map(|call| Command::Resume { call: call.id }))
        }
        Shortcut::Show => None,
    }
}

fn is_talking(call: &CallView) -> bool {
    matches!(call.state, CallState::Established { hold } if !hold.local)
}

fn is_held(call: &CallView) -> bool {
    matches!(call.state, CallState::Established { hold } if hold.local)
}

fn is_under_way(call: &CallView) -> bool {
    matches!(call.state, CallState::Dialing | CallState::Ringing | CallState::EarlyMedia | CallState::Connecting)
}

#[cfg(test)]
mod tests {
    use model::Hold;

    use super::*;
    use crate::desktop::test_calls::{snapshot, view};

    #[test]
    fn a_key_means_the_call_a_person_would_mean() {
        let held = CallState::Established { hold: Hold { local: true, remote: false } };
        let talking = CallState::Established { hold: Hold::default() };
        let all = snapshot([view(1, held.clone()), view(2, talking), view(3, CallState::Incoming)]);
        let command = |shortcut| target_of_shortcut(shortcut, &all);
        assert_eq!(command(Shortcut::Answer), Some(Command::Answer { call: CallId(3) }));
        assert_eq!(command(Shortcut::HangUp), Some(Command::HangUp { call: CallId(2) }));
        assert_eq!(command(Shortcut::Mute), Some(Command::Mute { call: CallId(2), muted: true }));
        assert_eq!(command(Shortcut::Hold), Some(Command::Hold { call: CallId(2) }));
        let only_held = snapshot([view(1, held)]);
        assert_eq!(target_of_shortcut(Shortcut::Hold, &only_held), Some(Command::Resume { call: CallId(1) }));
        let only_ringing = snapshot([view(3, CallState::Incoming)]);
        assert_eq!(
            target_of_shortcut(Shortcut::HangUp, &only_ringing),
            Some(Command::Decline { call: CallId(3), code: DeclineCode::BUSY })
        );
        assert_eq!(target_of_shortcut(Shortcut::HangUp, &snapshot([])), None);
    }
}
