use super::{
    super::{Command, Input, Transport},
    line::{ANSWER, OFFER, invite, millis, seconds},
    pair::{Pair, Weather, over},
};
use model::LineCall;
use rand::RngExt;

const CALLER: LineCall = LineCall::Dialled(1);
const CALLEE: LineCall = LineCall::Received(0);

fn datagrams() -> Transport {
    Transport::Addressed { protocol: "UDP".into(), host: "192.0.2.1".into(), port: 5060, reliable: false }
}

fn web_socket() -> Transport {
    Transport::WebSocket { secure: true }
}

#[test]
fn two_of_us_call_change_the_session_at_once_and_hang_up() {
    let mut pair = Pair::new(over(web_socket()), 1);
    pair.command(0, invite(CALLER, "sip:bob@example.com", Some(OFFER)));
    pair.wait(seconds(1));
    pair.command(1, Command::Ring { call: CALLEE });
    pair.wait(seconds(1));
    pair.command(1, Command::Accept { call: CALLEE, description: Some(ANSWER.into()), headers: Vec::new() });
    pair.wait(seconds(1));
    for (side, call) in [(0, CALLER), (1, CALLEE)] {
        pair.command(side, Command::Reoffer { call, offer: Some(OFFER.into()) });
    }
    pair.wait(seconds(1));
    // The callee waits less, so that its offer comes first and voids the caller's.
    pair.wait(seconds(2));
    pair.command(0, Command::AnswerReoffer { call: CALLER, description: ANSWER.into() });
    pair.wait(seconds(1));
    pair.command(0, Command::HangUp { call: CALLER, reason: String::new() });
    pair.wait(seconds(1));
    insta::assert_snapshot!(format!("{}\n--\n{}", pair.sides[0].told.join("\n"), pair.sides[1].told.join("\n")));
    pair.end();
}

#[test]
fn a_call_comes_through_a_network_that_loses_every_fifth_message() {
    for seed in 0..40 {
        let mut pair = Pair::new(over(datagrams()), seed);
        pair.weather = Weather { lost: 20, doubled: 10, garbled: 0, delay_ms: (5, 300) };
        pair.command(0, invite(CALLER, "sip:bob@example.com", Some(OFFER)));
        pair.wait(seconds(8));
        pair.command(1, Command::Accept { call: CALLEE, description: Some(ANSWER.into()), headers: Vec::new() });
        pair.wait(seconds(20));
        let [caller, callee] = &pair.sides;
        assert!(caller.told.iter().any(|event| event.starts_with("Answered")), "{seed}: {:?}", caller.told);
        assert!(callee.told.iter().any(|event| event.starts_with("Confirmed")), "{seed}: {:?}", callee.told);
        pair.end();
    }
}

#[test]
fn whatever_users_and_a_lossy_network_do_everything_ends() {
    for seed in 0..24 {
        let mut pair = Pair::new(over(datagrams()), seed);
        for step in 0..400 {
            if step % 50 == 0 {
                let lost = pair.random.random_range(0..40);
                pair.weather = Weather { lost, doubled: 20, garbled: 0, delay_ms: (1, 1500) };
            }
            pair.act(step);
            let pause = pair.random.random_range(0..900);
            pair.wait(millis(pause));
        }
        pair.end();
    }
}

#[test]
fn whatever_users_do_and_however_messages_are_garbled_everything_ends() {
    for seed in 200..224 {
        let mut pair = Pair::new(over(web_socket()), seed);
        pair.weather = Weather { lost: 2, doubled: 10, garbled: 25, delay_ms: (1, 400) };
        for step in 0..400 {
            pair.act(step);
            let pause = pair.random.random_range(0..700);
            pair.wait(millis(pause));
        }
        pair.end();
    }
}

#[test]
fn whatever_users_and_a_breaking_connection_do_everything_ends() {
    for seed in 100..124 {
        let mut pair = Pair::new(over(web_socket()), seed);
        for step in 0..400 {
            match pair.random.random_range(0..25) {
                0 => {
                    for side in 0..2 {
                        pair.handle(side, Input::Disconnected);
                    }
                    let pause = pair.random.random_range(0..60);
                    pair.wait(seconds(pause));
                    for side in 0..2 {
                        pair.handle(side, Input::Connected);
                    }
                }
                _ => pair.act(step),
            }
            let pause = pair.random.random_range(0..900);
            pair.wait(millis(pause));
        }
        pair.end();
    }
}
