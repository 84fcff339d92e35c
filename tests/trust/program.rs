//! The program itself in a flood, over real sockets and in real time.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Instant,
};

use exchange::Practice;
use phone::SystemClock;
use tests::{Flood, Front, longest_gap, ms, popups, practice, seconds, usage::written_mb};
use tokio::runtime::{Builder, Runtime};

use crate::interop::phone::at;

/// Floods would be heard in each other's calls.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The practice exchange and a door with TLS in front of it.
fn served() -> (Runtime, Practice, Front) {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("threads");
    let (exchange, front) = runtime.block_on(async {
        let exchange = practice().await;
        let front = Front::open(exchange.account().server.clone(), Arc::new(SystemClock::start())).await;
        (exchange, front.expect("loopback has a free port"))
    });
    (runtime, exchange, front)
}

/// Over TLS, in a call to a steady tone. `cargo xtask bench trust` does it for a minute.
#[test]
fn a_thousand_calls_a_second_for_seconds_cost_neither_sound_nor_an_answer_nor_memory() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let (runtime, exchange, front) = served();
    let phone = at(&front.account(exchange.account()), &["run"]).humming().start().once_registered();
    let then = phone.now();
    let call = phone.dial("607");
    thread::sleep(seconds(3));
    let (before_mb, begun) = (written_mb(phone.id()).expect("the system tells"), phone.heard().length());
    let mut flood = runtime.block_on(Flood::pour(&front, 1_000, seconds(2)));
    let heard = phone.heard();
    let gap = longest_gap(heard.part(begun, heard.length().saturating_sub(begun)));
    let told = phone.told_since(then);
    let came_up = popups(told.iter().filter_map(|event| Some((event["event"].as_str()?, event["call"].as_u64()))));
    runtime.block_on(flood.recede(&front));
    thread::sleep(seconds(2));
    let after_mb = written_mb(phone.id()).expect("the system tells");
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

/// A program that starts a phone may never look at what it says; 64 KiB of it fit into a pipe.
#[test]
fn who_reads_neither_events_nor_log_holds_up_neither_calls_nor_the_end() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let (runtime, exchange, front) = served();
    let seat = at(&front.account(exchange.account()), &["run"]).humming().with(&["--log", "debug"]);
    let mut phone = seat.start_unread();
    let within_a_while = |what: &str, is: &mut dyn FnMut() -> bool| {
        let begun = Instant::now();
        while !is() {
            assert!(begun.elapsed() < seconds(20), "{what}");
            thread::sleep(ms(100));
        }
    };
    within_a_while("it registers", &mut || phone.is_registered());
    // Each is told, and logged in several lines; it panics unless each is answered.
    let flood = runtime.block_on(Flood::pour(&front, 200, seconds(2)));
    println!("{flood:?}");
    assert!(phone.is_registered(), "it still does what it is told");
    phone.ask_to_end();
    within_a_while("it ends when it is asked to", &mut || phone.has_ended());
}
