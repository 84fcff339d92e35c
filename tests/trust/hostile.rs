//! Damaged messages, over a real WebSocket, to a phone that goes on being a phone.

use std::time::{Duration, Instant};

use calls::io::MediaRequest;
use model::Event;
use sip::Method;
use tests::{FarCall, Mutations, Scenario, fixtures, ms, seconds};

/// Asks the phone whether it is well (OPTIONS); how long its answer took.
fn health(t: &Scenario, number: usize) -> Duration {
    t.far().forget();
    let asked = Instant::now();
    t.far().say(format!(
        "OPTIONS {} SIP/2.0\r\nVia: SIP/2.0/WS far.invalid;branch=z9hG4bKhealth{number}\r\nMax-Forwards: 70\r\n\
         From: <sip:far.invalid>;tag=h\r\nTo: <sip:alice@far.invalid>\r\nCall-ID: health{number}\r\nCSeq: 1 OPTIONS\r\n\
         Content-Length: 0\r\n\r\n",
        t.far().contact()
    ));
    loop {
        t.run_for(ms(1));
        let response = t.far().take_response(&Method::Options);
        match response {
            Some(response) if response.headers.call_id().is_ok_and(|id| id == format!("health{number}")) => {
                assert_eq!(response.code, 200);
                return asked.elapsed();
            }
            Some(_) | None => assert!(asked.elapsed() < seconds(10), "the phone does not answer any more"),
        }
    }
}

fn is_untouched(t: &Scenario) {
    let (fell, rang) =
        (|event: &Event| matches!(event, Event::Unregistered { .. }), |event: &Event| matches!(event, Event::Incoming { .. }));
    assert_eq!((t.alice().told(fell), t.alice().told(rang)), (0, 0), "a lost registration, or a false ring");
    assert!(t.alice().is_registered());
    assert_eq!(t.alice().sound.rings(), []);
    assert_eq!(t.alice().live_calls(), 0);
}

fn sip_fixtures() -> Vec<Vec<u8>> {
    let folders = ["sip/rfc4475", "sip/rfc5118", "sip/peers"];
    folders.into_iter().flat_map(|folder| fixtures(folder, "dat")).map(|(_, message)| message).collect()
}

/// The same requests, sent to the very address the phone registered.
fn to_the_phone(t: &Scenario, messages: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let contact = t.far().contact();
    let readdress = |message: &Vec<u8>| {
        let text = std::str::from_utf8(message).ok()?;
        let (line, rest) = text.split_once("\r\n")?;
        let mut words = line.split(' ');
        let (method, _, version) = (words.next()?, words.next()?, words.next()?);
        (version == "SIP/2.0").then(|| format!("{method} {contact} SIP/2.0\r\n{rest}").into_bytes())
    };
    messages.iter().filter_map(readdress).collect()
}

#[test]
fn every_message_of_rfc_4475_and_5118_leaves_the_phone_as_it_was() {
    let t = Scenario::over_sockets().with_far();
    for (number, (name, message)) in fixtures("sip/rfc4475", "dat").into_iter().chain(fixtures("sip/rfc5118", "dat")).enumerate()
    {
        println!("{name}");
        t.far().say(message);
        health(&t, number);
    }
    is_untouched(&t);
}

#[test]
fn ten_thousand_damaged_messages_leave_the_phone_as_it_was() {
    let t = Scenario::over_sockets().with_far();
    // Calls that this phone could take would ring, damaged a little or not: they are none of these.
    let mut messages: Vec<Vec<u8>> = sip_fixtures();
    messages.retain(|message| !String::from_utf8_lossy(message).contains("a=fingerprint"));
    // Most of them name somebody else; strangers know our address.
    messages.extend(to_the_phone(&t, &messages));
    let mut times = Vec::new();
    let mut mutations = Mutations::of(messages, 4475);
    for batch in 0..100 {
        for message in mutations.by_ref().take(100) {
            t.far().say(message);
        }
        times.push(health(&t, batch));
    }
    is_untouched(&t);
    times.sort();
    // Half of a hundred health checks, each behind a hundred messages: a busy machine may delay some.
    let (median, slowest) = (times[50], times[99]);
    println!("health checks: median {median:?}, slowest {slowest:?}");
    assert!(median <= ms(250) && slowest <= seconds(5), "median {median:?}, slowest {slowest:?}");
}

/// The far end takes the phone's BYE, if there is one: who never answers it is remembered for 32 s.
fn goodbye(t: &Scenario, far: &FarCall) {
    while let Some(bye) = t.far().take_request(&Method::Bye) {
        far.respond(&bye, 200, "OK", "");
    }
    t.run_for(ms(5));
}

#[test]
fn calls_with_damaged_descriptions_ring_properly_or_not_at_all() {
    let t = Scenario::seeded(2).with_far();
    let media = t.far_media();
    let mut texts: Vec<Vec<u8>> = fixtures("sdp", "sdp").into_iter().map(|(_, text)| text).collect();
    let ours = t.far_offer(&media).into_bytes();
    texts.extend(std::iter::repeat_n(ours, texts.len()));
    let mut rang = 0;
    for text in Mutations::of(texts, 8866).take(400) {
        let Ok(text) = String::from_utf8(text) else { continue };
        let mut far = FarCall::to_phone(t.far(), &text, "");
        let response = t.response(&Method::Invite);
        match response.code {
            180 => {
                rang += 1;
                let call = t.alice().ringing().expect("what was told to ring rings");
                t.alice().answer(call);
                let response = t.response(&Method::Invite);
                far.ack(&response, "");
                t.run_for(ms(100));
                t.alice().hang_up(call);
                t.run_for(ms(20));
                goodbye(&t, &far);
            }
            400 | 415 | 488 => far.ack(&response, ""),
            code => panic!("{code} to {text}"),
        }
        t.far().forget();
    }
    assert!(rang > 50, "{rang}: most of the damage is harmless");
    assert!(t.alice().is_registered());
}

#[test]
fn damaged_answers_end_a_call_or_do_not_harm_it() {
    let t = Scenario::seeded(3).with_far();
    let mut texts: Vec<Vec<u8>> = fixtures("sdp", "sdp").into_iter().map(|(_, text)| text).collect();
    for seed in 0..150 {
        let call = t.dial("alice", "carol");
        let invite = t.request(&Method::Invite);
        let (far, media) = (FarCall::of(t.far(), &invite), t.far_media());
        let answer = t.far_answer(&media, &invite.session_description().expect("an offer"));
        texts.push(answer.into_bytes());
        let damaged = Mutations::of(texts[texts.len().saturating_sub(3)..].to_vec(), seed).next().expect("endless");
        far.reply(200, "OK", &String::from_utf8_lossy(&damaged));
        t.request(&Method::Ack);
        t.run_for(ms(200));
        t.alice().hang_up(call);
        t.run_for(ms(20));
        goodbye(&t, &far);
        assert_eq!(t.alice().live_calls(), 0);
        t.far().forget();
    }
}

#[test]
fn damaged_offers_within_a_call_leave_it_as_it_was() {
    let t = Scenario::seeded(4).with_far();
    let mut talk = t.far_call();
    let offer = t.far_reoffer(&talk.media, model::MediaDirection::SendRecv);
    talk.media.ask(MediaRequest::Rollback);
    for text in Mutations::of(vec![offer.into_bytes()], 3264).take(200) {
        talk.far.request(&Method::Invite, "", &String::from_utf8_lossy(&text));
        let response = t.response(&Method::Invite);
        assert!(matches!(response.code, 200 | 400 | 415 | 488 | 491), "{}", response.code);
        talk.far.ack(&response, "");
        t.run_for(ms(50));
        if t.alice().cause(talk.call).is_some() {
            // An offer of another far end than the one that is connected cannot be told from a real one.
            t.far().forget();
            talk = t.far_call();
        }
        t.far().forget();
    }
    assert!(t.alice().is_registered());
}
