//! The phone calls a number that says again what it hears, and tells what it found.

use std::time::Duration;

use model::{AccountId, LoopResult};
use phone::LoopNumber;
use tests::{Scenario, ms, seconds};

fn number(target: &str) -> LoopNumber {
    let target = target.parse().expect("a number");
    LoopNumber { account: AccountId("desk".into()), target, after: Duration::ZERO }
}

/// Makes the check at the exchange; its words.
fn check(t: &Scenario, target: &str) -> (LoopResult, String) {
    let result = t.ask(t.alice().phone.loop_call(&number(target))).expect("the phone runs");
    t.run_for(ms(50));
    let shown = t.alice().snapshot().loop_check.clone().expect("it is shown");
    assert_eq!((shown.result, shown.call), (result, None));
    t.run_until("the call is over", seconds(5), |t| t.alice().live_calls() == 0);
    (result, shown.words)
}

#[test]
fn sound_that_comes_back_and_is_not_heard_in_the_room_is_told_apart_from_none() {
    let t = Scenario::new().with_phones(["alice"]);
    // In this world the microphone never hears the speaker.
    assert_eq!(check(&t, "600").0, LoopResult::NotHeard);
    // A melody is no echo: it is there without the tone, too.
    assert_eq!(check(&t, "601").0, LoopResult::NoEcho);
    t.alice().take_heard();
}

#[test]
fn a_number_that_is_busy_or_that_nobody_answers_is_told_in_words() {
    let t = Scenario::new().with_phones(["alice"]);
    let (result, words) = check(&t, "603");
    assert_eq!(result, LoopResult::NoCall);
    assert!(words.contains("busy"), "{words}");
    let (result, words) = check(&t, "604");
    assert_eq!(result, LoopResult::NoCall);
    assert!(words.contains("30 s"), "{words}");
}

#[test]
fn the_microphone_is_off_and_people_come_first() {
    let t = Scenario::new().with_phones(["alice", "bob"]);
    let phone = t.alice().phone.clone();
    let echo = number("600");
    let checking = async {
        let interrupted = async {
            let mut snapshots = phone.snapshots();
            let talks = snapshots.wait_for(|snapshot| snapshot.calls.iter().any(|call| call.answered_ms.is_some() && call.muted));
            drop(talks.await.expect("the phone runs"));
            t.bob().dial("alice");
        };
        tokio::join!(phone.loop_call(&echo), interrupted).0
    };
    assert_eq!(t.ask(checking).expect("the phone runs"), LoopResult::Interrupted);
    t.run_until("Bob rings", seconds(2), |t| t.alice().ringing().is_some());
    let bob = t.alice().ringing().expect("he rings");
    t.alice().decline(bob);
    t.cause("alice", bob);
}

#[test]
fn it_begins_when_the_phone_is_quiet_and_is_made_again() {
    let t = Scenario::new().with_phones(["alice"]);
    let phone = t.alice().phone.clone();
    let mut checks = 0;
    let counted = async {
        let mut snapshots = phone.snapshots();
        for _ in 0..2 {
            let begun = snapshots.wait_for(|snapshot| snapshot.loop_check.as_ref().is_some_and(|check| check.call.is_some()));
            drop(begun.await.expect("the phone runs"));
            let done = snapshots.wait_for(|snapshot| snapshot.loop_check.as_ref().is_some_and(|check| check.call.is_none()));
            drop(done.await.expect("the phone runs"));
            checks += 1;
        }
    };
    let until = t.now() + seconds(60);
    t.ask(async {
        tokio::select! {
            () = phone.clone().loop_calls(number("600"), seconds(30)) => panic!("the phone runs"),
            () = counted => {}
        }
    });
    assert!(t.now() < until, "twice within a minute");
    t.run_until("the last call is over", seconds(5), |t| t.alice().live_calls() == 0);
    assert_eq!(checks, 2);
}
