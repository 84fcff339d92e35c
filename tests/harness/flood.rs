//! Very many calls of strangers at a phone's door, and what it answers.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use sip::Response;
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{
    front::{Front, STRANGERS},
    mutations::fixtures,
};

/// Calls come in so many portions a second.
const PORTIONS: u32 = 100;

/// How long after the last of them the phone may still be at its answers.
const PATIENCE: Duration = Duration::from_secs(30);

/// A flood, as far as it is answered.
#[derive(Debug)]
pub struct Flood {
    /// Calls that came.
    pub sent: u32,
    /// How many of them rang.
    pub rang: u32,
    /// How many were refused, by status.
    pub refused: BTreeMap<u16, u32>,
    /// Those that ring, with what their To says by now.
    ringing: BTreeMap<String, String>,
    contact: String,
    answers: mpsc::UnboundedReceiver<Response>,
}

impl Flood {
    /// Calls the phone behind `front`, `per_second` times a second, and waits until each call has an answer.
    ///
    /// # Panics
    /// When the phone does not answer all of them, or is not connected.
    pub async fn pour(front: &Front, per_second: u32, length: Duration) -> Self {
        let mut flood = Self {
            sent: 0,
            rang: 0,
            refused: BTreeMap::new(),
            ringing: BTreeMap::new(),
            contact: front.contact(),
            answers: front.answers(),
        };
        let offer = fixtures("sdp", "sdp").into_iter().find(|(name, _)| name == "chromium-offer").expect("the fixture").1;
        let offer = String::from_utf8(offer).expect("a description is text");
        let mut ticks = interval(Duration::from_secs(1) / PORTIONS);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        for _ in 0..length.as_millis() / ticks.period().as_millis() {
            ticks.tick().await;
            for _ in 0..per_second / PORTIONS {
                flood.sent += 1;
                front.say(flood.invite(flood.sent, &offer)).await;
            }
            while let Ok(answer) = flood.answers.try_recv() {
                flood.take(front, &answer).await;
            }
        }
        while flood.answered() < flood.sent {
            let answer = timeout(PATIENCE, flood.answers.recv()).await;
            let answer = answer.unwrap_or_else(|_| panic!("{} of {} calls are answered", flood.answered(), flood.sent));
            flood.take(front, &answer.expect("the front stays")).await;
        }
        flood
    }

    /// Gives up the calls that ring, and waits until the phone has let go of them.
    ///
    /// # Panics
    /// When it does not.
    pub async fn recede(&mut self, front: &Front) {
        for (call_id, to) in self.ringing.clone() {
            // RFC 3261 section 9.1: as the INVITE, but for the method; its To has no tag.
            let to = to.split(";tag=").next().unwrap_or_default();
            front.say(self.request("CANCEL", &call_id, to, "Content-Length: 0\r\n\r\n")).await;
        }
        while !self.ringing.is_empty() {
            let answer = timeout(PATIENCE, self.answers.recv()).await.expect("what is cancelled ends");
            self.take(front, &answer.expect("the front stays")).await;
        }
    }

    fn answered(&self) -> u32 {
        self.rang + self.refused.values().sum::<u32>()
    }

    async fn take(&mut self, front: &Front, answer: &Response) {
        let header = |name: &str| answer.headers.get(name).unwrap_or_default().to_owned();
        let (call_id, to) = (header("Call-ID"), header("To"));
        let is_invite = answer.headers.cseq().is_ok_and(|cseq| cseq.method == sip::Method::Invite);
        match answer.code {
            _ if !is_invite => {}
            100 => {}
            101..=199 => {
                self.rang += u32::from(self.ringing.insert(call_id, to).is_none());
            }
            code => {
                // A call that rang was counted then.
                if self.ringing.remove(&call_id).is_none() {
                    *self.refused.entry(code).or_default() += 1;
                }
                front.say(self.request("ACK", &call_id, &to, "Content-Length: 0\r\n\r\n")).await;
            }
        }
    }

    fn invite(&self, number: u32, offer: &str) -> String {
        let body = format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{offer}", offer.len());
        self.request("INVITE", &format!("{STRANGERS}{number}"), "<sip:practice@strangers.invalid>", &body)
    }

    fn request(&self, method: &str, call_id: &str, to: &str, rest: &str) -> String {
        format!(
            "{method} {} SIP/2.0\r\nVia: SIP/2.0/WSS strangers.invalid;branch=z9hG4bK{call_id}\r\nMax-Forwards: 70\r\n\
             From: \"Stranger\" <sip:{call_id}@strangers.invalid>;tag={call_id}\r\nTo: {to}\r\nCall-ID: {call_id}\r\n\
             CSeq: 1 {method}\r\nContact: <sip:{call_id}@strangers.invalid;transport=ws>\r\n{rest}",
            self.contact,
        )
    }
}

/// How often the window of ringing calls came up, by what a phone told: names of events, and the calls they are of.
pub fn popups<'a>(events: impl IntoIterator<Item = (&'a str, Option<u64>)>) -> u32 {
    let (mut ringing, mut came_up) = (BTreeSet::new(), 0);
    for (event, call) in events {
        let Some(call) = call else { continue };
        match event {
            "incoming" => {
                came_up += u32::from(ringing.is_empty());
                ringing.insert(call);
            }
            "answered" | "ended" => {
                ringing.remove(&call);
            }
            _ => {}
        }
    }
    came_up
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_comes_up_once_for_calls_that_ring_at_once() {
        let at_once =
            [("incoming", Some(1)), ("incoming", Some(2)), ("ended", Some(1)), ("registered", None), ("ended", Some(2))];
        assert_eq!(popups(at_once), 1);
        assert_eq!(popups(at_once.into_iter().chain([("incoming", Some(3))])), 2);
    }
}
