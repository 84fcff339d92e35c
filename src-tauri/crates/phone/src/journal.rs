//! The flight recorder: every input of call control with its time and what followed, to be replayed bit-exactly.

use std::collections::VecDeque;

use calls::{
    CallControl,
    io::{Input, Output},
};
use model::{Instant, Personal, Pseudonyms, WireMessage};
use serde::{Deserialize, Serialize};

/// How much of the past is kept: two segments of this many bytes. A second of a call is about one kilobyte.
const SEGMENT_BYTES: usize = 256 * 1024;

/// A bounded record. It holds no name, number, address or description: people are pseudonyms in it.
#[derive(Debug, Default)]
pub struct Journal {
    segments: VecDeque<Segment>,
    pseudonyms: Pseudonyms,
}

/// One part of the record, with the state it begins in.
#[derive(Debug)]
struct Segment {
    lines: Vec<String>,
    bytes: usize,
}

/// One line of the record.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    /// The whole of call control as the segment begins.
    Checkpoint(Box<CallControl>),
    /// An input and what followed from it.
    Step { at: Instant, input: Input, outputs: Vec<Output> },
    /// A message that a line sent or was sent. Replaying passes over it.
    Wire(WireMessage),
    /// Something outside of call control. Replaying passes over it.
    Note { at: Instant, note: Note },
}

/// What happens to a phone outside of its calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Note {
    /// The computer came to another network, or woke up.
    NetworkChanged,
    /// A sound device is missing, gone, or silent.
    Device(Personal),
}

/// What a record says, without the states it can be replayed from.
#[derive(Debug)]
pub(crate) enum Entry {
    Step { at: Instant, input: Input, outputs: Vec<Output> },
    Wire(WireMessage),
    Note { at: Instant, note: Note },
}

impl Entry {
    pub(crate) fn at(&self) -> Instant {
        match self {
            Self::Step { at, .. } | Self::Note { at, .. } => *at,
            Self::Wire(message) => message.at,
        }
    }
}

/// Why a record cannot be replayed, or does not give what it says.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A line is none of ours.
    #[error("line {line} of the journal cannot be read: {source}")]
    Unreadable {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A step stands before any checkpoint.
    #[error("line {line} of the journal has no beginning")]
    NoBeginning {
        /// Counted from 1.
        line: usize,
    },
    /// The machine does something else than what is recorded.
    #[error("line {line} of the journal: recorded {recorded}, replayed {replayed}")]
    Differs {
        /// Counted from 1.
        line: usize,
        /// What the record says followed.
        recorded: String,
        /// What followed now.
        replayed: String,
    },
}

impl Journal {
    /// Makes room for the next input; `control` is as it is before that input.
    pub fn begin_step(&mut self, control: &CallControl) {
        if self.segments.back().is_some_and(|segment| segment.bytes < SEGMENT_BYTES) {
            return;
        }
        if self.segments.len() == 2 {
            self.segments.pop_front();
        }
        // A new table of people per segment would break the thread between the two; whom neither of them names is forgotten.
        self.pseudonyms.turn();
        let line = self.write(&Line::Checkpoint(Box::new(control.clone())));
        self.segments.push_back(Segment { bytes: line.len(), lines: vec![line] });
    }

    /// Records an input with what followed from it.
    pub fn end_step(&mut self, at: Instant, input: Input, outputs: Vec<Output>) {
        self.add(&Line::Step { at, input, outputs });
    }

    /// Records a message.
    pub(crate) fn wire(&mut self, message: WireMessage) {
        self.add(&Line::Wire(message));
    }

    /// A message without people, who have the same stand-ins in the record.
    pub(crate) fn without_people(&mut self, message: &WireMessage) -> String {
        message.text_without_people(&mut self.pseudonyms)
    }

    /// Records something else.
    pub(crate) fn note(&mut self, at: Instant, note: Note) {
        self.add(&Line::Note { at, note });
    }

    fn add(&mut self, line: &Line) {
        let line = self.write(line);
        if let Some(segment) = self.segments.back_mut() {
            segment.bytes += line.len();
            segment.lines.push(line);
        }
    }

    /// The record as JSON lines.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().flat_map(|segment| segment.lines.iter().map(String::as_str))
    }

    /// Anything else as JSON, under the same pseudonyms.
    pub(crate) fn redacted(&mut self, value: &impl Serialize) -> String {
        self.write(value)
    }

    fn write(&mut self, value: &impl Serialize) -> String {
        let written = self.pseudonyms.replacing(|| serde_json::to_string(value));
        written.expect("values of ours have no form that JSON lacks")
    }
}

/// Runs a record through call control again; the number of steps, when each gave what is recorded.
///
/// # Errors
/// The first line that cannot be read, or whose outputs differ.
pub fn replay<'a>(lines: impl Iterator<Item = &'a str>) -> Result<usize, ReplayError> {
    let mut control: Option<Box<CallControl>> = None;
    let mut steps = 0;
    for (at, text) in lines.enumerate() {
        let line = at + 1;
        match serde_json::from_str(text).map_err(|source| ReplayError::Unreadable { line, source })? {
            Line::Checkpoint(checkpoint) => control = Some(checkpoint),
            Line::Step { at, input, outputs } => {
                let control = control.as_mut().ok_or(ReplayError::NoBeginning { line })?;
                control.handle(at, input);
                let replayed: Vec<Output> = std::iter::from_fn(|| control.poll_output()).collect();
                if replayed != outputs {
                    let (recorded, replayed) = (format!("{outputs:?}"), format!("{replayed:?}"));
                    return Err(ReplayError::Differs { line, recorded, replayed });
                }
                steps += 1;
            }
            Line::Wire(_) | Line::Note { .. } => {}
        }
    }
    Ok(steps)
}

/// Everything a record says, in the order of time.
///
/// # Errors
/// The first line that cannot be read.
pub(crate) fn entries<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Vec<Entry>, ReplayError> {
    let mut entries = Vec::new();
    for (at, text) in lines.enumerate() {
        match serde_json::from_str(text).map_err(|source| ReplayError::Unreadable { line: at + 1, source })? {
            Line::Checkpoint(_) => {}
            Line::Step { at, input, outputs } => entries.push(Entry::Step { at, input, outputs }),
            Line::Wire(message) => entries.push(Entry::Wire(message)),
            Line::Note { at, note } => entries.push(Entry::Note { at, note }),
        }
    }
    // A line's messages come by another way than what it says of them; of the same moment, the message is the cause.
    entries.sort_by_key(|entry| (entry.at(), !matches!(entry, Entry::Wire(_))));
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use calls::io::{Capabilities, LineEvent, MediaEvent};
    use model::{
        AccountId, AccountState, Command, DialOptions, LineCall, MediaDirection, MediaId, MediaStatistics, Settings, XHeaders,
    };

    use super::*;

    /// The `nth` call from dialling to its report.
    fn story(nth: u32) -> Vec<Input> {
        let account = AccountId("practice".into());
        let line = |event| Input::Line(account.clone(), event);
        let call = LineCall::Dialled(nth);
        let both = MediaDirection::SendRecv;
        let dial = DialOptions {
            target: "+442079460123".parse().expect("a number"),
            account: None,
            headers: vec![("X-Note".into(), "canary".into())],
        };
        let figures = MediaStatistics { jitter_ms: 0.1 + 0.2, ..MediaStatistics::default() };
        vec![
            line(LineEvent::Capable(Capabilities {
                calls: 8,
                hold: true,
                transfer: calls::io::Transfers::ByFarEnd,
                dtmf_info: true,
                prepares: false,
                elsewhere: false,
            })),
            line(LineEvent::State(AccountState::Registered)),
            Input::Command(Command::Dial(dial)),
            Input::Media(MediaId(nth), MediaEvent::OfferReady { offer: "o=- 192.0.2.7".into() }),
            line(LineEvent::Answered {
                call,
                fork: 0,
                answer: Some("a=canary".into()),
                remote: None,
                x_headers: XHeaders::among([("X-canary", "canary")]),
            }),
            Input::Media(MediaId(nth), MediaEvent::Applied { direction: both, remote: both, telephone_event: true }),
            Input::Media(MediaId(nth), MediaEvent::Statistics(Box::new(figures))),
            Input::Command(Command::HangUp { call: model::CallId(nth) }),
            Input::Media(MediaId(nth), MediaEvent::Closed(Box::default())),
        ]
    }

    fn record(times: usize) -> Journal {
        let mut journal = Journal::default();
        let mut control = CallControl::new(&Settings::default());
        let mut now = Instant::START;
        for input in (1..).flat_map(story).take(times) {
            now += Duration::from_micros(1_234_567);
            journal.begin_step(&control);
            control.handle(now, input.clone());
            journal.end_step(now, input, std::iter::from_fn(|| control.poll_output()).collect());
        }
        journal
    }

    #[test]
    fn a_record_replays_to_the_very_same_outputs() {
        assert_eq!(replay(record(9).lines()).expect("it replays"), 9);
    }

    #[test]
    fn a_long_record_forgets_its_beginning_and_still_replays() {
        let journal = record(5_000);
        assert!(journal.segments.iter().map(|segment| segment.bytes).sum::<usize>() < 3 * SEGMENT_BYTES);
        assert!(replay(journal.lines()).expect("it replays") > 100);
    }

    #[test]
    fn a_record_names_nobody() {
        let text: String = record(9).lines().collect();
        for canary in ["4420", "canary", "192.0.2.7"] {
            assert!(!text.contains(canary), "{canary} in {text}");
        }
    }

    #[test]
    fn a_changed_record_is_found_out() {
        let text: Vec<String> = record(9).lines().map(|line| line.replace(r#""by":"local""#, r#""by":"remote""#)).collect();
        assert!(matches!(replay(text.iter().map(String::as_str)), Err(ReplayError::Differs { .. })));
    }
}
