//! The program itself in a flood, over real sockets and in real time.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use exchange::Practice;
use phone::SystemClock;
use tests::{Flood, Front, longest_gap, ms, popups, practice, seconds, usage::written_mb};
use tokio::runtime::{Builder, Runtime};

use crate::interop::phone::{Seat, at};

/// Floods would be heard in each other's calls.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The practice exchange, and a door with TLS in front of it that has its own thread: what passes there in a flood would keep the
/// exchange from sending its sound, and the phone would be blamed.
struct Served {
    front: Front,
    exchange: Practice,
    doorway: Runtime,
    _exchange_runs: Runtime,
}

impl Served {
    fn open() -> Self {
        let threads = || Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("threads");
        let (doorway, exchange_runs) = (threads(), threads());
        let exchange = exchange_runs.block_on(practice());
        let front = doorway.block_on(Front::open(exchange.account().server.clone(), Arc::new(SystemClock::start())));
        Self { doorway, front: front.expect("loopback has a free port"), exchange, _exchange_runs: exchange_runs }
    }

    fn phone(&self) -> Seat {
        self.phone_that(&["run"])
    }

    fn phone_that(&self, does: &[&str]) -> Seat {
        at(&self.front.account(self.exchange.account()), does).humming()
    }

    fn pour(&self, per_second: u32, during: Duration) -> Flood {
        self.doorway.block_on(Flood::pour(&self.front, per_second, during))
    }
}

/// Over TLS, in a call to a steady tone. `cargo xtask bench trust` does it for a minute.
#[test]
fn a_thousand_calls_a_second_for_seconds_cost_neither_sound_nor_an_answer_nor_memory() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let served = Served::open();
    let phone = served.phone().start().once_registered();
    let then = phone.now();
    let call = phone.dial("607");
    thread::sleep(seconds(3));
    let (before_mb, begun) = (written_mb(phone.id()).expect("the system tells"), phone.heard().length());
    let mut flood = served.pour(1_000, seconds(2));
    let told = phone.told_since(then);
    let came_up = popups(told.iter().filter_map(|event| Some((event["event"].as_str()?, event["call"].as_u64()))));
    served.doorway.block_on(flood.recede(&served.front));
    // Within seconds it hands back what it took.
    thread::sleep(seconds(7));
    let after_mb = written_mb(phone.id()).expect("the system tells");
    let heard = phone.heard();
    let gap = longest_gap(heard.part(begun, heard.length().saturating_sub(begun)));
    println!("{flood:?}: popups {came_up}, silence of {gap:?}, {before_mb:.1} MB before, {after_mb:.1} after");
    assert!((1..8).contains(&flood.rang) && flood.refused.keys().all(|code| [486, 503].contains(code)), "{flood:?}");
    assert_eq!(flood.rang + flood.refused.values().sum::<u32>(), flood.sent);
    assert_eq!(came_up, 1);
    // None is the goal; a busy machine makes some by itself.
    assert!(gap <= ms(200), "silence of {gap:?}");
    assert!(after_mb - before_mb <= 10.0, "{before_mb:.1} MB before, {after_mb:.1} after");
    assert!(heard.length() > begun + ms(1_500), "the call went on");
    assert!(!phone.told_since(then).iter().any(|event| event["event"] == "unregistered"), "it can be called all the time");
    phone.tell(&["hangup"]);
    assert_eq!(phone.ended(then, call)["cause"]["by"], "local");
}

fn within_a_while(what: &str, is: &mut dyn FnMut() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < seconds(20), "{what}");
        thread::sleep(ms(100));
    }
}

/// A program that starts a phone may never look at what it says; 64 KiB of it fit into a pipe.
#[test]
fn who_reads_neither_events_nor_log_holds_up_neither_calls_nor_the_end() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let served = Served::open();
    let mut phone = served.phone().with(&["--log", "debug"]).start_unread();
    within_a_while("it registers", &mut || phone.is_registered());
    // Each is told, and logged in several lines; it panics unless each is answered.
    let flood = served.pour(200, seconds(2));
    println!("{flood:?}");
    assert!(phone.is_registered(), "it still does what it is told");
    phone.ask_to_end();
    within_a_while("it ends when it is asked to", &mut || phone.has_ended());
}

#[test]
fn who_does_not_read_the_events_of_a_call_can_end_it_all_the_same() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let served = Served::open();
    let mut phone = served.phone_that(&["call", "607"]).start_unread();
    within_a_while("it calls", &mut || served.front.invited_after(model::Instant::START).is_some());
    let flood = served.pour(400, seconds(2));
    println!("{flood:?}");
    assert!(!phone.has_ended());
    phone.ask_to_end();
    within_a_while("it ends when it is asked to", &mut || phone.has_ended());
}

/// Whoever is registered to place a call can be called, too.
#[test]
fn the_call_that_is_placed_does_not_end_with_another_one() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let served = Served::open();
    let mut phone = served.phone_that(&["call", "607", "--for", "4s"]).start();
    phone.wait("media-connected");
    let mut flood = served.pour(100, ms(20));
    assert!(flood.rang > 0, "{flood:?}");
    served.doorway.block_on(flood.recede(&served.front));
    let over = phone.finish(seconds(20));
    assert_eq!(over.exit, Some(0), "{}", over.sentence());
    let first = |name: &str| over.events.iter().find(|event| event["event"] == name).expect("it is told");
    let of_ours = |event: &&serde_json::Value| event["event"] == "ended" && event["call"] == first("dialing")["call"];
    let ended = over.events.iter().find(of_ours).expect("our call has ended");
    assert_eq!(ended["cause"]["by"], "local");
    assert!(ended["report"]["talked_ms"].as_u64().is_some_and(|ms| ms > 3_000), "{ended}");
    assert_ne!(first("ended")["call"], first("dialing")["call"], "the other one was over before");
}
