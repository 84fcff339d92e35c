//! A scenario: phones, servers and the world between them, in virtual time.

mod cast;
mod far_end;
mod xivo;

use std::{cell::Cell, future::Future, path::PathBuf, sync::Arc, time::Duration};

use exchange::{Door, Exchange};
use model::{CallId, Cause, Clock, Instant, Settings};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use store::{Provisioned, SecretStore};
use tempfile::{NamedTempFile, TempDir};
use tokio::{
    runtime::{Builder, Runtime},
    time::sleep,
};

pub use self::{
    far_end::FarTalk,
    xivo::{DESK_PHONE, OTHER_PHONE},
};
use crate::{
    far::Far,
    ladder::Ladder,
    panics,
    rtc::{Air, air},
    seat::Seat,
    time::{VirtualClock, ms, seconds},
    watch,
};

/// How finely time is cut where something is waited for.
const STEP: Duration = Duration::from_millis(5);

/// A phone that is told to stop has ended after this long.
const STOPS_WITHIN: Duration = Duration::from_secs(4);

/// Phones and their world. At its end every scenario stops its phones and checks what must hold of any.
pub struct Scenario {
    runtime: Runtime,
    clock: VirtualClock,
    ladder: Ladder,
    air: Air,
    random: StdRng,
    exchange: Option<(Exchange, Door)>,
    far: Option<Far>,
    servers: Vec<(String, Far)>,
    change: fn(&mut Settings),
    provisioned: Option<Provisioned>,
    key_store: Option<Arc<dyn SecretStore>>,
    seats: Vec<Seat>,
    begun: Instant,
    finished: Cell<bool>,
    /// Where phones keep what outlives a run, each in a folder of its name; nowhere when there is none.
    home: Option<PathBuf>,
    /// The same, when it is the scenario's own.
    temporary: Option<TempDir>,
    /// What phones trust that reach the far end over sockets.
    ca: Option<NamedTempFile>,
    /// How many panics the test has asked for.
    faults: Cell<u32>,
    /// Media sessions of the far end so far; each has a seed of its own.
    far_sessions: Cell<u64>,
    wire: Wire,
    /// Whether alice's phone has an account at the exchange beside that at the XiVO.
    has_sip_too: bool,
    /// Whether alice's phone controls a desk phone, which is one more seat.
    has_desk_phone: bool,
}

/// What phones are connected by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wire {
    /// Queues in virtual time.
    Cable,
    /// WebSockets on loopback in real time.
    Sockets,
}

/// The two ends of a call between phones.
#[derive(Clone, Copy, Debug)]
pub struct Talk {
    /// At the caller's.
    pub caller: CallId,
    /// At the called's.
    pub called: CallId,
}

impl Default for Scenario {
    fn default() -> Self {
        Self::seeded(1)
    }
}

impl Scenario {
    /// A world with nobody in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with other random numbers.
    pub fn seeded(seed: u64) -> Self {
        Self::on(Wire::Cable, Builder::new_current_thread().enable_time().start_paused(true), seed)
    }

    /// A world of real time, in which phones reach the far end by a real secure WebSocket on loopback.
    pub fn over_sockets() -> Self {
        Self::on(Wire::Sockets, Builder::new_current_thread().enable_all(), 1)
    }

    fn on(wire: Wire, builder: &mut Builder, seed: u64) -> Self {
        panics::count();
        let runtime = builder.build().expect("a runtime can be made");
        let clock = {
            let _inside = runtime.enter();
            VirtualClock::start()
        };
        Self {
            ladder: Ladder::new(clock.clone()),
            air: air(clock.clone(), seed),
            clock,
            random: StdRng::seed_from_u64(seed),
            exchange: None,
            far: None,
            servers: Vec::new(),
            change: |_| {},
            provisioned: None,
            key_store: None,
            seats: Vec::new(),
            begun: Instant::START,
            finished: Cell::new(false),
            home: None,
            temporary: None,
            ca: None,
            faults: Cell::new(0),
            far_sessions: Cell::new(0),
            wire,
            has_sip_too: false,
            has_desk_phone: false,
            runtime,
        }
    }

    /// A phone by name.
    pub fn phone(&self, name: &str) -> &Seat {
        self.seats.iter().find(|seat| seat.name == name).expect("a phone of that name")
    }

    /// The data folder of a phone.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.home.as_ref().expect("a scenario with folders").join(name)
    }

    /// Alice's phone.
    pub fn alice(&self) -> &Seat {
        self.phone("alice")
    }

    /// Bob's phone.
    pub fn bob(&self) -> &Seat {
        self.phone("bob")
    }

    /// Lets a media session panic: the `nth` of those that a phone has open, counted from 0.
    pub fn break_session(&self, owner: &str, nth: usize) {
        self.faults.set(self.faults.get() + 1);
        self.air.break_session(owner, nth);
    }

    /// Lets a phone's next try to connect to its server panic.
    pub fn break_next_connection(&self, owner: &str) {
        self.faults.set(self.faults.get() + 1);
        self.phone(owner).cable.break_next();
    }

    /// What lies between the peers.
    pub fn air(&self) -> &Air {
        &self.air
    }

    /// Now.
    pub fn now(&self) -> Instant {
        let _inside = self.runtime.enter();
        self.clock.now()
    }

    /// Sets the clock of the wall forwards by so many seconds, or back; how much time has passed is not touched.
    pub fn set_wall_clock(&self, by_s: i64) {
        self.clock.set(by_s);
    }

    /// A number from the scenario's seed.
    pub fn below(&mut self, bound: u32) -> u32 {
        self.random.random_range(0..bound)
    }

    /// Lets time pass.
    pub fn run_for(&self, span: Duration) {
        self.run(sleep_in(span));
    }

    /// Asks a phone for something and waits for the answer.
    pub fn ask<T>(&self, answer: impl Future<Output = T>) -> T {
        self.run(answer)
    }

    /// Everything ends at once, as when the process is killed: nobody says goodbye.
    pub fn crash(self) {
        self.finished.set(true);
    }

    /// Lets time pass until something holds.
    ///
    /// # Panics
    /// When it does not within `limit`; the message has the ladder.
    pub fn run_until(&self, what: &str, limit: Duration, holds: impl Fn(&Self) -> bool) {
        let give_up = self.now() + limit;
        // What was asked for just now has not even begun.
        self.run_for(ms(1));
        while !holds(self) {
            assert!(self.now() < give_up, "not within {limit:?}: {what}\n{}\n{}", self.states(), self.ladder());
            self.run_for(STEP);
        }
    }

    /// Runs what waits to its end, in virtual time.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    fn states(&self) -> String {
        self.seats.iter().map(|seat| format!("{}: {:?}\n", seat.name, seat.snapshot())).collect()
    }

    /// Who sent what, when, since all phones were registered.
    pub fn ladder(&self) -> String {
        self.ladder.picture(self.begun)
    }

    /// The record itself.
    pub fn messages(&self) -> Ladder {
        self.ladder.clone()
    }

    /// One phone dials, the other rings.
    pub fn ring(&self, caller: &str, called: &str) -> Talk {
        self.phone(caller).dial(called);
        self.run_until("the called phone rings", seconds(2), |t| t.phone(called).ringing().is_some());
        let called = self.phone(called).ringing().expect("it rings");
        let caller = self.phone(caller).newest_call().expect("it has dialled");
        Talk { caller, called }
    }

    /// One phone calls the other, which answers; audio is connected.
    pub fn call(&self, caller: &str, called: &str) -> Talk {
        let talk = self.ring(caller, called);
        self.phone(called).answer(talk.called);
        self.run_until("the call is established", seconds(2), |t| {
            t.phone(caller).is_established(talk.caller) && t.phone(called).is_established(talk.called)
        });
        talk
    }

    /// Dials a number of the exchange, or anything; audio need not come.
    pub fn dial(&self, caller: &str, target: &str) -> CallId {
        self.phone(caller).dial(target);
        self.run_for(ms(1));
        self.phone(caller).newest_call().expect("it has dialled")
    }

    /// Waits until a call is over.
    pub fn cause(&self, name: &str, call: CallId) -> Cause {
        self.run_until("the call is over", seconds(40), |t| t.phone(name).cause(call).is_some());
        self.phone(name).cause(call).expect("it is over")
    }

    /// Waits until `take` gives something.
    pub fn taken<T>(&self, what: &str, take: impl Fn() -> Option<T>) -> T {
        self.taken_within(what, seconds(3), take)
    }

    fn taken_within<T>(&self, what: &str, limit: Duration, take: impl Fn() -> Option<T>) -> T {
        let taken = Cell::new(None);
        self.run_until(what, limit, |_| {
            taken.set(take());
            let value = taken.take();
            let there = value.is_some();
            taken.set(value);
            there
        });
        taken.into_inner().expect("it was there")
    }

    /// A phone's journal, as JSON lines.
    pub fn journal(&self, name: &str) -> Vec<String> {
        self.run(self.phone(name).phone.journal()).expect("the phone still runs")
    }

    /// Stops every phone and checks what must hold of any.
    ///
    /// # Panics
    /// When something does not.
    pub fn finish(&self) {
        if self.finished.replace(true) {
            return;
        }
        for seat in &self.seats {
            let lines = self.journal(&seat.name);
            let replayed = phone::replay(lines.iter().map(String::as_str));
            assert!(replayed.is_ok(), "{}: {}", seat.name, replayed.err().map(|error| error.to_string()).unwrap_or_default());
            let begun = self.now();
            self.run(seat.phone.stop());
            let took = self.now().since(begun);
            assert!(took <= STOPS_WITHIN, "{} took {took:?} to stop", seat.name);
        }
        self.run_for(ms(200));
        for seat in &self.seats {
            let name = &seat.name;
            watch::check_life(name, &seat.events.lock(), &seat.snapshot());
            assert_eq!(self.air.open_peers(name), 0, "{name}: a media session is left open");
            assert_eq!(seat.cable.open_connections(), 0, "{name}: a connection is left open");
            assert_eq!(seat.sound.rings(), [], "{name}: it rings on");
            for device in [crate::seat::MICROPHONE, crate::seat::SPEAKER] {
                assert_eq!(seat.sound.open_streams(device), 0, "{name}: {device} is left open");
            }
        }
        assert_eq!(panics::seen(), self.faults.get(), "a task panicked; its message is above");
    }
}

impl Drop for Scenario {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.finish();
        }
    }
}

/// A sleep that begins when it is first waited for, inside the runtime.
async fn sleep_in(span: Duration) {
    sleep(span).await;
}
