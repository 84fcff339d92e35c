//! The task of a media session: waits for requests, packets, the microphone and the second's tick.

use std::{
    future::{Future, pending, ready},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use calls::io::{Description, MediaEvent, MediaRequest};
use model::{Clock, DescriptionFault, InternalFault, MediaDirection, MediaStatistics, MediaTrouble};
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};

use super::negotiation::{Negotiation, Outcome, Settled};
use crate::{
    AudioStream, CodecError, Negotiated, Peer, PeerError, PeerEvent, PeerStatistics, Roles, RtpPacket,
    sdp::{Refusal, RemoteDescription, TransportDescription},
};

/// Trouble is looked for so often; it must be named within 3 s of its start, and the stream waits 2 s to be sure.
const LOOK: Duration = Duration::from_millis(500);
/// Figures are told at every second look.
const LOOKS_PER_REPORT: u32 = 2;

/// A description that waits for our end of the transport.
enum Draft {
    Offer { direction: MediaDirection },
    Answer { remote: Box<RemoteDescription>, direction: MediaDirection },
}

type Drafting = Pin<Box<dyn Future<Output = Result<TransportDescription, PeerError>> + Send>>;

/// The state of the task.
pub(super) struct Driver {
    clock: Arc<dyn Clock>,
    stream: AudioStream,
    negotiation: Negotiation,
    events: mpsc::Sender<MediaEvent>,
    peer: Option<Arc<dyn Peer>>,
    /// Why there is no peer and will be none; every description that is asked for has this as its outcome.
    unopened: Option<PeerError>,
    /// Whether our answer to the first offer has yet to leave.
    rings: bool,
    /// Where the caller is, until then.
    caller: Option<(TransportDescription, Roles)>,
    peer_statistics: PeerStatistics,
    draft: Option<(Draft, Drafting)>,
    packets: Vec<RtpPacket>,
    first_packet_seen: bool,
    digits_waiting: bool,
    trouble: Option<MediaTrouble>,
    looks: u32,
}

/// What woke the task.
enum Wake {
    Opened(Result<Box<dyn Peer>, PeerError>),
    Request(Option<MediaRequest>),
    Peer(PeerEvent),
    Drafted(Result<TransportDescription, PeerError>),
    Microphone,
    Look,
}

/// Whether the session goes on.
#[derive(PartialEq, Eq)]
enum Next {
    GoOn,
    Close,
}

impl Driver {
    pub(super) fn new(
        clock: Arc<dyn Clock>,
        mut stream: AudioStream,
        negotiation: Negotiation,
        events: mpsc::Sender<MediaEvent>,
    ) -> Self {
        // The microphone goes to nobody before `MediaRequest::Microphone` says so.
        stream.set_muted(true);
        Self {
            clock,
            stream,
            negotiation,
            events,
            peer: None,
            unopened: None,
            rings: false,
            caller: None,
            peer_statistics: PeerStatistics::default(),
            draft: None,
            packets: Vec::new(),
            first_packet_seen: false,
            digits_waiting: false,
            trouble: None,
            looks: 0,
        }
    }

    pub(super) async fn run(
        mut self,
        mut requests: mpsc::Receiver<MediaRequest>,
        opening: impl Future<Output = Result<Box<dyn Peer>, PeerError>> + Send,
    ) {
        let mut opening = Box::pin(opening);
        let mut opened = false;
        let mut look = interval(LOOK);
        look.reset();
        look.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            let peer = self.peer.clone();
            let wake = tokio::select! {
                biased;
                // An offer of the far end is judged before anything else is done, the peer's opening included.
                request = requests.recv(), if self.draft.is_none() => Wake::Request(request),
                result = &mut opening, if !opened => Wake::Opened(result),
                local = drafted(&mut self.draft), if opened => Wake::Drafted(local),
                event = event_of(peer) => Wake::Peer(event),
                () = self.stream.ready() => Wake::Microphone,
                _ = look.tick() => Wake::Look,
            };
            let next = match wake {
                Wake::Opened(result) => {
                    opened = true;
                    self.opened(result).await
                }
                Wake::Request(Some(request)) => self.request(request).await,
                Wake::Request(None) => Next::Close,
                Wake::Peer(event) => self.peer_event(event).await,
                Wake::Drafted(local) => self.drafted(local).await,
                Wake::Microphone => self.microphone().await,
                Wake::Look => self.look().await,
            };
            if next == Next::Close {
                break;
            }
        }
        if let Some(peer) = &self.peer {
            self.peer_statistics = peer.statistics().await;
            peer.close().await;
        }
        let statistics = self.figures();
        // Nobody may be listening any more; then there is nobody to tell.
        let _ = self.events.send(MediaEvent::Closed(statistics)).await;
    }

    async fn opened(&mut self, result: Result<Box<dyn Peer>, PeerError>) -> Next {
        match result {
            Ok(peer) => {
                let peer: Arc<dyn Peer> = Arc::from(peer);
                self.peer = Some(Arc::clone(&peer));
                // A request that came while the peer was being opened waits in `draft`.
                if let Some((_, drafting)) = &mut self.draft {
                    *drafting = Box::pin(async move { peer.local().await });
                }
                Next::GoOn
            }
            Err(error) => {
                self.unopened = Some(error.clone());
                match &mut self.draft {
                    Some((_, drafting)) => {
                        *drafting = Box::pin(ready(Err(error)));
                        Next::GoOn
                    }
                    None => self.tell(MediaEvent::Failed { fault: error.into() }).await,
                }
            }
        }
    }

    async fn request(&mut self, request: MediaRequest) -> Next {
        match request {
            // The session gathers from its first moment; there is nothing to begin.
            MediaRequest::Prepare { .. } => {}
            MediaRequest::NetworkChanged => {
                if let Some(peer) = &self.peer {
                    peer.network_changed().await;
                }
            }
            MediaRequest::Offer { .. } => self.begin(Draft::Offer { direction: MediaDirection::SendRecv }),
            MediaRequest::Accept { offer, .. } => match self.negotiation.judge(offer.expose()) {
                Ok(remote) => {
                    let remote = Box::new(remote);
                    self.rings = true;
                    self.begin(Draft::Answer { remote, direction: MediaDirection::SendRecv });
                    return self.tell(MediaEvent::Accepted).await;
                }
                Err(refusal) => return self.refuse(refusal).await,
            },
            MediaRequest::Answered => return self.answered().await,
            MediaRequest::Apply { answer } => return self.apply(&answer).await,
            MediaRequest::Refreshed { answer } => return self.refreshed(&answer).await,
            MediaRequest::Reoffer { direction, restart_ice } => {
                if restart_ice && let Err(error) = self.restart().await {
                    return self.tell(MediaEvent::Failed { fault: error.into() }).await;
                }
                self.begin(Draft::Offer { direction });
            }
            MediaRequest::Reaccept { offer: None, direction } => {
                self.negotiation.reoffered();
                self.begin(Draft::Offer { direction });
            }
            MediaRequest::Reaccept { offer: Some(offer), direction } => match self.rejudge(&offer) {
                Ok(remote) => {
                    if let Err(error) = self.answer_restart(&remote).await {
                        return self.refuse(Refusal { code: 500, fault: error.into() }).await;
                    }
                    self.begin(Draft::Answer { remote: Box::new(remote), direction });
                }
                Err(refusal) => return self.refuse(refusal).await,
            },
            MediaRequest::Rollback => {
                self.negotiation.rollback();
                if let Some(peer) = &self.peer {
                    peer.discard_restart().await;
                }
            }
            MediaRequest::Withdrawn => return self.withdrawn().await,
            MediaRequest::Microphone { open } => self.stream.set_muted(!open),
            MediaRequest::SendDtmf { digits, tone, gap } => {
                if !self.stream.send_dtmf(&digits, tone, gap) {
                    return self.tell(MediaEvent::DtmfUnavailable).await;
                }
                self.digits_waiting = true;
            }
            MediaRequest::PressKey { digit } => {
                if !self.stream.press_key(digit) {
                    return self.tell(MediaEvent::DtmfUnavailable).await;
                }
                self.digits_waiting = true;
            }
            MediaRequest::ReleaseKey => self.stream.release_key(),
            MediaRequest::Close => return Next::Close,
        }
        Next::GoOn
    }

    /// Asks for our end of the transport; with it `drafted` goes on. The audio goes on meanwhile.
    fn begin(&mut self, draft: Draft) {
        let drafting: Drafting = match (self.peer.clone(), self.unopened.clone()) {
            (Some(peer), _) => Box::pin(async move { peer.local().await }),
            (None, Some(error)) => Box::pin(ready(Err(error))),
            (None, None) => Box::pin(pending()),
        };
        self.draft = Some((draft, drafting));
    }

    async fn drafted(&mut self, local: Result<TransportDescription, PeerError>) -> Next {
        let Some((draft, _)) = self.draft.take() else { return Next::GoOn };
        let local = match local {
            Ok(local) => local,
            Err(error) => return self.tell(MediaEvent::Failed { fault: error.into() }).await,
        };
        match draft {
            Draft::Offer { direction } => {
                let offer = Description::from(self.negotiation.offer(&local, direction));
                self.tell(MediaEvent::OfferReady { offer }).await
            }
            Draft::Answer { remote, direction } => match self.negotiation.answer(*remote, &local, direction) {
                Ok((answer, settled)) => {
                    let Settled { negotiated, .. } = &settled;
                    let (direction, remote) = (negotiated.direction, negotiated.remote);
                    let telephone_event = !negotiated.telephone_events.is_empty();
                    if let Err(refusal) = self.settle(settled).await {
                        return self.refuse(refusal).await;
                    }
                    let answer = Description::from(answer);
                    self.tell(MediaEvent::AnswerReady { answer, direction, remote, telephone_event }).await
                }
                Err(refusal) => self.refuse(refusal).await,
            },
        }
    }

    async fn apply(&mut self, answer: &Description) -> Next {
        let negotiated = match self.negotiation.apply(answer.expose()) {
            Ok(Outcome::Repeated(negotiated)) => negotiated,
            Ok(Outcome::New(settled)) => {
                let negotiated = settled.negotiated.clone();
                if let Err(refusal) = self.settle(settled).await {
                    self.negotiation.not_in_force();
                    return self.refuse(refusal).await;
                }
                negotiated
            }
            Err(refusal) => return self.refuse(refusal).await,
        };
        self.tell_applied(&negotiated).await
    }

    /// Nobody is asked, and nobody waits for this: what was agreed goes on where it says nothing else, or nothing that can be used.
    async fn refreshed(&mut self, answer: &Description) -> Next {
        let settled = match self.negotiation.refreshed(answer.expose()) {
            Ok(Some(settled)) => settled,
            Ok(None) => return Next::GoOn,
            Err(refusal) => {
                tracing::warn!(fault = %refusal.fault, "the answer to a refresh cannot be used");
                return Next::GoOn;
            }
        };
        let negotiated = settled.negotiated.clone();
        if let Err(refusal) = self.settle(settled).await {
            tracing::warn!(fault = %refusal.fault, "the answer to a refresh cannot be put in force");
            self.negotiation.not_in_force();
            return Next::GoOn;
        }
        self.tell_applied(&negotiated).await
    }

    fn rejudge(&mut self, offer: &Description) -> Result<RemoteDescription, Refusal> {
        self.negotiation.reoffered();
        self.negotiation.judge(offer.expose())
    }

    /// Puts in force again what was agreed before the far end's last offer. A generation of ICE that it brought has got no further
    /// than checks, for the far end never heard of our end of it.
    async fn withdrawn(&mut self) -> Next {
        if let Some(settled) = self.negotiation.withdrawn()
            && let Err(refusal) = self.settle(settled).await
        {
            return self.refuse(refusal).await;
        }
        if let Some(peer) = &self.peer {
            peer.discard_restart().await;
        }
        match self.negotiation.negotiated().cloned() {
            Some(negotiated) => self.tell_applied(&negotiated).await,
            None => Next::GoOn,
        }
    }

    async fn tell_applied(&mut self, negotiated: &Negotiated) -> Next {
        let telephone_event = !negotiated.telephone_events.is_empty();
        let (direction, remote) = (negotiated.direction, negotiated.remote);
        self.tell(MediaEvent::Applied { direction, remote, telephone_event }).await
    }

    async fn settle(&mut self, settled: Settled) -> Result<(), Refusal> {
        let refused = |fault| Refusal { code: 488, fault };
        let unset = |error: CodecError| refused(DescriptionFault::NotTaken { words: error.to_string() });
        self.stream.configure(&settled.negotiated).map_err(unset)?;
        if self.rings {
            self.caller = Some((settled.remote, settled.roles));
            return Ok(());
        }
        match &self.peer {
            Some(peer) => peer.connect(settled.remote, settled.roles).await.map_err(|error| refused(error.into())),
            None => Ok(()),
        }
    }

    /// The caller learns our end of the path now, and can answer checks.
    async fn answered(&mut self) -> Next {
        self.rings = false;
        if let (Some((remote, roles)), Some(peer)) = (self.caller.take(), &self.peer)
            && let Err(error) = peer.connect(remote, roles).await
        {
            return self.tell(MediaEvent::Failed { fault: error.into() }).await;
        }
        Next::GoOn
    }

    async fn restart(&mut self) -> Result<(), PeerError> {
        match &self.peer {
            Some(peer) => peer.restart().await,
            None => Ok(()),
        }
    }

    async fn answer_restart(&mut self, remote: &RemoteDescription) -> Result<(), PeerError> {
        if self.negotiation.restarts_ice(remote) { self.restart().await } else { Ok(()) }
    }

    async fn peer_event(&mut self, event: PeerEvent) -> Next {
        let now = self.clock.now();
        match event {
            PeerEvent::Rtp(packet) => {
                if !self.first_packet_seen {
                    self.first_packet_seen = true;
                    if self.tell(MediaEvent::FirstPacket).await == Next::Close {
                        return Next::Close;
                    }
                }
                match self.stream.received(now, packet) {
                    Some(key) => self.tell(MediaEvent::Dtmf { digit: key.digit, duration: key.duration }).await,
                    None => Next::GoOn,
                }
            }
            PeerEvent::Connected(pair) => {
                self.stream.set_connected(now, true);
                self.peer_statistics.pair = pair;
                // So that who hears of the connection knows its codec.
                let figures = self.figures();
                if self.tell(MediaEvent::Statistics(figures)).await == Next::Close {
                    return Next::Close;
                }
                self.tell(MediaEvent::Connected { pair }).await
            }
            // The audio that is missing meanwhile stays a trouble until it is heard again.
            PeerEvent::Interrupted => self.tell(MediaEvent::Interrupted).await,
            PeerEvent::RelayRefused { server, error } => {
                self.tell(MediaEvent::RelayRefused { server: server.to_string(), error }).await
            }
            PeerEvent::Failed(fault) => {
                self.stream.set_connected(now, false);
                self.tell(MediaEvent::Failed { fault }).await
            }
            // The far end ended the association; the signalling says what that means for the call. Another far end may be
            // described next, so the peer stays.
            PeerEvent::Closed => {
                self.stream.set_connected(now, false);
                Next::GoOn
            }
        }
    }

    async fn microphone(&mut self) -> Next {
        self.stream.packets(self.clock.now(), &mut self.packets);
        let sends = self.negotiation.negotiated().is_some_and(|negotiated| negotiated.direction.sends());
        for packet in self.packets.drain(..).filter(|_| sends) {
            if let Some(peer) = &self.peer
                && let Err(error) = peer.send(packet).await
            {
                tracing::debug!(%error, "a packet could not be sent");
            }
        }
        if self.digits_waiting && self.stream.dtmf_idle() {
            self.digits_waiting = false;
            return self.tell(MediaEvent::DtmfSent).await;
        }
        Next::GoOn
    }

    async fn look(&mut self) -> Next {
        let now = self.clock.now();
        if self.stream.leg_is_gone() {
            let fault = InternalFault::Playing;
            let _told = self.tell(MediaEvent::Died { fault }).await;
            return Next::Close;
        }
        if let Some(key) = self.stream.late_dtmf(now)
            && self.tell(MediaEvent::Dtmf { digit: key.digit, duration: key.duration }).await == Next::Close
        {
            return Next::Close;
        }
        let trouble = self.stream.trouble(now);
        if trouble != self.trouble {
            self.trouble = trouble;
            if self.tell(MediaEvent::Trouble(trouble)).await == Next::Close {
                return Next::Close;
            }
        }
        self.looks += 1;
        if !self.looks.is_multiple_of(LOOKS_PER_REPORT) || self.negotiation.negotiated().is_none() {
            return Next::GoOn;
        }
        if let Some(peer) = &self.peer {
            self.peer_statistics = peer.statistics().await;
        }
        let figures = self.figures();
        self.tell(MediaEvent::Statistics(figures)).await
    }

    fn figures(&mut self) -> Box<MediaStatistics> {
        Box::new(self.stream.statistics(self.clock.now(), &self.peer_statistics))
    }

    async fn refuse(&mut self, refusal: Refusal) -> Next {
        self.tell(MediaEvent::Refused { code: refusal.code, fault: refusal.fault }).await
    }

    async fn tell(&mut self, event: MediaEvent) -> Next {
        match self.events.send(event).await {
            Ok(()) => Next::GoOn,
            Err(_) => Next::Close,
        }
    }
}

async fn event_of(peer: Option<Arc<dyn Peer>>) -> PeerEvent {
    match peer {
        Some(peer) => peer.event().await,
        None => pending().await,
    }
}

async fn drafted(draft: &mut Option<(Draft, Drafting)>) -> Result<TransportDescription, PeerError> {
    match draft {
        Some((_, drafting)) => drafting.await,
        None => pending().await,
    }
}
