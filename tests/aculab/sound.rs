//! How soon people hear each other once a call is answered.

use std::time::Duration;

use serde_json::Value;
use tests::{CloudOptions, FakeCloud, SERVICE_TONE_HZ};

use super::sidetone::client;
use crate::interop::voice::Sound;

/// Longer than any call here takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);
/// What a person waits for without asking whether anybody is there.
const SOON: Duration = Duration::from_secs(1);
const OURS_HZ: f64 = 500.0;
const CALLS: usize = 3;

/// The time between two steps of setting up a call, in ms.
fn between(ended: &Value, first: &str, then: &str) -> f64 {
    let at = |step: &str| ended["report"]["setup"][step].as_f64().unwrap_or_else(|| panic!("no {step} in {ended}"));
    at(then) - at(first)
}

#[test]
fn each_hears_the_other_within_a_second_of_the_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = CloudOptions { recordings: Some(folder.path().to_owned()), ..CloudOptions::default() };
    let cloud = FakeCloud::start(options).expect("it starts");
    let key = cloud.account().key.clone();
    let mut alice = client(&cloud, &key, "alice", &["run"]).sounding(OURS_HZ).start().once_registered();
    for _ in 0..CALLS {
        let from = alice.now();
        let call = cloud.call("alice", "441908000000", "tone");
        alice.wait_from(from, "incoming");
        alice.tell(&["answer"]);
        alice.wait_from(from, "media-connected");
        std::thread::sleep(Duration::from_secs(2));
        alice.tell(&["hangup"]);
        let ended = alice.wait_from(from, "ended");
        let ours_ms = between(&ended, "answered_ms", "first_packet_ms");
        // What the service said is on the left, what it heard on the right, from its answer on.
        let recording = cloud.wait_for("its recording", LONG, |seen| seen.calls[call].recording.clone());
        let theirs = Sound::read_right(&recording).silence_before(OURS_HZ).expect("the service has heard us");
        println!("from the answer to the first sound: {ours_ms:.0} ms here, {theirs:?} there");
        assert!((0.0..=SOON.as_secs_f64() * 1e3).contains(&ours_ms), "{ours_ms} ms");
        assert!(theirs <= SOON, "{theirs:?}");
        let addresses = &ended["report"]["media"]["addresses"];
        for end in ["local", "remote"] {
            let address = addresses[end].as_str().and_then(|text| text.parse::<std::net::SocketAddr>().ok());
            assert!(address.is_some_and(|address| address.port() > 0), "where the path led is in its report: {addresses}");
        }
    }
    alice.stop();
    assert!(alice.heard().time_of_tone(SERVICE_TONE_HZ) > Duration::from_secs(CALLS as u64));
}
