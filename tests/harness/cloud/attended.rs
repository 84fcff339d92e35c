//! Calls that a service takes or makes: its script is followed step by step.

use std::time::Duration;

use calls::io::{Description, MediaEvent, MediaRequest};
use exchange::Heard;
use model::{AccountId, DtmfDigit, Instant, LineCall, MediaDirection, MediaId, Personal};
use sip::{CallEnd, CallEvent, Command, IncomingCall, Invite, Response, Uri};

use super::{
    core::{CallRef, Core, Output},
    seen::ServiceCall,
    services::{Digits, Media, Script, Step},
};

/// Digits that are noted of one call.
const MOST_DIGITS: usize = 1_000;

/// The tone of digits that are echoed, and the pause between two.
const DIGIT: Duration = Duration::from_millis(100);
const GAP: Duration = Duration::from_millis(70);

/// A call that a service makes to a client.
#[derive(Clone, Debug)]
pub struct CloudCall {
    /// Access key of the account.
    pub key: String,
    /// Who is called.
    pub client: String,
    /// The origin that the client is shown.
    pub from: String,
    /// The service that speaks once it is answered.
    pub service: String,
    /// How long it rings before the service gives up.
    pub ring_for: Duration,
    /// Header fields of the INVITE, `(name, value)`.
    pub headers: Vec<(String, String)>,
}

/// A call of a service.
#[derive(Debug)]
pub(super) struct Attended {
    /// Its number among the calls that were seen.
    pub note: usize,
    script: Script,
    /// The step that comes next, and when, once that is known.
    next: usize,
    due: Option<Instant>,
    media: Option<MediaId>,
    description: Option<Description>,
    /// An offer of ours is being made or waits for its answer.
    offers: bool,
    way: CallWay,
}

#[derive(Debug)]
enum CallWay {
    /// The client has called, with an INVITE of this Call-ID and with these headers.
    In { sip_call_id: Personal, headers: sip::ExtraHeaders },
    /// The service calls, and gives up at that moment unless it was answered.
    Out { call: CloudCall, until: Option<Instant> },
}

impl Attended {
    pub fn deadline(&self) -> Option<Instant> {
        let gives_up = if let CallWay::Out { until, .. } = &self.way { *until } else { None };
        [self.due, gives_up].into_iter().flatten().min()
    }

    /// The next step will be taken when its time has come.
    fn schedule(&mut self, now: Instant) {
        self.due = self.script.steps.get(self.next).map(|(wait, _)| now + *wait);
    }
}

impl Core {
    /// A client calls a service.
    pub fn attend(&mut self, now: Instant, call: CallRef, (key, client): (&str, &str), service: &str, incoming: IncomingCall) {
        let Some(script) = Script::of(service, &self.names) else {
            return self.reject(now, call, Response::new(404, ""));
        };
        let note = self.note(service, key, client);
        let way = CallWay::In { sip_call_id: incoming.sip_call_id, headers: exchange::passed_on(incoming.headers) };
        let media = (script.media != Media::None).then(|| MediaId(self.next_number()));
        let mut attended = Attended { note, script, next: 0, due: None, media, description: None, offers: false, way };
        match (media, incoming.offer) {
            (None, _) => attended.schedule(now),
            (Some(media), Some(offer)) => self.ask(media, MediaRequest::Accept { account: account(), offer }),
            (Some(media), None) => self.ask(media, MediaRequest::Offer { account: account() }),
        }
        self.attended.insert(call, attended);
    }

    /// A service calls a client; the number of the call among those that were seen.
    pub fn call_out(&mut self, now: Instant, call: CloudCall) -> usize {
        let note = self.note(&call.service, &call.key, &call.client);
        let connection = self.connection_of(&call.key, &call.client);
        let (Some(connection), Some(script)) = (connection, Script::of(&call.service, &self.names)) else {
            let text = "the client is not registered, or there is no such service".to_owned();
            self.ended(note, CallEnd::Refused { code: 480, text, moved_to: Vec::new(), retry_after: None });
            return note;
        };
        let agent = self.next_agent(connection);
        let media = MediaId(self.next_number());
        let next = script.after_answer();
        let way = CallWay::Out { until: Some(now + call.ring_for), call };
        let attended = Attended { note, script, next, due: None, media: Some(media), description: None, offers: false, way };
        let dialled = LineCall::Dialled(self.next_number());
        self.attended.insert((agent, dialled), attended);
        self.ask(media, MediaRequest::Offer { account: account() });
        note
    }

    /// Hangs up a call of a service, with the value of a Reason header.
    pub fn hang_up(&mut self, now: Instant, note: usize, reason: &str) {
        if let Some(((agent, call), _)) = self.attended.iter().find(|(_, attended)| attended.note == note) {
            let (agent, call) = (*agent, *call);
            self.command(now, agent, Command::HangUp { call, reason: reason.to_owned() });
        }
    }

    /// Presses keys in a call of a service.
    pub fn press(&mut self, note: usize, digits: Vec<DtmfDigit>) {
        let media = self.attended.values().find(|attended| attended.note == note).and_then(|attended| attended.media);
        if let Some(media) = media {
            self.ask(media, MediaRequest::SendDtmf { digits, tone: DIGIT, gap: GAP });
        }
    }

    pub fn attended_due(&mut self, now: Instant) {
        let is_due = |attended: &Attended| attended.deadline().is_some_and(|due| due <= now);
        let due: Vec<CallRef> = self.attended.iter().filter(|(_, attended)| is_due(attended)).map(|(call, _)| *call).collect();
        for call in due {
            self.go_on(now, call);
        }
        let (due, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.call_backs).into_iter().partition(|(at, _)| *at <= now);
        self.call_backs = later;
        for (_, call) in due {
            self.call_out(now, call);
        }
    }

    /// Takes the steps that are due.
    fn go_on(&mut self, now: Instant, call: CallRef) {
        while let Some(attended) = self.attended.get_mut(&call) {
            if let CallWay::Out { until: Some(until), .. } = attended.way
                && until <= now
            {
                return self.command(now, call.0, Command::HangUp { call: call.1, reason: String::new() });
            }
            if attended.due.is_none_or(|due| due > now) {
                return;
            }
            let (_, step) = attended.script.steps[attended.next].clone();
            attended.next += 1;
            attended.schedule(now);
            self.take_step(now, call, step);
        }
    }

    fn take_step(&mut self, now: Instant, (agent, call): CallRef, step: Step) {
        let Some(attended) = self.attended.get(&(agent, call)) else { return };
        let (note, media, description) = (attended.note, attended.media, attended.description.clone());
        match step {
            Step::Say { code, described, reliable } => {
                let description = description.filter(|_| described);
                if let (Some(media), Some(_)) = (media, &description) {
                    self.ask(media, MediaRequest::Answered);
                }
                self.command(now, agent, Command::Progress { call, code, description, reliable });
            }
            Step::Hear(heard) => self.hear(media, heard),
            Step::Answer { described } => {
                self.command(
                    now,
                    agent,
                    Command::Accept { call, description: description.filter(|_| described), headers: Vec::new() },
                );
                self.answered((agent, call));
            }
            Step::AnswerWithHeaders => {
                if let CallWay::In { sip_call_id, headers } = &attended.way {
                    let (id, headers) = (sip_call_id.clone(), headers.clone());
                    self.dress(id.expose(), headers);
                }
                self.command(now, agent, Command::Accept { call, description, headers: Vec::new() });
                self.answered((agent, call));
            }
            Step::Refuse { code, headers } => {
                self.command(now, agent, Command::Reject { call, code, text: String::new(), headers });
                self.drop_attended((agent, call), CallEnd::Local);
            }
            Step::Offer(direction) => {
                if let (Some(media), Some(attended)) = (media, self.attended.get_mut(&(agent, call))) {
                    attended.offers = true;
                    self.ask(media, MediaRequest::Reoffer { direction, restart_ice: false });
                }
            }
            Step::HangUp(reason) => self.command(now, agent, Command::HangUp { call, reason: reason.to_owned() }),
            Step::CloseSocket(code) => self.outputs.push_back(Output::Close(agent.connection, code)),
            Step::CallBack => {
                let (key, client) = self.shared.change(|state| {
                    let call = &state.seen.calls[note];
                    (call.key.clone(), call.client.clone())
                });
                let back = CloudCall {
                    key,
                    client,
                    from: "callback".into(),
                    service: "echo".into(),
                    ring_for: Duration::from_secs(30),
                    headers: Vec::new(),
                };
                self.call_backs.push((now + Duration::from_secs(2), back));
            }
        }
    }

    pub fn on_attended_call(&mut self, now: Instant, call: CallRef, event: CallEvent) {
        let Some(attended) = self.attended.get_mut(&call) else { return };
        let media = attended.media;
        match event {
            CallEvent::Answered { answer, .. } => {
                if let CallWay::Out { until, .. } = &mut attended.way {
                    *until = None;
                }
                attended.schedule(now);
                self.apply(media, answer);
                self.answered(call);
            }
            CallEvent::Confirmed { answer } | CallEvent::ReofferConfirmed { answer } => self.apply(media, answer),
            CallEvent::ReofferAnswered { answer } => {
                attended.offers = false;
                self.apply(media, Some(answer));
            }
            CallEvent::ReofferRefused { .. } => {
                attended.offers = false;
                if let Some(media) = media {
                    self.ask(media, MediaRequest::Rollback);
                }
            }
            CallEvent::Reoffered { offer, .. } => match media {
                Some(media) => self.ask(media, MediaRequest::Reaccept { offer, direction: MediaDirection::SendRecv }),
                None => self.command(now, call.0, Command::RefuseReoffer { call: call.1, code: 488 }),
            },
            CallEvent::Referred { .. } => self.command(now, call.0, Command::RefuseRefer { call: call.1, code: 603 }),
            CallEvent::Ended(end) => self.drop_attended(call, end),
            CallEvent::Sent { .. }
            | CallEvent::Incoming(_)
            | CallEvent::Info { .. }
            | CallEvent::EarlyAnswer { .. }
            | CallEvent::Progress { .. }
            | CallEvent::ReofferWithdrawn
            | CallEvent::Refreshed { .. }
            | CallEvent::RemoteChanged { .. }
            | CallEvent::InfoAnswered { .. }
            | CallEvent::ReferAnswered { .. }
            | CallEvent::ReferProgress { .. } => {}
        }
    }

    pub fn media(&mut self, now: Instant, media: MediaId, event: MediaEvent) {
        let Some((&call, attended)) = self.attended.iter_mut().find(|(_, attended)| attended.media == Some(media)) else {
            return;
        };
        let note = attended.note;
        let is_first = attended.description.is_none();
        match event {
            MediaEvent::OfferReady { offer } | MediaEvent::AnswerReady { answer: offer, .. } if is_first => {
                self.described(now, call, offer);
            }
            MediaEvent::OfferReady { offer } if attended.offers => {
                self.command(now, call.0, Command::Reoffer { call: call.1, offer: Some(offer) });
            }
            MediaEvent::OfferReady { offer: description } | MediaEvent::AnswerReady { answer: description, .. } => {
                self.command(now, call.0, Command::AnswerReoffer { call: call.1, description });
            }
            MediaEvent::Refused { code, fault } if is_first => {
                self.reject(now, call, Response::new(code, &fault.to_string()));
                self.drop_attended(call, CallEnd::Failed { fault: model::LineFault::NoDescription });
            }
            MediaEvent::Refused { code, .. } => {
                self.command(now, call.0, Command::RefuseReoffer { call: call.1, code });
            }
            MediaEvent::Connected { .. } => self.shared.change(|state| state.seen.calls[note].connected = true),
            MediaEvent::Dtmf { digit, .. } => {
                self.shared.change(|state| {
                    let digits = &mut state.seen.calls[note].digits;
                    if digits.len() < MOST_DIGITS {
                        digits.push(digit.into());
                    }
                });
                if attended.script.digits == Digits::Echoed {
                    self.ask(media, MediaRequest::SendDtmf { digits: vec![digit], tone: DIGIT, gap: GAP });
                }
            }
            MediaEvent::Statistics(figures) => self.shared.change(|state| state.seen.calls[note].media = Some(*figures)),
            MediaEvent::Failed { .. } | MediaEvent::Died { .. } => {
                self.command(now, call.0, Command::HangUp { call: call.1, reason: String::new() });
            }
            MediaEvent::Accepted
            | MediaEvent::Applied { .. }
            | MediaEvent::FirstPacket
            | MediaEvent::Interrupted
            | MediaEvent::RelayRefused { .. }
            | MediaEvent::DtmfSent
            | MediaEvent::DtmfUnavailable
            | MediaEvent::Trouble(_)
            | MediaEvent::Closed(_) => {}
        }
    }

    /// The first description of a call is there: the script begins, or the client is called.
    fn described(&mut self, now: Instant, call: CallRef, description: Description) {
        let Some(attended) = self.attended.get_mut(&call) else { return };
        let (kind, media) = (attended.script.media, attended.media);
        let description = match kind {
            Media::WithoutMux => without_mux(&description),
            Media::None | Media::Usual | Media::Deaf => description,
        };
        attended.description = Some(description.clone());
        if kind == Media::Deaf {
            attended.media = None;
        }
        match &attended.way {
            CallWay::In { .. } => attended.schedule(now),
            CallWay::Out { call: wish, .. } => {
                let wish = wish.clone();
                self.invite(now, call, &wish, description);
            }
        }
        if let Some(media) = media.filter(|_| kind == Media::Deaf) {
            self.ask(media, MediaRequest::Close);
        }
        self.go_on(now, call);
    }

    fn invite(&mut self, now: Instant, (agent, call): CallRef, wish: &CloudCall, offer: Description) {
        self.start_agent(now, agent, Uri::sip(&wish.from, &self.names.services()));
        let target = Uri::sip(&wish.client, &self.names.clients(&wish.key));
        let headers = wish.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        self.command(now, agent, Command::Invite(Box::new(Invite { call, from: None, target, offer: Some(offer), headers })));
    }

    fn answered(&mut self, call: CallRef) {
        let Some(attended) = self.attended.get(&call) else { return };
        let (note, media, heard) = (attended.note, attended.media, attended.script.heard.clone());
        self.shared.change(|state| state.seen.calls[note].answered = true);
        self.hear(media, heard);
        if let Some(media) = media {
            self.ask(media, MediaRequest::Answered);
            self.outputs.push_back(Output::Answered(media, note));
        }
    }

    pub fn drop_attended(&mut self, call: CallRef, end: CallEnd) {
        if let Some(attended) = self.attended.remove(&call) {
            self.ended(attended.note, end);
            if let Some(media) = attended.media {
                self.ask(media, MediaRequest::Close);
            }
        }
    }

    fn note(&self, service: &str, key: &str, client: &str) -> usize {
        let call = ServiceCall {
            service: service.to_owned(),
            key: key.to_owned(),
            client: client.to_owned(),
            answered: false,
            connected: false,
            digits: String::new(),
            ended: None,
            media: None,
            recording: None,
        };
        self.shared.change(|state| {
            state.seen.calls.push(call);
            state.seen.calls.len() - 1
        })
    }

    fn ended(&self, note: usize, end: CallEnd) {
        self.shared.change(|state| state.seen.calls[note].ended = Some(end));
    }

    fn ask(&mut self, media: MediaId, request: MediaRequest) {
        self.outputs.push_back(Output::Media(media, request));
    }

    fn hear(&mut self, media: Option<MediaId>, heard: Heard) {
        if let Some(media) = media {
            self.outputs.push_back(Output::Hear(media, heard));
        }
    }

    fn apply(&mut self, media: Option<MediaId>, answer: Option<Description>) {
        if let (Some(media), Some(answer)) = (media, answer) {
            self.ask(media, MediaRequest::Apply { answer });
        }
    }
}

/// All its calls are of one account.
fn account() -> AccountId {
    AccountId("cloud".into())
}

fn without_mux(description: &Description) -> Description {
    let lines = description.expose().split_inclusive('\n').filter(|line| line.trim_end() != "a=rtcp-mux");
    Personal::new(lines.collect::<String>())
}
