//! The tray: a picture, a line of words, a menu.

use model::{AccountState, CallState, CallView, Command, Snapshot};
use serde::{Deserialize, Serialize};

use super::{alerts, words};

/// What the tray shows.
#[derive(Clone, Debug, PartialEq)]
pub struct TrayView {
    /// The picture.
    pub picture: TrayPicture,
    /// The words beside it.
    pub tooltip: String,
    /// The menu, top down.
    pub menu: Vec<TrayEntry>,
}

/// The pictures; of several that fit, the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrayPicture {
    /// A call rings here.
    Ringing,
    /// A call is up.
    InCall,
    /// No account can be called on.
    Offline,
    /// Calls are turned away.
    DoNotDisturb,
    /// Somebody called in vain.
    Missed,
    /// Nothing goes on.
    Idle,
}

/// One line of the menu.
#[derive(Clone, Debug, PartialEq)]
pub enum TrayEntry {
    /// Something to do.
    Do {
        /// Its words.
        label: String,
        /// What it does.
        action: TrayAction,
    },
    /// Something that is on or off.
    Switch {
        /// Its words.
        label: String,
        /// Whether it is on.
        on: bool,
        /// What a click does.
        action: TrayAction,
    },
    /// Words only.
    Words(String),
    /// A line between groups.
    Line,
}

/// What a click in the menu does. It names its calls itself, so that a menu which is open while things change never does
/// something else than it said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrayAction {
    /// Brings the window up.
    Show,
    /// Ends the program.
    Quit,
    /// Asks this of the phone.
    Command(Command),
}

impl TrayView {
    /// The tray of this state.
    pub fn of(snapshot: &Snapshot) -> Self {
        let live: Vec<&CallView> = snapshot.calls.iter().filter(|call| !matches!(call.state, CallState::Ended { .. })).collect();
        Self { picture: picture(snapshot, &live), tooltip: tooltip(snapshot, &live), menu: menu(snapshot, &live) }
    }
}

fn picture(snapshot: &Snapshot, live: &[&CallView]) -> TrayPicture {
    if live.iter().any(|call| alerts::is_ringing(call)) {
        TrayPicture::Ringing
    } else if !live.is_empty() {
        TrayPicture::InCall
    } else if !snapshot.accounts.iter().any(|account| is_usable(&account.state)) {
        TrayPicture::Offline
    } else if snapshot.do_not_disturb {
        TrayPicture::DoNotDisturb
    } else if snapshot.missed > 0 {
        TrayPicture::Missed
    } else {
        TrayPicture::Idle
    }
}

fn is_usable(state: &AccountState) -> bool {
    matches!(state, AccountState::Registered | AccountState::Ready)
}

fn tooltip(snapshot: &Snapshot, live: &[&CallView]) -> String {
    if let Some(call) = live.iter().find(|call| alerts::is_ringing(call)).or(live.first()) {
        return call_words(call);
    }
    let account = snapshot.accounts.iter().find(|account| is_usable(&account.state)).or(snapshot.accounts.first());
    let account = account
        .map_or_else(|| "no account".into(), |account| format!("{}: {}", account.id, words::account_state(&account.state)));
    let missed = match snapshot.missed {
        0 => None,
        1 => Some("1 missed call".to_owned()),
        count => Some(format!("{count} missed calls")),
    };
    let undisturbed = snapshot.do_not_disturb.then(|| "do not disturb".to_owned());
    [Some(account), undisturbed, missed].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn call_words(call: &CallView) -> String {
    let who = words::who(call);
    match &call.state {
        CallState::Incoming => format!("{who} calls"),
        CallState::Dialing | CallState::Ringing | CallState::EarlyMedia => format!("Calling {who}"),
        CallState::Established { hold } if hold.local => format!("{who}, on hold"),
        CallState::Connecting | CallState::Established { .. } => format!("In a call with {who}"),
        CallState::Ended { .. } => format!("{who}, over"),
    }
}

fn menu(snapshot: &Snapshot, live: &[&CallView]) -> Vec<TrayEntry> {
    let mut menu = Vec::new();
    for call in live {
        menu.push(TrayEntry::Words(call_words(call)));
        menu.extend(call_entries(call));
        menu.push(TrayEntry::Line);
    }
    let on = snapshot.do_not_disturb;
    let action = TrayAction::Command(Command::DoNotDisturb { on: !on });
    menu.push(TrayEntry::Switch { label: "Do not disturb".into(), on, action });
    menu.push(TrayEntry::Line);
    for account in &snapshot.accounts {
        menu.push(TrayEntry::Words(format!("{}: {}", account.id, words::account_state(&account.state))));
    }
    if !snapshot.accounts.is_empty() {
        menu.push(TrayEntry::Line);
    }
    menu.push(entry("Show Sidetone", TrayAction::Show));
    menu.push(entry("Quit", TrayAction::Quit));
    menu
}

fn call_entries(view: &CallView) -> Vec<TrayEntry> {
    let call = view.id;
    let hang_up = entry("Hang up", TrayAction::Command(Command::HangUp { call }));
    match view.state {
        CallState::Incoming => vec![
            entry("Answer", TrayAction::Command(Command::Answer { call })),
            entry("Decline", TrayAction::Command(Command::Decline { call })),
        ],
        CallState::Established { .. } | CallState::Connecting => {
            let action = TrayAction::Command(Command::Mute { call, muted: !view.muted });
            vec![hang_up, TrayEntry::Switch { label: "Microphone off".into(), on: view.muted, action }]
        }
        CallState::Dialing | CallState::Ringing | CallState::EarlyMedia => vec![hang_up],
        CallState::Ended { .. } => Vec::new(),
    }
}

fn entry(label: &str, action: TrayAction) -> TrayEntry {
    TrayEntry::Do { label: label.into(), action }
}

#[cfg(test)]
mod tests {
    use model::{CallId, Hold};

    use super::*;
    use crate::desktop::test_calls::{snapshot, view};

    fn labels(view: &TrayView) -> Vec<&str> {
        let mut labels = Vec::new();
        for entry in &view.menu {
            labels.push(match entry {
                TrayEntry::Do { label, .. } | TrayEntry::Switch { label, .. } | TrayEntry::Words(label) => label.as_str(),
                TrayEntry::Line => "-",
            });
        }
        labels
    }

    #[test]
    fn a_quiet_phone_offers_its_window_and_the_end() {
        let tray = TrayView::of(&snapshot([]));
        assert_eq!(tray.picture, TrayPicture::Idle);
        assert_eq!(tray.tooltip, "practice: ready");
        assert_eq!(labels(&tray), ["Do not disturb", "-", "practice: ready", "-", "Show Sidetone", "Quit"]);
    }

    #[test]
    fn a_ringing_call_comes_first_and_its_entries_name_it() {
        let talking = CallState::Established { hold: Hold::default() };
        let tray = TrayView::of(&snapshot([view(1, talking), view(2, CallState::Incoming)]));
        assert_eq!(tray.picture, TrayPicture::Ringing);
        assert_eq!(tray.tooltip, "Anna calls");
        let answer = TrayEntry::Do { label: "Answer".into(), action: TrayAction::Command(Command::Answer { call: CallId(2) }) };
        assert!(tray.menu.contains(&answer), "{tray:?}");
        assert!(labels(&tray).contains(&"Microphone off"));
    }

    #[test]
    fn a_phone_nobody_can_call_is_offline() {
        let mut offline = snapshot([]);
        offline.accounts[0].state = AccountState::Connecting;
        assert_eq!(TrayView::of(&offline).picture, TrayPicture::Offline);
        offline.accounts.clear();
        assert_eq!(TrayView::of(&offline).tooltip, "no account");
    }

    #[test]
    fn quiet_states_are_told_apart() {
        let missed = Snapshot { missed: 2, ..snapshot([]) };
        let tray = TrayView::of(&missed);
        assert_eq!((tray.picture, tray.tooltip.as_str()), (TrayPicture::Missed, "practice: ready, 2 missed calls"));
        let tray = TrayView::of(&Snapshot { do_not_disturb: true, ..missed });
        assert_eq!(tray.picture, TrayPicture::DoNotDisturb);
        let action = TrayAction::Command(Command::DoNotDisturb { on: false });
        assert_eq!(tray.menu[0], TrayEntry::Switch { label: "Do not disturb".into(), on: true, action });
    }

    #[test]
    fn a_click_survives_the_way_over_the_bus() {
        let action = TrayAction::Command(Command::Mute { call: CallId(7), muted: true });
        let text = serde_json::to_string(&action).expect("it is text");
        assert_eq!(serde_json::from_str::<TrayAction>(&text).expect("it reads"), action);
    }
}
