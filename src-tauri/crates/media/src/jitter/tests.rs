//! What the listener hears over seeded networks, as numbers.

use model::Codec;
use rand::RngExt as _;

use super::simulator::*;

const CODECS: [Codec; 4] = [Codec::Opus, Codec::G722, Codec::Pcmu, Codec::Pcma];

/// Delay in the buffer over a network that always takes the same time.
const CLEAN_MS: f64 = 15.0;

/// libopus goes from made-up to real sound in a few samples.
const OPUS_BEND: f32 = 0.08;

fn assert_smooth(heard: &Heard, from_s: usize, to_s: usize, case: &str) {
    assert_eq!(heard.clicks(from_s, to_s), 0, "clicks: {case}");
    let hole = heard.longest_hole_ms(from_s, to_s);
    assert!(hole == 0.0, "a hole of {hole} ms: {case}");
}

#[test]
fn a_clean_network_costs_at_most_15_ms_and_nothing_is_made_up() {
    for codec in CODECS {
        for packet_ms in [10, 20, 60] {
            let heard = listen(&Sender { codec, packet_ms, ..Sender::default() }, 1, |_, _, _| Some(30.0));
            let case = format!("{codec:?} {packet_ms} ms");
            assert!(heard.delay_ms(0, 2) <= CLEAN_MS + 15.0, "{case}: {} ms at first", heard.delay_ms(0, 2));
            assert!(heard.delay_ms(4, 20) <= CLEAN_MS, "{case}: {} ms", heard.delay_ms(4, 20));
            assert_eq!(heard.concealed(0, 20), 0.0, "{case}");
            assert_smooth(&heard, 1, 20, &case);
        }
    }
}

#[test]
fn the_delay_that_is_told_is_the_delay_that_is_heard() {
    // A sweep, so that its place in what is heard can be found.
    let sweep = |n: usize| {
        let at = n as f64 / 48_000.0;
        (std::f64::consts::TAU * (300.0 + 150.0 * at) * at).sin() as f32 * 0.3
    };
    for seed in 1..5 {
        let heard =
            listen(&Sender { codec: Codec::Pcma, seconds: 8, sound: sweep, ..Sender::default() }, seed, |_, _, _| Some(30.0));
        let from = 6 * 48_000;
        let likeness = |delay: usize| (0..4_800).map(|n| heard.sound[from + n] * sweep(from + n - delay)).sum::<f32>();
        let delay = (0..9_600).max_by(|a, b| likeness(*a).total_cmp(&likeness(*b))).expect("some") as f64 / 48.0;
        // The packet, the network and both filters; up to 10 ms until the next pull; less what a pull plays at once.
        let without = delay - 20.0 - 30.0 - 5.0;
        let told = heard.delay_ms(6, 7);
        assert!((without - told).abs() <= 10.0, "told {told} ms, heard {without} ms");
    }
}

#[test]
fn jitter_is_followed_up_and_within_five_seconds_down() {
    for jitter in [15.0, 30.0, 60.0] {
        for codec in CODECS {
            let heard = listen(&Sender { codec, seconds: 30, ..Sender::default() }, 2, |_, at, random| {
                Some(30.0 + if at < 15_000.0 { random.random_range(0.0..jitter) } else { 0.0 })
            });
            let case = format!("{codec:?}, {jitter} ms");
            assert!(heard.delay_ms(5, 15) < jitter * 0.6 + 15.0, "{case}: {} ms", heard.delay_ms(5, 15));
            assert!(heard.concealed(5, 15) < 0.02, "{case}: {}", heard.concealed(5, 15));
            assert!(heard.delay_ms(20, 21) <= CLEAN_MS + 10.0, "{case}: {} ms after", heard.delay_ms(20, 21));
            assert_smooth(&heard, 2, 30, &case);
        }
    }
}

#[test]
fn small_changes_of_the_delay_wait_for_a_pause() {
    // A sweep, in which each moment is unlike the others, for 0.8 s; then 0.4 s of silence.
    const PERIOD: usize = 48 * 1_200;
    let sound = |n: usize| {
        let at = (n % PERIOD) as f64 / 48_000.0;
        let level = ((0.8 - at) * 20.0).min(at * 20.0).clamp(0.0, 1.0);
        ((std::f64::consts::TAU * (200.0 + 400.0 * at) * at).sin() * 0.3 * level) as f32
    };
    for codec in [Codec::Opus, Codec::Pcmu] {
        let sender = Sender { codec, seconds: 30, sound, ..Sender::default() };
        // Every other six seconds some packets come a little later.
        let heard = listen(&sender, 15, |n, at, _| {
            let late = (at / 6_000.0) as usize % 2 == 1 && n % 20 < 3;
            Some(30.0 + if late { 12.0 } else { 0.0 })
        });
        let delay_at = |n: usize| {
            let likeness = |delay: &usize| (0..4_800).map(|k| heard.sound[n + delay + k] * sound(n + k)).sum::<f32>();
            (0..4_800).max_by(|a, b| likeness(a).total_cmp(&likeness(b))).expect("some")
        };
        let mut delays = Vec::new();
        for from in (1..23).map(|number| number * PERIOD) {
            let (early, late) = (delay_at(from + 48 * 100), delay_at(from + 48 * 600));
            assert!(early.abs_diff(late) < 48, "{codec:?}: {early} then {late} samples in the sweep at {} s", from / 48_000);
            delays.push(late);
        }
        let range = delays.iter().max().expect("some") - delays.iter().min().expect("some");
        assert!(range > 48 * 5, "{codec:?}: the delay follows: {delays:?}");
    }
}

#[test]
fn a_spike_of_300_ms_is_forgotten_within_five_seconds_and_loses_no_sound() {
    for codec in CODECS {
        let heard = listen(&Sender { codec, ..Sender::default() }, 3, |_, at, _| {
            // What is sent in the spike is held up, and comes at once after it.
            let free_at = if (8_000.0..8_300.0).contains(&at) { 8_300.0 } else { at };
            Some(free_at - at + 30.0)
        });
        let played = heard.playout.last().expect("played");
        assert!(played.late == 0 && played.concealed < 48 * 320, "{codec:?}: {played:?}");
        assert!(heard.delay_ms(13, 14) <= CLEAN_MS + 10.0, "{codec:?}: {} ms", heard.delay_ms(13, 14));
        assert!(heard.longest_hole_ms(1, 20) < 300.0 && heard.clicks(1, 20) == 0, "{codec:?}");
    }
}

#[test]
fn clocks_that_differ_are_followed_without_a_gap() {
    for codec in [Codec::Opus, Codec::Pcma] {
        for drift_ppm in [-500.0, 500.0] {
            let sender = Sender { codec, drift_ppm, seconds: 60, ..Sender::default() };
            let heard = listen(&sender, 4, |_, _, random| Some(30.0 + random.random_range(0.0..3.0)));
            let case = format!("{codec:?} {drift_ppm} ppm");
            assert!(heard.delay_ms(30, 59) <= CLEAN_MS + 8.0, "{case}: {} ms", heard.delay_ms(30, 59));
            assert!(heard.concealed(2, 59) < 0.002, "{case}: {}", heard.concealed(2, 59));
            assert_smooth(&heard, 2, 59, &case);
        }
    }
}

#[test]
fn single_losses_leave_no_hole_and_no_click() {
    for codec in CODECS {
        for loss in [0.05, 0.1, 0.2] {
            let heard = listen(&Sender { codec, ..Sender::default() }, 5, |_, _, random| {
                (random.random_range(0.0..1.0) >= loss).then_some(30.0)
            });
            let case = format!("{codec:?} {loss}");
            let bend = if codec == Codec::Opus { OPUS_BEND } else { 0.02 };
            assert_eq!(heard.clicks_above(bend, 1, 20), 0, "clicks: {case}");
            assert!(heard.longest_hole_ms(1, 20) <= 60.0, "{} ms: {case}", heard.longest_hole_ms(1, 20));
            assert!((heard.concealed(1, 20) - loss).abs() < 0.04, "{}: {case}", heard.concealed(1, 20));
        }
    }
}

#[test]
fn copies_and_error_correction_restore_what_was_lost() {
    let lossy = |_: usize, _: f64, random: &mut rand::rngs::StdRng| (random.random_range(0.0..1.0) >= 0.1).then_some(30.0);
    let red = listen(&Sender { copies: 2, ..Sender::default() }, 6, lossy);
    assert!(red.concealed(4, 20) < 0.01, "{}", red.concealed(4, 20));
    let fec = listen(&Sender { fec: true, sound: voice, ..Sender::default() }, 6, lossy);
    assert!(fec.concealed(4, 20) < 0.05, "{}", fec.concealed(4, 20));
}

#[test]
fn the_delay_for_copies_is_given_back_within_five_seconds_of_the_last_loss() {
    let heard = listen(&Sender { copies: 3, ..Sender::default() }, 12, |_, at, random| {
        (at > 10_000.0 || random.random_range(0.0..1.0) >= 0.1).then_some(30.0)
    });
    assert!(heard.delay_ms(5, 9) >= 60.0, "{} ms", heard.delay_ms(5, 9));
    assert!(heard.delay_ms(15, 16) <= CLEAN_MS + 10.0, "{} ms", heard.delay_ms(15, 16));
}

#[test]
fn bursts_of_three_have_no_hole_beyond_60_ms() {
    let heard = listen(&Sender { copies: 2, ..Sender::default() }, 7, |n, _, _| (n % 30 >= 3).then_some(30.0));
    assert!(heard.longest_hole_ms(1, 20) <= 60.0 && heard.clicks_above(OPUS_BEND, 1, 20) == 0);
    assert!(heard.concealed(4, 20) < 0.05, "{}", heard.concealed(4, 20));
}

#[test]
fn order_and_repetition_do_not_matter() {
    for codec in CODECS {
        let heard = listen(&Sender { codec, ..Sender::default() }, 8, |n, _, _| Some(if n % 4 == 0 { 55.0 } else { 30.0 }));
        assert!(heard.concealed(5, 20) == 0.0, "{codec:?}: {}", heard.concealed(5, 20));
        assert_smooth(&heard, 3, 20, &format!("{codec:?}"));
    }
}

#[test]
fn another_stream_or_a_jump_of_the_timestamps_goes_on_at_once() {
    let another: fn(usize, &mut super::Coded) = |n, coded| {
        if n >= 500 {
            coded.restarted = n == 500;
            coded.number += 70_000;
            coded.timestamp = coded.timestamp.wrapping_mul(3).wrapping_add(12_345).wrapping_sub(n as u32 * 1_920);
        }
    };
    let jump: fn(usize, &mut super::Coded) = |n, coded| {
        if n >= 500 {
            coded.timestamp = coded.timestamp.wrapping_add(0x7000_0000);
        }
    };
    for tamper in [another, jump] {
        let heard = listen(&Sender { tamper, ..Sender::default() }, 9, |_, _, _| Some(30.0));
        assert!(heard.longest_hole_ms(1, 20) <= 20.0, "{} ms", heard.longest_hole_ms(1, 20));
        assert!(heard.concealed(9, 20) < 0.01 && heard.clicks(1, 20) == 0);
        assert!(heard.delay_ms(15, 20) <= CLEAN_MS + 5.0, "{} ms", heard.delay_ms(15, 20));
    }
}

#[test]
fn a_jump_of_the_timestamps_by_less_than_a_second_goes_on_at_once_too() {
    fn tamper<const MS: i32>(n: usize, coded: &mut super::Coded) {
        if n >= 500 {
            coded.timestamp = coded.timestamp.wrapping_add_signed(MS * crate::codec::clock_hz(coded.codec) as i32 / 1_000);
        }
    }
    let tampers: [fn(usize, &mut super::Coded); 7] =
        [tamper::<-900>, tamper::<-300>, tamper::<-100>, tamper::<-20>, tamper::<150>, tamper::<400>, tamper::<900>];
    for codec in [Codec::Opus, Codec::Pcmu] {
        for (case, tamper) in tampers.into_iter().enumerate() {
            let heard = listen(&Sender { codec, tamper, ..Sender::default() }, 13, |_, _, _| Some(30.0));
            let case = format!("{codec:?}, case {case}");
            assert_smooth(&heard, 1, 20, &case);
            assert!(heard.concealed(9, 20) < 0.002, "{case}: {}", heard.concealed(9, 20));
            assert!(heard.delay_ms(11, 20) <= CLEAN_MS + 5.0, "{case}: {} ms", heard.delay_ms(11, 20));
        }
    }
}

#[test]
fn a_far_end_that_stops_is_silent_after_a_tenth_of_a_second() {
    for codec in CODECS {
        let network = |_: usize, at: f64, _: &mut rand::rngs::StdRng| (!(6_000.0..6_600.0).contains(&at)).then_some(30.0);
        let heard = listen(&Sender { codec, ..Sender::default() }, 14, network);
        // Sent at 5.98 s at last, 30 ms on the way, at most 15 in the buffer.
        let part = |from_ms: usize, to_ms: usize| &heard.sound[from_ms * 48..to_ms * 48];
        let loudest = |from_ms, to_ms| part(from_ms, to_ms).iter().map(|sample| sample.abs()).fold(0.0, f32::max);
        assert!(loudest(6_040, 6_060) > 0.1, "{codec:?}: the last packet and a little more");
        assert!(loudest(6_150, 6_600) < 1e-3, "{codec:?}: {} from 0.1 s on", loudest(6_150, 6_600));
        assert!(loudest(6_700, 6_800) > 0.1, "{codec:?}: it comes back");
        let bend = if codec == Codec::Opus { OPUS_BEND } else { 0.02 };
        assert_eq!(heard.clicks_above(bend, 5, 8), 0, "{codec:?}");
    }
}

#[test]
fn a_busy_machine_makes_no_hole_and_no_lasting_delay() {
    // The hub is woken up to 2 ms late, one time in six up to 12 ms, and one in a hundred up to 60 ms.
    let load = |random: &mut rand::rngs::StdRng| {
        let most = [(0.01, 60.0), (0.15, 12.0), (1.0, 2.0)].into_iter().find(|(share, _)| random.random_bool(*share));
        random.random_range(0.0..most.map_or(2.0, |(_, most)| most))
    };
    for codec in CODECS {
        for seed in 20..24 {
            let sender = Sender { codec, ..Sender::default() };
            // So is the far end's.
            let mut sent_until: f64 = 0.0;
            let heard = listen_under(load, &sender, seed, |_, at, random| {
                sent_until = (at + load(random)).max(sent_until);
                Some(sent_until - at + 1.0)
            });
            let case = format!("{codec:?}, seed {seed}");
            assert_eq!(heard.clicks_above(if codec == Codec::Opus { OPUS_BEND } else { 0.02 }, 1, 19), 0, "clicks: {case}");
            assert!(heard.longest_hole_ms(1, 19) <= 20.0, "{} ms: {case}", heard.longest_hole_ms(1, 19));
            assert!(heard.concealed(2, 19) < 0.02, "{}: {case}", heard.concealed(2, 19));
            assert!(heard.delay_ms(2, 19) < 60.0, "{} ms: {case}", heard.delay_ms(2, 19));
        }
    }
}

#[test]
fn a_machine_that_slept_goes_on_where_the_far_end_is() {
    for codec in CODECS {
        for seed in 30..34 {
            let mut pulls = 0;
            // Two sleeps of 300 ms in twenty seconds.
            let load = move |_: &mut rand::rngs::StdRng| {
                pulls += 1;
                if pulls % 700 == 0 { 300.0 } else { 0.0 }
            };
            let heard = listen_under(load, &Sender { codec, ..Sender::default() }, seed, |_, _, _| Some(30.0));
            let case = format!("{codec:?}, seed {seed}");
            assert!(heard.longest_hole_ms(1, 18) <= 20.0, "{} ms: {case}", heard.longest_hole_ms(1, 18));
            assert!(heard.concealed(2, 18) < 0.02, "{}: {case}", heard.concealed(2, 18));
            assert!(heard.delay_ms(12, 13) <= CLEAN_MS + 10.0, "{} ms: {case}", heard.delay_ms(12, 13));
        }
    }
}

#[test]
fn silence_that_is_not_sent_is_no_loss() {
    // Two seconds of tone, two of silence; nobody's voice begins at full level.
    let sound = |n: usize| {
        let (place, speaks) = (n % 96_000, (n / 96_000).is_multiple_of(2));
        let level = (place.min(96_000 - place) as f32 / 2_400.0).min(1.0);
        if speaks { tone(n) * level } else { 0.0 }
    };
    let heard = listen(&Sender { dtx: true, sound, ..Sender::default() }, 10, |_, _, _| Some(30.0));
    assert!(heard.concealed(0, 20) < 0.002, "{}", heard.concealed(0, 20));
    assert!(heard.delay_ms(12, 14) <= CLEAN_MS + 10.0, "{} ms", heard.delay_ms(12, 14));
    assert_eq!(heard.clicks_above(OPUS_BEND, 1, 20), 0);
}

#[test]
fn after_a_long_stop_it_goes_on_as_at_the_start() {
    for codec in CODECS {
        let heard =
            listen(&Sender { codec, ..Sender::default() }, 11, |_, at, _| (!(6_000.0..12_000.0).contains(&at)).then_some(30.0));
        assert!(heard.delay_ms(15, 20) <= CLEAN_MS + 5.0, "{codec:?}: {} ms", heard.delay_ms(15, 20));
        assert_smooth(&heard, 13, 20, &format!("{codec:?}"));
        assert!(heard.concealed(13, 20) == 0.0);
    }
}
