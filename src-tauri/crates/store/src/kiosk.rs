//! The profile of a kiosk: a file that staff write, read at the start and never written.

mod pin;

use std::path::Path;

use model::{AccountId, AutoAnswer, FieldFault, FieldProblem, FileDamage, Target};
use serde::Deserialize;
use toml::Spanned;

pub use pin::{KioskPin, PinRefused};

use crate::{
    ReadError,
    check::check_policies,
    plain,
    settings::{damaged, line_at, text_of},
};

/// Above these a profile is a mistake.
const LARGEST: u64 = 256 * 1024;
const MOST_BUTTONS: u32 = 24;
const LONGEST_TEXT: u32 = 500;
const MOST_MINUTES: u32 = 7 * 24 * 60;
const MOST_SECONDS: u32 = 60;

/// What a kiosk may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KioskProfile {
    /// The account of the settings that is called from.
    pub account: AccountId,
    /// Headline of the idle screen.
    pub title: String,
    /// What stands below it.
    pub text: String,
    /// Who can be called.
    pub buttons: Vec<KioskButton>,
    /// Which of the contacts can be called besides.
    pub directory: KioskDirectory,
    /// Call the first button's target as soon as that is possible.
    pub call_on_start: bool,
    /// Whether a call that does not answer itself rings and can be answered by a touch; otherwise it is declined.
    pub answer_by_hand: bool,
    /// Which calls answer themselves; in the place of what the settings say.
    pub auto_answer: Vec<AutoAnswer>,
    /// Language of the screen; the system's when empty.
    pub language: String,
    /// Whether no pointer is shown.
    pub hide_cursor: bool,
    /// How loud it is, in percent; as the settings say when not given.
    pub volume: Option<u32>,
    /// The call by which it proves now and then that it works.
    pub loop_call: Option<KioskLoopCall>,
    /// What leads out.
    pub pin: Option<KioskPin>,
}

/// Which contacts the idle screen shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KioskDirectory {
    /// None.
    #[default]
    None,
    /// Those with a one-touch key.
    Favourites,
    /// All.
    Contacts,
}

/// A call to a number that says again what it hears.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KioskLoopCall {
    /// The number.
    pub target: Target,
    /// Minutes from one to the next.
    #[serde(default = "an_hour")]
    pub every_min: u32,
    /// Seconds after the answer in which the number still says something of its own.
    #[serde(default)]
    pub after_s: u32,
}

fn an_hour() -> u32 {
    60
}

/// A button of the idle screen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KioskButton {
    /// Its words.
    pub label: String,
    /// Whom it calls.
    pub target: Target,
}

/// The file as it is written: where something stands is kept for the complaints.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    account: Spanned<AccountId>,
    #[serde(default)]
    title: Option<Spanned<String>>,
    #[serde(default)]
    text: Option<Spanned<String>>,
    #[serde(default)]
    buttons: Vec<Spanned<KioskButton>>,
    #[serde(default)]
    directory: KioskDirectory,
    #[serde(default)]
    call_on_start: bool,
    #[serde(default)]
    answer_by_hand: bool,
    #[serde(default)]
    auto_answer: Vec<Spanned<AutoAnswer>>,
    #[serde(default)]
    language: Option<Spanned<String>>,
    #[serde(default)]
    hide_cursor: bool,
    #[serde(default)]
    volume: Option<Spanned<u32>>,
    #[serde(default)]
    loop_call: Option<Spanned<KioskLoopCall>>,
    #[serde(default)]
    pin: Option<Spanned<String>>,
}

impl KioskProfile {
    /// Reads a profile.
    ///
    /// # Errors
    /// When it cannot be read or does not make sense; then with the line, where there is one.
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        let bytes = plain::read(path, LARGEST).map_err(ReadError::Unreadable)?;
        Self::of_text(text_of(&bytes, LARGEST)?)
    }

    fn of_text(text: &str) -> Result<Self, ReadError> {
        let form: Form = toml::from_str(text).map_err(|error| damaged(text, &error))?;
        let wrong = |at: usize, damage: FileDamage| ReadError::Damaged { line: line_at(text, at), damage };
        let unfit = |at: usize, field: &str, fault: FieldFault| {
            wrong(at, FileDamage::Field { problem: Box::new(FieldProblem { field: field.to_owned(), fault }) })
        };
        let short = |name: &str, field: Option<Spanned<String>>| match field {
            Some(field) if field.as_ref().len() > LONGEST_TEXT as usize => {
                Err(unfit(field.span().start, name, FieldFault::NotOneLine { most: LONGEST_TEXT }))
            }
            field => Ok(field.map(Spanned::into_inner).unwrap_or_default()),
        };
        if form.account.as_ref().0.is_empty() {
            return Err(unfit(form.account.span().start, "account", FieldFault::Missing));
        }
        for (at, button) in form.buttons.iter().enumerate() {
            let (label, at_byte) = (&button.as_ref().label, button.span().start);
            if label.trim().is_empty() {
                return Err(unfit(at_byte, "buttons.label", FieldFault::Missing));
            }
            if label.len() > LONGEST_TEXT as usize {
                return Err(unfit(at_byte, "buttons.label", FieldFault::NotOneLine { most: LONGEST_TEXT }));
            }
            if at >= MOST_BUTTONS as usize {
                return Err(unfit(at_byte, "buttons", FieldFault::TooMany { most: MOST_BUTTONS }));
            }
        }
        if let Some(volume) = form.volume.as_ref().filter(|volume| *volume.as_ref() > 100) {
            return Err(unfit(volume.span().start, "volume", FieldFault::NotBetween { from: 0, to: 100 }));
        }
        if let Some(check) = &form.loop_call {
            let (KioskLoopCall { every_min, after_s, .. }, at) = (check.as_ref(), check.span().start);
            if !(1..=MOST_MINUTES).contains(every_min) {
                return Err(unfit(at, "loop_call.every_min", FieldFault::NotBetween { from: 1, to: MOST_MINUTES }));
            }
            if *after_s > MOST_SECONDS {
                return Err(unfit(at, "loop_call.after_s", FieldFault::NotSeconds { from: 0, to: MOST_SECONDS }));
            }
        }
        let account = form.account.into_inner();
        let mut policies = Vec::new();
        for policy in form.auto_answer {
            let at = policy.span().start;
            let policy = policy.into_inner();
            if policy.account != account {
                return Err(wrong(at, FileDamage::OtherAccount));
            }
            policies.push(policy);
            if let Some(invalid) = check_policies(&policies).into_iter().next() {
                return Err(wrong(at, FileDamage::Field { problem: Box::new(invalid) }));
            }
        }
        let pin = match form.pin {
            None => None,
            Some(kept) => Some(KioskPin::of_hash(kept.as_ref()).map_err(|_| wrong(kept.span().start, FileDamage::NotAHash))?),
        };
        if form.call_on_start && form.buttons.is_empty() {
            return Err(ReadError::Damaged { line: None, damage: FileDamage::NobodyToCall });
        }
        Ok(Self {
            account,
            title: short("title", form.title)?,
            text: short("text", form.text)?,
            buttons: form.buttons.into_iter().map(Spanned::into_inner).collect(),
            directory: form.directory,
            call_on_start: form.call_on_start,
            answer_by_hand: form.answer_by_hand,
            auto_answer: policies,
            language: short("language", form.language)?,
            hide_cursor: form.hide_cursor,
            volume: form.volume.map(Spanned::into_inner),
            loop_call: form.loop_call.map(Spanned::into_inner),
            pin,
        })
    }
}

#[cfg(test)]
mod tests {
    use model::Secret;

    use super::*;

    fn line(text: &str) -> Option<usize> {
        match KioskProfile::of_text(text) {
            Err(ReadError::Damaged { line, .. }) => line,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_profile_says_what_a_kiosk_may_do() {
        let hash = KioskPin::hash(&Secret::new("4711")).expect("a hash");
        let text = format!(
            "account = \"desk\"\ntitle = \"Reception\"\npin = \"{hash}\"\ncall_on_start = true\n\
             [[buttons]]\nlabel = \"Help\"\ntarget = \"600\"\n\
             [[auto_answer]]\naccount = \"desk\"\nwhen = \"always\"\ncallers = [\"6*\"]\n"
        );
        let profile = KioskProfile::of_text(&text).expect("a profile");
        assert_eq!((profile.title.as_str(), profile.buttons.len(), profile.auto_answer.len()), ("Reception", 1, 1));
        assert!(!profile.answer_by_hand && !profile.hide_cursor);
        assert_eq!((profile.directory, profile.volume, profile.loop_call), (KioskDirectory::None, None, None));
        assert!(profile.pin.is_some_and(|pin| pin.is(&Secret::new("4711")) && !pin.is(&Secret::new("4712"))));
    }

    #[test]
    fn the_example_beside_the_installers_is_a_profile() {
        let profile = KioskProfile::of_text(include_str!("../../../../installers/kiosk/kiosk.toml")).expect("a profile");
        assert_eq!((profile.buttons.len(), profile.auto_answer.len()), (1, 1));
    }

    #[test]
    fn a_complaint_names_its_line() {
        assert_eq!(line("account = \"desk\"\n\ntitle = 7\n"), Some(3));
        assert_eq!(line("account = \"desk\"\nacount = \"desk\"\n"), Some(2));
        assert_eq!(line("account = \"desk\"\n= nonsense"), Some(2));
        assert_eq!(line("account = \"desk\"\n# one\n\npin = \"4711\"\n"), Some(4));
        assert_eq!(line("account = \"desk\"\n[[buttons]]\nlabel = \"Help\"\ntarget = \"\"\n"), Some(4));
        assert_eq!(line("account = \"desk\"\n\n[[buttons]]\nlabel = \" \"\ntarget = \"600\"\n"), Some(3));
        let policy = "account = \"desk\"\n\n[[auto_answer]]\naccount = \"desk\"\ndelay_s = 999\n";
        assert_eq!(line(policy), Some(3));
        assert_eq!(line("account = \"desk\"\n[[auto_answer]]\naccount = \"office\"\n"), Some(2));
        assert_eq!(line("account = \"desk\"\ncall_on_start = true\n"), None);
        assert_eq!(line("account = \"desk\"\n\nvolume = 101\n"), Some(3));
        assert_eq!(line("account = \"desk\"\ndirectory = \"all\"\n"), Some(2));
        assert_eq!(line("account = \"desk\"\n\n[loop_call]\ntarget = \"600\"\nevery_min = 0\n"), Some(3));
    }

    #[test]
    fn a_complaint_says_what_it_is() {
        let damage = |text: &str| match KioskProfile::of_text(text) {
            Err(ReadError::Damaged { damage, .. }) => damage,
            other => panic!("{other:?}"),
        };
        let field = |text: &str| match damage(text) {
            FileDamage::Field { problem } => (problem.field, problem.fault),
            other => panic!("{other:?}"),
        };
        assert!(matches!(damage("title = \"Reception\"\n"), FileDamage::Content { words } if words.contains("account")));
        assert!(matches!(damage("account = \"desk\"\nacount = \"desk\"\n"), FileDamage::Unknown { name } if name == "acount"));
        assert!(matches!(damage("account = \"desk\"\ntitle = 7\n"), FileDamage::Value { name, .. } if name == "title"));
        assert!(matches!(damage("account = \"desk\"\nhide_cursor\n"), FileDamage::Form { .. }));
        assert!(matches!(damage("account = \"desk\"\npin = \"4711\"\n"), FileDamage::NotAHash));
        assert!(matches!(damage("account = \"desk\"\ncall_on_start = true\n"), FileDamage::NobodyToCall));
        let volume = field("account = \"desk\"\nvolume = 101\n");
        assert_eq!(volume, ("volume".into(), FieldFault::NotBetween { from: 0, to: 100 }));
        let nameless = field("account = \"desk\"\n[[buttons]]\nlabel = \" \"\ntarget = \"600\"\n");
        assert_eq!(nameless, ("buttons.label".into(), FieldFault::Missing));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("kiosk.toml");
        std::fs::write(&path, [0xff; 16]).expect("it is written");
        let unread = KioskProfile::read(&path);
        assert!(matches!(unread, Err(ReadError::Damaged { line: None, damage: FileDamage::NotText })), "{unread:?}");
    }
}
