//! What a user agrees to outside of any page: a page that somebody has broken into could click on its own buttons.
//!
//! What is asked is written here; how, is each system's own. Everywhere a key that is pressed by chance says no.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

use model::{EventProgram, Refusal};
use phone::{Phone, desktop::Words};
use tauri::{AppHandle, Manager};
use tokio::sync::Semaphore;

#[cfg(target_os = "linux")]
use self::linux::ask;
#[cfg(target_os = "macos")]
use self::macos::ask;
#[cfg(windows)]
use self::windows::ask;
use crate::language;

/// One question at a time: one that came back at once, over and over, would be agreed to in the end.
static TURN: Semaphore = Semaphore::const_new(1);

/// A question that is answered with yes or no.
struct Question {
    /// What it is about.
    #[cfg_attr(target_os = "macos", expect(dead_code, reason = "an alert of macOS has no title"))]
    title: &'static str,
    /// The question itself, in one sentence.
    asks: &'static str,
    /// About what, a line each.
    about: String,
    /// When to agree.
    advice: &'static str,
    #[cfg_attr(windows, expect(dead_code, reason = "the system has its own words for yes and no"))]
    yes: &'static str,
    #[cfg_attr(windows, expect(dead_code, reason = "the system has its own words for yes and no"))]
    no: &'static str,
}

/// Asks, in the system's own dialog, whether these programs may be started by themselves from now on.
pub(crate) async fn to_programs(app: &AppHandle, programs: &[EventProgram]) -> Result<bool, Refusal> {
    let Ok(_turn) = TURN.try_acquire() else { return Err(Refusal::NotAllowed) };
    let words = language::of(&app.state::<Phone>().settings().borrow()).words();
    let about = programs.iter().map(|program| line(program, words)).collect::<Vec<_>>().join("\n");
    let question = Question {
        title: words.programs_for_calls,
        asks: words.may_programs_run,
        about,
        advice: words.only_if_you_set_it_up,
        yes: words.allow,
        no: words.do_not_allow,
    };
    ask(app, question).await
}

/// When it is started, the program, and its arguments, each told from the next.
fn line(program: &EventProgram, words: &Words) -> String {
    let arguments = program.arguments.iter().map(|argument| format!(" {argument:?}"));
    format!("{}: {}{}", words.moment(program.on), visible(&program.program), arguments.collect::<String>())
}

/// A path in which what nobody sees is written out: signs that turn the direction, or begin a line, would let it look like another one.
fn visible(path: &str) -> String {
    let write = |sign: char| match sign {
        '\\' | '"' | '\'' => sign.to_string(),
        _ => sign.escape_debug().to_string(),
    };
    path.chars().map(write).collect()
}

#[cfg(test)]
mod tests {
    use model::CallMoment;
    use phone::desktop::Language;

    use super::*;

    fn asked(path: &str, arguments: &[&str], language: Language) -> String {
        let arguments = arguments.iter().map(|text| (*text).to_owned()).collect();
        line(&EventProgram { on: CallMoment::Missed, program: path.into(), arguments }, language.words())
    }

    #[test]
    fn what_is_asked_names_the_program_and_each_argument() {
        let about = asked("/usr/bin/logger", &["-t", "two words"], Language::English);
        assert_eq!(about, r#"A call is missed: /usr/bin/logger "-t" "two words""#);
        let about = asked(r"C:\Program Files\l'été.exe", &[], Language::German);
        assert_eq!(about, r"Ein Anruf wurde verpasst: C:\Program Files\l'été.exe");
    }

    #[test]
    fn nothing_that_is_named_looks_like_something_else() {
        let about = asked("/usr/bin/x\u{202e}gpj.\u{2028}Harmless", &["\u{2066}a\u{2029}b"], Language::English);
        assert_eq!(about, r#"A call is missed: /usr/bin/x\u{202e}gpj.\u{2028}Harmless "\u{2066}a\u{2029}b""#);
    }
}
