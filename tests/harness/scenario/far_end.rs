//! The far end of a scenario that the test plays: what arrives there, what it says, and its calls.

use std::time::Duration;

use calls::io::{MediaEvent, MediaRequest};
use model::{AccountId, CallId, MediaDirection};
use sip::{Method, Request, Response};

use super::Scenario;
use crate::{
    far::{Far, FarCall, FarMedia},
    sound::{tone, tone_dbfs},
    time::{ms, seconds},
};

/// A call between a phone and a far end that the test plays.
#[derive(Debug)]
pub struct FarTalk {
    /// The phone's number of it.
    pub call: CallId,
    /// The far end of its signalling.
    pub far: FarCall,
    /// The far end of its audio.
    pub media: FarMedia,
}

impl Scenario {
    /// The far end that the test plays.
    pub fn far(&self) -> &Far {
        self.far.as_ref().expect("a scenario with a far end")
    }

    /// One of a domain's servers.
    pub fn server(&self, host: &str) -> &Far {
        self.servers.iter().find(|(name, _)| name == host).map(|(_, far)| far).expect("a server of that name")
    }

    /// Waits for a request at the far end.
    pub fn request(&self, method: &Method) -> Request {
        self.taken(&format!("{method} arrives at the far end"), || self.far().take_request(method))
    }

    /// The same for something that takes its time.
    pub fn request_within(&self, method: &Method, limit: Duration) -> Request {
        self.taken_within(&format!("{method} arrives at the far end"), limit, || self.far().take_request(method))
    }

    /// Waits for a response at the far end; 100 is passed over.
    pub fn response(&self, method: &Method) -> Response {
        self.taken(&format!("a response to {method} arrives at the far end"), || self.far().take_response(method))
    }

    /// A media session at the far end.
    pub fn far_media(&self) -> FarMedia {
        let _inside = self.runtime.enter();
        self.far_sessions.set(self.far_sessions.get() + 1);
        FarMedia::open(&self.air, self.clock.clone(), 6 + self.far_sessions.get())
    }

    /// The far end's offer.
    pub fn far_offer(&self, media: &FarMedia) -> String {
        media.ask(MediaRequest::Offer { account: AccountId("far".into()) });
        self.taken("the far end's offer", || description(media))
    }

    /// The far end's answer to a first offer.
    pub fn far_answer(&self, media: &FarMedia, offer: &str) -> String {
        media.ask(MediaRequest::Accept { account: AccountId("far".into()), offer: offer.into() });
        let answer = self.taken("the far end's answer", || description(media));
        media.ask(MediaRequest::Answered);
        answer
    }

    /// The far end's answer to a further offer.
    pub fn far_reanswer(&self, media: &FarMedia, offer: &str) -> String {
        media.ask(MediaRequest::Reaccept { offer: Some(offer.into()), direction: MediaDirection::SendRecv });
        self.taken("the far end's answer", || description(media))
    }

    /// The far end's changed offer.
    pub fn far_reoffer(&self, media: &FarMedia, direction: MediaDirection) -> String {
        media.ask(MediaRequest::Reoffer { direction, restart_ice: false });
        self.taken("the far end's offer", || description(media))
    }

    /// Alice calls the far end, which answers.
    pub fn far_call(&self) -> FarTalk {
        let call = self.dial("alice", "carol");
        let invite = self.request(&Method::Invite);
        let (far, media) = (FarCall::of(self.far(), &invite), self.far_media());
        let offer = invite.session_description().expect("an offer");
        let answer = self.far_answer(&media, &offer);
        far.reply(200, "OK", &answer);
        self.request(&Method::Ack);
        self.run_until("the call is established", seconds(2), |t| t.alice().is_established(call));
        FarTalk { call, far, media }
    }

    /// Whether Alice and this far end hear each other: `(she hears it, it hears her)`.
    pub fn talks(&self, talk: &FarTalk) -> (bool, bool) {
        talk.media.say(&tone(700.0, -12.0, ms(1_500)));
        self.alice().speak(&tone(440.0, -12.0, ms(1_500)));
        self.run_for(ms(500));
        self.alice().take_heard();
        talk.media.take_heard();
        self.run_for(ms(500));
        let (alice, far) = (self.alice().take_heard(), talk.media.take_heard());
        self.run_for(ms(700));
        (tone_dbfs(&alice, 700.0) > -16.0, tone_dbfs(&far, 440.0) > -16.0)
    }

    /// The far end calls Alice, who answers.
    pub fn far_calls(&self) -> FarTalk {
        let rings = self.far_rings();
        self.far_answered(rings)
    }

    /// Alice answers the far end, which rings.
    pub fn far_answered(&self, (call, mut far, media): (CallId, FarCall, FarMedia)) -> FarTalk {
        self.alice().answer(call);
        // It rings again each minute (RFC 3261 13.3.1.1).
        let mut responses = std::iter::repeat_with(|| self.response(&Method::Invite));
        let response = responses.find(|response| response.code != 180).expect("they do not end");
        assert_eq!(response.code, 200);
        media.ask(MediaRequest::Apply { answer: response.session_description().expect("an answer").into() });
        far.ack(&response, "");
        self.run_until("the call is established", seconds(2), |t| t.alice().is_established(call));
        FarTalk { call, far, media }
    }

    /// The far end calls Alice; it rings.
    pub fn far_rings(&self) -> (CallId, FarCall, FarMedia) {
        let media = self.far_media();
        let offer = self.far_offer(&media);
        let far = FarCall::to_phone(self.far(), &offer, "");
        assert_eq!(self.response(&Method::Invite).code, 180);
        let call = self.alice().ringing().expect("it rings");
        (call, far, media)
    }
}

fn description(media: &FarMedia) -> Option<String> {
    media.take(|event| match event {
        MediaEvent::OfferReady { offer } => Some(offer.expose().to_owned()),
        MediaEvent::AnswerReady { answer, .. } => Some(answer.expose().to_owned()),
        _ => None,
    })
}
