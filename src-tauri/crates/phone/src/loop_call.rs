//! A call to a number that says again what it hears: the phone's proof that it can be used, from the network to the air.
//!
//! A tone is sent and switched on and off. It must come back from the far end, and the microphone must hear it when the
//! speaker plays what came back. The microphone itself is off in that call, so nothing said nearby goes anywhere.

use std::{collections::BTreeSet, time::Duration};

use audio::ToneSpec;
use model::{
    AccountId, AccountState, CallId, CallState, CallView, Command, DialOptions, Direction, LoopCheckView, LoopResult, Snapshot,
    Target,
};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::phone::{Phone, PhoneStopped};

/// What is sent: far from the hum of mains, within every codec, and not unpleasant.
const TONE: ToneSpec = ToneSpec::Sine { hz: 1_000.0, dbfs: -12.0 };

/// How long a call may take to appear, and to be answered and have sound.
const APPEARS_WITHIN: Duration = Duration::from_secs(5);
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

/// How long the tone is off, and then on; levels are looked at once what was before has died away at both ends.
const PHASE: Duration = Duration::from_millis(1_200);
const SETTLED: Duration = Duration::from_millis(700);
const LOOK: Duration = Duration::from_millis(50);

/// How often, and how often it must be heard: a door may bang once.
const ROUNDS: usize = 3;
const ENOUGH: usize = 2;

/// How much louder the tone must be than what is there without it: on the line, where there is little else, and in a room.
const ON_THE_LINE_DB: f64 = 10.0;
const IN_THE_ROOM_DB: f64 = 6.0;

/// A tone below this is none, whatever is there without it.
const FAINTEST_DBFS: f64 = -60.0;

/// How long the phone must be idle before a check begins.
const QUIET: Duration = Duration::from_secs(5);

/// A number that says again what it hears.
#[derive(Clone, Debug)]
pub struct LoopNumber {
    /// On which account it is called.
    pub account: AccountId,
    /// The number.
    pub target: Target,
    /// How long it still says something of its own after it has answered.
    pub after: Duration,
}

/// Why there is no result in levels.
#[derive(PartialEq, Eq)]
enum Cut {
    /// The call ended, or did not come about.
    Ended(String),
    /// Somebody uses the phone.
    InUse,
}

impl Phone {
    /// Makes the check; how it went is in the snapshot, too.
    ///
    /// # Errors
    /// When the phone has stopped.
    pub async fn loop_call(&self, number: &LoopNumber) -> Result<LoopResult, PhoneStopped> {
        let at_s = self.unix_seconds();
        let running = LoopCheckView { result: LoopResult::Running, words: String::new(), at_s, call: None };
        self.show_loop_check(running.clone())?;
        let (result, words) = match self.dial(number).await? {
            None => (LoopResult::NoCall, "it could not be dialled".to_owned()),
            Some(call) => {
                self.show_loop_check(LoopCheckView { call: Some(call), ..running.clone() })?;
                let outcome = match self.hear_answer(call).await {
                    Ok(()) => self.compare(call, number.after).await?,
                    Err(cut) => Err(cut),
                };
                self.send(Command::HangUp { call })?;
                match outcome {
                    Ok(result) => (result, String::new()),
                    Err(Cut::Ended(words)) => (LoopResult::NoCall, words),
                    Err(Cut::InUse) => (LoopResult::Interrupted, String::new()),
                }
            }
        };
        self.show_loop_check(LoopCheckView { result, words, ..running })?;
        Ok(result)
    }

    /// Makes the check as soon as the account can call and nobody uses the phone, and again each time `every` is over; until
    /// the phone stops.
    pub async fn loop_calls(self, number: LoopNumber, every: Duration) {
        loop {
            if self.becomes_idle(&number.account).await.is_err() || self.loop_call(&number).await.is_err() {
                return;
            }
            sleep(every).await;
        }
    }

    async fn becomes_idle(&self, account: &AccountId) -> Result<(), PhoneStopped> {
        let mut snapshots = self.snapshots();
        loop {
            snapshots.wait_for(|snapshot| is_idle(snapshot, account)).await.map_err(|_| PhoneStopped)?;
            // An end of the quiet is waited for; that it does not come is what is hoped for.
            let disturbed = snapshots.wait_for(|snapshot| !is_idle(snapshot, account));
            match timeout(QUIET, disturbed).await {
                Err(_) => return Ok(()),
                Ok(changed) => drop(changed.map_err(|_| PhoneStopped)?),
            }
        }
    }

    /// The call that was dialled.
    async fn dial(&self, number: &LoopNumber) -> Result<Option<CallId>, PhoneStopped> {
        let mut snapshots = self.snapshots();
        let before: BTreeSet<CallId> = snapshots.borrow().calls.iter().map(|call| call.id).collect();
        let options = DialOptions { target: number.target.clone(), account: Some(number.account.clone()), headers: Vec::new() };
        self.send(Command::Dial(options))?;
        let is_it = |call: &&CallView| call.direction == Direction::Outgoing && !before.contains(&call.id);
        let find = |snapshot: &Snapshot| snapshot.calls.iter().find(is_it).map(|call| call.id);
        match timeout(APPEARS_WITHIN, snapshots.wait_for(|snapshot| find(snapshot).is_some())).await {
            Ok(Ok(snapshot)) => Ok(find(&snapshot)),
            Ok(Err(_)) => Err(PhoneStopped),
            Err(_) => Ok(None),
        }
    }

    /// Waits until the call has sound.
    async fn hear_answer(&self, call: CallId) -> Result<(), Cut> {
        let mut snapshots = self.snapshots();
        let decided = snapshots.wait_for(|snapshot| state(snapshot, call) != Ok(false));
        match timeout(ANSWERED_WITHIN, decided).await {
            Ok(Ok(snapshot)) => state(&snapshot, call).map(|_| ()),
            Ok(Err(_)) => Err(Cut::Ended("the phone was ended".into())),
            Err(_) => Err(Cut::Ended(format!("nobody answered within {} s", ANSWERED_WITHIN.as_secs()))),
        }
    }

    /// Switches the tone off and on, and compares what is heard.
    async fn compare(&self, call: CallId, after: Duration) -> Result<Result<LoopResult, Cut>, PhoneStopped> {
        self.send(Command::Mute { call, muted: true })?;
        sleep(after).await;
        let (mut back, mut heard) = (0, 0);
        for _ in 0..ROUNDS {
            let silence = self.levels_of(call, None).await;
            let tone = self.levels_of(call, Some(TONE)).await;
            self.meter().say(call, None);
            match (silence, tone) {
                (Ok(silence), Ok(tone)) => {
                    back += usize::from(tone.line > FAINTEST_DBFS && tone.line - silence.line > ON_THE_LINE_DB);
                    heard += usize::from(tone.room > FAINTEST_DBFS && tone.room - silence.room > IN_THE_ROOM_DB);
                }
                (Err(cut), _) | (_, Err(cut)) => return Ok(Err(cut)),
            }
        }
        Ok(Ok(match (back >= ENOUGH, heard >= ENOUGH) {
            (false, _) => LoopResult::NoEcho,
            (true, false) => LoopResult::NotHeard,
            (true, true) => LoopResult::Passed,
        }))
    }

    /// Sends a tone or nothing for a while; how loud it is then.
    async fn levels_of(&self, call: CallId, tone: Option<ToneSpec>) -> Result<Loudness, Cut> {
        self.meter().say(call, tone);
        let begun = now();
        let (mut line, mut room) = (Vec::new(), Vec::new());
        let mut snapshots = self.snapshots();
        while now() < begun + PHASE {
            let over = snapshots.wait_for(|snapshot| state(snapshot, call) != Ok(true));
            if let Ok(Ok(snapshot)) = timeout_at(now() + LOOK, over).await {
                return Err(state(&snapshot, call).err().unwrap_or_else(|| Cut::Ended("its sound broke off".into())));
            }
            if now() >= begun + SETTLED {
                let levels = self.levels();
                line.extend(levels.calls.iter().find(|levels| levels.call == call).map(|levels| levels.in_dbfs));
                room.push(levels.microphone_dbfs);
            }
        }
        Ok(Loudness { line: median(line), room: median(room) })
    }
}

/// In dBFS.
#[derive(Clone, Copy, Debug)]
struct Loudness {
    line: f64,
    room: f64,
}

/// Whether the call has sound; what has come between, if anything.
fn state(snapshot: &Snapshot, call: CallId) -> Result<bool, Cut> {
    if snapshot.calls.iter().any(|view| view.id != call && is_live(view)) {
        return Err(Cut::InUse);
    }
    match snapshot.calls.iter().find(|view| view.id == call).map(|view| &view.state) {
        Some(CallState::Established { .. }) => Ok(true),
        Some(CallState::Ended { cause }) => Err(Cut::Ended(cause.to_string())),
        Some(CallState::Dialing | CallState::Ringing | CallState::EarlyMedia | CallState::Incoming | CallState::Connecting) => {
            Ok(false)
        }
        None => Err(Cut::Ended("the call is gone".into())),
    }
}

fn is_idle(snapshot: &Snapshot, account: &AccountId) -> bool {
    let is_ready = snapshot
        .accounts
        .iter()
        .any(|view| view.id == *account && matches!(view.state, AccountState::Registered | AccountState::Ready));
    is_ready && !snapshot.calls.iter().any(is_live) && snapshot.trial.is_none()
}

fn is_live(call: &CallView) -> bool {
    !matches!(call.state, CallState::Ended { .. })
}

/// The middle of what was measured; silence when nothing was.
fn median(mut levels: Vec<f64>) -> f64 {
    levels.sort_by(f64::total_cmp);
    levels.get(levels.len() / 2).copied().unwrap_or(f64::from(audio::SILENCE_DBFS))
}

/// The moment on the clock that sleeps follow, virtual time in tests.
#[expect(clippy::disallowed_methods, reason = "phases of a tone are timed like the sleeps between them")]
fn now() -> Instant {
    Instant::now()
}
