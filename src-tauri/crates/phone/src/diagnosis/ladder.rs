//! Who sent what, when, drawn from the journal: as text, and as a picture.

use std::fmt::Write;

use model::{AccountId, CallId, Instant, LadderRow, StoryFact};

use super::{facts, thread::Thread};
use crate::journal::{self, Entry, ReplayError};

/// Rows of a picture at most; the newest are drawn.
const MOST_RUNGS: usize = 400;
/// Width of the arrow in the text form.
const ARROW: usize = 34;
const ROW: usize = 22;
const PHONE_X: usize = 150;
const SERVER_X: usize = 560;

/// Messages between the phone and its servers, and what happened beside them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ladder {
    rungs: Vec<Rung>,
}

#[derive(Clone, Debug, PartialEq)]
struct Rung {
    at: Instant,
    /// Whose server or state it is.
    account: Option<AccountId>,
    fact: StoryFact,
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
        let mut rungs: Vec<Rung> = entries.iter().filter(concerns).filter_map(Rung::of).collect();
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
            let line = match &rung.fact {
                StoryFact::Message { sent, title } => {
                    let (dashes, server) = ("-".repeat(ARROW.saturating_sub(title.chars().count() + 5)), rung.server());
                    if *sent {
                        format!("phone --- {title} {dashes}> {server}")
                    } else {
                        format!("phone <{dashes} {title} --- {server}")
                    }
                }
                mark => format!("phone  *  {}{mark}", rung.whose()),
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
            match &rung.fact {
                StoryFact::Message { sent, title } => {
                    let (tip, back) = if *sent { (SERVER_X, SERVER_X - 8) } else { (PHONE_X, PHONE_X + 8) };
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
                        escaped(rung.server()),
                    )
                }
                mark => write!(
                    svg,
                    "<circle cx=\"{PHONE_X}\" cy=\"{y}\" r=\"4\"/><text x=\"{}\" y=\"{}\" font-style=\"italic\">{}</text>",
                    PHONE_X + 10,
                    y + 4,
                    escaped(&format!("{}{mark}", rung.whose()))
                ),
            }
            .expect("a string takes all");
        }
        svg.push_str("</svg>");
        svg
    }

    /// As a page draws it.
    pub fn rows(&self) -> Vec<LadderRow> {
        let row = |rung: &Rung| LadderRow {
            at_ms: u32::try_from(self.ms(rung)).unwrap_or(u32::MAX),
            account: rung.server().to_owned(),
            fact: rung.fact.clone(),
        };
        self.rungs.iter().map(row).collect()
    }

    fn ms(&self, rung: &Rung) -> u128 {
        self.rungs.first().map_or(0, |first| rung.at.since(first.at).as_millis())
    }
}

impl Rung {
    fn of(entry: &Entry) -> Option<Self> {
        let (_, fact) = facts::of_entry(entry)?;
        Some(Self { at: entry.at(), account: facts::account_of(entry).cloned(), fact })
    }

    fn server(&self) -> &str {
        self.account.as_ref().map_or("", |account| &account.0)
    }

    /// `office: `, before what happened to an account.
    fn whose(&self) -> String {
        self.account.as_ref().map_or_else(String::new, |account| format!("{account}: "))
    }
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
        let account = Some(AccountId("<script>&\"".into()));
        let fact = StoryFact::Message { sent: true, title: "INVITE (sdp)".into() };
        let ladder = Ladder { rungs: vec![Rung { at: Instant::START, account, fact }] };
        let svg = ladder.svg();
        assert!(svg.contains("&lt;script&gt;&amp;&quot;") && !svg.contains("<script"), "{svg}");
        assert_eq!(ladder.text(), "        0  phone --- INVITE (sdp) -----------------> <script>&\"\n");
    }
}
