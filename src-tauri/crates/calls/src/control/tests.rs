use std::time::Duration;

use model::{
    AccountId, AccountState, CallState, Cause, Codec, DeclineCode, DescriptionFault, DialOptions, DtmfDigit, EndedBy, Event,
    Hold, InternalFault, LineCall, LineFault, MediaDirection, MediaFault, MediaId, MediaStatistics, OfflineCause, Personal,
    Remote, Target, XHeaders,
};

use super::*;
use crate::io::{
    Capabilities, Description, IncomingCall, LineEnd, LineEvent, LineRequest, MediaEvent, MediaRequest, Plan, ProgressTone, Ring,
    SoundRequest, Transfers,
};

mod accounts;
mod changes;
mod cloud;
mod digits;
mod early;
mod elsewhere;
mod ringing;
mod several;

/// Call control with one account, its drivers played by the test.
struct Desk {
    control: CallControl,
    now: Instant,
    /// Everything asked for since it was last looked at.
    asked: Vec<Output>,
    /// By whoever calls.
    sent_along: XHeaders,
}

const CAPABLE: Capabilities =
    Capabilities { calls: 8, hold: true, transfer: Transfers::ByFarEnd, dtmf_info: true, prepares: false, elsewhere: false };

fn account() -> AccountId {
    AccountId("practice".into())
}

fn text(text: &str) -> Description {
    Personal::new(text)
}

impl Desk {
    fn new() -> Self {
        Self::with(Settings::default())
    }

    fn with(settings: Settings) -> Self {
        let control = CallControl::new(&settings);
        let mut desk = Self { control, now: Instant::START, asked: Vec::new(), sent_along: XHeaders::default() };
        desk.line(LineEvent::Capable(CAPABLE));
        desk.line(LineEvent::State(AccountState::Registered));
        desk.asked.clear();
        desk
    }

    fn give(&mut self, input: Input) {
        self.control.handle(self.now, input);
        self.asked.extend(std::iter::from_fn(|| self.control.poll_output()));
    }

    fn line(&mut self, event: LineEvent) {
        self.give(Input::Line(account(), event));
    }

    fn media(&mut self, media: u32, event: MediaEvent) {
        self.give(Input::Media(MediaId(media), event));
    }

    fn command(&mut self, command: Command) {
        self.give(Input::Command(command));
    }

    fn dial(&mut self) -> LineCall {
        let target: Target = "600".parse().expect("a number");
        self.command(Command::Dial(DialOptions { target, account: None, headers: Vec::new() }));
        self.media(1, MediaEvent::OfferReady { offer: text("offer") });
        LineCall::Dialled(1)
    }

    fn talk(&mut self) -> LineCall {
        let call = self.dial();
        self.line(LineEvent::Answered {
            call,
            fork: 0,
            answer: Some(text("answer")),
            remote: None,
            x_headers: XHeaders::default(),
        });
        self.media(
            1,
            MediaEvent::Applied { direction: MediaDirection::SendRecv, remote: MediaDirection::SendRecv, telephone_event: true },
        );
        self.media(1, MediaEvent::Connected { pair: None });
        self.asked.clear();
        call
    }

    fn ring(&mut self) -> LineCall {
        self.ring_with(None)
    }

    fn ring_with(&mut self, plan: Option<Plan>) -> LineCall {
        self.arrives(plan, None)
    }

    fn arrives(&mut self, plan: Option<Plan>, replaces: Option<LineCall>) -> LineCall {
        let call = LineCall::Received(7);
        let incoming = IncomingCall { replaces, plan, x_headers: self.sent_along.clone(), ..Self::incoming(call) };
        self.line(LineEvent::Incoming(Box::new(incoming)));
        call
    }

    fn incoming(call: LineCall) -> IncomingCall {
        IncomingCall {
            call,
            remote: Remote::default(),
            caller: None,
            offer: Some(text("their offer")),
            replaces: None,
            diverted_by: None,
            on_behalf: None,
            sip_call_id: text("abc"),
            plan: None,
            headers: Vec::new(),
            x_headers: XHeaders::default(),
        }
    }

    fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(due) = self.control.poll_timeout().filter(|due| *due <= end) {
            self.now = due;
            self.give(Input::Timeout);
        }
        self.now = end;
    }

    fn state(&self, call: u32) -> Option<CallState> {
        self.control.snapshot(self.now).calls.into_iter().find(|view| view.id == CallId(call)).map(|view| view.state)
    }

    fn asked(&mut self, output: &Output) -> bool {
        let found = self.asked.contains(output);
        self.asked.retain(|asked| asked != output);
        found
    }

    fn asked_of_line(&mut self, request: LineRequest) -> bool {
        self.asked(&Output::Line(account(), request))
    }

    fn asked_of_media(&mut self, media: u32, request: MediaRequest) -> bool {
        self.asked(&Output::Media(MediaId(media), request))
    }

    fn events(&mut self) -> Vec<Event> {
        let events = self
            .asked
            .iter()
            .filter_map(|asked| if let Output::Event(event) = asked { Some(event.clone()) } else { None })
            .collect();
        self.asked.clear();
        events
    }
}

#[test]
fn a_dialled_call_is_offered_rings_and_is_answered() {
    let mut desk = Desk::new();
    let call = desk.dial();
    let target: Target = "600".parse().expect("a number");
    assert!(desk.asked_of_media(1, MediaRequest::Offer { account: account() }));
    assert!(desk.asked_of_line(LineRequest::Invite {
        call,
        target,
        offer: text("offer"),
        headers: Vec::new(),
        referred: None,
        pick_up: false
    }));
    assert_eq!(desk.state(1), Some(CallState::Dialing));

    desk.line(LineEvent::Progress { call, code: 180, fork: 0, answer: None });
    assert_eq!(desk.state(1), Some(CallState::Ringing));
    assert!(desk.asked(&Output::Sound(SoundRequest::Tone(Some(ProgressTone::Ringback)))));

    desk.line(LineEvent::Answered { call, fork: 0, answer: Some(text("answer")), remote: None, x_headers: XHeaders::default() });
    assert!(desk.asked_of_media(1, MediaRequest::Apply { answer: text("answer") }));
    assert!(desk.asked(&Output::Sound(SoundRequest::Tone(None))));
    assert_eq!(desk.state(1), Some(CallState::Connecting));
    desk.media(1, MediaEvent::Connected { pair: None });
    assert_eq!(desk.state(1), Some(CallState::Established { hold: Hold::default() }));
}

#[test]
fn early_media_silences_our_ringback_only_once_it_is_heard() {
    let mut desk = Desk::new();
    let call = desk.dial();
    desk.line(LineEvent::Progress { call, code: 180, fork: 0, answer: Some(text("early")) });
    assert_eq!(desk.state(1), Some(CallState::Ringing));
    desk.media(1, MediaEvent::FirstPacket);
    assert_eq!(desk.state(1), Some(CallState::EarlyMedia));
    assert!(desk.asked(&Output::Sound(SoundRequest::Tone(None))));
}

#[test]
fn another_fork_that_answers_gets_a_fresh_session() {
    let mut desk = Desk::new();
    let call = desk.dial();
    desk.line(LineEvent::Progress { call, code: 183, fork: 0, answer: Some(text("first")) });
    desk.line(LineEvent::Progress { call, code: 183, fork: 1, answer: Some(text("second")) });
    assert!(!desk.asked_of_media(1, MediaRequest::Apply { answer: text("second") }));
    desk.line(LineEvent::Answered { call, fork: 1, answer: Some(text("second")), remote: None, x_headers: XHeaders::default() });
    assert!(desk.asked_of_media(1, MediaRequest::Close));
    assert!(desk.asked_of_media(2, MediaRequest::Offer { account: account() }));
    desk.media(2, MediaEvent::OfferReady { offer: text("fresh") });
    assert!(desk.asked_of_line(LineRequest::Reoffer { call, offer: text("fresh") }));
    desk.line(LineEvent::ReofferAnswered { call, answer: text("third") });
    assert!(desk.asked_of_media(2, MediaRequest::Apply { answer: text("third") }));
}

#[test]
fn an_offer_that_cannot_be_used_is_refused_before_it_rings() {
    let mut desk = Desk::new();
    let call = desk.ring();
    desk.media(1, MediaEvent::Refused { code: 488, fault: DescriptionFault::NoFingerprint });
    assert!(desk.asked_of_line(LineRequest::Reject { call, code: 488, text: String::new() }));
    assert!(!desk.asked.iter().any(|asked| matches!(asked, Output::Sound(SoundRequest::Ring(Some(_))))), "nobody heard it");
    assert!(!desk.events().iter().any(|event| matches!(event, Event::Incoming { .. })));
}

#[test]
fn who_would_take_the_place_of_a_call_that_has_just_ended_is_not_answered() {
    let mut desk = Desk::new();
    let old = desk.talk();
    let new = desk.arrives(None, Some(old));
    desk.line(LineEvent::Ended { call: old, how: LineEnd::Bye { code: None } });
    desk.media(2, MediaEvent::Accepted);
    assert!(desk.asked_of_line(LineRequest::Reject { call: new, code: 603, text: "Decline".into() }));
    assert!(!desk.events().iter().any(|event| matches!(event, Event::Incoming { .. } | Event::Answered { call: CallId(2), .. })));
}

#[test]
fn answering_before_our_answer_is_made_sends_it_when_it_is() {
    let mut desk = Desk::new();
    let call = desk.ring();
    desk.media(1, MediaEvent::Accepted);
    assert!(desk.asked_of_line(LineRequest::Ring { call }));
    assert!(desk.asked(&Output::Sound(SoundRequest::Ring(Some(Ring::Full)))));
    desk.command(Command::Answer { call: CallId(1) });
    assert!(desk.asked(&Output::Sound(SoundRequest::Ring(None))));
    let (direction, remote) = (MediaDirection::SendRecv, MediaDirection::SendRecv);
    assert!(!desk.asked_of_media(1, MediaRequest::Answered), "the caller does not have it yet");
    desk.media(1, MediaEvent::AnswerReady { answer: text("answer"), direction, remote, telephone_event: true });
    assert!(desk.asked_of_line(LineRequest::Answer { call, description: text("answer"), headers: Vec::new() }));
    assert!(desk.asked_of_media(1, MediaRequest::Answered));
}

#[test]
fn a_call_taken_elsewhere_is_not_missed() {
    for (code, cause) in [(Some(200), Cause::AnsweredElsewhere), (None, Cause::Missed)] {
        let mut desk = Desk::new();
        let call = desk.ring();
        desk.media(1, MediaEvent::Accepted);
        desk.line(LineEvent::Ended { call, how: LineEnd::Cancelled { code } });
        assert_eq!(desk.state(1), Some(CallState::Ended { cause }));
    }
}

#[test]
fn the_end_is_told_once_with_the_last_figures() {
    let mut desk = Desk::new();
    let call = desk.talk();
    desk.wait(Duration::from_secs(3));
    desk.line(LineEvent::Ended { call, how: LineEnd::Bye { code: None } });
    assert!(desk.events().is_empty(), "the session has not told its figures");
    desk.media(1, MediaEvent::Closed(Box::new(MediaStatistics { codec: Some(Codec::Opus), ..MediaStatistics::default() })));
    desk.wait(Duration::from_secs(10));
    let events = desk.events();
    let [Event::Ended { cause, report, .. }] = events.as_slice() else { panic!("one end, not {events:?}") };
    assert_eq!(*cause, Cause::HungUp { by: EndedBy::Remote });
    assert_eq!((report.talked_ms, report.media.codec), (3000, Some(Codec::Opus)));
    assert_eq!(desk.state(1), None, "it was shown for a moment and is gone");
}

#[test]
fn a_session_that_never_closes_does_not_hide_the_end() {
    let mut desk = Desk::new();
    desk.talk();
    desk.command(Command::HangUp { call: CallId(1) });
    desk.wait(Duration::from_secs(1));
    assert!(desk.events().iter().any(|event| matches!(event, Event::Ended { .. })));
}

#[test]
fn more_calls_than_the_limit_hear_busy() {
    let mut settings = Settings::default();
    settings.calls.limit = 1;
    let mut desk = Desk::with(settings);
    desk.talk();
    let call = desk.ring();
    assert!(desk.asked_of_line(LineRequest::Reject { call, code: 486, text: "Busy Here".into() }));
}

#[test]
fn an_unanswered_call_stops_ringing_with_480() {
    let mut desk = Desk::new();
    let call = desk.ring();
    desk.media(1, MediaEvent::Accepted);
    desk.wait(Duration::from_secs(120));
    assert!(desk.asked_of_line(LineRequest::Reject { call, code: 480, text: "Temporarily Unavailable".into() }));
    assert_eq!(desk.state(1), Some(CallState::Ended { cause: Cause::Missed }));
}

#[test]
fn a_header_counts_only_on_an_account_that_is_registered() {
    let plan = |by_header| Plan {
        by_header,
        delay: Duration::ZERO,
        busy: model::AutoAnswerBusy::Refuse,
        microphone: model::AutoAnswerMicrophone::Closed,
    };
    for (state, by_header, answers) in
        [(AccountState::Registered, true, true), (AccountState::Ready, true, false), (AccountState::Ready, false, true)]
    {
        let mut desk = Desk::new();
        desk.line(LineEvent::State(state));
        desk.ring_with(Some(plan(by_header)));
        desk.media(1, MediaEvent::Accepted);
        let expected = if answers { CallState::Connecting } else { CallState::Incoming };
        assert_eq!(desk.state(1), Some(expected));
    }
}

#[test]
fn a_mistake_of_ours_is_said_and_is_called_an_error() {
    let mut desk = Desk::new();
    desk.talk();
    desk.media(1, MediaEvent::Died { fault: InternalFault::Playing });
    let events = desk.events();
    assert!(
        events.iter().any(|event| matches!(event, Event::Failed { message, .. } if message.contains("broke down"))),
        "{events:?}"
    );
    let ended = events.iter().any(|event| matches!(event, Event::Ended { cause, .. } if cause.service_name() == "ERROR"));
    assert!(ended, "{events:?}");
}

#[test]
fn a_call_is_declined_with_the_code_that_was_asked_for_and_else_as_busy() {
    for code in [DeclineCode::default(), DeclineCode::try_from(404).expect("declines")] {
        let mut desk = Desk::new();
        let call = desk.ring();
        desk.media(1, MediaEvent::Accepted);
        desk.command(Command::Decline { call: CallId(1), code });
        assert!(desk.asked_of_line(LineRequest::Reject { call, code: code.status(), text: String::new() }));
        assert_eq!(desk.state(1), Some(CallState::Ended { cause: Cause::Declined }));
    }
    assert_eq!(DeclineCode::default().status(), 486);
    let mut desk = Desk::new();
    desk.talk();
    desk.command(Command::Decline { call: CallId(1), code: DeclineCode::default() });
    assert!(!desk.asked.iter().any(|output| matches!(output, Output::Line(_, LineRequest::Reject { .. }))), "it did not come in");
}

#[test]
fn a_call_that_came_in_and_was_answered_can_be_rejected_and_was_a_conversation() {
    let mut desk = Desk::new();
    let call = desk.ring();
    desk.media(1, MediaEvent::Accepted);
    desk.media(
        1,
        MediaEvent::AnswerReady {
            answer: text("answer"),
            direction: MediaDirection::SendRecv,
            remote: MediaDirection::SendRecv,
            telephone_event: true,
        },
    );
    desk.command(Command::Answer { call: CallId(1) });
    desk.command(Command::Decline { call: CallId(1), code: DeclineCode::try_from(603).expect("declines") });
    assert!(desk.asked_of_line(LineRequest::Reject { call, code: 603, text: String::new() }));
    assert_eq!(desk.state(1), Some(CallState::Ended { cause: Cause::HungUp { by: EndedBy::Local } }));
}

#[test]
fn what_the_far_end_sends_along_is_shown_and_told_of_both_ways() {
    let told = |desk: &mut Desk| {
        let headers = desk.events().into_iter().filter_map(|event| match event {
            Event::Incoming { headers, .. } | Event::Answered { headers, .. } => Some(headers),
            _ => None,
        });
        headers.collect::<Vec<_>>()
    };
    let sent = XHeaders::among([("X-Queue", "sales"), ("X-Queue", "support")]);
    let shown = |desk: &Desk| desk.control.snapshot(desk.now).calls[0].headers.clone();

    let mut desk = Desk::new();
    let call = desk.dial();
    assert!(shown(&desk).is_empty(), "nothing before the answer");
    let x_headers = sent.clone();
    desk.line(LineEvent::Answered { call, fork: 0, answer: Some(text("answer")), remote: None, x_headers });
    assert_eq!((told(&mut desk), shown(&desk)), (vec![sent.clone()], sent.clone()));

    let mut desk = Desk::new();
    desk.sent_along = sent.clone();
    desk.ring();
    desk.media(1, MediaEvent::Accepted);
    assert_eq!((told(&mut desk), shown(&desk)), (vec![sent.clone()], sent));
}

#[test]
fn a_call_is_answered_with_headers_of_the_users_own_and_with_no_others() {
    let mut desk = Desk::new();
    let call = desk.ring();
    desk.media(1, MediaEvent::Accepted);
    let with = |name: &str| Command::AnswerWith { call: CallId(1), headers: vec![(name.to_owned(), text("17"))] };
    desk.command(with("Contact"));
    let told = desk.events().iter().any(|event| matches!(event, Event::Failed { message, .. } if message.contains("X-")));
    assert!(told);
    desk.command(with("X-Order"));
    let (direction, remote) = (MediaDirection::SendRecv, MediaDirection::SendRecv);
    desk.media(1, MediaEvent::AnswerReady { answer: text("answer"), direction, remote, telephone_event: true });
    let headers = vec![("X-Order".to_owned(), text("17"))];
    assert!(desk.asked_of_line(LineRequest::Answer { call, description: text("answer"), headers }));
}
