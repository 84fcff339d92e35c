//! One call without hold at a time.

use model::{Cause, Command, EndedBy};
use tests::{Scenario, ms, seconds};

use super::kit::{FREE, HELD, hold, unheld, who_hears};

#[test]
fn dialling_holds_the_call_in_conversation_and_swapping_holds_the_other() {
    let t = Scenario::new().with_phones(["alice", "bob", "carol"]);
    let bob = t.call("alice", "bob");
    let carol = t.call("alice", "carol");
    t.run_until("Bob is held", seconds(1), |t| unheld(t.alice()) == [carol.caller]);
    assert!(hold(t.bob(), bob.called).remote);
    assert_eq!(who_hears(&t, &["alice", "bob", "carol"]), [vec![2], vec![], vec![0]]);
    t.alice().resume(bob.caller);
    t.run_until("they are swapped", seconds(1), |t| unheld(t.alice()) == [bob.caller]);
    assert_eq!(hold(t.alice(), carol.caller), HELD);
    assert_eq!(who_hears(&t, &["alice", "bob", "carol"]), [vec![1], vec![0], vec![]]);
    t.alice().hang_up(bob.caller);
    t.run_for(seconds(1));
    assert_eq!(hold(t.alice(), carol.caller), HELD, "a held call stays held until it is asked for");
    t.alice().resume(carol.caller);
    t.run_until("Carol is back", seconds(1), |t| hold(t.alice(), carol.caller) == FREE);
    assert_eq!(who_hears(&t, &["alice", "bob", "carol"]), [vec![2], vec![], vec![0]]);
}

#[test]
fn answering_holds_the_call_in_conversation() {
    let t = Scenario::new().with_phones(["alice", "bob", "carol"]);
    let bob = t.call("alice", "bob");
    let carol = t.call("carol", "alice");
    t.run_until("Bob is held", seconds(1), |t| unheld(t.alice()) == [carol.called]);
    assert_eq!(hold(t.alice(), bob.caller), HELD);
    assert_eq!(who_hears(&t, &["alice", "bob", "carol"]), [vec![2], vec![], vec![0]]);
}

#[test]
fn a_second_call_rings_softly_and_may_take_the_place_of_the_first() {
    let t = Scenario::new().with_phones(["alice", "bob", "carol"]);
    let bob = t.call("alice", "bob");
    let carol = t.ring("carol", "alice");
    t.run_for(ms(500));
    assert_eq!(t.alice().sound.rings(), [], "nothing rings on the desk during a conversation");
    t.alice().take_heard();
    t.run_for(seconds(3));
    let ringing = tests::rms_dbfs(&t.alice().take_heard());
    assert!((-60.0..-20.0).contains(&ringing), "it rings softly in the ear: {ringing} dBFS");
    t.alice().send(Command::EndAndAnswer { call: carol.called });
    assert_eq!(t.cause("bob", bob.called), Cause::HungUp { by: EndedBy::Remote });
    t.run_until("Carol is answered", seconds(1), |t| t.alice().is_established(carol.called));
    assert_eq!(who_hears(&t, &["alice", "bob", "carol"]), [vec![2], vec![], vec![0]]);
}

#[test]
fn who_is_answered_while_another_speaks_has_the_floor() {
    let t = Scenario::new().with_phones(["alice", "bob", "carol"]);
    let bob = t.call("alice", "bob");
    let carol = t.ring("alice", "carol");
    t.alice().resume(bob.caller);
    t.run_until("Bob is back", seconds(1), |t| hold(t.alice(), bob.caller) == FREE);
    t.phone("carol").answer(carol.called);
    t.run_until("Carol has the floor", seconds(1), |t| unheld(t.alice()) == [carol.caller]);
    assert_eq!(who_hears(&t, &["alice", "bob", "carol"]), [vec![2], vec![], vec![0]]);
}

#[test]
fn a_microphone_is_muted_for_one_call_only() {
    let t = Scenario::new().with_phones(["alice", "bob", "carol"]);
    let bob = t.call("alice", "bob");
    t.alice().send(Command::Mute { call: bob.caller, muted: true });
    let carol = t.call("alice", "carol");
    t.run_until("Bob is held", seconds(1), |t| unheld(t.alice()) == [carol.caller]);
    assert_eq!(who_hears(&t, &["alice", "bob", "carol"]), [vec![2], vec![], vec![0]]);
    t.alice().resume(bob.caller);
    t.run_until("they are swapped", seconds(1), |t| unheld(t.alice()) == [bob.caller]);
    assert_eq!(who_hears(&t, &["alice", "bob", "carol"]), [vec![1], vec![], vec![]]);
}
