//! What is printed: events as lines for people, or as JSON for programs.

use std::{
    fmt,
    io::{self, Write},
    time::Duration,
};

use model::{
    AccountState, CallId, CallReport, CallState, Event, Instant, LampState, LampView, LoopCheckView, LoopResult, Snapshot,
    TimedEvent, TransferView, TurnedAway, Voicemail,
};
use phone::desktop::is_direction_mark;
use serde::Serialize;

use crate::exit::Failure;

/// Prints in the form that was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Printer {
    People,
    Json,
}

impl Printer {
    pub(crate) fn new(json: bool) -> Self {
        if json { Self::Json } else { Self::People }
    }

    /// One event.
    pub(crate) fn event(self, event: &TimedEvent) {
        match self {
            Self::Json => self.value(&with_service_cause(event)),
            Self::People => {
                if let Some(words) = words(&event.event) {
                    put(format_args!("{:>9.3}  {words}", event.at_ms / 1000.0));
                }
            }
        }
    }

    /// One JSON object, whatever the form.
    pub(crate) fn value(self, value: &impl Serialize) {
        write_line(&serde_json::to_string(value).expect("values of ours have no form that JSON lacks"));
    }

    /// A line for people.
    pub(crate) fn line(self, line: &str) {
        match self {
            Self::People => put(line),
            Self::Json => {}
        }
    }

    /// So many events were not printed, because nobody read what is printed for too long.
    pub(crate) fn left_out(self, count: u64, now: Instant) {
        match self {
            Self::People => put(format_args!("{count} events were missed")),
            Self::Json => self.value(&serde_json::json!({ "at_ms": at_ms(now), "event": "left-out", "count": count })),
        }
    }

    /// Why it ended badly, on standard error; for programs also as an object.
    pub(crate) fn failure(self, failure: &Failure, now: Instant) {
        // Who closed standard error does not want to know.
        let _told = writeln!(io::stderr(), "sidetone-cli: {}", for_terminal(&failure.message));
        if matches!(self, Self::Json) {
            self.failure_object(failure, now);
        }
    }

    /// Why it ended badly, as an object.
    pub(crate) fn failure_object(self, failure: &Failure, now: Instant) {
        let (exit, message) = (failure.exit as u8, &failure.message);
        self.value(&serde_json::json!({ "at_ms": at_ms(now), "event": "error", "exit": exit, "message": message }));
    }

    /// Who is in a call; one object a line for programs.
    pub(crate) fn lamps(self, lamps: &[LampView]) {
        for lamp in lamps {
            match self {
                Self::Json => self.value(lamp),
                Self::People => put(lamp_line(lamp)),
            }
        }
    }

    /// The state of a phone.
    pub(crate) fn snapshot(self, snapshot: &Snapshot) {
        match self {
            Self::Json => self.value(snapshot),
            Self::People => print_snapshot(snapshot),
        }
    }
}

/// The event, and beside its cause the name that cause has in the interfaces of Aculab Cloud.
fn with_service_cause(event: &TimedEvent) -> serde_json::Value {
    let name = match &event.event {
        Event::Ended { cause, .. } => Some(cause.service_name()),
        Event::Unregistered { cause, .. } => Some(cause.service_name()),
        _ => None,
    };
    let mut value = serde_json::to_value(event).expect("values of ours have no form that JSON lacks");
    if let (Some(name), Some(fields)) = (name, value.as_object_mut()) {
        fields.insert("service_cause".to_owned(), name.into());
    }
    value
}

/// As events have it.
fn at_ms(now: Instant) -> f64 {
    now.since_start().as_secs_f64() * 1_000.0
}

/// Prints a line for people.
fn put(line: impl fmt::Display) {
    write_line(&for_terminal(&line.to_string()));
}

/// A reader that has seen enough (`| head`) ends nothing: a call goes on without its audience.
fn write_line(line: &str) {
    let _read = writeln!(io::stdout(), "{line}");
}

/// Text without what a terminal obeys: the name of a stranger could clear the screen with it, or write from right to left.
pub(crate) fn for_terminal(text: &str) -> String {
    let is_order = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || is_direction_mark(c);
    text.chars().filter(|c| !is_order(*c)).collect()
}

fn words(event: &Event) -> Option<String> {
    Some(match event {
        Event::Started { version } => format!("Sidetone {version}"),
        Event::Registered { account } => format!("{account}: registered"),
        Event::Ready { account } => format!("{account}: ready"),
        Event::Unregistered { account, message, .. } => format!("{account}: {message}"),
        Event::Voicemail { account, waiting, new, old } => format!("{account}: {}", voicemail_words(*waiting, *new, *old)),
        Event::Lamp { number, lamp } => format!("{}: {}", number.expose(), lamp_words(*lamp)),
        // For those who read JSON: people are told the same by the phone's own events.
        Event::Service { .. } => return None,
        Event::Dialing { call, account, target } => format!("call {call}: dialling {} from {account}", target.expose()),
        Event::Incoming { call, account, remote, diverted_by, replaces: None, .. } => {
            let by = diverted_by.as_ref().map_or_else(String::new, |by| format!(", sent on by {}", remote_words(by)));
            format!("call {call}: {} calls {account}{by}", remote_words(remote))
        }
        Event::Incoming { call, remote, replaces: Some(old), .. } => {
            format!("call {call}: {} takes the place of call {old}", remote_words(remote))
        }
        Event::Ringing { call } => format!("call {call}: it rings there"),
        Event::EarlyMedia { call } => format!("call {call}: audio before the answer"),
        Event::Answered { call, .. } => format!("call {call}: answered"),
        Event::MediaConnected { call, .. } => format!("call {call}: audio is connected"),
        Event::MediaTrouble { call, trouble: Some(trouble) } => format!("call {call}: {trouble}"),
        Event::MediaTrouble { call, trouble: None } => format!("call {call}: the audio is well again"),
        Event::Dtmf { call, digit, .. } => format!("call {call}: key {digit}"),
        Event::Hold { call, hold } => match (hold.local, hold.remote) {
            (false, false) => format!("call {call}: nobody holds"),
            (true, false) => format!("call {call}: held here"),
            (false, true) => format!("call {call}: held by the other side"),
            (true, true) => format!("call {call}: held by both sides"),
        },
        Event::Microphone { call, muted: true } => format!("call {call}: the microphone is off"),
        Event::Microphone { call, muted: false } => format!("call {call}: the microphone is on"),
        Event::Conference { members, .. } if members.is_empty() => "the conference is over".into(),
        Event::Conference { members, held } => conference_words(members, *held),
        Event::Recording { call, on: true, file, .. } => format!("call {call}: it is recorded to {}", file.expose()),
        Event::Recording { call, message: None, .. } => format!("call {call}: the recording is complete"),
        Event::Recording { call, message: Some(message), .. } => format!("call {call}: the recording ended: {message}"),
        Event::Transfer { call, transfer, .. } => format!("call {call}: {}", transfer_words(transfer.as_ref())),
        Event::TurnedAway { account, remote, because } => {
            let because = match because {
                TurnedAway::DoNotDisturb => "do not disturb",
                TurnedAway::Busy => "busy",
                TurnedAway::Forwarded => "forwarded",
            };
            format!("{account}: {} was turned away: {because}", remote_words(remote))
        }
        Event::Ended { call, message, report, .. } => format!("call {call}: {message}\n{}", report_words(report)),
        Event::Failed { call: Some(call), message, .. } => format!("call {call}: {message}"),
        Event::Failed { call: None, message, .. } => message.clone(),
    })
}

fn transfer_words(transfer: Option<&TransferView>) -> String {
    match transfer {
        None => "no transfer is under way".into(),
        Some(TransferView::Asked { target }) => format!("the other side asks us to call {}", target.expose()),
        Some(TransferView::Consulting { with }) => format!("held while call {with} is asked"),
        Some(TransferView::Moving { stage }) => format!("being transferred: {stage}"),
        Some(TransferView::Failed { fault }) => format!("the transfer did not work: {fault}"),
    }
}

fn lamp_words(lamp: LampState) -> &'static str {
    match lamp {
        LampState::Unknown => "nobody tells of its calls",
        LampState::Free => "in no call",
        LampState::Ringing => "a call rings there",
        LampState::Busy => "in a call",
    }
}

fn lamp_line(lamp: &LampView) -> String {
    let pick_up = if lamp.pick_up { "; pick-up answers it here" } else { "" };
    format!("lamp {:<19} {}{pick_up}", lamp.number.expose(), lamp_words(lamp.state))
}

fn voicemail_words(waiting: bool, new: u32, old: u32) -> String {
    match (waiting, new) {
        (false, _) => "no new voice messages".into(),
        // The server says that there are some and does not count them.
        (true, 0) => "voice messages wait".into(),
        (true, new) => format!("{new} new voice messages, {old} old"),
    }
}

fn conference_words(members: &[CallId], held: bool) -> String {
    let members: Vec<_> = members.iter().map(ToString::to_string).collect();
    format!("conference of calls {}{}", members.join(", "), if held { ", held here" } else { "" })
}

fn remote_words(remote: &model::Remote) -> String {
    match (remote.name.expose(), remote.number.expose()) {
        ("", "") => "somebody unknown".into(),
        ("", number) => number.into(),
        (name, "") => name.into(),
        (name, number) => format!("{name} ({number})"),
    }
}

fn report_words(report: &CallReport) -> String {
    let ms = |value: Option<f64>| value.map_or_else(|| "-".into(), |value| format!("{value:.0} ms"));
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let (setup, media) = (&report.setup, &report.media);
    let pair = media.pair.map_or_else(|| "-".into(), |pair| format!("{:?} to {:?}", pair.local, pair.remote).to_lowercase());
    let addresses = media.addresses.as_ref();
    let addresses = addresses.map_or_else(|| "-".into(), |ends| format!("{}, {}", ends.local.expose(), ends.remote.expose()));
    let mut lines = vec![
        ("talked", format!("{:.1} s", Duration::from_millis(report.talked_ms).as_secs_f64())),
        ("INVITE after", ms(setup.signalled_ms)),
        ("rang after", ms(setup.ringing_ms)),
        ("answered after", ms(setup.answered_ms)),
        ("audio after", ms(setup.media_ms)),
    ];
    if let Some(codec) = media.codec {
        lines.extend([
            ("codec", codec.name().to_owned()),
            ("path", pair),
            ("from, to", addresses),
            ("packets", format!("{} out, {} in", media.packets_sent, media.packets_received)),
            ("loss", format!("{} out, {} in", percent(media.loss_out), percent(media.loss_in))),
            ("jitter", format!("{:.1} ms", media.jitter_ms)),
            ("round trip", ms(media.round_trip_ms)),
            ("buffer", format!("{:.0} ms", media.buffer_ms)),
            ("concealed", percent(media.concealed)),
            ("quality", media.mos.map_or_else(|| "-, nothing was heard".into(), |mos| format!("MOS {mos:.1} of 4.5"))),
        ]);
    }
    lines.iter().map(|(name, value)| format!("{name:>25}  {value}")).collect::<Vec<_>>().join("\n")
}

fn print_snapshot(snapshot: &Snapshot) {
    for account in &snapshot.accounts {
        let words = match &account.state {
            AccountState::Ready if account.can.elsewhere => "controls a desk phone".to_owned(),
            state => account_words(state),
        };
        put(format_args!("account {:<16} {words}", account.id));
        if let Some(Voicemail { waiting: true, new, old, number }) = &account.voicemail {
            let dial = if number.is_empty() { String::new() } else { format!("; dial {} to hear them", number.expose()) };
            put(format_args!("{:<24} {}{dial}", "", voicemail_words(true, *new, *old)));
        }
    }
    for call in &snapshot.calls {
        let marks = [(call.muted, ", microphone off"), (call.recording, ", recorded"), (call.elsewhere, ", at the desk phone")];
        let marks: String = marks.iter().filter(|(is_so, _)| *is_so).map(|(_, words)| *words).collect();
        put(format_args!("call {:<4} {:<12} {}{marks}", call.id, remote_words(&call.remote), call_words(&call.state)));
    }
    if snapshot.calls.is_empty() {
        put("no calls");
    }
    if let Some(conference) = &snapshot.conference {
        put(conference_words(&conference.members, conference.held));
    }
    for lamp in &snapshot.lamps {
        put(lamp_line(lamp));
    }
    if snapshot.do_not_disturb {
        put("do not disturb");
    }
    if let Some(check) = &snapshot.loop_check {
        put(loop_words(check));
    }
    for notice in &snapshot.notices {
        put(format_args!("notice: {}", notice.trouble));
    }
}

fn loop_words(check: &LoopCheckView) -> String {
    match check.result {
        LoopResult::Running => "loop call: goes on".into(),
        LoopResult::Passed => "loop call: passed".into(),
        LoopResult::Interrupted => "loop call: somebody used the phone meanwhile".into(),
        LoopResult::NoCall => format!("loop call: it did not come about: {}", check.words),
        LoopResult::NoEcho => "loop call: its sound did not come back".into(),
        LoopResult::NotHeard => "loop call: the microphone did not hear the speaker".into(),
    }
}

fn account_words(state: &AccountState) -> String {
    match state {
        AccountState::Disabled => "switched off".into(),
        AccountState::Connecting => "connecting".into(),
        AccountState::Registering => "registering".into(),
        AccountState::Registered => "registered".into(),
        AccountState::Ready => "ready to call out".into(),
        AccountState::Offline { cause, retry_in_s: Some(seconds) } => format!("offline: {cause}; next try in {seconds} s"),
        AccountState::Offline { cause, retry_in_s: None } => format!("offline: {cause}"),
    }
}

fn call_words(state: &CallState) -> String {
    match state {
        CallState::Dialing => "dialling".into(),
        CallState::Ringing => "ringing there".into(),
        CallState::EarlyMedia => "audio before the answer".into(),
        CallState::Incoming => "ringing here".into(),
        CallState::Connecting => "connecting audio".into(),
        CallState::Established { hold } => match (hold.local, hold.remote) {
            (false, false) => "talking".into(),
            (true, false) => "held here".into(),
            (false, true) => "held by the other side".into(),
            (true, true) => "held by both sides".into(),
        },
        CallState::Ended { cause } => format!("over: {cause}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_commands_the_terminal() {
        assert_eq!(for_terminal("\u{1b}[2Ja\u{7}\u{9b}31m\u{202e}b\r\tc\nd"), "[2Ja31mb\tc\nd");
    }
}
