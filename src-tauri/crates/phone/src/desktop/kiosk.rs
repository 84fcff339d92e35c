//! A kiosk: what its screen shows, and which of the things that are asked there its profile allows.

use std::time::Duration;

use model::{
    AccountState, CallState, CallView, Command, DialOptions, KioskAction, KioskFault, KioskScreen, KioskView, Settings, Snapshot,
};
use store::{KioskProfile, ReadError};

use super::{alerts, language::Language, words};

/// The longest wait between two tries at the PIN.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A kiosk, or what keeps a machine from being one.
#[derive(Debug)]
pub struct Kiosk {
    profile: Result<KioskProfile, ReadError>,
}

impl Kiosk {
    /// With the profile that was read.
    pub fn new(profile: Result<KioskProfile, ReadError>) -> Self {
        Self { profile }
    }

    /// What it may do; `None` when that is not known.
    pub fn profile(&self) -> Option<&KioskProfile> {
        self.profile.as_ref().ok()
    }

    /// The settings it runs with. Without a profile no account goes online: nobody could say who may be answered.
    pub fn settings(&self, settings: Settings) -> Settings {
        let mut settings = settings;
        settings.calls.auto_answer = false;
        match &self.profile {
            Ok(profile) => {
                settings.auto_answer.clone_from(&profile.auto_answer);
                settings.accounts.retain(|account| account.id == profile.account);
                if !profile.language.is_empty() {
                    settings.window.language.clone_from(&profile.language);
                }
            }
            Err(_) => {
                settings.auto_answer.clear();
                settings.accounts.clear();
            }
        }
        settings
    }

    /// What the screen shows.
    pub fn view(&self, snapshot: &Snapshot, language: Language) -> KioskView {
        let screen = match &self.profile {
            Ok(profile) => screen(profile, snapshot, language),
            Err(trouble) => damaged(trouble),
        };
        let profile = self.profile();
        KioskView {
            at_ms: snapshot.at_ms,
            language: language.code().into(),
            screen,
            microphone_live: snapshot.calls.iter().any(is_heard),
            can_leave: profile.is_some_and(|profile| profile.pin.is_some()),
            hides_cursor: profile.is_some_and(|profile| profile.hide_cursor),
        }
    }

    /// The command that an action on the screen stands for; `None` for what the profile does not allow, and for what comes
    /// too late.
    pub fn command(&self, action: KioskAction, snapshot: &Snapshot) -> Option<Command> {
        let profile = self.profile()?;
        match action {
            KioskAction::Dial { button } => self.dial(button, snapshot),
            KioskAction::Answer { call } => {
                let ringing = find(snapshot, call).filter(|view| alerts::is_ringing(view))?;
                profile.answer_by_hand.then_some(Command::Answer { call: ringing.id })
            }
            KioskAction::End { call } => {
                let view = find(snapshot, call).filter(|view| is_live(view))?;
                Some(if alerts::is_ringing(view) { Command::Decline { call } } else { Command::HangUp { call } })
            }
            KioskAction::Microphone { call, on } => {
                let talks = find(snapshot, call).is_some_and(|view| matches!(view.state, CallState::Established { .. }));
                talks.then_some(Command::Mute { call, muted: !on })
            }
        }
    }

    /// The call it places by itself once it can.
    pub fn first_call(&self, snapshot: &Snapshot) -> Option<Command> {
        self.profile()?.call_on_start.then(|| self.dial(0, snapshot)).flatten()
    }

    /// What is done about calls that nobody may take here.
    pub fn refusals(&self, snapshot: &Snapshot) -> Vec<Command> {
        if self.profile().is_some_and(|profile| profile.answer_by_hand) {
            return Vec::new();
        }
        // While an answer is being made, a call is no longer about to answer itself, and not yet up.
        let is_stranger = |view: &&CallView| alerts::is_ringing(view) && view.answers_itself_ms.is_none() && !view.auto_answered;
        snapshot.calls.iter().filter(is_stranger).map(|view| Command::Decline { call: view.id }).collect()
    }

    fn dial(&self, button: u32, snapshot: &Snapshot) -> Option<Command> {
        let profile = self.profile()?;
        let button = profile.buttons.get(usize::try_from(button).ok()?)?;
        let is_free = !snapshot.calls.iter().any(is_live);
        (is_free && is_ready(profile, snapshot)).then(|| {
            let account = Some(profile.account.clone());
            Command::Dial(DialOptions { target: button.target.clone(), account, headers: Vec::new() })
        })
    }
}

/// How long the next try at the PIN waits after so many wrong ones.
pub fn pin_delay(wrong: u32) -> Duration {
    let doubled = wrong.checked_sub(1).map_or(Duration::ZERO, |n| Duration::from_secs(1 << n.min(10)));
    doubled.min(LONGEST_WAIT)
}

fn screen(profile: &KioskProfile, snapshot: &Snapshot, language: Language) -> KioskScreen {
    let live = || snapshot.calls.iter().filter(|view| is_live(view));
    if let Some(call) = live().find(|view| !alerts::is_ringing(view)).or_else(|| live().next()) {
        return KioskScreen::Call { call: call.clone(), can_answer: alerts::is_ringing(call) && profile.answer_by_hand };
    }
    let Some(account) = snapshot.accounts.iter().find(|view| view.id == profile.account) else {
        return KioskScreen::Fault { fault: KioskFault::Account, detail: profile.account.to_string(), line: None };
    };
    match &account.state {
        AccountState::Offline { .. } | AccountState::Disabled => {
            let detail = words::account_state(&account.state, language);
            KioskScreen::Fault { fault: KioskFault::Offline, detail, line: None }
        }
        AccountState::Connecting | AccountState::Registering | AccountState::Registered | AccountState::Ready => {
            KioskScreen::Idle {
                title: profile.title.clone(),
                text: profile.text.clone(),
                buttons: profile.buttons.iter().map(|button| button.label.clone()).collect(),
                ready: is_ready(profile, snapshot),
            }
        }
    }
}

fn damaged(trouble: &ReadError) -> KioskScreen {
    let line = match trouble {
        ReadError::Damaged { line, .. } => line.and_then(|line| u32::try_from(line).ok()),
        ReadError::Unreadable(_) | ReadError::Newer { .. } => None,
    };
    KioskScreen::Fault { fault: KioskFault::Profile, detail: trouble.to_string(), line }
}

fn is_ready(profile: &KioskProfile, snapshot: &Snapshot) -> bool {
    let account = snapshot.accounts.iter().find(|view| view.id == profile.account);
    account.is_some_and(|view| matches!(view.state, AccountState::Registered | AccountState::Ready))
}

fn find(snapshot: &Snapshot, call: model::CallId) -> Option<&CallView> {
    snapshot.calls.iter().find(|view| view.id == call)
}

fn is_live(call: &CallView) -> bool {
    !matches!(call.state, CallState::Ended { .. })
}

/// Whether the far end hears the microphone. Until the beep is over it does not yet; who is warned early is warned in time.
fn is_heard(call: &CallView) -> bool {
    matches!(call.state, CallState::Established { hold } if !hold.local) && !call.muted
}

#[cfg(test)]
mod tests {
    use model::{AccountId, CallId, Hold};
    use store::KioskButton;

    use super::*;
    use crate::desktop::test_calls::{snapshot, view};

    const TALKING: CallState = CallState::Established { hold: Hold { local: false, remote: false } };

    fn profile() -> KioskProfile {
        KioskProfile {
            account: AccountId("practice".into()),
            title: "Reception".into(),
            text: String::new(),
            buttons: vec![KioskButton { label: "Help".into(), target: "600".parse().expect("a number") }],
            call_on_start: false,
            answer_by_hand: false,
            auto_answer: Vec::new(),
            language: "de".into(),
            hide_cursor: true,
            pin: None,
        }
    }

    fn kiosk() -> Kiosk {
        Kiosk::new(Ok(profile()))
    }

    fn fault(kiosk: &Kiosk, snapshot: &Snapshot) -> (KioskFault, Option<u32>) {
        match kiosk.view(snapshot, Language::English).screen {
            KioskScreen::Fault { fault, line, .. } => (fault, line),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn it_can_call_whom_its_buttons_name_and_nobody_else() {
        let idle = snapshot([]);
        let dial = kiosk().command(KioskAction::Dial { button: 0 }, &idle);
        assert!(matches!(dial, Some(Command::Dial(options)) if options.target.expose() == "600"));
        assert_eq!(kiosk().command(KioskAction::Dial { button: 1 }, &idle), None);
        assert_eq!(kiosk().command(KioskAction::Dial { button: 0 }, &snapshot([view(1, TALKING)])), None);
        assert_eq!(kiosk().first_call(&idle), None);
        assert!(Kiosk::new(Ok(KioskProfile { call_on_start: true, ..profile() })).first_call(&idle).is_some());
    }

    #[test]
    fn calls_are_answered_by_hand_only_where_that_is_allowed_and_declined_else() {
        let rings = snapshot([view(1, CallState::Incoming)]);
        let answer = KioskAction::Answer { call: CallId(1) };
        assert_eq!(kiosk().command(answer, &rings), None);
        assert_eq!(kiosk().refusals(&rings), [Command::Decline { call: CallId(1) }]);
        let by_hand = Kiosk::new(Ok(KioskProfile { answer_by_hand: true, ..profile() }));
        assert_eq!(by_hand.command(answer, &rings), Some(Command::Answer { call: CallId(1) }));
        assert_eq!(by_hand.refusals(&rings), []);
        let itself = CallView { answers_itself_ms: Some(3000), ..view(1, CallState::Incoming) };
        assert_eq!(kiosk().refusals(&snapshot([itself])), []);
        let being_answered = CallView { auto_answered: true, ..view(1, CallState::Incoming) };
        assert_eq!(kiosk().refusals(&snapshot([being_answered])), []);
    }

    #[test]
    fn a_call_can_be_ended_and_its_microphone_switched_while_it_lives() {
        let talks = snapshot([view(1, TALKING)]);
        let (end, open) = (KioskAction::End { call: CallId(1) }, KioskAction::Microphone { call: CallId(1), on: true });
        assert_eq!(kiosk().command(end, &talks), Some(Command::HangUp { call: CallId(1) }));
        assert_eq!(kiosk().command(open, &talks), Some(Command::Mute { call: CallId(1), muted: false }));
        let over = snapshot([view(1, CallState::Ended { cause: model::Cause::Missed })]);
        assert_eq!((kiosk().command(end, &over), kiosk().command(open, &over)), (None, None));
    }

    #[test]
    fn the_bar_is_red_while_somebody_is_heard() {
        let live = |call: CallView| kiosk().view(&snapshot([call]), Language::English).microphone_live;
        assert!(live(view(1, TALKING)));
        assert!(!live(CallView { muted: true, ..view(1, TALKING) }));
        assert!(!live(view(1, CallState::Incoming)));
        let held = CallState::Established { hold: Hold { local: true, remote: false } };
        assert!(!live(view(1, held)));
    }

    #[test]
    fn a_fault_has_its_reason_and_a_call_that_is_up_goes_on() {
        let mut offline = snapshot([]);
        offline.accounts[0].state = AccountState::Offline { cause: model::OfflineCause::NoAnswer, retry_in_s: Some(2) };
        assert_eq!(fault(&kiosk(), &offline), (KioskFault::Offline, None));
        let no_account = Snapshot { accounts: Vec::new(), ..snapshot([]) };
        assert_eq!(fault(&kiosk(), &no_account), (KioskFault::Account, None));
        offline.calls = vec![view(1, TALKING)];
        assert!(matches!(kiosk().view(&offline, Language::English).screen, KioskScreen::Call { .. }));
    }

    #[test]
    fn without_a_profile_nothing_goes_online_and_nothing_can_be_asked() {
        let damaged = Kiosk::new(Err(ReadError::Damaged { line: Some(7), detail: "nonsense".into() }));
        assert_eq!(fault(&damaged, &snapshot([])), (KioskFault::Profile, Some(7)));
        assert_eq!(damaged.settings(Settings::default()).accounts, []);
        assert_eq!(damaged.command(KioskAction::End { call: CallId(1) }, &snapshot([view(1, TALKING)])), None);
        let settings = kiosk().settings(Settings::default());
        assert_eq!((settings.accounts.len(), settings.window.language.as_str()), (1, "de"));
    }

    #[test]
    fn each_wrong_pin_makes_the_next_one_wait_longer() {
        assert_eq!([0, 1, 2, 3].map(|wrong| pin_delay(wrong).as_secs()), [0, 1, 2, 4]);
        assert_eq!(pin_delay(u32::MAX), LONGEST_WAIT);
    }
}
