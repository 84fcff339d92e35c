//! Transfers by the practice exchange: of its numbers, to its numbers, and between its users.

use std::time::Duration;

use model::{AllowTransfers, CallId, Cause, Command, NoticeCode, TransferStage, TransferTo, TransferView};
use tests::{Scenario, Seat, ms, rms_dbfs, seconds, tone_dbfs};

use super::kit::{FREE, hold};

/// What 608 hums.
const TARGET_HZ: f64 = 659.26;

fn blind(t: &Scenario, call: CallId, target: &str) {
    let to = TransferTo::Blind { target: target.parse().expect("somebody") };
    t.alice().send(Command::Transfer { call, to });
}

fn up(t: &Scenario, number: &str) -> CallId {
    let call = t.dial("alice", number);
    t.run_until("it answers", seconds(5), |t| t.alice().is_established(call));
    call
}

fn is_moving(t: &Scenario, call: CallId, stage: TransferStage) -> bool {
    let shown = t.alice().view(call).and_then(|view| view.transfer);
    shown == Some(TransferView::Moving { stage })
}

fn is_told(t: &Scenario, words: &str) -> bool {
    let snapshot = t.alice().snapshot();
    snapshot.notices.iter().any(|notice| notice.code == NoticeCode::TransferFailed && notice.trouble.to_string().contains(words))
}

/// What a phone hears from now on.
fn heard(t: &Scenario, seat: &Seat, span: Duration) -> Vec<f32> {
    t.run_for(ms(300));
    seat.take_heard();
    t.run_for(span);
    seat.take_heard()
}

fn permissive() -> Scenario {
    Scenario::new().with_settings(|settings| settings.calls.allow_transfers = AllowTransfers::Always)
}

#[test]
fn a_number_sent_to_a_user_rings_there_and_plays_to_him() {
    let t = Scenario::new().with_phones(["alice", "bob"]);
    let music = up(&t, "601");
    blind(&t, music, "bob");
    t.run_until("Bob's phone rings", seconds(3), |t| t.bob().ringing().is_some());
    t.run_until("Alice sees it", seconds(1), |t| is_moving(t, music, TransferStage::Ringing));
    let ringing = t.bob().ringing().expect("it rings");
    t.bob().answer(ringing);
    assert_eq!(t.cause("alice", music), Cause::Transferred);
    t.run_until("Bob talks", seconds(2), |t| t.bob().is_established(ringing));
    let music = heard(&t, t.bob(), seconds(1));
    assert!(rms_dbfs(&music) > -40.0, "{} dBFS", rms_dbfs(&music));
}

#[test]
fn a_number_sent_to_a_user_who_declines_comes_back() {
    let t = Scenario::new().with_phones(["alice", "bob"]);
    let music = up(&t, "601");
    blind(&t, music, "bob");
    t.run_until("Bob's phone rings", seconds(3), |t| t.bob().ringing().is_some());
    t.bob().decline(t.bob().ringing().expect("it rings"));
    t.run_until("the music is back", seconds(3), |t| hold(t.alice(), music) == FREE && is_told(t, "busy"));
    let music = heard(&t, t.alice(), seconds(1));
    assert!(rms_dbfs(&music) > -40.0, "{} dBFS", rms_dbfs(&music));
}

#[test]
fn a_blind_transfer_to_a_busy_or_missing_number_gives_the_call_back() {
    for (target, words) in [("603", "busy (486)"), ("999", "no such number")] {
        let t = Scenario::new().with_phones(["alice"]);
        let music = up(&t, "601");
        blind(&t, music, target);
        t.run_until("the music is back", seconds(3), |t| is_told(t, words) && hold(t.alice(), music) == FREE);
    }
}

#[test]
fn a_blind_transfer_to_a_number_that_rings_for_ever_is_shown_and_given_up() {
    let t = Scenario::new().with_phones(["alice"]);
    let music = up(&t, "601");
    blind(&t, music, "604");
    t.run_until("it rings there", seconds(3), |t| is_moving(t, music, TransferStage::Ringing));
    t.run_for(seconds(5));
    assert!(is_moving(&t, music, TransferStage::Ringing), "it goes on ringing");
    t.run_until("the music is back", seconds(200), |t| hold(t.alice(), music) == FREE);
    assert!(is_told(&t, ""), "and why is said");
}

#[test]
fn a_blind_transfer_to_a_number_that_answers_ends_the_call() {
    let t = Scenario::new().with_phones(["alice"]);
    let music = up(&t, "601");
    blind(&t, music, "608");
    t.run_until("it rings there", seconds(3), |t| is_moving(t, music, TransferStage::Ringing));
    assert_eq!(t.cause("alice", music), Cause::Transferred);
}

#[test]
fn two_numbers_are_joined_and_both_calls_are_over() {
    let t = Scenario::new().with_phones(["alice"]);
    let (partner, target) = (up(&t, "607"), up(&t, "608"));
    t.alice().send(Command::Transfer { call: partner, to: TransferTo::Call { call: target } });
    assert_eq!(t.cause("alice", partner), Cause::Transferred);
    t.run_until("the other is over too", seconds(2), |t| t.alice().cause(target).is_some());
}

#[test]
fn a_user_is_put_through_to_a_number_that_was_asked_first() {
    let t = permissive().with_phones(["alice", "bob"]);
    let bob = t.call("alice", "bob");
    let target = up(&t, "608");
    t.alice().send(Command::Transfer { call: bob.caller, to: TransferTo::Call { call: target } });
    assert_eq!(t.cause("alice", bob.caller), Cause::Transferred);
    t.run_until("all of Alice's calls are over", seconds(2), |t| t.alice().live_calls() == 0);
    let new = t.bob().newest_call().expect("Bob's call to the number");
    t.run_until("Bob is there", seconds(2), |t| t.bob().is_established(new) && t.bob().live_calls() == 1);
    let hum = heard(&t, t.bob(), seconds(1));
    assert!(tone_dbfs(&hum, TARGET_HZ) > -30.0, "{} dBFS", tone_dbfs(&hum, TARGET_HZ));
}
