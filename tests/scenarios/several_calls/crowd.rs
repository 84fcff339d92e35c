//! As many calls as a phone takes.

use model::{CallId, Cause, Command};
use tests::{Scenario, seconds, tone, tone_dbfs};

use super::kit::{merge, unheld};

const NINE: [&str; 9] = ["alice", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8"];

#[test]
fn of_eight_calls_one_is_talked_to_and_all_can_meet() {
    let t = Scenario::new().with_phones(NINE);
    let calls: Vec<CallId> = NINE[1..].iter().map(|name| t.call("alice", name).caller).collect();
    t.run_until("all but the last are held", seconds(1), |t| unheld(t.alice()) == [calls[7]]);
    t.alice().resume(calls[2]);
    t.run_until("the third is talked to", seconds(1), |t| unheld(t.alice()) == [calls[2]]);
    merge(t.alice(), &calls);
    t.run_until("all are taken back", seconds(1), |t| unheld(t.alice()) == calls);
    t.phone("p1").speak(&tone(700.0, -12.0, seconds(1)));
    t.run_for(seconds(1));
    for name in NINE {
        let heard = t.phone(name).take_heard();
        let level = tone_dbfs(&heard[heard.len() - 24_000..], 700.0);
        assert_eq!(level > -16.0, name != "p1", "{name}: {level}");
    }
    let ninth = t.dial("p1", "alice");
    assert_eq!(t.cause("p1", ninth), Cause::Busy { code: 486 }, "the limit is eight");
    assert_eq!(unheld(t.alice()), calls);
    t.alice().send(Command::EndConference);
    t.run_until("all are over", seconds(2), |t| t.alice().live_calls() == 0);
}
