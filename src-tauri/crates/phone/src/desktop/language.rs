//! The languages of what the desktop says outside of the page. The page has its own catalogue of the same languages.

use model::CallMoment;

use super::tables::{ENGLISH, FRENCH, GERMAN, SPANISH};

/// A language of the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English, also where nothing else is known.
    English,
    /// French.
    French,
    /// German.
    German,
    /// Spanish.
    Spanish,
}

impl Language {
    /// The language for a wish (an ISO 639 code; empty for none) and what the system speaks, best first, as `de-AT` or
    /// `de_AT.UTF-8`.
    pub fn choose<'a>(wish: &'a str, system: impl IntoIterator<Item = &'a str>) -> Self {
        [wish].into_iter().chain(system).find_map(Self::of_tag).unwrap_or(Self::English)
    }

    fn of_tag(tag: &str) -> Option<Self> {
        let language = tag.split(['-', '_', '.', '@']).next()?.to_ascii_lowercase();
        [Self::English, Self::French, Self::German, Self::Spanish].into_iter().find(|known| known.code() == language)
    }

    /// Its ISO 639 code.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
            Self::German => "de",
            Self::Spanish => "es",
        }
    }

    /// What is said in it.
    pub fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::French => &FRENCH,
            Self::German => &GERMAN,
            Self::Spanish => &SPANISH,
        }
    }
}

/// The sentences; `{}` stands for what [`fill`] puts in.
#[expect(missing_docs, reason = "the English table says what each is")]
#[derive(Debug)]
pub struct Words {
    pub unknown_caller: &'static str,
    pub on_account: &'static str,
    pub who_calls: &'static str,
    pub who_will_be_answered: &'static str,
    pub calling: &'static str,
    pub in_a_call: &'static str,
    pub on_hold: &'static str,
    pub over: &'static str,
    pub incoming_call: &'static str,
    pub save_file: &'static str,
    pub programs_for_calls: &'static str,
    pub may_programs_run: &'static str,
    pub only_if_you_set_it_up: &'static str,
    pub allow: &'static str,
    pub do_not_allow: &'static str,
    pub call_is_placed: &'static str,
    pub it_rings_there: &'static str,
    pub call_arrives: &'static str,
    pub call_is_answered: &'static str,
    pub audio_is_connected: &'static str,
    pub other_side_is_busy: &'static str,
    pub call_is_missed: &'static str,
    pub call_is_over: &'static str,
    pub missed_call_of: &'static str,
    pub one_missed_call: &'static str,
    pub missed_calls: &'static str,

    pub veto: &'static str,
    pub answer: &'static str,
    pub call_back: &'static str,
    pub decline: &'static str,
    pub hang_up: &'static str,
    pub microphone_off: &'static str,
    pub do_not_disturb: &'static str,
    pub show: &'static str,
    pub show_sidetone: &'static str,
    pub quit: &'static str,
    pub goes_on_in_tray: &'static str,
    pub keys_are_taken: &'static str,
    pub no_keys_here: &'static str,
    pub keys_not_allowed: &'static str,
    pub hold_or_resume: &'static str,

    pub no_account: &'static str,
    pub switched_off: &'static str,
    pub connecting: &'static str,
    pub signing_in: &'static str,
    pub ready: &'static str,
    pub ready_to_call_out: &'static str,
    pub name_not_found: &'static str,
    pub unreachable: &'static str,
    pub not_secure: &'static str,
    pub not_sip_over_web_socket: &'static str,
    pub connection_lost: &'static str,
    pub wrong_password: &'static str,
    pub invalid_token: &'static str,
    pub no_token: &'static str,
    pub no_answer: &'static str,
    pub refused: &'static str,
    pub configuration: &'static str,
    pub signed_off: &'static str,
}

impl Words {
    /// What happens to a call, as the settings of the page say it.
    pub fn moment(&self, moment: CallMoment) -> &'static str {
        match moment {
            CallMoment::Dialing => self.call_is_placed,
            CallMoment::Ringing => self.it_rings_there,
            CallMoment::Incoming => self.call_arrives,
            CallMoment::Answered => self.call_is_answered,
            CallMoment::Connected => self.audio_is_connected,
            CallMoment::Busy => self.other_side_is_busy,
            CallMoment::Missed => self.call_is_missed,
            CallMoment::Ended => self.call_is_over,
        }
    }
}

/// A sentence with something put in for its `{}`.
pub fn fill(sentence: &str, value: impl std::fmt::Display) -> String {
    sentence.replacen("{}", &value.to_string(), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wish_counts_more_than_the_system_and_english_is_for_everybody_else() {
        let choose = |wish, system: &[&'static str]| Language::choose(wish, system.iter().copied());
        assert_eq!(choose("", &["de-AT", "fr"]), Language::German);
        assert_eq!(choose("", &["es_MX.UTF-8"]), Language::Spanish);
        assert_eq!(choose("fr", &["de"]), Language::French);
        assert_eq!(choose("", &["pl", "C"]), Language::English);
        assert_eq!(choose("", &[]), Language::English);
    }

    #[test]
    fn each_table_fills_in_what_the_english_one_does() {
        // The compiler sees a missing sentence; `Debug` lists what they are filled in with.
        let filled = |language: Language| {
            let table = format!("{:#?}", language.words());
            table.lines().map(|line| line.matches("{}").count()).collect::<Vec<_>>()
        };
        for language in [Language::French, Language::German, Language::Spanish] {
            assert_eq!(filled(language), filled(Language::English), "{language:?}");
        }
    }

    #[test]
    fn what_is_filled_in_is_not_filled_in_itself() {
        assert_eq!(fill("{} calls", "{}"), "{} calls");
    }
}
