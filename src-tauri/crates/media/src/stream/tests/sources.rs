//! Far ends that change what they send, or send from several sources.

use super::*;

/// The least power in any 20 ms between two moments.
fn least(line: &Line, from_ms: usize, to_ms: usize) -> f32 {
    (from_ms..to_ms).step_by(20).map(|ms| line.power(ms, ms + 20)).fold(f32::MAX, f32::min)
}

fn only(codec: Codec) -> Negotiated {
    Negotiated { receive: vec![payload(codec)], ..agreement(codec) }
}

#[test]
fn what_was_agreed_before_is_heard_until_the_far_end_knows_of_the_change() {
    let changes =
        [(Codec::Opus, Codec::Pcmu), (Codec::Pcmu, Codec::Opus), (Codec::G722, Codec::Pcma), (Codec::Pcma, Codec::G722)];
    for (first, second) in changes {
        let mut line = Line::new(StreamSettings::default(), &only(first));
        line.run(1_000);
        // Our answer is on its way, and what was sent before it came.
        line.far.0.configure(&only(second)).expect("codecs set up");
        line.run(200);
        line.near.0.configure(&only(second)).expect("codecs set up");
        line.run(800);
        let least = least(&line, 500, 1_900);
        assert!(least > 0.02, "{first:?} to {second:?}: {least}");
    }
}

#[test]
fn of_two_sources_at_once_the_new_one_is_heard_in_time() {
    let mut line = Line::new(StreamSettings::default(), &agreement(Codec::Pcmu));
    let (mut music, mut leg) = AudioStream::open(StreamSettings::default(), 3, Bell::default());
    music.configure(&agreement(Codec::Pcmu)).expect("codecs set up");
    let mut play = |line: &mut Line| {
        leg.push(&[0.0; FRAME_SAMPLES]);
        let mut sent = Vec::new();
        music.packets(line.now, &mut sent);
        for packet in sent {
            line.far.0.received(line.now, packet);
        }
    };
    for _ in 0..50 {
        play(&mut line);
        line.now += Duration::from_millis(10);
        line.far.1.pull(&mut [0.0; FRAME_SAMPLES]);
    }
    for _ in 0..200 {
        play(&mut line);
        line.run(10);
    }
    assert!(least(&line, 300, 2_000) > 0.02, "{}", least(&line, 300, 2_000));
    let delay = line.far.0.statistics(line.now, &PeerStatistics::default()).buffer_ms;
    assert!(delay < 60.0, "{delay} ms");
}

#[test]
fn keys_from_a_source_of_their_own_cost_no_sound() {
    let mut line = Line::new(StreamSettings::default(), &agreement(Codec::Opus));
    line.run(1_000);
    for n in 0..25_u16 {
        line.run(20);
        let payload = TelephoneEventPayload { event: 5, end: n == 24, duration: 160 * (n + 1) };
        let key = line.far.0.received(
            line.now,
            RtpPacket {
                payload_type: 101,
                marker: n == 0,
                sequence: 9_000 + n,
                timestamp: 77,
                ssrc: 99,
                payload: payload.to_bytes().to_vec().into(),
            },
        );
        line.keys.extend(key.map(|key| (char::from(key.digit), key.duration.as_millis() as u64)));
    }
    line.run(500);
    assert_eq!(line.keys, [('5', 500)]);
    assert!(least(&line, 500, 1_900) > 0.02, "{}", least(&line, 500, 1_900));
    assert_eq!(line.far.0.statistics(line.now, &PeerStatistics::default()).loss_in, 0.0);
}
