//! Calls between two phones of an exchange.

use model::{Cause, EndedBy};
use tests::{Scenario, rms_dbfs, seconds, tone, tone_dbfs};

#[test]
fn a_call_carries_sound_both_ways_until_the_caller_hangs_up() {
    let t = Scenario::new().with_phones(["alice", "bob"]);
    let talk = t.call("alice", "bob");
    t.run_for(seconds(1));
    t.alice().take_heard();
    t.bob().take_heard();
    t.alice().speak(&tone(440.0, -12.0, seconds(2)));
    t.bob().speak(&tone(700.0, -12.0, seconds(2)));
    t.run_for(seconds(2));
    let (alice, bob) = (t.alice().take_heard(), t.bob().take_heard());
    let middle = 48_000..72_000;
    assert!((tone_dbfs(&bob[middle.clone()], 440.0) + 12.0).abs() < 1.0, "{}", tone_dbfs(&bob[middle.clone()], 440.0));
    assert!((tone_dbfs(&alice[middle.clone()], 700.0) + 12.0).abs() < 1.0);
    assert!(tone_dbfs(&alice[middle], 440.0) < -60.0, "Alice hears herself");
    t.alice().hang_up(talk.caller);
    assert_eq!(t.cause("bob", talk.called), Cause::HungUp { by: EndedBy::Remote });
    assert_eq!(t.cause("alice", talk.caller), Cause::HungUp { by: EndedBy::Local });
    t.run_for(seconds(1));
    assert!(rms_dbfs(&t.bob().take_heard()[40_000..]) < -90.0, "silence after the call");
    insta::assert_snapshot!(t.ladder());
}
