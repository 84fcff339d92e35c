//! The clock of the wall set by hours, forwards and back, as a user, a time server or another time zone in the machine does it.
//! What has to happen after a while happens after that while, whatever the clock says.

use model::{Event, HistoryQuery, Outcome};
use sip::Method;
use tests::{FarCall, Registering, Scenario, longest_gap, ms, seconds, tone, tone_dbfs};

/// Forwards and back again, and further back than it ever was.
const SET_BY_S: [i64; 3] = [5 * 3_600, -5 * 3_600, -11 * 3_600];

fn fell(t: &Scenario) -> usize {
    t.alice().told(|event| matches!(event, Event::Unregistered { .. }))
}

#[test]
fn a_registration_is_renewed_as_ever() {
    let t = Scenario::new().with_unregistered_far();
    t.far().registering(Registering::Granted(60));
    t.run_for(seconds(70));
    for by_s in SET_BY_S {
        t.set_wall_clock(by_s);
        t.run_for(seconds(150));
    }
    let rungs = t.messages().rungs();
    let sent: Vec<u64> = rungs.iter().filter(|rung| rung.what == "REGISTER").map(|rung| rung.at.as_millis()).collect();
    for (one, next) in sent.iter().zip(&sent[1..]) {
        assert!((20_000..=55_000).contains(&(next - one)), "{} ms between two", next - one);
    }
    assert!((10..=26).contains(&sent.len()), "{sent:?}");
    assert_eq!(fell(&t), 0);
}

#[test]
fn a_server_that_is_gone_is_looked_for_as_ever() {
    let t = Scenario::new().with_far();
    for by_s in SET_BY_S {
        t.alice().cable.refuse();
        t.alice().cable.cut();
        t.run_for(seconds(3));
        t.set_wall_clock(by_s);
        t.alice().cable.mend();
        t.run_until("it is registered again", seconds(8), |t| t.alice().is_registered());
    }
}

#[test]
fn a_call_goes_on_and_is_as_long_as_it_was() {
    let t = Scenario::new().with_folders().with_far();
    let talk = t.far_call();
    talk.media.say(&tone(700.0, -12.0, seconds(40)));
    t.run_for(seconds(1));
    t.alice().take_heard();
    for by_s in SET_BY_S {
        t.set_wall_clock(by_s);
        t.run_for(seconds(9));
        let heard = t.alice().take_heard();
        assert_eq!(longest_gap(&heard), ms(0), "the clock was set by {by_s} s");
        assert!((tone_dbfs(&heard, 700.0) + 12.0).abs() < 1.0);
        let view = t.alice().view(talk.call).expect("it is shown");
        let answered = view.answered_ms.expect("it was answered");
        assert!(t.alice().snapshot().at_ms.saturating_sub(answered) < 60_000, "{view:?}");
    }
    t.alice().hang_up(talk.call);
    let bye = t.request(&Method::Bye);
    talk.far.respond(&bye, 200, "OK", "");
    t.cause("alice", talk.call);
    t.run_for(seconds(1));
    let entries = t.ask(t.alice().phone.book().history(HistoryQuery { limit: 10, ..HistoryQuery::default() }));
    let [entry] = &entries.expect("the history can be read")[..] else { panic!("one call") };
    assert_eq!(entry.outcome, Outcome::Answered);
    let talked_ms = entry.talked_ms.expect("it was a conversation");
    assert!((28_000..=29_000).contains(&talked_ms), "{talked_ms} ms");
}

#[test]
fn a_clock_that_is_years_ahead_does_not_cost_the_history() {
    let t = Scenario::new().with_folders().with_settings(|settings| settings.history.keep_days = 90).with_far();
    let talks = || {
        let talk = t.far_call();
        t.alice().hang_up(talk.call);
        let bye = t.request(&Method::Bye);
        talk.far.respond(&bye, 200, "OK", "");
        t.cause("alice", talk.call);
        t.run_for(seconds(1));
    };
    talks();
    for years in [14, -13, -1] {
        t.set_wall_clock(years * 365 * 86_400);
        talks();
    }
    let entries = t.ask(t.alice().phone.book().history(HistoryQuery { limit: 10, ..HistoryQuery::default() }));
    assert_eq!(entries.expect("the history can be read").len(), 4);
}

#[test]
fn a_session_is_refreshed_at_half_its_time() {
    let t = Scenario::new().with_far();
    let call = t.dial("alice", "carol");
    let invite = t.request(&Method::Invite);
    let (far, media) = (FarCall::of(t.far(), &invite), t.far_media());
    let answer = t.far_answer(&media, &invite.session_description().expect("an offer"));
    let timer = "Require: timer\r\nAllow: INVITE, ACK, BYE, CANCEL, UPDATE\r\nSession-Expires: 90;refresher=uac\r\n";
    far.respond_with(&invite, 200, "OK", timer, &answer);
    t.request(&Method::Ack);
    for by_s in SET_BY_S {
        t.run_for(seconds(20));
        t.set_wall_clock(by_s);
        t.run_for(seconds(20));
        assert!(t.far().take_request(&Method::Update).is_none(), "too early");
        let update = t.request_within(&Method::Update, seconds(10));
        far.respond_with(&update, 200, "OK", timer, "");
    }
    assert!(t.alice().is_established(call));
}

/// The real network takes a clock that ran ahead for a computer that slept, and looks whether its connections still live.
#[test]
fn what_looks_like_sleep_costs_neither_a_living_connection_nor_a_call() {
    let t = Scenario::over_sockets().with_far();
    let talk = t.far_call();
    for by_s in [5 * 3_600, -8 * 3_600] {
        t.set_wall_clock(by_s);
        // It looks each five seconds.
        t.run_for(seconds(6));
        assert!(t.alice().is_registered() && t.alice().is_established(talk.call));
    }
    assert_eq!(fell(&t), 0);
    assert_eq!(t.far().registrations().len(), 1, "the registration is as good as before");
}
