//! Damaged messages, over a real secure WebSocket, to a phone that is asked again and again whether it is well.
#![expect(clippy::disallowed_methods, reason = "how long the phone takes is real time")]
#![expect(clippy::print_stdout, reason = "the last message is shown when a phone does not survive it")]

use std::time::{Duration, Instant};

use model::Event;
use sip::Method;

use crate::{
    mutations::{Mutations, fixtures},
    scenario::Scenario,
    time::{ms, seconds},
};

/// What a storm did to a phone.
#[derive(Debug)]
pub struct Storm {
    /// How long each health check took, in the order of time.
    pub checks: Vec<Duration>,
    /// How often the phone was not registered any more.
    pub lost_registrations: usize,
    /// How often it rang.
    pub false_rings: usize,
}

impl Storm {
    /// Every message of RFC 4475 and RFC 5118, each followed by a health check.
    ///
    /// # Panics
    /// When the phone is not well any more.
    pub fn of_torture_messages() -> Self {
        let t = Scenario::over_sockets().with_far();
        let messages = fixtures("sip/rfc4475", "dat").into_iter().chain(fixtures("sip/rfc5118", "dat"));
        let checks = messages.enumerate().map(|(number, (name, message))| {
            println!("{name}");
            t.far().say(message);
            health(&t, number)
        });
        let checks = checks.collect();
        Self::over(&t, checks)
    }

    /// So many damaged messages, and a health check behind each portion of them.
    ///
    /// # Panics
    /// When the phone is not well any more.
    pub fn of_damaged_messages(count: usize, portion: usize) -> Self {
        let t = Scenario::over_sockets().with_far();
        let folders = ["sip/rfc4475", "sip/rfc5118", "sip/peers"];
        let mut messages: Vec<Vec<u8>> =
            folders.into_iter().flat_map(|folder| fixtures(folder, "dat")).map(|(_, message)| message).collect();
        // Calls that this phone could take would ring, damaged a little or not: they are none of these.
        messages.retain(|message| !String::from_utf8_lossy(message).contains("a=fingerprint"));
        // Most of them name somebody else; strangers know our address.
        messages.extend(to_the_phone(&t, &messages));
        let mut mutations = Mutations::of(messages, 4475);
        let checks = (0..count / portion).map(|number| {
            mutations.by_ref().take(portion).for_each(|message| t.far().say(message));
            health(&t, number)
        });
        let checks = checks.collect();
        Self::over(&t, checks)
    }

    fn over(t: &Scenario, checks: Vec<Duration>) -> Self {
        let fell = t.alice().told(|event| matches!(event, Event::Unregistered { .. }));
        let rang = t.alice().told(|event| matches!(event, Event::Incoming { .. }));
        Self {
            checks,
            lost_registrations: fell.max(usize::from(!t.alice().is_registered())),
            false_rings: rang.max(t.alice().sound.rings().len()).max(t.alice().live_calls()),
        }
    }
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
