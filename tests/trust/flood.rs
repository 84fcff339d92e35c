//! Very many calls at once.

use model::Event;
use sip::Method;
use tests::{FarCall, Scenario, longest_gap, ms, seconds, tone};

#[test]
fn a_thousand_calls_in_a_second_ring_once_and_the_rest_hear_busy() {
    let t = Scenario::new().with_far();
    let media = t.far_media();
    let offer = t.far_offer(&media);
    let mut calls = Vec::new();
    for _ in 0..1_000 {
        calls.push(FarCall::to_phone(t.far(), &offer, ""));
        t.run_for(ms(1));
    }
    t.run_for(seconds(1));
    assert_eq!(t.alice().sound.rings().len(), 1, "one ringtone");
    let limit = 8;
    assert_eq!(t.alice().live_calls(), limit);
    assert!(t.air().open_peers("alice") <= limit);
    let mut refused = 0;
    while let Some(response) = t.far().take_response(&Method::Invite) {
        match response.code {
            180 => {}
            486 | 503 => refused += 1,
            code => panic!("{code}"),
        }
    }
    assert!(refused >= 1_000 - limit);
    for call in &calls {
        call.cancel("");
        t.run_for(ms(1));
    }
    t.run_for(seconds(40));
    assert_eq!((t.alice().sound.rings().len(), t.alice().live_calls(), t.air().open_peers("alice")), (0, 0, 0));
    assert!(t.alice().is_registered());
}

#[test]
fn a_flood_makes_no_hole_in_a_running_call() {
    let t = Scenario::new().with_settings(|settings| settings.calls.limit = 1).with_far();
    let talk = t.far_call();
    talk.media.say(&tone(700.0, -12.0, seconds(6)));
    t.run_for(seconds(1));
    let other = t.far_media();
    let offer = t.far_offer(&other);
    t.alice().take_heard();
    for _ in 0..1_000 {
        FarCall::to_phone(t.far(), &offer, "");
        t.run_for(ms(1));
    }
    assert_eq!(longest_gap(&t.alice().take_heard()), ms(0));
    assert!(t.alice().is_established(talk.call));
    assert_eq!(t.alice().told(|event| matches!(event, Event::Incoming { .. })), 0);
    t.far().forget();
}
