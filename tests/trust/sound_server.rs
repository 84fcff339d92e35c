//! A sound server that ends in a call and comes back, as at its crash or upgrade: PulseAudio itself, with devices made of nothing.

use std::time::{Duration, Instant};

use tests::{ms, practice, seconds, tone, tone_dbfs};
use tokio::runtime::Builder;

use crate::interop::{phone::at, pulse::SoundServer, voice::Sound};

/// What is said into the microphone; it comes back from the echo to the speaker.
const HZ: f64 = 700.0;

/// How soon sound is back once there is a server again, on a busy machine.
const BACK_WITHIN: Duration = Duration::from_secs(15);

/// Whether the speaker plays what the microphone hears.
fn is_heard(server: &SoundServer) -> bool {
    let heard = server.hear(ms(1_200));
    let last = heard.get(heard.len().saturating_sub(24_000)..).unwrap_or_default();
    last.len() == 24_000 && tone_dbfs(last, HZ) > -30.0
}

#[test]
fn a_sound_server_that_is_restarted_in_a_call_is_told_and_used_again_both_ways() {
    let Some(mut server) = SoundServer::start() else { return };
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("threads");
    let exchange = runtime.block_on(practice());
    let phone = at(exchange.account(), &["run"]).with_variable("PULSE_SERVER", &server.address()).with(&["--cleanup", "off"]);
    let phone = phone.start().once_registered();
    let said = Sound(tone(HZ, -12.0, seconds(60)));
    let _mouth = server.speak(&said);
    let call = phone.dial("600");
    let begun = Instant::now();
    while !is_heard(&server) {
        assert!(begun.elapsed() < BACK_WITHIN, "it is heard at first");
    }
    let then = phone.now();
    server.kill();
    let told = phone.wait_for(then, "that there is no sound", |event| event["event"] == "failed");
    println!("{told}");
    server.start_again();
    let (_mouth, again) = (server.speak(&said), Instant::now());
    while !is_heard(&server) {
        assert!(again.elapsed() < BACK_WITHIN, "it is heard again");
    }
    println!("heard again within {:?}", again.elapsed());
    phone.tell(&["hangup"]);
    assert_eq!(phone.ended(then, call)["cause"]["by"], "local", "the call outlived it");
}
