//! A kiosk: what its screen shows, and which of the things that are asked there its profile allows.

use std::time::Duration;

use model::{
    AccountState, CallId, CallState, CallView, Command, Contact, ContactQuery, DeclineCode, DialOptions, Direction, KioskAction,
    KioskEntry, KioskFault, KioskScreen, KioskView, LoopResult, Settings, Snapshot, Target,
};
use store::{KioskDirectory, KioskProfile, ReadError};

use super::{alerts, language::Language};
use crate::LoopNumber;

/// The longest wait between two tries at the PIN.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// As many of the contacts as anybody will look through.
const MOST_ENTRIES: u32 = 240;

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
                settings.devices.volume = profile.volume.unwrap_or(settings.devices.volume);
            }
            Err(_) => {
                settings.auto_answer.clear();
                settings.accounts.clear();
            }
        }
        settings
    }

    /// Which of the contacts its directory has; none where it has no directory.
    pub fn directory(&self) -> Option<ContactQuery> {
        let favourites = match self.profile()?.directory {
            KioskDirectory::None => return None,
            KioskDirectory::Favourites => true,
            KioskDirectory::Contacts => false,
        };
        Some(ContactQuery { favourites, limit: MOST_ENTRIES, ..ContactQuery::default() })
    }

    /// The number by which it proves that it works, and how often.
    pub fn loop_call(&self) -> Option<(LoopNumber, Duration)> {
        let profile = self.profile()?;
        let check = profile.loop_call.as_ref()?;
        let after = Duration::from_secs(check.after_s.into());
        let number = LoopNumber { account: profile.account.clone(), target: check.target.clone(), after };
        Some((number, Duration::from_secs(u64::from(check.every_min) * 60)))
    }

    /// What the screen shows; `directory` is what was found of [`Self::directory`].
    pub fn view(&self, snapshot: &Snapshot, directory: &[Contact], language: Language) -> KioskView {
        let screen = match &self.profile {
            Ok(profile) => screen(profile, snapshot, directory),
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

    /// The commands that an action on the screen stands for; none for what the profile does not allow, and for what comes too
    /// late.
    pub fn commands(&self, action: KioskAction, snapshot: &Snapshot, directory: &[Contact]) -> Vec<Command> {
        match action {
            KioskAction::Dial { button } => self.dial(self.button(button), snapshot),
            KioskAction::Call { contact } => self.dial(target_of(contact, directory), snapshot),
            KioskAction::Answer { .. } | KioskAction::End { .. } | KioskAction::Microphone { .. } => {
                self.in_call(action, snapshot).into_iter().collect()
            }
        }
    }

    /// What is done to a call.
    fn in_call(&self, action: KioskAction, snapshot: &Snapshot) -> Option<Command> {
        let profile = self.profile()?;
        match action {
            KioskAction::Dial { .. } | KioskAction::Call { .. } => None,
            KioskAction::Answer { call } => {
                let ringing = find(snapshot, call).filter(|view| alerts::is_ringing(view))?;
                profile.answer_by_hand.then_some(Command::Answer { call: ringing.id })
            }
            KioskAction::End { call } => {
                let view = find(snapshot, call).filter(|view| is_live(view))?;
                Some(if alerts::is_ringing(view) { decline(call) } else { Command::HangUp { call } })
            }
            KioskAction::Microphone { call, on } => {
                let talks = find(snapshot, call).is_some_and(|view| matches!(view.state, CallState::Established { .. }));
                talks.then_some(Command::Mute { call, muted: !on })
            }
        }
    }

    /// The call it places by itself once it can.
    pub fn first_call(&self, snapshot: &Snapshot) -> Vec<Command> {
        let wanted = self.profile().is_some_and(|profile| profile.call_on_start);
        if wanted { self.dial(self.button(0), snapshot) } else { Vec::new() }
    }

    /// What is done about calls that nobody may take here.
    pub fn refusals(&self, snapshot: &Snapshot) -> Vec<Command> {
        if self.profile().is_some_and(|profile| profile.answer_by_hand) {
            return Vec::new();
        }
        // While an answer is being made, a call is no longer about to answer itself, and not yet up.
        let is_stranger = |view: &&CallView| alerts::is_ringing(view) && view.answers_itself_ms.is_none() && !view.auto_answered;
        snapshot.calls.iter().filter(is_stranger).map(|view| decline(view.id)).collect()
    }

    fn button(&self, at: u32) -> Option<Target> {
        let button = self.profile()?.buttons.get(usize::try_from(at).ok()?)?;
        Some(button.target.clone())
    }

    /// Calls somebody when nobody else is on the line; the phone's own call to itself makes way.
    fn dial(&self, target: Option<Target>, snapshot: &Snapshot) -> Vec<Command> {
        let (Some(profile), Some(target)) = (self.profile(), target) else { return Vec::new() };
        let is_free = people(snapshot).next().is_none();
        if !is_free || !is_ready(profile, snapshot) {
            return Vec::new();
        }
        let own = snapshot.calls.iter().filter(|view| is_live(view)).map(|view| Command::HangUp { call: view.id });
        let account = Some(profile.account.clone());
        own.chain([Command::Dial(DialOptions { target, account, headers: Vec::new() })]).collect()
    }
}

fn decline(call: CallId) -> Command {
    Command::Decline { call, code: DeclineCode::default() }
}

/// Whom a contact's first number reaches, if he is in the directory.
fn target_of(contact: model::ContactId, directory: &[Contact]) -> Option<Target> {
    let contact = directory.iter().find(|known| known.id == Some(contact))?;
    contact.numbers.first()?.number.expose().parse().ok()
}

/// The calls that are not the phone's own check of itself.
fn people(snapshot: &Snapshot) -> impl Iterator<Item = &CallView> {
    let checks = snapshot.loop_check.as_ref().filter(|check| check.result == LoopResult::Running);
    let is_check = move |view: &CallView| {
        // Until its number is known it is the one that was dialled: people cannot dial meanwhile without ending it.
        checks.is_some_and(|check| check.call.map_or(view.direction == Direction::Outgoing, |call| call == view.id))
    };
    snapshot.calls.iter().filter(move |view| is_live(view) && !is_check(view))
}

/// How long the next try at the PIN waits after so many wrong ones.
pub fn pin_delay(wrong: u32) -> Duration {
    let doubled = wrong.checked_sub(1).map_or(Duration::ZERO, |n| Duration::from_secs(1 << n.min(10)));
    doubled.min(LONGEST_WAIT)
}

fn screen(profile: &KioskProfile, snapshot: &Snapshot, directory: &[Contact]) -> KioskScreen {
    if let Some(call) = people(snapshot).find(|view| !alerts::is_ringing(view)).or_else(|| people(snapshot).next()) {
        return KioskScreen::Call { call: call.clone(), can_answer: alerts::is_ringing(call) && profile.answer_by_hand };
    }
    let Some(account) = snapshot.accounts.iter().find(|view| view.id == profile.account) else {
        return KioskScreen::Fault { fault: KioskFault::Account { account: profile.account.clone() } };
    };
    match &account.state {
        AccountState::Offline { cause, .. } => KioskScreen::Fault { fault: KioskFault::Offline { cause: Some(cause.clone()) } },
        AccountState::Disabled => KioskScreen::Fault { fault: KioskFault::Offline { cause: None } },
        AccountState::Connecting | AccountState::Registering | AccountState::Registered | AccountState::Ready => {
            KioskScreen::Idle {
                title: profile.title.clone(),
                text: profile.text.clone(),
                buttons: profile.buttons.iter().map(|button| button.label.clone()).collect(),
                directory: directory.iter().filter_map(entry).collect(),
                ready: is_ready(profile, snapshot),
                suspect: snapshot.loop_check.as_ref().is_some_and(|check| check.result.is_fault()),
            }
        }
    }
}

/// Who can be called by touching his name.
fn entry(contact: &Contact) -> Option<KioskEntry> {
    let id = contact.id.filter(|_| !contact.numbers.is_empty())?;
    Some(KioskEntry { contact: id, name: contact.name.clone() })
}

fn damaged(trouble: &ReadError) -> KioskScreen {
    KioskScreen::Fault { fault: KioskFault::Profile { fault: trouble.fault() } }
}

fn is_ready(profile: &KioskProfile, snapshot: &Snapshot) -> bool {
    let account = snapshot.accounts.iter().find(|view| view.id == profile.account);
    account.is_some_and(|view| matches!(view.state, AccountState::Registered | AccountState::Ready))
}

fn find(snapshot: &Snapshot, call: CallId) -> Option<&CallView> {
    snapshot.calls.iter().find(|view| view.id == call)
}

fn is_live(call: &CallView) -> bool {
    !matches!(call.state, CallState::Ended { .. })
}

/// Whether the far end hears the microphone. Until the beep is over it does not yet; who is warned early is warned in time.
fn is_heard(call: &CallView) -> bool {
    matches!(call.state, CallState::Established { hold } if !hold.local) && !call.muted && !call.elsewhere
}

#[cfg(test)]
mod tests {
    use model::{AccountId, FileDamage, FileFault, Hold};
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
            directory: KioskDirectory::None,
            call_on_start: false,
            answer_by_hand: false,
            auto_answer: Vec::new(),
            language: "de".into(),
            hide_cursor: true,
            volume: Some(40),
            loop_call: None,
            pin: None,
        }
    }

    fn kiosk() -> Kiosk {
        Kiosk::new(Ok(profile()))
    }

    fn fault(kiosk: &Kiosk, snapshot: &Snapshot) -> KioskFault {
        match kiosk.view(snapshot, &[], Language::English).screen {
            KioskScreen::Fault { fault } => fault,
            other => panic!("{other:?}"),
        }
    }

    /// What an action comes to where there is no directory.
    fn command(kiosk: &Kiosk, action: KioskAction, snapshot: &Snapshot) -> Option<Command> {
        let commands = kiosk.commands(action, snapshot, &[]);
        assert!(commands.len() < 2, "{commands:?}");
        commands.into_iter().next()
    }

    fn contact(id: u32, numbers: &[&str]) -> Contact {
        let number = |number: &&str| model::ContactNumber { kind: model::NumberKind::Work, number: (*number).into() };
        let numbers = numbers.iter().map(number).collect();
        Contact { id: Some(model::ContactId(id)), name: "Porter".into(), numbers, ..Contact::default() }
    }

    fn check(result: LoopResult, call: Option<u32>) -> model::LoopCheckView {
        model::LoopCheckView { result, words: String::new(), at_s: 0, call: call.map(CallId) }
    }

    #[test]
    fn it_can_call_whom_its_buttons_name_and_nobody_else() {
        let idle = snapshot([]);
        let dial = command(&kiosk(), KioskAction::Dial { button: 0 }, &idle);
        assert!(matches!(dial, Some(Command::Dial(options)) if options.target.expose() == "600"));
        assert_eq!(command(&kiosk(), KioskAction::Dial { button: 1 }, &idle), None);
        assert_eq!(command(&kiosk(), KioskAction::Dial { button: 0 }, &snapshot([view(1, TALKING)])), None);
        assert_eq!(kiosk().first_call(&idle), []);
        assert!(!Kiosk::new(Ok(KioskProfile { call_on_start: true, ..profile() })).first_call(&idle).is_empty());
    }

    #[test]
    fn its_directory_has_those_contacts_that_the_profile_opens() {
        let (idle, people) = (snapshot([]), [contact(1, &["604", "605"]), contact(2, &[])]);
        assert_eq!(kiosk().directory(), None);
        let open = Kiosk::new(Ok(KioskProfile { directory: KioskDirectory::Favourites, ..profile() }));
        assert!(open.directory().is_some_and(|query| query.favourites && query.limit > 0));
        match open.view(&idle, &people, Language::English).screen {
            KioskScreen::Idle { directory, .. } => assert_eq!(directory.len(), 1, "who has no number cannot be called"),
            other => panic!("{other:?}"),
        }
        let call = |id, people: &[Contact]| open.commands(KioskAction::Call { contact: model::ContactId(id) }, &idle, people);
        assert!(matches!(&call(1, &people)[..], [Command::Dial(options)] if options.target.expose() == "604"));
        assert_eq!((call(2, &people), call(1, &[])), (Vec::new(), Vec::new()));
    }

    #[test]
    fn a_check_of_itself_is_not_shown_and_makes_way() {
        let own = CallView { direction: Direction::Outgoing, ..view(1, TALKING) };
        let mut busy = snapshot([own]);
        busy.loop_check = Some(check(LoopResult::Running, Some(1)));
        assert!(matches!(kiosk().view(&busy, &[], Language::English).screen, KioskScreen::Idle { ready: true, .. }));
        let commands = kiosk().commands(KioskAction::Dial { button: 0 }, &busy, &[]);
        assert!(matches!(&commands[..], [Command::HangUp { call: CallId(1) }, Command::Dial(_)]), "{commands:?}");
        busy.loop_check = Some(check(LoopResult::NotHeard, None));
        assert!(matches!(kiosk().view(&busy, &[], Language::English).screen, KioskScreen::Call { .. }));
        busy.calls.clear();
        assert!(matches!(kiosk().view(&busy, &[], Language::English).screen, KioskScreen::Idle { suspect: true, .. }));
    }

    #[test]
    fn calls_are_answered_by_hand_only_where_that_is_allowed_and_declined_else() {
        let rings = snapshot([view(1, CallState::Incoming)]);
        let answer = KioskAction::Answer { call: CallId(1) };
        assert_eq!(command(&kiosk(), answer, &rings), None);
        assert_eq!(kiosk().refusals(&rings), [Command::Decline { call: CallId(1), code: DeclineCode::BUSY }]);
        let by_hand = Kiosk::new(Ok(KioskProfile { answer_by_hand: true, ..profile() }));
        assert_eq!(command(&by_hand, answer, &rings), Some(Command::Answer { call: CallId(1) }));
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
        assert_eq!(command(&kiosk(), end, &talks), Some(Command::HangUp { call: CallId(1) }));
        assert_eq!(command(&kiosk(), open, &talks), Some(Command::Mute { call: CallId(1), muted: false }));
        let over = snapshot([view(1, CallState::Ended { cause: model::Cause::Missed })]);
        assert_eq!((command(&kiosk(), end, &over), command(&kiosk(), open, &over)), (None, None));
    }

    #[test]
    fn the_bar_is_red_while_somebody_is_heard() {
        let live = |call: CallView| kiosk().view(&snapshot([call]), &[], Language::English).microphone_live;
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
        assert_eq!(fault(&kiosk(), &offline), KioskFault::Offline { cause: Some(model::OfflineCause::NoAnswer) });
        let no_account = Snapshot { accounts: Vec::new(), ..snapshot([]) };
        assert_eq!(fault(&kiosk(), &no_account), KioskFault::Account { account: profile().account });
        offline.calls = vec![view(1, TALKING)];
        assert!(matches!(kiosk().view(&offline, &[], Language::English).screen, KioskScreen::Call { .. }));
    }

    #[test]
    fn without_a_profile_nothing_goes_online_and_nothing_can_be_asked() {
        let damaged = Kiosk::new(Err(ReadError::Damaged { line: Some(7), damage: FileDamage::NotText }));
        let nonsense = FileFault::Damaged { line: Some(7), damage: FileDamage::NotText };
        assert_eq!(fault(&damaged, &snapshot([])), KioskFault::Profile { fault: nonsense });
        assert_eq!(damaged.settings(Settings::default()).accounts, []);
        assert_eq!(command(&damaged, KioskAction::End { call: CallId(1) }, &snapshot([view(1, TALKING)])), None);
        let settings = kiosk().settings(Settings::default());
        assert_eq!((settings.accounts.len(), settings.window.language.as_str(), settings.devices.volume), (1, "de", 40));
    }

    #[test]
    fn each_wrong_pin_makes_the_next_one_wait_longer() {
        assert_eq!([0, 1, 2, 3].map(|wrong| pin_delay(wrong).as_secs()), [0, 1, 2, 4]);
        assert_eq!(pin_delay(u32::MAX), LONGEST_WAIT);
    }
}
