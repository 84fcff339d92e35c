//! A sound server that ends in a call and comes back, as at its crash or upgrade: PulseAudio itself, with devices made of nothing.

use std::time::{Duration, Instant};

use exchange::Practice;
use tests::{ms, practice, seconds, tone, tone_dbfs};
use tokio::runtime::{Builder, Runtime};

use crate::interop::{
    phone::{Phone, at},
    pulse::SoundServer,
    voice::Sound,
};

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

/// Ends and starts the server while its devices are in a call with the echo.
fn restart_in_a_call(server: &mut SoundServer, phone: &Phone) {
    let said = Sound(tone(HZ, -12.0, seconds(60)));
    let _mouth = server.speak(&said);
    let begun = Instant::now();
    while !is_heard(server) {
        assert!(begun.elapsed() < BACK_WITHIN, "it is heard at first");
    }
    let then = phone.now();
    server.kill();
    let told = phone.wait_for(then, "that there is no sound", |event| event["event"] == "failed");
    println!("{told}");
    server.start_again();
    let (_mouth, again) = (server.speak(&said), Instant::now());
    while !is_heard(server) {
        assert!(again.elapsed() < BACK_WITHIN, "it is heard again");
    }
    println!("heard again within {:?}", again.elapsed());
}

fn exchange() -> (Runtime, Practice) {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("threads");
    let exchange = runtime.block_on(practice());
    (runtime, exchange)
}

#[test]
fn a_sound_server_that_is_restarted_in_a_call_is_told_and_used_again_both_ways() {
    let Some(mut server) = SoundServer::start() else { return };
    let (_runtime, exchange) = exchange();
    let phone = at(exchange.account(), &["run"]).with_variable("PULSE_SERVER", &server.address()).with(&["--cleanup", "off"]);
    let phone = phone.start().once_registered();
    let then = phone.now();
    let call = phone.dial("600");
    restart_in_a_call(&mut server, &phone);
    phone.tell(&["hangup"]);
    assert_eq!(phone.ended(then, call)["cause"]["by"], "local", "the call outlived it");
}

#[test]
fn the_one_call_of_a_command_line_outlives_it_too() {
    let Some(mut server) = SoundServer::start() else { return };
    let (_runtime, exchange) = exchange();
    let phone = at(exchange.account(), &["call", "600"]).with_variable("PULSE_SERVER", &server.address());
    let mut phone = phone.with(&["--cleanup", "off"]).start();
    phone.wait("media-connected");
    restart_in_a_call(&mut server, &phone);
    let over = phone.stop();
    assert_eq!((over.exit, &over.ended()["cause"]["by"]), (Some(0), &"local".into()), "{}", over.sentence());
}
