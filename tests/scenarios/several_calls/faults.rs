//! Mistakes of our own: one call pays for them.

use model::{CallId, Cause, EndedBy, InternalFault};
use sip::Method;
use tests::{Scenario, ms, seconds};

use super::kit::{merge, unheld, who_hears};

#[test]
fn a_media_session_that_panics_ends_its_call_alone_and_says_why() {
    let t = Scenario::new().with_phones(["alice", "bob", "carol", "dave"]);
    let calls: Vec<CallId> = ["bob", "carol", "dave"].iter().map(|name| t.call("alice", name).caller).collect();
    merge(t.alice(), &calls);
    t.run_until("all are taken back", seconds(1), |t| unheld(t.alice()) == calls);
    t.break_session("alice", 1);
    let cause = t.cause("alice", calls[1]);
    let Cause::Internal { fault } = cause else { panic!("{cause:?}") };
    assert_eq!(fault, InternalFault::Carrying);
    let at_carol = t.phone("carol").newest_call().expect("she was in it");
    assert_eq!(t.cause("carol", at_carol), Cause::HungUp { by: EndedBy::Remote });
    assert_eq!(who_hears(&t, &["alice", "bob", "dave"]), [vec![1, 2], vec![0, 2], vec![0, 1]]);
    t.run_for(ms(100));
    let again = t.call("alice", "carol").caller;
    assert!(t.alice().is_established(again), "and she can be called again");
}

#[test]
fn a_line_that_panics_while_it_connects_again_comes_back_and_its_calls_are_still_there() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    t.break_next_connection("alice");
    t.alice().cable.cut();
    t.run_until("the fault has happened", seconds(10), |t| t.alice().cable.tries() >= 2);
    assert_eq!(t.talks(&talk), (true, true));
    t.run_until("it is registered again", seconds(20), |t| t.alice().is_registered());
    t.alice().hang_up(talk.call);
    let bye = t.request(&Method::Bye);
    talk.far.respond(&bye, 200, "OK", "");
    assert_eq!(t.cause("alice", talk.call), Cause::HungUp { by: EndedBy::Local });
}
