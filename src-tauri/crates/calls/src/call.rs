//! One call: what it does next.

mod answer;
mod digits;
mod ending;
mod hold;
mod lost;
mod media;
mod moving;
mod recording;
mod unattended;
mod wire;

use std::time::Duration;

use model::{
    AccountId, CallId, CallState, CallView, CallerKind, Cause, DescriptionFault, Direction, DtmfMode, Event, Hold, Instant,
    LineCall, LineFault, MediaFault, MediaId, MediaStatistics, Personal, Remote, SetupTimes, Target, TransferView, XHeaders,
};
use serde::{Deserialize, Serialize};

pub(crate) use self::digits::DigitPace;
use self::digits::Digits;
pub(crate) use self::ending::Ended;
use self::{lost::Lost, recording::Recording, unattended::Unattended};
use crate::{
    dial::{Dial, remote_of},
    exchange::Exchange,
    io::{Description, IncomingCall, LineRequest, MediaRequest, SoundRequest},
    lines::{Line, WithoutMicrophone},
    outbox::Outbox,
    transfer::Transfer,
};

/// A call and everything that is its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) id: CallId,
    pub(crate) account: AccountId,
    pub(crate) line: LineCall,
    /// Its `Call-ID`, once there is one.
    #[serde(default)]
    sip_call_id: Option<Personal>,
    pub(crate) phase: Phase,
    pub(crate) audio: Option<Audio>,
    pub(crate) muted: bool,
    pub(crate) silenced: bool,
    /// Whether, and how, it is answered without the user.
    unattended: Unattended,
    /// Where the caller is sent when nobody answers; nowhere when empty.
    no_answer: Personal,
    pub(crate) hold: Hold,
    /// Whether silence in both directions stands for a hold that signalling does not know, or the far end refuses.
    held_by_silence: bool,
    direction: Direction,
    pub(crate) remote: Remote,
    /// What the far end is that calls us.
    #[serde(default)]
    caller: Option<CallerKind>,
    /// Who sent it on to us.
    pub(crate) diverted_by: Option<Remote>,
    /// What its far end sent along with the INVITE or the answer.
    #[serde(default)]
    x_headers: XHeaders,
    /// Headers that the answer to an arriving call bears besides.
    #[serde(default)]
    pub(crate) answer_headers: Vec<(String, Personal)>,
    since: Instant,
    answered: Option<Instant>,
    talked: Duration,
    exchange: Exchange,
    digits: Digits,
    dtmf: DtmfMode,
    dtmf_info: bool,
    #[serde(default)]
    deaf_to_tones: bool,
    can_hold: bool,
    /// Whether the line makes ready for it, and must be told when it comes to nothing.
    #[serde(default)]
    prepares: bool,
    /// Whether it is answered only once there is a microphone.
    #[serde(default)]
    needs_microphone: bool,
    /// How long it may be without audio once it is answered.
    #[serde(default)]
    media_within: Option<Duration>,
    /// Whether the caller may not have heard that it is answered.
    #[serde(default)]
    unconfirmed: bool,
    setup: SetupTimes,
    statistics: Option<MediaStatistics>,
    lost: Lost,
    recording: Recording,
    pub(crate) transfer: Transfer,
    /// Its transfer as it was told last.
    transfer_told: Option<TransferView>,
    /// The call it takes the place of as soon as it is answered (RFC 3891).
    pub(crate) replaces: Option<CallId>,
}

/// Where a call is. Signalling only; whether audio flows is [`Audio`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// Dialled while the account was coming up.
    Waiting { dial: Dial, until: Instant },
    /// The line makes ready for it.
    Preparing { dial: Dial },
    /// Our offer is being made.
    Offering { dial: Dial },
    /// The INVITE is out. `fork` is the branch whose answer is applied.
    Inviting { progress: Progress, fork: Option<u32> },
    /// The far end's offer is being judged; nobody has heard anything yet.
    Judging,
    /// It rings here.
    Alerting { answer: Answer, give_up_at: Instant },
    /// Answered.
    Talking,
    /// Over.
    Ended(Ended),
}

/// How far a dialled call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Progress {
    /// Nothing heard.
    Silent,
    /// A 180 came: ringback is ours to play (RFC 3960 section 3.2).
    Ringing,
    /// Packets of the far end's own tones arrive.
    EarlyMedia,
}

/// Our answer to a ringing call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// Being made; `wanted` when the user has already answered.
    Coming { wanted: bool },
    /// There, ready to be sent.
    Ready(Description),
    /// The user has answered; it is sent once the microphone is open, or then.
    Unsent { description: Description, until: Instant },
}

/// The media session of a call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Audio {
    pub(crate) id: MediaId,
    pub(crate) connected: bool,
    /// Whether the far end takes RFC 4733 digits; known once descriptions are exchanged.
    telephone_event: Option<bool>,
    /// Whether losing the path has already been answered by an ICE restart.
    restarted: bool,
    /// Answers of the far end that it has not judged yet.
    #[serde(default)]
    unjudged: u32,
    /// Why the last one that came before the call was answered is of no use.
    #[serde(default)]
    unusable: Option<(u16, DescriptionFault)>,
}

impl Audio {
    pub(crate) fn new(id: MediaId) -> Self {
        Self { id, connected: false, telephone_event: None, restarted: false, unjudged: 0, unusable: None }
    }

    /// It has judged an answer of the far end; whether another one is still to be judged.
    fn has_judged(&mut self) -> bool {
        self.unjudged = self.unjudged.saturating_sub(1);
        self.unjudged > 0
    }
}

impl Call {
    /// A call the user dials on `line`; `media` is a prepared session or a fresh one.
    pub(crate) fn dialled(
        now: Instant,
        id: CallId,
        line: &Line,
        dial: Dial,
        audio: Audio,
        wait: Option<Duration>,
        out: &mut Outbox,
    ) -> Self {
        let mut call = Self {
            remote: remote_of(dial.target.expose()),
            audio: Some(audio),
            ..Self::fresh(now, id, line, LineCall::Dialled(id.0))
        };
        if line.without_microphone != WithoutMicrophone::GoesOn {
            // Where there is none, better nobody hears of the call.
            out.sound(SoundRequest::Capture);
        }
        match wait {
            Some(wait) => call.phase = Phase::Waiting { dial, until: now + wait },
            None => call.dial_on(line, dial, out),
        }
        call
    }

    /// A call that cannot be placed on `line`: over before it began, and there to be read.
    pub(crate) fn not_placed(now: Instant, id: CallId, line: &Line, target: &Target, cause: Cause, out: &mut Outbox) -> Self {
        let mut call = Self { remote: remote_of(target.expose()), ..Self::fresh(now, id, line, LineCall::Dialled(id.0)) };
        call.end(now, cause, out);
        call
    }

    fn dial_on(&mut self, line: &Line, dial: Dial, out: &mut Outbox) {
        if !line.capabilities.prepares {
            return self.make_offer(dial, out);
        }
        let (target, caller_id) = (dial.target.clone(), dial.caller_id.clone());
        out.line(&self.account, LineRequest::Prepare { call: self.line, target, caller_id });
        self.phase = Phase::Preparing { dial };
    }

    /// The line has made ready.
    fn on_prepared(&mut self, out: &mut Outbox) {
        if let Phase::Preparing { dial } = &self.phase {
            let dial = dial.clone();
            self.make_offer(dial, out);
        }
    }

    /// A call that arrived on `line`.
    pub(crate) fn received(
        now: Instant,
        id: CallId,
        line: &Line,
        incoming: IncomingCall,
        ring_for: Duration,
        out: &mut Outbox,
    ) -> Self {
        let audio = Audio::new(out.new_media());
        let account = || line.id.clone();
        let phase = match incoming.offer {
            Some(offer) => {
                out.media(audio.id, MediaRequest::Accept { account: account(), offer });
                Phase::Judging
            }
            // They want our offer: there is nothing to judge, so it may ring while ours is being made.
            None => {
                out.media(audio.id, MediaRequest::Offer { account: account() });
                Phase::Alerting { answer: Answer::Coming { wanted: false }, give_up_at: now + ring_for }
            }
        };
        Self {
            sip_call_id: Some(incoming.sip_call_id),
            phase,
            audio: Some(audio),
            direction: if incoming.on_behalf.is_some() { Direction::Outgoing } else { Direction::Incoming },
            remote: incoming.remote,
            caller: incoming.caller,
            diverted_by: incoming.diverted_by,
            x_headers: incoming.x_headers,
            needs_microphone: line.without_microphone != WithoutMicrophone::GoesOn,
            ..Self::fresh(now, id, line, incoming.call)
        }
    }

    /// A call on `line` of which nothing more is known: dialled, until somebody says otherwise.
    fn fresh(now: Instant, id: CallId, line: &Line, line_call: LineCall) -> Self {
        Self {
            id,
            account: line.id.clone(),
            line: line_call,
            sip_call_id: None,
            phase: Phase::Judging,
            audio: None,
            muted: false,
            silenced: false,
            unattended: Unattended::No,
            no_answer: Personal::default(),
            hold: Hold::default(),
            held_by_silence: false,
            direction: Direction::Outgoing,
            remote: Remote::default(),
            caller: None,
            diverted_by: None,
            x_headers: XHeaders::default(),
            answer_headers: Vec::new(),
            since: now,
            answered: None,
            talked: Duration::ZERO,
            exchange: Exchange::default(),
            digits: Digits::default(),
            dtmf: line.dtmf,
            dtmf_info: line.capabilities.dtmf_info,
            deaf_to_tones: line.deaf_to_tones,
            can_hold: line.capabilities.hold,
            prepares: line.capabilities.prepares,
            needs_microphone: false,
            media_within: line.media_within,
            unconfirmed: false,
            setup: SetupTimes::default(),
            statistics: None,
            lost: Lost::default(),
            recording: Recording::default(),
            transfer: Transfer::None,
            transfer_told: None,
            replaces: None,
        }
    }

    /// The account has become usable.
    pub(crate) fn line_is_usable(&mut self, now: Instant, out: &mut Outbox) {
        self.lost.line(now, false);
        if self.is_talking() && self.lost.look_due().is_some_and(|due| now >= due) {
            self.look_for_path(now, out);
        }
    }

    /// Calls may be tried on the account: one that waits for that goes out.
    pub(crate) fn line_may_dial(&mut self, line: &Line, out: &mut Outbox) {
        if let Phase::Waiting { dial, .. } = &self.phase {
            let dial = dial.clone();
            self.dial_on(line, dial, out);
        }
    }

    /// What was dialled, where it waits for its account; it is over here, and is dialled elsewhere.
    pub(crate) fn into_dial(mut self, out: &mut Outbox) -> Option<Dial> {
        self.close_audio(out);
        match self.phase {
            Phase::Waiting { dial, .. } => Some(dial),
            _ => None,
        }
    }

    /// The account has become unreachable, by what it says itself.
    pub(crate) fn line_is_lost(&mut self, now: Instant) {
        self.lost.line(now, true);
    }

    fn make_offer(&mut self, dial: Dial, out: &mut Outbox) {
        if let Some(audio) = &self.audio {
            out.media(audio.id, MediaRequest::Offer { account: self.account.clone() });
        }
        self.phase = Phase::Offering { dial };
    }

    /// When it wants to be woken.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let phase = match &self.phase {
            Phase::Waiting { until, .. } => Some(*until),
            Phase::Alerting { answer: Answer::Unsent { until, .. }, .. } => Some(*until),
            Phase::Alerting { give_up_at, .. } => {
                Some(self.lost.ringing_ends().map_or(*give_up_at, |ends| ends.min(*give_up_at)))
            }
            Phase::Ended(ended) => Some(ended.deadline()),
            Phase::Talking => {
                let lost = [self.lost.due(), self.lost.look_due(), self.lost.search_ends()];
                lost.into_iter().chain([self.media_due()]).flatten().min()
            }
            Phase::Preparing { .. } | Phase::Offering { .. } | Phase::Inviting { .. } | Phase::Judging => None,
        };
        [phase, self.digits.due(), self.transfer.deadline(), self.unattended_due()].into_iter().flatten().min()
    }

    /// Does what is due.
    pub(crate) fn on_time(&mut self, now: Instant, out: &mut Outbox) {
        self.digits_on_time(now, out);
        self.beep_on_time(now);
        let media_due = self.media_due();
        match &mut self.phase {
            // A device that takes its time shall not cost the call; that there is none is told.
            Phase::Alerting { answer: Answer::Unsent { until, .. }, .. } => {
                if now >= *until {
                    self.microphone_is_open(now, out);
                }
            }
            Phase::Waiting { until, .. } if now >= *until => {
                self.end(now, Cause::AccountNotReady { fault: LineFault::NotUpInTime }, out);
            }
            Phase::Alerting { give_up_at, .. } if now >= *give_up_at && !self.no_answer.is_empty() => {
                let to = std::mem::take(&mut self.no_answer);
                out.line(&self.account, LineRequest::Redirect { call: self.line, to });
                self.end(now, Cause::Diverted, out);
            }
            Phase::Alerting { give_up_at, .. } if now >= *give_up_at => {
                // 480: the user is not there (RFC 3261 21.4.18); the caller's own server may divert.
                out.line(
                    &self.account,
                    LineRequest::Reject { call: self.line, code: 480, text: "Temporarily Unavailable".into() },
                );
                self.end(now, Cause::Missed, out);
            }
            Phase::Alerting { .. } if self.lost.ringing_ends().is_some_and(|ends| now >= ends) => {
                // Who still waits hears it should the connection come back.
                self.give_up(now, Cause::ConnectionLost, out);
            }
            Phase::Talking if self.lost.due().is_some_and(|due| now >= due) => {
                // Nobody hears it now; the far end's server does when the connection comes back.
                out.line(&self.account, LineRequest::HangUp { call: self.line });
                self.end(now, Cause::ConnectionLost, out);
            }
            Phase::Talking if media_due.is_some_and(|due| now >= due) => {
                self.give_up_media(now, MediaFault::NotInTime, out);
            }
            Phase::Talking if self.lost.search_ends().is_some_and(|ends| now >= ends) => {
                self.give_up_media(now, MediaFault::Lost, out);
            }
            Phase::Talking if self.lost.look_due().is_some_and(|due| now >= due) => self.look_for_path(now, out),
            Phase::Ended(_) => self.report_when_due(now, out),
            Phase::Waiting { .. }
            | Phase::Alerting { .. }
            | Phase::Preparing { .. }
            | Phase::Offering { .. }
            | Phase::Inviting { .. }
            | Phase::Judging
            | Phase::Talking => {}
        }
    }

    /// Whether it counts as a call the user has: ringing, dialled or answered.
    pub(crate) fn is_live(&self) -> bool {
        !matches!(self.phase, Phase::Ended(_))
    }

    /// Whether it is answered and audio may flow.
    pub(crate) fn is_talking(&self) -> bool {
        matches!(self.phase, Phase::Talking)
    }

    /// Whether it rings here and waits for the user.
    pub(crate) fn is_ringing_here(&self) -> bool {
        matches!(self.phase, Phase::Alerting { .. }) && !self.is_being_answered()
    }

    /// Whether the user has answered and our answer is still being made.
    pub(crate) fn is_being_answered(&self) -> bool {
        matches!(self.phase, Phase::Alerting { answer: Answer::Coming { wanted: true } | Answer::Unsent { .. }, .. })
    }

    /// Switches its microphone off, or on.
    pub(crate) fn mute(&mut self, muted: bool, out: &mut Outbox) {
        if std::mem::replace(&mut self.muted, muted) != muted {
            out.event(Event::Microphone { call: self.id, muted });
        }
    }

    /// Whether it may be forgotten.
    pub(crate) fn is_stale(&self, now: Instant) -> bool {
        matches!(&self.phase, Phase::Ended(ended) if ended.is_stale(now))
    }

    /// What the page shows; nothing while the offer is being judged.
    pub(crate) fn view(&self) -> Option<CallView> {
        Some(CallView {
            id: self.id,
            account: self.account.clone(),
            sip_call_id: self.sip_call_id.clone(),
            direction: self.direction,
            remote: self.remote.clone(),
            caller: self.caller,
            diverted_by: self.diverted_by.clone(),
            headers: self.x_headers.clone(),
            // The run loop knows the contacts.
            contact: None,
            state: self.state()?,
            since_ms: self.since.as_millis(),
            answered_ms: self.answered.map(Instant::as_millis),
            elsewhere: false,
            muted: self.muted,
            silenced: self.silenced,
            dtmf: self.dtmf_in_use(),
            recording: self.is_recorded(),
            transfer: self.transfer.view(),
            auto_answered: self.is_auto_answered(),
            answers_itself_ms: self.answers_itself().map(Instant::as_millis),
            media: self.statistics.clone(),
        })
    }

    fn state(&self) -> Option<CallState> {
        Some(match &self.phase {
            Phase::Judging => return None,
            Phase::Waiting { .. }
            | Phase::Preparing { .. }
            | Phase::Offering { .. }
            | Phase::Inviting { progress: Progress::Silent, .. } => CallState::Dialing,
            Phase::Inviting { progress: Progress::Ringing, .. } => CallState::Ringing,
            Phase::Inviting { progress: Progress::EarlyMedia, .. } => CallState::EarlyMedia,
            Phase::Alerting { answer: Answer::Coming { wanted: true } | Answer::Unsent { .. }, .. } => CallState::Connecting,
            Phase::Alerting { .. } => CallState::Incoming,
            Phase::Talking if self.audio.as_ref().is_some_and(|audio| audio.connected) => {
                CallState::Established { hold: self.hold }
            }
            Phase::Talking => CallState::Connecting,
            Phase::Ended(ended) => CallState::Ended { cause: ended.cause.clone() },
        })
    }

    fn elapsed_ms(&self, now: Instant) -> Option<f64> {
        Some(now.since(self.since).as_secs_f64() * 1000.0)
    }
}
