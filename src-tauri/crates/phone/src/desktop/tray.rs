//! The tray: a picture, a line of words, a menu.

use model::{AccountState, AccountView, CallState, CallView, Command, DeclineCode, Snapshot};
use serde::{Deserialize, Serialize};

use super::{
    alerts,
    language::{Language, fill},
    words,
};

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
    pub fn of(snapshot: &Snapshot, language: Language) -> Self {
        let live: Vec<&CallView> = snapshot.calls.iter().filter(|call| !matches!(call.state, CallState::Ended { .. })).collect();
        Self {
            picture: picture(snapshot, &live),
            tooltip: tooltip(snapshot, &live, language),
            menu: menu(snapshot, &live, language),
        }
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

fn tooltip(snapshot: &Snapshot, live: &[&CallView], language: Language) -> String {
    let words = language.words();
    if let Some(call) = live.iter().find(|call| alerts::is_ringing(call)).or(live.first()) {
        return call_words(call, language);
    }
    let account = snapshot.accounts.iter().find(|account| is_usable(&account.state)).or(snapshot.accounts.first());
    let account = account.map_or_else(|| words.no_account.into(), |account| account_words(account, language));
    let missed = match snapshot.missed {
        0 => None,
        1 => Some(words.one_missed_call.to_owned()),
        count => Some(fill(words.missed_calls, count)),
    };
    let undisturbed = snapshot.do_not_disturb.then(|| words.do_not_disturb.to_owned());
    [Some(account), undisturbed, missed].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn account_words(account: &AccountView, language: Language) -> String {
    format!("{}: {}", account.id, words::account_state(&account.state, language))
}

fn call_words(call: &CallView, language: Language) -> String {
    let (who, words) = (words::who(call, language), language.words());
    match &call.state {
        CallState::Incoming if call.answers_itself_ms.is_some() => fill(words.who_will_be_answered, who),
        CallState::Incoming => fill(words.who_calls, who),
        CallState::Dialing | CallState::Ringing | CallState::EarlyMedia => fill(words.calling, who),
        CallState::Established { hold } if hold.local => fill(words.on_hold, who),
        CallState::Connecting | CallState::Established { .. } => fill(words.in_a_call, who),
        CallState::Ended { .. } => fill(words.over, who),
    }
}

fn menu(snapshot: &Snapshot, live: &[&CallView], language: Language) -> Vec<TrayEntry> {
    let words = language.words();
    let mut menu = Vec::new();
    for call in live {
        menu.push(TrayEntry::Words(call_words(call, language)));
        menu.extend(call_entries(call, language));
        menu.push(TrayEntry::Line);
    }
    let on = snapshot.do_not_disturb;
    let action = TrayAction::Command(Command::DoNotDisturb { on: !on });
    menu.push(TrayEntry::Switch { label: words.do_not_disturb.into(), on, action });
    menu.push(TrayEntry::Line);
    for account in &snapshot.accounts {
        menu.push(TrayEntry::Words(account_words(account, language)));
    }
    if !snapshot.accounts.is_empty() {
        menu.push(TrayEntry::Line);
    }
    menu.push(entry(words.show_sidetone, TrayAction::Show));
    menu.push(entry(words.quit, TrayAction::Quit));
    menu
}

fn call_entries(view: &CallView, language: Language) -> Vec<TrayEntry> {
    let words = language.words();
    let call = view.id;
    let hang_up = entry(words.hang_up, TrayAction::Command(Command::HangUp { call }));
    match view.state {
        CallState::Incoming => {
            let veto = view.answers_itself_ms.map(|_| entry(words.veto, TrayAction::Command(Command::Veto { call })));
            let answer = entry(words.answer, TrayAction::Command(Command::Answer { call }));
            let decline = entry(words.decline, TrayAction::Command(Command::Decline { call, code: DeclineCode::default() }));
            veto.into_iter().chain([answer, decline]).collect()
        }
        CallState::Established { .. } if view.elsewhere => vec![hang_up],
        CallState::Established { .. } | CallState::Connecting => {
            let action = TrayAction::Command(Command::Mute { call, muted: !view.muted });
            vec![hang_up, TrayEntry::Switch { label: words.microphone_off.into(), on: view.muted, action }]
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

    fn english(snapshot: &Snapshot) -> TrayView {
        TrayView::of(snapshot, Language::English)
    }

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
        let tray = english(&snapshot([]));
        assert_eq!(tray.picture, TrayPicture::Idle);
        assert_eq!(tray.tooltip, "practice: ready");
        assert_eq!(labels(&tray), ["Do not disturb", "-", "practice: ready", "-", "Show Sidetone", "Quit"]);
    }

    #[test]
    fn it_speaks_the_language_of_its_user() {
        let tray = TrayView::of(&Snapshot { missed: 2, ..snapshot([view(2, CallState::Incoming)]) }, Language::German);
        assert_eq!(tray.tooltip, "Anna ruft an");
        assert_eq!(labels(&tray)[..3], ["Anna ruft an", "Annehmen", "Ablehnen"]);
        assert!(labels(&tray).contains(&"practice: bereit"));
        assert_eq!(
            TrayView::of(&Snapshot { missed: 2, ..snapshot([]) }, Language::French).tooltip,
            "practice: prêt, 2 appels manqués"
        );
    }

    #[test]
    fn a_ringing_call_comes_first_and_its_entries_name_it() {
        let talking = CallState::Established { hold: Hold::default() };
        let tray = english(&snapshot([view(1, talking), view(2, CallState::Incoming)]));
        assert_eq!(tray.picture, TrayPicture::Ringing);
        assert_eq!(tray.tooltip, "Anna calls");
        let answer = TrayEntry::Do { label: "Answer".into(), action: TrayAction::Command(Command::Answer { call: CallId(2) }) };
        assert!(tray.menu.contains(&answer), "{tray:?}");
        assert!(labels(&tray).contains(&"Microphone off"));
    }

    #[test]
    fn a_call_that_is_about_to_answer_itself_says_so_and_can_be_stopped() {
        let itself = CallView { answers_itself_ms: Some(3000), ..view(2, CallState::Incoming) };
        let tray = english(&snapshot([itself]));
        assert_eq!(tray.tooltip, "Anna calls and will be answered without you");
        assert_eq!(labels(&tray)[1..4], ["Let it ring", "Answer", "Decline"]);
        let veto = TrayEntry::Do { label: "Let it ring".into(), action: TrayAction::Command(Command::Veto { call: CallId(2) }) };
        assert_eq!(tray.menu[1], veto);
    }

    #[test]
    fn a_phone_nobody_can_call_is_offline() {
        let mut offline = snapshot([]);
        offline.accounts[0].state = AccountState::Connecting;
        assert_eq!(english(&offline).picture, TrayPicture::Offline);
        offline.accounts.clear();
        assert_eq!(english(&offline).tooltip, "no account");
    }

    #[test]
    fn quiet_states_are_told_apart() {
        let missed = Snapshot { missed: 2, ..snapshot([]) };
        let tray = english(&missed);
        assert_eq!((tray.picture, tray.tooltip.as_str()), (TrayPicture::Missed, "practice: ready, 2 missed calls"));
        let tray = english(&Snapshot { do_not_disturb: true, ..missed });
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
