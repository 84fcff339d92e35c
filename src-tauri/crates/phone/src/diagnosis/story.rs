//! One call as a story: signalling, path, devices, network and figures in one row, then what went wrong and what to do.

use calls::io::{Input, MediaEvent, Output};
use model::{CallId, CallStory, Event, Instant, MediaStatistics, Quality, StoryFact, StoryRoom, StoryStep};

use super::{facts, findings::Seen, thread::Thread};
use crate::journal::{self, Entry, ReplayError};

/// Below this, people complain (ITU-T G.107, Annex B: "many users dissatisfied" ends at 3.1).
const POOR_MOS: f64 = 3.1;
/// Well above it again.
const FAIR_MOS: f64 = 3.5;

/// The stories of all calls of a record, oldest first.
///
/// # Errors
/// The first line that cannot be read.
pub fn stories<'a>(journal: impl Iterator<Item = &'a str>) -> Result<Vec<CallStory>, ReplayError> {
    let entries = journal::entries(journal)?;
    let told = |thread: &Thread| thread.call.map(|call| Teller::new(thread, call).tell(&entries));
    Ok(Thread::all(&entries).iter().filter_map(told).collect())
}

struct Teller<'a> {
    thread: &'a Thread,
    call: CallId,
    steps: Vec<StoryStep>,
    seen: Seen,
    is_poor: bool,
}

impl<'a> Teller<'a> {
    fn new(thread: &'a Thread, call: CallId) -> Self {
        Self { thread, call, steps: Vec::new(), seen: Seen::default(), is_poor: false }
    }

    fn tell(mut self, entries: &[Entry]) -> CallStory {
        for entry in entries.iter().filter(|entry| self.thread.concerns(entry)) {
            let at = entry.at();
            let fact = facts::of_entry(entry);
            let told = fact.as_ref().map(|(_, fact)| fact.clone());
            self.add(at, fact);
            let Entry::Step { input, outputs, .. } = entry else { continue };
            if let Input::Media(_, MediaEvent::Statistics(figures)) = input {
                self.on_figures(at, figures);
            }
            for output in outputs.iter().filter(|output| self.thread.is_told_by(output)) {
                let Output::Event(event) = output else { continue };
                if let Event::Ended { report, .. } = event {
                    self.seen.figures(&report.media);
                }
                // What failed may be what the entry itself says.
                let again = matches!((event, &told), (Event::Failed { trouble, .. }, Some(fact)) if fact.tells(trouble));
                if !again {
                    self.add(at, facts::of_event(event));
                }
            }
        }
        CallStory {
            call: self.call,
            account: self.thread.account.0.clone(),
            direction: self.thread.direction,
            findings: self.seen.findings(),
            steps: self.steps,
        }
    }

    fn add(&mut self, at: Instant, step: Option<(StoryRoom, StoryFact)>) {
        let Some((room, fact)) = step else { return };
        self.seen.fact(&fact);
        let at_ms = u32::try_from(at.since(self.thread.began).as_millis()).unwrap_or(u32::MAX);
        self.steps.push(StoryStep { at_ms, room, fact });
    }

    fn on_figures(&mut self, at: Instant, figures: &MediaStatistics) {
        self.seen.figures(figures);
        let Some(mos) = figures.mos else { return };
        let poor = if self.is_poor { mos < FAIR_MOS } else { mos < POOR_MOS };
        if poor == self.is_poor {
            return;
        }
        self.is_poor = poor;
        let quality = Quality { mos, loss_in: figures.loss_in, loss_out: figures.loss_out, jitter_ms: figures.jitter_ms };
        let fact = if poor { StoryFact::PoorAudio(quality) } else { StoryFact::GoodAudio(quality) };
        self.add(at, Some((StoryRoom::Audio, fact)));
    }
}
