//! A far end that has a call with the phone and says anything in it: right tags and Call-ID, and everything else as it comes.

use std::collections::BTreeMap;

use calls::io::MediaRequest;
use model::{CallState, Cause, Command, Event, MediaDirection, TransferTo};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sip::{Message, Method, Request};
use tests::{FarCall, FarTalk, Mutations, Scenario, fixtures, ms, seconds};

/// A number of requests that none of ours comes after, and is none that a peer may not use (RFC 3261 8.1.1.5).
const LAST_NUMBER: u32 = (1 << 31) - 2;

const HEADERS: [&str; 22] = [
    "",
    "Event: refer\r\nSubscription-State: active;expires=60\r\n",
    "Event: refer\r\nSubscription-State: terminated;reason=noresource\r\n",
    "Event: refer;id=93809823\r\nSubscription-State: pending\r\n",
    "Event: message-summary\r\nSubscription-State: active\r\n",
    "Refer-To: <sip:600@far.invalid>\r\n",
    "Refer-To: <sip:600@far.invalid?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>\r\nReferred-By: <sip:x@y>\r\n",
    "Refer-To: <sip:a@b;method=BYE>\r\nRefer-To: <tel:+1>\r\n",
    "Refer-Sub: false\r\nRefer-To: *\r\n",
    "RAck: 1 1 INVITE\r\n",
    "RAck: 4294967295 0 PRACK\r\n",
    "Require: 100rel\r\nRSeq: 1\r\n",
    "Require: nothing-we-know\r\n",
    "Session-Expires: 90;refresher=uas\r\nSupported: timer\r\nMin-SE: 90\r\n",
    "Session-Expires: 4294967295;refresher=uac\r\nMin-SE: 4294967295\r\n",
    "Session-Expires: 1\r\nSupported: timer\r\n",
    "Reason: SIP;cause=99999999;text=\"x\"\r\nReason: Q.850;cause=16\r\n",
    "Replaces: x;to-tag=1;from-tag=2\r\n",
    "Expires: 0\r\nMax-Forwards: 0\r\nContent-Encoding: gzip\r\n",
    "P-Asserted-Identity: \"\u{202e}Mallory\" <sip:m@evil.invalid>\r\nPrivacy: id\r\n",
    "Contact: <sip:elsewhere@far.invalid>\r\nContact: *\r\nRecord-Route: <sip:p.invalid;lr>\r\n",
    "Authorization: Digest realm=\"far\", nonce=\"1\", response=\"2\"\r\nInfo-Package: nothing\r\n",
];

const ANSWERS: [(u16, &str); 26] = [
    (100, ""),
    (180, ""),
    (183, "Require: 100rel\r\nRSeq: 1\r\n"),
    (199, ""),
    (200, ""),
    (200, "Session-Expires: 90;refresher=uac\r\nAllow: INVITE, ACK, BYE, UPDATE, INFO\r\n"),
    (200, "Require: timer, x\r\nContact: *\r\n"),
    (202, ""),
    (204, ""),
    (300, "Contact: <sip:a@b>\r\n"),
    (401, "WWW-Authenticate: Digest realm=\"far\", nonce=\"1\", qop=\"auth\", algorithm=SHA-256\r\n"),
    (407, "Proxy-Authenticate: Digest realm=\"evil\", nonce=\"1\"\r\n"),
    (404, ""),
    (405, "Allow: INVITE\r\n"),
    (408, ""),
    (415, "Accept: x/y\r\n"),
    (420, "Unsupported: timer\r\n"),
    (422, "Min-SE: 600\r\n"),
    (422, "Min-SE: 4294967295\r\n"),
    (481, ""),
    (488, "Warning: 304 x \"no\"\r\n"),
    (491, ""),
    (500, "Retry-After: 1\r\n"),
    (503, "Retry-After: 4294967295\r\n"),
    (603, ""),
    (699, ""),
];

/// The far end, what it talks with, and how its mind is.
struct Mad<'a> {
    t: &'a Scenario,
    talk: FarTalk,
    random: StdRng,
    descriptions: Vec<String>,
    number: u32,
}

impl<'a> Mad<'a> {
    fn calling(t: &'a Scenario, seed: u64) -> Self {
        let talk = if seed.is_multiple_of(2) { t.far_call() } else { t.far_calls() };
        let own = t.far_reoffer(&talk.media, MediaDirection::SendRecv);
        talk.media.ask(MediaRequest::Rollback);
        let others = fixtures("sdp", "sdp").into_iter().filter_map(|(_, text)| String::from_utf8(text).ok());
        // Most of what it offers is of the far end there is.
        let descriptions = std::iter::repeat_n(own, 40).chain(others).collect();
        let number = talk.far.number();
        Self { t, talk, random: StdRng::seed_from_u64(seed), descriptions, number }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.random.random_range(0..bound)
    }

    fn of<T: Clone>(&mut self, choice: &[T]) -> T {
        choice[self.below(choice.len())].clone()
    }

    /// A body with what stands before it.
    fn body(&mut self, method: &Method) -> String {
        let description = &self.descriptions.clone();
        let (kind, text) = match (method, self.below(12)) {
            (Method::Invite | Method::Update | Method::Ack | Method::Prack, 0..8) => ("application/sdp", self.of(description)),
            (Method::Notify, 0..8) => {
                let code = self.of(&[100, 180, 183, 200, 202, 302, 404, 486, 503, 603, 700]);
                ("message/sipfrag;version=2.0", format!("SIP/2.0 {code} Words\r\n"))
            }
            (Method::Info, 0..8) => {
                let signal = self.of(&["5", "*", "D", "17", "", "5\r\nSignal=6", "\u{202e}"]);
                let duration = self.of(&["160", "0", "-1", "99999999999999999999", "x"]);
                (
                    self.of(&["application/dtmf-relay", "application/dtmf", "text/plain"]),
                    format!("Signal={signal}\r\nDuration={duration}\r\n"),
                )
            }
            (_, 8) => ("application/sdp", self.of(description)),
            (_, 9) => ("multipart/mixed;boundary=b", "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--\r\n".into()),
            (_, 10) => ("", "x".repeat(2_000)),
            (_, _) => return "Content-Length: 0\r\n\r\n".into(),
        };
        let kind = if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
        format!("{kind}Content-Length: {}\r\n\r\n{text}", text.len())
    }

    fn say(&mut self, message: Vec<u8>) {
        let message = match self.below(2) {
            0 => message,
            _ => {
                let seed = self.random.random();
                Mutations::of(vec![message], seed).next().expect("endless")
            }
        };
        if !begins_a_call(&message) {
            self.t.far().say(message);
        }
    }

    fn request(&mut self) {
        use Method::{Ack, Bye, Cancel, Info, Invite, Message, Notify, Options, Prack, Refer, Subscribe, Update};
        let often = [Invite, Update, Info, Notify, Refer, Prack, Cancel, Ack, Options];
        let method = match self.below(20) {
            0 if self.below(8) == 0 => Bye,
            1 => Message,
            2 => Subscribe,
            3 => Method::Other("NONSENSE".into()),
            _ => self.of(&often),
        };
        let number = match (&method, self.below(10)) {
            // An ACK or CANCEL is of a request that there was.
            (Ack | Cancel, 0..8) | (_, 0) => self.number,
            (_, 1) => self.number.saturating_sub(1),
            (_, 2) => self.number + 7,
            (_, _) => self.number + 1,
        };
        self.number = self.number.max(number);
        let (headers, rest) = (self.of(&HEADERS), self.body(&method));
        let message = self.talk.far.draft(&method, number, headers, &rest);
        self.say(message);
    }

    /// Answers what the phone asks.
    fn answer(&mut self) {
        for method in
            [Method::Invite, Method::Update, Method::Info, Method::Notify, Method::Refer, Method::Prack, Method::Options]
        {
            while let Some(request) = self.t.far().take_request(&method) {
                if self.below(8) > 0 {
                    let (code, headers) = self.of(&ANSWERS);
                    let description = self.descriptions.clone();
                    let sdp = if method == Method::Invite && code < 300 { self.of(&description) } else { String::new() };
                    self.talk.far.respond_with(&request, code, "Words", headers, &sdp);
                }
            }
        }
        self.take_byes();
        while let Some(response) = self.t.far().take_response(&Method::Invite) {
            if response.code >= 200 && self.below(6) > 0 {
                // A clone: who says anything learns nothing.
                self.talk.far.clone().ack(&response, "");
            }
        }
        self.t.far().forget();
    }

    fn take_byes(&self) {
        for method in [Method::Bye, Method::Cancel] {
            while let Some(request) = self.t.far().take_request(&method) {
                self.talk.far.respond(&request, 200, "OK", "");
            }
        }
    }

    /// What the user does meanwhile.
    fn use_phone(&mut self) {
        let (call, alice) = (self.talk.call, self.t.alice());
        match self.below(8) {
            0 => alice.hold(call),
            1 => alice.resume(call),
            2 => alice.press(call, "5#"),
            3 => alice.send(Command::Mute { call, muted: false }),
            4 => alice.send(Command::Transfer { call, to: TransferTo::Blind { target: "600".parse().expect("a number") } }),
            5 => alice.send(Command::AllowTransfer { call, allow: false }),
            _ => {}
        }
    }

    /// Comes to its mind: refuses what is left, and offers what it had.
    fn calms_down(&mut self) {
        for _ in 0..70 {
            while let Some(request) = self.t.far().take_request(&Method::Invite) {
                self.talk.far.respond(&request, 488, "Not Acceptable Here", "");
            }
            self.answer_well(&[Method::Update, Method::Info, Method::Notify, Method::Refer, Method::Prack, Method::Options]);
            self.t.far().forget();
            self.t.run_for(seconds(1));
        }
    }

    fn answer_well(&self, methods: &[Method]) {
        for method in methods {
            while let Some(request) = self.t.far().take_request(method) {
                self.talk.far.respond(&request, 200, "OK", "");
            }
        }
        self.take_byes();
    }

    /// Whether it is well again after a proper offer, if the call is there still.
    fn is_heard(&mut self) -> bool {
        let t = self.t;
        self.talk.media.ask(MediaRequest::Reoffer { direction: MediaDirection::SendRecv, restart_ice: true });
        let offer = t.taken("the far end's offer", || {
            self.talk.media.take(|event| match event {
                calls::io::MediaEvent::OfferReady { offer } => Some(offer.expose().to_owned()),
                _ => None,
            })
        });
        self.talk.far.go_on_from(LAST_NUMBER - 1);
        self.talk.far.request(&Method::Invite, "", &offer);
        let response = t.response(&Method::Invite);
        assert_eq!(response.code, 200, "a proper offer is taken");
        self.talk.media.ask(MediaRequest::Apply { answer: response.session_description().expect("an answer").into() });
        self.talk.far.clone().ack(&response, "");
        t.run_for(seconds(1));
        if matches!(t.alice().state(self.talk.call), Some(CallState::Established { hold }) if hold.local) {
            t.alice().resume(self.talk.call);
            let reinvite: Request = t.request(&Method::Invite);
            let answer = t.far_reanswer(&self.talk.media, &reinvite.session_description().expect("an offer"));
            self.talk.far.respond(&reinvite, 200, "OK", &answer);
            t.request(&Method::Ack);
            t.run_for(ms(50));
        }
        t.talks(&self.talk) == (true, true)
    }
}

/// An INVITE that lost the tag of its dialog rings, and rightly so.
fn begins_a_call(message: &[u8]) -> bool {
    let Ok(Message::Request(request)) = Message::parse(message) else { return false };
    request.method == Method::Invite && request.headers.to().is_ok_and(|to| to.tag().is_none())
}

/// A call in which so many things are said; why it ended, if it did.
fn a_call_gone_mad(seed: u64, times: usize) -> Option<Cause> {
    let t = Scenario::seeded(seed).with_far();
    let mut mad = Mad::calling(&t, seed);
    for _ in 0..times {
        mad.request();
        let pause = mad.of(&[0, 1, 5, 20, 100, 700]);
        t.run_for(ms(pause));
        mad.answer();
        if mad.below(10) == 0 {
            mad.use_phone();
        }
        if t.alice().cause(mad.talk.call).is_some() {
            break;
        }
    }
    mad.calms_down();
    let cause = t.alice().cause(mad.talk.call);
    if cause.is_none() {
        assert!(t.alice().is_established(mad.talk.call), "{:?}", t.alice().view(mad.talk.call));
        assert!(mad.is_heard(), "sound both ways\n{}", t.ladder());
        t.alice().hang_up(mad.talk.call);
        t.run_for(ms(20));
        mad.take_byes();
    }
    let rang = t.alice().told(|event| matches!(event, Event::Incoming { .. }));
    assert_eq!(rang, usize::from(!seed.is_multiple_of(2)), "it rang for nothing");
    assert_eq!(t.alice().sound.rings().len(), 0);
    assert!(t.alice().is_registered());
    t.run_for(seconds(40));
    assert_eq!((t.alice().live_calls(), t.air().open_peers("alice")), (0, 0));
    t.finish();
    cause
}

#[test]
fn a_far_end_that_says_anything_is_heard_again_or_has_ended_the_call() {
    let mut ends = BTreeMap::<String, usize>::new();
    for seed in 0..6 {
        // Seen only when it fails.
        println!("seed {seed}");
        let cause = a_call_gone_mad(seed, 120);
        *ends.entry(cause.map_or_else(|| "heard again".into(), |cause| format!("{cause:?}"))).or_default() += 1;
    }
    println!("{ends:#?}");
    assert!(ends.contains_key("heard again"), "{ends:?}");
}

#[test]
fn ten_thousand_early_dialogs_and_answers_of_a_thousand_are_one_call() {
    let t = Scenario::new().with_far();
    let media = t.far_media();
    let call = t.dial("alice", "carol");
    let invite = t.request(&Method::Invite);
    let first = FarCall::of(t.far(), &invite);
    let answer = t.far_answer(&media, &invite.session_description().expect("an offer"));
    for number in 0..10_000 {
        let fork = first.fork();
        let reliable = format!("Require: 100rel\r\nRSeq: {number}\r\n");
        let (code, sdp) = [(180, ""), (183, answer.as_str()), (199, "")][number % 3];
        fork.respond_with(&invite, code, "Words", if number % 2 == 0 { &reliable } else { "" }, sdp);
        if number % 100 == 99 {
            t.run_for(ms(10));
            while let Some(prack) = t.far().take_request(&Method::Prack) {
                first.respond(&prack, 200, "OK", "");
            }
        }
    }
    first.reply(200, "OK", &answer);
    t.request(&Method::Ack);
    // Another one was heard before: whoever has answered is asked anew.
    let again = t.request(&Method::Invite);
    let answer_again = t.far_reanswer(&media, &again.session_description().expect("an offer"));
    first.respond(&again, 200, "OK", &answer_again);
    t.request(&Method::Ack);
    t.run_until("the call is established", seconds(2), |t| t.alice().is_established(call));
    for number in 0..1_000 {
        let fork = first.fork();
        fork.reply(200, "OK", &answer);
        if number % 100 == 99 {
            t.run_for(ms(10));
            while let Some(bye) = t.far().take_request(&Method::Bye) {
                first.respond(&bye, 200, "OK", "");
            }
        }
    }
    t.far().forget();
    assert_eq!((t.alice().live_calls(), t.air().open_peers("alice")), (1, 1));
    assert_eq!(t.alice().told(|event| matches!(event, Event::Answered { .. })), 1);
    let talk = FarTalk { call, far: first, media };
    assert_eq!(t.talks(&talk), (true, true));
    t.alice().hang_up(call);
    let bye = t.request(&Method::Bye);
    talk.far.respond(&bye, 200, "OK", "");
}
