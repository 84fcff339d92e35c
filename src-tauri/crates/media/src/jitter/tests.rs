//! What the listener hears over seeded networks, as numbers.

use super::simulator::*;
use model::Codec;
use rand::RngExt as _;

const CODECS: [Codec; 4] = [Codec::Opus, Codec::G722, Codec::Pcmu, Codec::Pcma];

#[test]
fn a_clean_network_costs_at_most_20_ms_and_nothing_is_made_up() {
    for codec in CODECS {
        for packet_ms in [10, 20, 60] {
            let heard = listen(&Sender { codec, packet_ms, ..Sender::default() }, 1, |_, _, _| Some(30.0));
            eprintln!("{codec:?} {packet_ms} {} {}", heard.delay_ms(0, 2), heard.delay_ms(4, 20));
            assert!(heard.delay_ms(4, 20) <= 20.0, "{codec:?} {packet_ms} ms: {}", heard.delay_ms(4, 20));
            assert!(heard.concealed(0, 20) < 0.001);
            assert_eq!((heard.longest_hole_ms(1, 20), heard.clicks(1, 20)), (0.0, 0));
        }
    }
}

#[test]
fn jitter_is_followed_up_and_down() {
    for jitter in [15.0, 30.0, 60.0] {
        for codec in CODECS {
            let heard = listen(&Sender { codec, seconds: 30, ..Sender::default() }, 2, |_, at, random| {
                Some(30.0 + if at < 15_000.0 { random.random_range(0.0..jitter) } else { 0.0 })
            });
            eprintln!(
                "{codec:?} jitter {jitter}: {:.1} ms, then {:.1}; concealed {:.4}, hole {}, clicks {}",
                heard.delay_ms(5, 15),
                heard.delay_ms(20, 30),
                heard.concealed(5, 15),
                heard.longest_hole_ms(1, 30),
                heard.clicks(1, 30)
            );
            assert!(heard.delay_ms(5, 15) < jitter + 20.0);
            assert!(heard.delay_ms(20, 30) < 20.0);
            assert!(heard.concealed(5, 15) < 0.03);
            assert_eq!(heard.clicks(1, 30), 0);
        }
    }
}
