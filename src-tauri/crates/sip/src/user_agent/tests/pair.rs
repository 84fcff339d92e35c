//! Two user agents back to back over a network that may be bad.

use std::{collections::BTreeMap, time::Duration};

use model::{Instant, LineCall};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::{
    super::{CallEvent, Command, Event, Input, Output, Reliability, Role, Transport, UserAgent, UserAgentConfig},
    line::{ANSWER, OFFER, config, invite, seconds, tell, uri},
};
use crate::Message;

/// How bad the network is. Shares are per cent.
#[derive(Clone, Copy)]
pub(super) struct Weather {
    pub lost: u32,
    pub doubled: u32,
    pub garbled: u32,
    pub delay_ms: (u64, u64),
}

impl Weather {
    pub const FINE: Self = Self { lost: 0, doubled: 0, garbled: 0, delay_ms: (5, 6) };
}

/// Two user agents and the messages between them.
pub(super) struct Pair {
    pub now: Instant,
    pub sides: [Side; 2],
    pub weather: Weather,
    pub random: StdRng,
    flying: BTreeMap<(Instant, u64), (usize, Vec<u8>)>,
    next: u64,
    garbled: u64,
}

/// One of them, and the calls it knows of.
pub(super) struct Side {
    pub ua: UserAgent,
    pub calls: BTreeMap<LineCall, Standing>,
    pub told: Vec<String>,
    up: bool,
}

/// Bytes that mean something in a message.
const ODD: &[u8] = b"0179;,<>\"@: \r\n=%z";

/// Flips, drops, doubles or cuts off a few bytes.
fn garble(bytes: &mut Vec<u8>, random: &mut StdRng) {
    for _ in 0..random.random_range(1..6) {
        let at = random.random_range(0..bytes.len().max(1));
        let end = (at + random.random_range(1..24)).min(bytes.len());
        match random.random_range(0..5) {
            0 => bytes[at..end].iter_mut().for_each(|byte| *byte = random.random_range(0..=255)),
            1 => bytes[at..end].iter_mut().for_each(|byte| *byte = ODD[usize::from(*byte) % ODD.len()]),
            2 => drop(bytes.drain(at..end)),
            3 => bytes.extend_from_within(at..end),
            _ => bytes.truncate(at.max(bytes.len() / 2)),
        }
        if bytes.is_empty() {
            return;
        }
    }
}

/// Whether a call has ended for its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Going,
    Ended,
}

pub(super) fn over(transport: Transport) -> impl Fn() -> UserAgentConfig {
    move || UserAgentConfig { role: Role::Server, transport: transport.clone(), ..config() }
}

impl Pair {
    pub fn new(config: impl Fn() -> UserAgentConfig, seed: u8) -> Self {
        let side = |seed| {
            let mut ua = UserAgent::new(config(), [seed; 32]);
            ua.handle(Instant::START, Input::Connected);
            Side { ua, calls: BTreeMap::new(), told: Vec::new(), up: true }
        };
        Self {
            now: Instant::START,
            sides: [side(seed), side(seed ^ 0x80)],
            weather: Weather::FINE,
            random: StdRng::from_seed([seed; 32]),
            flying: BTreeMap::new(),
            next: 0,
            garbled: 0,
        }
    }

    pub fn command(&mut self, side: usize, command: Command) {
        if let Command::Invite(invite) = &command {
            self.sides[side].calls.insert(invite.call, Standing::Going);
        }
        self.handle(side, Input::Command(command));
    }

    pub fn handle(&mut self, side: usize, input: Input<'_>) {
        match input {
            Input::Connected => self.sides[side].up = true,
            Input::Disconnected => self.sides[side].up = false,
            Input::Received(_) | Input::Timeout | Input::Command(_) => {}
        }
        self.sides[side].ua.handle(self.now, input);
        while let Some(output) = self.sides[side].ua.poll_output() {
            match output {
                Output::Send(bytes) => self.send(1 - side, bytes),
                Output::Event(event) => self.note(side, &event),
            }
        }
    }

    fn send(&mut self, to: usize, bytes: Vec<u8>) {
        // What is copied from a garbled request is as garbled in its response.
        let is_copied = self.garbled > 0 && bytes.starts_with(b"SIP/2.0 ");
        assert!(is_copied || Message::parse(&bytes).is_ok(), "we write what we can read");
        let copies = if self.random.random_range(0..100) < self.weather.doubled { 2 } else { 1 };
        for _ in 0..copies {
            if self.random.random_range(0..100) < self.weather.lost {
                continue;
            }
            let (least, most) = self.weather.delay_ms;
            let at = self.now + Duration::from_millis(self.random.random_range(least..most));
            self.next += 1;
            let mut bytes = bytes.clone();
            if self.random.random_range(0..100) < self.weather.garbled {
                garble(&mut bytes, &mut self.random);
                self.garbled += 1;
            }
            self.flying.insert((at, self.next), (to, bytes));
        }
    }

    fn note(&mut self, side: usize, event: &Event) {
        let side = &mut self.sides[side];
        side.told.push(tell(event));
        if let Event::Call(call, event) = event {
            let standing = side.calls.entry(*call).or_insert(Standing::Going);
            assert_eq!(*standing, Standing::Going, "{event:?} after the end of {call:?}");
            if let CallEvent::Ended(_) = event {
                *standing = Standing::Ended;
            }
        }
    }

    /// Lets the time pass, messages and timeouts in their order.
    pub fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            let message = self.flying.keys().next().map(|(at, _)| *at);
            let timeouts = self.sides.iter().enumerate().filter_map(|(side, s)| Some((s.ua.poll_timeout()?, side)));
            let timeout = timeouts.min();
            let at = [message, timeout.map(|(at, _)| at)].into_iter().flatten().min();
            let Some(at) = at.filter(|at| *at <= end) else { break };
            self.now = at.max(self.now);
            if message == Some(at) {
                if let Some((_, (to, bytes))) = self.flying.pop_first()
                    && self.sides[to].up
                {
                    self.handle(to, Input::Received(&bytes));
                }
            } else if let Some((_, side)) = timeout {
                self.handle(side, Input::Timeout);
                let next = self.sides[side].ua.poll_timeout();
                assert!(next.is_none_or(|next| next > self.now), "a timeout that changes nothing");
            }
        }
        self.now = end;
    }

    /// Does something that a user, or a careless program, might do.
    pub fn act(&mut self, number: u32) {
        let side = self.random.random_range(0..2);
        let calls: Vec<LineCall> = self.sides[side].calls.keys().rev().take(6).copied().collect();
        let some_call = calls.get(self.random.random_range(0..calls.len().max(1))).copied();
        let (call, what) = match some_call {
            None => (LineCall::Dialled(number), 0),
            Some(call) => (call, self.random.random_range(0..18)),
        };
        let offer = || Some(OFFER.into());
        let command = match what {
            0 => invite(LineCall::Dialled(number), "sip:bob@example.com", Some(OFFER)),
            1 if number.is_multiple_of(3) => invite(LineCall::Dialled(number), "sip:bob@example.com", None),
            2 | 3 => Command::Ring { call },
            4 => Command::Progress { call, code: 183, description: Some(ANSWER.into()), reliable: Reliability::Acknowledged },
            5..=7 => Command::Accept { call, description: Some(ANSWER.into()), headers: Vec::new() },
            8 => Command::Reject { call, code: 486, text: String::new(), headers: Vec::new() },
            9 => Command::HangUp { call, reason: String::new() },
            10 => Command::Reoffer { call, offer: offer() },
            11 => Command::Update { call, offer: OFFER.into() },
            12 => Command::AnswerReoffer { call, description: ANSWER.into() },
            13 => Command::AckAnswer { call, answer: ANSWER.into() },
            14 => Command::Info { call, content_type: "application/dtmf".into(), body: "5".into() },
            15 => Command::Refer { call, target: uri("sip:carol@example.com"), replaces: None },
            16 => Command::AcceptRefer { call },
            17 => Command::NotifyRefer { call, code: if number.is_multiple_of(2) { 200 } else { 180 }, text: String::new() },
            _ => Command::RefuseReoffer { call, code: 488 },
        };
        self.command(side, command);
    }

    /// Hangs everything up, and looks whether anything is left after all timers have run.
    pub fn end(&mut self) {
        self.weather = Weather::FINE;
        for side in 0..2 {
            if !self.sides[side].up {
                self.handle(side, Input::Connected);
            }
            let calls: Vec<LineCall> = self.sides[side].calls.keys().copied().collect();
            for call in calls {
                self.command(side, Command::HangUp { call, reason: String::new() });
            }
        }
        self.wait(seconds(600));
        for side in &self.sides {
            let going: Vec<_> = side.calls.iter().filter(|(_, standing)| **standing == Standing::Going).collect();
            assert!(going.is_empty(), "calls without an end: {going:?}");
            assert!(side.ua.is_quiet(), "something is still awaited: {:?}", side.ua);
            assert_eq!(side.ua.poll_timeout(), None);
        }
    }
}
