//! Who sent what, when, drawn from the journal: as text, and as a picture.

use std::fmt::Write;

use calls::io::{Input, LineEvent, MediaEvent};
use model::{AccountId, AccountState, CallId, CandidatePair, Instant, WireWay};

use super::thread::Thread;
use crate::journal::{self, Entry, Note, ReplayError};

/// Rows of a picture at most; the newest are drawn.
const MOST_RUNGS: usize = 400;
/// Width of the arrow in the text form.
const ARROW: usize = 34;
const ROW: usize = 22;
const PHONE_X: usize = 150;
const SERVER_X: usize = 560;

/// Messages between the phone and its servers, and what happened beside them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ladder {
    rungs: Vec<Rung>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rung {
    at: Instant,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Message {
        account: AccountId,
        way: WireWay,
        title: String,
    },
    /// Something that happened at this phone.
    Mark(String),
}

impl Ladder {
    /// Of one call, or of everything in the record.
    ///
    /// # Errors
    /// The first line that cannot be read.
    pub fn of<'a>(journal: impl Iterator<Item = &'a str>, call: Option<CallId>) -> Result<Self, ReplayError> {
        let entries = journal::entries(journal)?;
        let thread = call.map(|call| Thread::all(&entries).into_iter().find(|thread| thread.call == Some(call)));
        let concerns = |entry: &&Entry| match &thread {
            None => true,
            Some(None) => false,
            Some(Some(thread)) => thread.concerns(entry),
        };
        let mut rungs: Vec<Rung> = entries.iter().filter(concerns).filter_map(rung).collect();
        rungs.drain(..rungs.len().saturating_sub(MOST_RUNGS));
        Ok(Self { rungs })
    }

    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.rungs.is_empty()
    }

    /// One line each: milliseconds from the first, the arrow, the account.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for rung in &self.rungs {
            let ms = self.ms(rung);
            let line = match &rung.what {
                What::Message { account, way: WireWay::Sent, title } => {
                    let dashes = "-".repeat(ARROW.saturating_sub(title.chars().count() + 5));
                    format!("phone --- {title} {dashes}> {account}")
                }
                What::Message { account, way: WireWay::Received, title } => {
                    let dashes = "-".repeat(ARROW.saturating_sub(title.chars().count() + 5));
                    format!("phone <{dashes} {title} --- {account}")
                }
                What::Mark(words) => format!("phone  *  {words}"),
            };
            writeln!(text, "{ms:>9}  {line}").expect("a string takes all");
        }
        text
    }

    /// A picture in SVG; it loads nothing and takes the colour of the text around it.
    pub fn svg(&self) -> String {
        let height = (self.rungs.len() + 3) * ROW;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 {height}\" font-family=\"monospace\" font-size=\"12\" \
             fill=\"currentColor\" stroke=\"none\"><g stroke=\"currentColor\" stroke-opacity=\"0.4\"><path d=\"M{PHONE_X} {ROW}V{height}\
             M{SERVER_X} {ROW}V{height}\"/></g><text x=\"{PHONE_X}\" y=\"16\" text-anchor=\"middle\">phone</text>\
             <text x=\"{SERVER_X}\" y=\"16\" text-anchor=\"middle\">server</text>"
        );
        for (row, rung) in self.rungs.iter().enumerate() {
            let y = (row + 2) * ROW;
            let ms = self.ms(rung);
            write!(svg, "<text x=\"8\" y=\"{}\">{ms}</text>", y + 4).expect("a string takes all");
            match &rung.what {
                What::Message { account, way, title } => {
                    let (tip, back) = match way {
                        WireWay::Sent => (SERVER_X, SERVER_X - 8),
                        WireWay::Received => (PHONE_X, PHONE_X + 8),
                    };
                    write!(
                        svg,
                        "<path stroke=\"currentColor\" fill=\"none\" d=\"M{PHONE_X} {y}H{SERVER_X}M{back} {}L{tip} {y}L{back} {}\"/>\
                         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text><text x=\"{}\" y=\"{}\">{}</text>",
                        y - 4,
                        y + 4,
                        (PHONE_X + SERVER_X) / 2,
                        y - 3,
                        escaped(title),
                        SERVER_X + 8,
                        y + 4,
                        escaped(&account.0),
                    )
                }
                What::Mark(words) => write!(
                    svg,
                    "<circle cx=\"{PHONE_X}\" cy=\"{y}\" r=\"4\"/><text x=\"{}\" y=\"{}\" font-style=\"italic\">{}</text>",
                    PHONE_X + 10,
                    y + 4,
                    escaped(words)
                ),
            }
            .expect("a string takes all");
        }
        svg.push_str("</svg>");
        svg
    }

    fn ms(&self, rung: &Rung) -> u128 {
        self.rungs.first().map_or(0, |first| rung.at.since(first.at).as_millis())
    }
}

fn rung(entry: &Entry) -> Option<Rung> {
    let what = match entry {
        Entry::Wire(message) => What::Message { account: message.account.clone(), way: message.way, title: message.what() },
        Entry::Note { note: Note::NetworkChanged, .. } => What::Mark("the computer is in another network, or woke up".into()),
        Entry::Note { note: Note::Device(_), .. } => What::Mark("trouble with a sound device".into()),
        Entry::Step { input, .. } => What::Mark(mark(input)?),
    };
    Some(Rung { at: entry.at(), what })
}

/// What happened beside the messages.
fn mark(input: &Input) -> Option<String> {
    match input {
        Input::Media(_, event) => match event {
            MediaEvent::Connected { pair } => Some(format!("audio is connected{}", path(*pair))),
            MediaEvent::FirstPacket => Some("the first audio arrived".into()),
            MediaEvent::Interrupted => Some("the path of the audio is lost".into()),
            MediaEvent::Failed { detail } => Some(format!("no path for the audio: {detail}")),
            MediaEvent::Refused { code, .. } => Some(format!("their description cannot be used ({code})")),
            MediaEvent::Trouble(Some(trouble)) => Some(trouble.to_string()),
            MediaEvent::Trouble(None) => Some("the audio is well again".into()),
            _ => None,
        },
        Input::Line(account, LineEvent::State(state)) => match state {
            AccountState::Offline { cause, .. } => Some(format!("{account} is offline: {cause}")),
            AccountState::Registered => Some(format!("{account} is registered")),
            AccountState::Disabled | AccountState::Connecting | AccountState::Registering | AccountState::Ready => None,
        },
        Input::NoMicrophone(_) => Some("there is no microphone".into()),
        Input::Command(_) | Input::Watch(_) | Input::Line(..) | Input::Sound(_) | Input::Timeout => None,
    }
}

/// ` (host to relay)`.
pub(super) fn path(pair: Option<CandidatePair>) -> String {
    let name = |kind| match kind {
        model::CandidateKind::Host => "host",
        model::CandidateKind::Srflx => "srflx",
        model::CandidateKind::Prflx => "prflx",
        model::CandidateKind::Relay => "relay",
    };
    pair.map_or_else(String::new, |pair| format!(" ({} to {})", name(pair.local), name(pair.remote)))
}

/// Text that stays text inside XML.
fn escaped(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).fold(String::new(), |mut escaped, c| {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_write_stays_text_in_the_picture() {
        let account = AccountId("<script>&\"".into());
        let what = What::Message { account, way: WireWay::Sent, title: "INVITE (sdp)".into() };
        let ladder = Ladder { rungs: vec![Rung { at: Instant::START, what }] };
        let svg = ladder.svg();
        assert!(svg.contains("&lt;script&gt;&amp;&quot;") && !svg.contains("<script"), "{svg}");
        assert_eq!(ladder.text(), "        0  phone --- INVITE (sdp) -----------------> <script>&\"\n");
    }
}
