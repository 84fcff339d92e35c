//! Legs that come, go and misbehave.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::testing::Random;

#[test]
fn a_tone_into_a_leg_is_heard_by_its_far_end_only_and_ends_by_itself() {
    let mut desk = Desk::new();
    let parties = [FarEnd::default(), FarEnd::default()];
    desk.attach(1, &parties[0]);
    desk.attach(2, &parties[1]);
    desk.handle.route(conference(&[1, 2]));
    let digits = model::DtmfDigit::parse_all("1").expect("a digit");
    let span = std::time::Duration::from_millis(100);
    desk.handle.leg_tone(LegId(1), Some(ToneSpec::Digits { digits, tone: span, gap: span }));
    assert!(desk.handle.levels(LegId(1)).expect("attached").playing, "from the moment it is asked for");
    desk.run(19);
    assert!(desk.handle.levels(LegId(1)).expect("attached").playing);
    desk.run(1);
    assert!(!desk.handle.levels(LegId(1)).expect("attached").playing);
    assert!(tone_dbfs(&parties[0].heard()[480..4_320], 697.0) > -9.0);
    desk.handle.leg_tone(LegId(1), Some(ToneSpec::Music));
    desk.run(5);
    desk.handle.leg_tone(LegId(1), Some(ToneSpec::Music));
    desk.handle.leg_tone(LegId(1), Some(ToneSpec::Music));
    desk.run(5);
    assert!(desk.handle.levels(LegId(1)).expect("attached").playing);
    desk.handle.leg_tone(LegId(1), None);
    desk.run(1);
    assert!(!desk.handle.levels(LegId(1)).expect("attached").playing);
    assert!(parties[1].heard().iter().chain(&desk.played()).all(|&sample| sample == 0.0));
}

#[test]
fn a_leg_that_says_nonsense_harms_nobody() {
    struct Broken;
    impl Leg for Broken {
        fn pull(&mut self, frame: &mut Frame) {
            frame.fill(1e30);
            frame[0] = f32::NAN;
            frame[1] = f32::INFINITY;
        }
        fn push(&mut self, _: &Frame) {}
    }
    struct Deafening;
    impl Leg for Deafening {
        fn pull(&mut self, frame: &mut Frame) {
            frame.fill(f32::MAX);
        }
        fn push(&mut self, _: &Frame) {}
    }
    let mut desk = Desk::new();
    let far = FarEnd::saying_sine(440.0, 0.1);
    desk.handle.attach(LegId(1), Box::new(Broken));
    desk.handle.attach(LegId(2), Box::new(Deafening));
    desk.handle.attach(LegId(4), Box::new(Deafening));
    desk.attach(3, &far);
    desk.handle.route(conference(&[1, 2, 3, 4]));
    desk.run(20);
    desk.handle.detach(LegId(2));
    desk.handle.detach(LegId(4));
    desk.run(200);
    assert!(far.heard().iter().chain(&desk.played()).all(|sample| sample.abs() <= 1.0));
}

#[test]
fn routes_may_come_before_their_legs_and_name_legs_that_never_come() {
    let mut desk = Desk::new();
    let far = FarEnd::saying_sine(440.0, 0.5);
    desk.handle.route(vec![LegRoute { hears: vec![LegId(7), LegId(9), LegId(9)], ..call(7) }, call(8)]);
    desk.run(3);
    desk.attach(7, &far);
    desk.run(20);
    assert!(tone_dbfs(&far.heard()[4_800..], 440.0) > -7.0);
}

#[test]
fn a_detached_or_replaced_leg_is_dropped_and_heard_no_more() {
    let mut desk = Desk::new();
    let (first, second) = (FarEnd::saying_sine(440.0, 0.5), FarEnd::saying_sine(700.0, 0.5));
    desk.attach(1, &first);
    desk.handle.route(vec![call(1)]);
    desk.run(10);
    desk.attach(1, &second);
    desk.run(20);
    assert_eq!(Arc::strong_count(&first.alive), 1);
    desk.played();
    desk.run(20);
    let played = desk.played();
    assert!(tone_dbfs(&played, 440.0) < -100.0 && tone_dbfs(&played, 700.0) > -7.0);
    desk.handle.detach(LegId(1));
    desk.run(2);
    assert_eq!(Arc::strong_count(&second.alive), 1);
    assert!(desk.handle.levels(LegId(1)).is_none());
}

#[test]
fn any_order_of_commands_leaves_the_hub_sound() {
    struct Counted(Arc<AtomicUsize>);
    impl Leg for Counted {
        fn pull(&mut self, frame: &mut Frame) {
            frame.fill(0.25);
        }
        fn push(&mut self, frame: &Frame) {
            assert!(frame.iter().all(|sample| sample.abs() <= 1.0));
        }
    }
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
    let alive = Arc::new(AtomicUsize::new(0));
    let mut random = Random::new(77);
    let mut pick = |below: u64| ((random.next() + 1.0) * 0.5 * below as f32) as u64 % below;
    let mut desk = Desk::new();
    for _ in 0..3_000 {
        match pick(8) {
            0 | 1 => {
                alive.fetch_add(1, Ordering::Relaxed);
                desk.handle.attach(LegId(pick(12)), Box::new(Counted(Arc::clone(&alive))));
            }
            2 => desk.handle.detach(LegId(pick(12))),
            3 => {
                let legs: Vec<u64> = (0..pick(13)).map(|_| pick(14)).collect();
                desk.handle.route(conference(&legs));
            }
            4 => desk.handle.leg_tone(LegId(pick(12)), Some(ToneSpec::Music)),
            5 => desk.handle.tone(Some(ToneSpec::AutoAnswer)),
            _ => desk.run(pick(4) as usize),
        }
    }
    (0..12).for_each(|id| desk.handle.detach(LegId(id)));
    desk.run(2);
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}

/// A leg with a mistake in it.
struct Broken;

impl Leg for Broken {
    fn pull(&mut self, _: &mut Frame) {
        panic!("a fault of the test");
    }

    fn push(&mut self, _: &Frame) {}
}

#[test]
fn a_leg_that_panics_is_let_go_and_the_others_sound_on() {
    let mut desk = Desk::new();
    let far = FarEnd::saying_sine(700.0, 0.25);
    desk.attach(1, &far);
    desk.handle.attach(LegId(2), Box::new(Broken));
    desk.handle.route(conference(&[1, 2]));
    desk.run(50);
    desk.played();
    desk.run(50);
    assert!(tone_dbfs(&desk.played(), 700.0) > -13.0);
    assert_eq!(desk.hub.parties.len(), 1);
}
