//! One call as a story: signalling, path, devices, network and figures in one row, then what went wrong and what to do.

use calls::io::{Input, LineEvent, MediaEvent, Output};
use model::{
    AccountState, CallId, CallStory, Cause, Event, Instant, MediaStatistics, MediaTrouble, Personal, StoryRoom, StoryStep,
    WireWay,
};

use super::{findings::Seen, ladder::path, thread::Thread};
use crate::journal::{self, Entry, Note, ReplayError};

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
            match entry {
                Entry::Wire(message) => {
                    let arrow = match message.way {
                        WireWay::Sent => "->",
                        WireWay::Received => "<-",
                    };
                    self.add(at, StoryRoom::Signalling, format!("{arrow} {}", message.what()));
                }
                Entry::Note { note: Note::NetworkChanged, .. } => {
                    self.seen.network_changed = true;
                    self.add(at, StoryRoom::Network, "the computer is in another network, or woke up".into());
                }
                Entry::Note { note: Note::Device(words), .. } => self.on_device(at, words),
                Entry::Step { input, outputs, .. } => {
                    self.on_input(at, input);
                    for output in outputs.iter().filter(|output| self.thread.is_told_by(output)) {
                        self.on_output(at, output);
                    }
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

    fn add(&mut self, at: Instant, room: StoryRoom, words: String) {
        let at_ms = u32::try_from(at.since(self.thread.began).as_millis()).unwrap_or(u32::MAX);
        self.steps.push(StoryStep { at_ms, room, words });
    }

    fn on_device(&mut self, at: Instant, words: &Personal) {
        self.seen.device = true;
        // The record holds a stand-in for the words: they name a device, and so perhaps its owner.
        self.add(at, StoryRoom::Device, format!("trouble with a sound device ({})", words.expose()));
    }

    fn on_input(&mut self, at: Instant, input: &Input) {
        match input {
            Input::Media(_, event) => self.on_media(at, event),
            Input::Line(_, LineEvent::State(AccountState::Offline { cause, .. })) => {
                self.seen.server_lost = true;
                self.add(at, StoryRoom::Network, format!("the account is offline: {cause}"));
            }
            Input::Line(_, LineEvent::State(AccountState::Registered)) => {
                self.add(at, StoryRoom::Network, "the account is registered".into());
            }
            Input::NoMicrophone(_) => {
                self.seen.device = true;
                self.add(at, StoryRoom::Device, "there is no microphone".into());
            }
            Input::Command(_) | Input::Watch(_) | Input::Line(..) | Input::Sound(_) | Input::Timeout => {}
        }
    }

    fn on_media(&mut self, at: Instant, event: &MediaEvent) {
        let words = match event {
            MediaEvent::Connected { pair } => {
                self.seen.connected = true;
                format!("the path stands{}", path(*pair))
            }
            MediaEvent::FirstPacket => {
                self.seen.heard = true;
                "the first audio arrived".into()
            }
            MediaEvent::Interrupted => {
                self.seen.interrupted += 1;
                "the path is lost".into()
            }
            MediaEvent::Failed { detail } => {
                self.seen.no_path = true;
                format!("no path: {detail}")
            }
            MediaEvent::Refused { code, .. } => format!("their description cannot be used ({code})"),
            MediaEvent::Died { .. } => "the part of the phone that carries the audio broke down".into(),
            MediaEvent::Statistics(figures) => return self.on_figures(at, figures),
            _ => return,
        };
        self.add(at, StoryRoom::Audio, words);
    }

    fn on_figures(&mut self, at: Instant, figures: &MediaStatistics) {
        self.seen.figures(figures);
        let Some(mos) = figures.mos else { return };
        let poor = if self.is_poor { mos < FAIR_MOS } else { mos < POOR_MOS };
        if poor == self.is_poor {
            return;
        }
        self.is_poor = poor;
        let quality = if poor { "poor" } else { "good again" };
        let words = format!(
            "the audio is {quality}: MOS {mos:.1}, {:.0} % lost to here, {:.0} % lost to there, jitter {:.0} ms",
            figures.loss_in * 100.0,
            figures.loss_out * 100.0,
            figures.jitter_ms
        );
        self.add(at, StoryRoom::Audio, words);
    }

    fn on_output(&mut self, at: Instant, output: &Output) {
        let Output::Event(event) = output else { return };
        let (room, words) = match event {
            Event::Dialing { .. } => (StoryRoom::Call, "dialled".into()),
            Event::Incoming { .. } => (StoryRoom::Call, "it rings here".into()),
            Event::Ringing { .. } => (StoryRoom::Call, "it rings there".into()),
            Event::EarlyMedia { .. } => (StoryRoom::Audio, "the far end is heard before it answers".into()),
            Event::Answered { .. } => {
                self.seen.answered = true;
                (StoryRoom::Call, "answered".into())
            }
            Event::MediaTrouble { trouble: Some(trouble), .. } => {
                self.on_trouble(*trouble);
                (StoryRoom::Audio, trouble.to_string())
            }
            Event::MediaTrouble { trouble: None, .. } => (StoryRoom::Audio, "the audio is well again".into()),
            Event::Hold { hold, .. } => {
                let words = match (hold.local, hold.remote) {
                    (true, true) => "held by both",
                    (true, false) => "held by us",
                    (false, true) => "held by the far end",
                    (false, false) => "nobody holds it",
                };
                (StoryRoom::Call, words.into())
            }
            Event::Transfer { .. } => (StoryRoom::Call, "a transfer is getting on".into()),
            Event::Recording { on, .. } => (StoryRoom::Call, if *on { "it is recorded" } else { "the recording ended" }.into()),
            Event::Failed { message, .. } => (StoryRoom::Call, message.clone()),
            Event::Ended { cause, report, .. } => {
                self.seen.figures(&report.media);
                self.on_end(cause);
                (StoryRoom::Call, format!("ended: {cause}"))
            }
            _ => return,
        };
        self.add(at, room, words);
    }

    fn on_trouble(&mut self, trouble: MediaTrouble) {
        match trouble {
            MediaTrouble::NoPacketsIn => self.seen.no_packets_in = true,
            MediaTrouble::NoPacketsOut => self.seen.no_packets_out = true,
            MediaTrouble::MicrophoneSilent => self.seen.microphone_silent = true,
        }
    }

    fn on_end(&mut self, cause: &Cause) {
        self.seen.cause = Some(cause.clone());
    }
}
