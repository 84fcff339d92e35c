//! The words between call control and the drivers: everything it is told, everything it asks for.
//!
//! These types are what the journal keeps, so each of them can be written and read back.

use std::time::Duration;

use model::{
    AccountId, AccountState, CallId, CandidatePair, Command, DtmfDigit, Event, LineCall, MediaDirection, MediaId,
    MediaStatistics, MediaTrouble, Personal, Remote, Target,
};
use serde::{Deserialize, Serialize};

/// A session description as text (RFC 8866). Personal: it tells addresses and keys.
pub type Description = Personal;

/// Something call control is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// A user asks for something.
    Command(Command),
    /// An account's line says something.
    Line(AccountId, LineEvent),
    /// A media session says something.
    Media(MediaId, MediaEvent),
    /// Those who work for the sound hub say something.
    Sound(SoundEvent),
    /// A moment that was asked for by `poll_timeout` has come.
    Timeout,
}

/// Something call control asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// To an account's line.
    Line(AccountId, LineRequest),
    /// To a media session; `MediaRequest::Offer` and `Accept` create it.
    Media(MediaId, MediaRequest),
    /// To the sound hub.
    Sound(SoundRequest),
    /// A fact for those who follow the phone.
    Event(Event),
}

/// What a provider's line can do, so that call control never asks which provider it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// How many calls at once.
    pub calls: u32,
    /// Whether a call can be put on hold by signalling; otherwise both directions are muted.
    pub hold: bool,
    /// Whether REFER may be sent.
    pub transfer: bool,
    /// Whether digits may go by INFO.
    pub dtmf_info: bool,
}

/// What call control asks of a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineRequest {
    /// Send an INVITE.
    Invite {
        /// Its name from now on; a `LineCall::Dialled`.
        call: LineCall,
        /// Whom.
        target: Target,
        /// Our offer.
        offer: Description,
        /// Further headers, `(name, value)`.
        headers: Vec<(String, Personal)>,
    },
    /// Tell the caller that it rings (180).
    Ring {
        /// Which.
        call: LineCall,
    },
    /// Answer an incoming call (200): with our answer, or with our offer when the INVITE had none.
    Answer {
        /// Which.
        call: LineCall,
        /// The answer or offer.
        description: Description,
    },
    /// Refuse an incoming call.
    Reject {
        /// Which.
        call: LineCall,
        /// SIP status, 300 to 699.
        code: u16,
        /// Words after it.
        text: String,
    },
    /// Tell the caller of a ringing call to try elsewhere (302).
    Redirect {
        /// Which.
        call: LineCall,
        /// Where to, as typed.
        to: Personal,
    },
    /// End a call in whatever state it is: CANCEL, BYE or a final response, as it fits.
    HangUp {
        /// Which.
        call: LineCall,
    },
    /// Offer a changed session inside the call. Answered by `ReofferAnswered` or `ReofferRefused`.
    Reoffer {
        /// Which.
        call: LineCall,
        /// Our offer.
        offer: Description,
    },
    /// Answer the far end's changed offer; `LineEvent::Reoffered` asked for it.
    AnswerReoffer {
        /// Which.
        call: LineCall,
        /// Our answer, or our offer when theirs was missing.
        description: Description,
    },
    /// Refuse the far end's changed offer; the session stays as it was.
    RefuseReoffer {
        /// Which.
        call: LineCall,
        /// SIP status, 488 as a rule.
        code: u16,
    },
    /// Send a digit by INFO.
    SendDtmf {
        /// Which.
        call: LineCall,
        /// The digit.
        digit: DtmfDigit,
        /// How long it was pressed.
        duration: Duration,
        /// How it is written.
        form: InfoForm,
    },
}

/// How an INFO says a digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InfoForm {
    /// `application/dtmf-relay`: the digit and its length.
    DtmfRelay,
    /// `application/dtmf`: the digit alone.
    Dtmf,
}

/// What a line tells call control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineEvent {
    /// How the account is doing.
    State(AccountState),
    /// What the line can do; said once, first.
    Capable(Capabilities),
    /// The INVITE left.
    Sent {
        /// Which.
        call: LineCall,
        /// The Call-ID it has on the wire.
        sip_call_id: Personal,
    },
    /// A call arrived. Nobody hears it ring before `LineRequest::Ring`.
    Incoming(Box<IncomingCall>),
    /// The far end makes progress (18x).
    Progress {
        /// Which.
        call: LineCall,
        /// SIP status, 180 to 199.
        code: u16,
        /// The branch it comes from; 0 is the first (RFC 3261 12.1: one early dialog each).
        fork: u32,
        /// The answer, when it carried one.
        answer: Option<Description>,
    },
    /// The far end answered (2xx); the ACK is sent.
    Answered {
        /// Which.
        call: LineCall,
        /// The branch that answered; the losers were ended by the line.
        fork: u32,
        /// The answer; missing when an earlier reliable response of this fork had it.
        answer: Option<Description>,
        /// Who answered, where the server tells.
        remote: Option<Remote>,
    },
    /// Our 2xx was acknowledged; `answer` is what the ACK carried after an offer-less INVITE.
    Confirmed {
        /// Which.
        call: LineCall,
        /// The far end's answer to the offer in our 2xx.
        answer: Option<Description>,
    },
    /// The far end offers a changed session; none when it wants our offer. Answer or refuse it.
    Reoffered {
        /// Which.
        call: LineCall,
        /// Their offer.
        offer: Option<Description>,
    },
    /// Our changed offer was accepted.
    ReofferAnswered {
        /// Which.
        call: LineCall,
        /// Their answer.
        answer: Description,
    },
    /// Our changed offer was refused or failed; the session stays as it was.
    ReofferRefused {
        /// Which.
        call: LineCall,
        /// SIP status; 408 when nobody answered; 491 when it crossed with one of theirs, which follows. Other crossings
        /// are tried again by the line (RFC 3261 14.1).
        code: u16,
        /// Its words.
        text: String,
    },
    /// The far end's name changed (RFC 4916, P-Asserted-Identity).
    RemoteChanged {
        /// Which.
        call: LineCall,
        /// Who it is now.
        remote: Remote,
    },
    /// A digit came by INFO.
    Dtmf {
        /// Which.
        call: LineCall,
        /// The digit.
        digit: DtmfDigit,
        /// How long, as told.
        duration: Duration,
    },
    /// A digit could not be sent by INFO.
    DtmfFailed {
        /// Which.
        call: LineCall,
        /// SIP status.
        code: u16,
    },
    /// The call is over on the wire. The last event of a call.
    Ended {
        /// Which.
        call: LineCall,
        /// How.
        how: LineEnd,
    },
}

/// A call that arrived.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncomingCall {
    /// Its name from now on; a `LineCall::Received`.
    pub call: LineCall,
    /// Who calls.
    pub remote: Remote,
    /// Their offer; none when they want ours.
    pub offer: Option<Description>,
    /// The Call-ID on the wire.
    pub sip_call_id: Personal,
    /// Headers of the INVITE that policies look at (Call-Info, Alert-Info, Diversion, …), `(name, value)`.
    pub headers: Vec<(String, Personal)>,
}

/// How a call ended on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineEnd {
    /// We ended it: BYE, CANCEL or refusal went out.
    Local,
    /// The far end sent BYE, with its Reason header if any (RFC 3326).
    Bye {
        /// `cause` of the Reason header.
        code: Option<u16>,
    },
    /// The caller gave up while it rang here, with the Reason header's cause (200: answered elsewhere).
    Cancelled {
        /// `cause` of the Reason header.
        code: Option<u16>,
    },
    /// Our INVITE was refused, or timed out (408).
    Refused {
        /// SIP status.
        code: u16,
        /// Its words.
        text: String,
    },
    /// The connection went and the call could not be kept.
    ConnectionLost,
    /// The far end broke the protocol in a way that ends the call.
    Failed {
        /// What happened.
        detail: String,
    },
}

/// What call control asks of a media session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MediaRequest {
    /// Open a session for `account` and gather candidates, for a call that may be dialled soon. Not answered.
    Prepare {
        /// Whose ICE servers and policy to use.
        account: AccountId,
    },
    /// Make an offer, in the prepared session or in one opened now. Answered by `OfferReady`, within 150 ms whatever the
    /// servers do.
    Offer {
        /// Whose ICE servers and policy to use.
        account: AccountId,
    },
    /// Open a session for `account` on the far end's offer. Answered at once by `Accepted` or `Refused`, then by
    /// `AnswerReady`.
    Accept {
        /// Whose ICE servers and policy to use.
        account: AccountId,
        /// The far end's offer.
        offer: Description,
    },
    /// Apply the far end's answer. Answered by `Applied` or `Refused`. The same answer twice is applied once.
    Apply {
        /// The answer.
        answer: Description,
    },
    /// Make a new offer in a running session. Answered by `OfferReady`.
    Reoffer {
        /// What we want to send and receive.
        direction: MediaDirection,
        /// Whether to restart ICE (RFC 8445 section 9).
        restart_ice: bool,
    },
    /// Answer a new offer in a running session. Answered by `AnswerReady` or `Refused`.
    Reaccept {
        /// The far end's offer; none when it wants ours: then answered by `OfferReady`.
        offer: Option<Description>,
        /// What we want to send and receive at most.
        direction: MediaDirection,
    },
    /// The last offer was refused or crossed with one of theirs: back to what was agreed.
    Rollback,
    /// Whether the microphone goes to this session; not at first. While it does not, sending silence is no trouble.
    Microphone {
        /// Whether it does.
        open: bool,
    },
    /// Send digits by RFC 4733, one after another, behind those still queued.
    SendDtmf {
        /// The digits.
        digits: Vec<DtmfDigit>,
        /// Length of each tone.
        tone: Duration,
        /// Pause between two.
        gap: Duration,
    },
    /// Hold a key down by RFC 4733, behind digits still queued, until `ReleaseKey`.
    PressKey {
        /// Which.
        digit: DtmfDigit,
    },
    /// Let the key go.
    ReleaseKey,
    /// End the session. Its last event is `Closed`.
    Close,
}

/// What a media session tells call control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MediaEvent {
    /// Our offer.
    OfferReady {
        /// It.
        offer: Description,
    },
    /// The far end's first offer can be answered: it may ring.
    Accepted,
    /// Our answer.
    AnswerReady {
        /// It.
        answer: Description,
        /// What flows from our side once both have it.
        direction: MediaDirection,
        /// What the far end wants, from its own side: tells remote hold.
        remote: MediaDirection,
        /// Whether the far end takes RFC 4733 digits.
        telephone_event: bool,
    },
    /// A description cannot be used. For a first offer: refuse the call with `code`.
    Refused {
        /// SIP status that says so: 488, or 400 for what is no description at all.
        code: u16,
        /// What does not fit, in words.
        detail: String,
    },
    /// The far end's answer is in force.
    Applied {
        /// What flows from our side.
        direction: MediaDirection,
        /// What the far end wants, from its own side.
        remote: MediaDirection,
        /// Whether the far end takes RFC 4733 digits.
        telephone_event: bool,
    },
    /// ICE and DTLS are up.
    Connected {
        /// The path.
        pair: Option<CandidatePair>,
    },
    /// The first audio packet arrived.
    FirstPacket,
    /// The path broke; the session looks for another.
    Interrupted,
    /// No path, for good.
    Failed {
        /// What failed: ICE, DTLS, or an error of the machine.
        detail: String,
    },
    /// The far end pressed a key (RFC 4733); once per key.
    Dtmf {
        /// Which.
        digit: DtmfDigit,
        /// How long.
        duration: Duration,
    },
    /// All queued digits have been sent.
    DtmfSent,
    /// Digits cannot be sent: the far end takes no telephone-event.
    DtmfUnavailable,
    /// Figures, about once a second.
    Statistics(Box<MediaStatistics>),
    /// Something is wrong with the audio, or (None) no longer.
    Trouble(Option<MediaTrouble>),
    /// The session broke by a mistake of ours and is gone; nothing more comes of it.
    Died {
        /// What happened, in words.
        detail: String,
    },
    /// The session is gone; last figures.
    Closed(Box<MediaStatistics>),
}

/// What call control asks of the sound hub.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SoundRequest {
    /// Who hears whom. Sessions that are not named are neither heard nor spoken to.
    Route(Vec<Route>),
    /// What the user hears besides: a call-progress tone, or nothing.
    Tone(Option<ProgressTone>),
    /// Ring on the ring device, or stop.
    Ring(Option<Ring>),
    /// A short sound of the keypad in the user's ear.
    KeyTone(DtmfDigit),
    /// Take a session down to a file: answered by `RecordingBegan`, or at once by `RecordingEnded`.
    Record {
        /// Which.
        media: MediaId,
        /// The call it belongs to, for the name of the file.
        call: CallId,
        /// Whether the far end hears a beep now and then.
        beep: bool,
    },
    /// Complete the file; answered by `RecordingEnded`.
    EndRecording {
        /// Whose.
        media: MediaId,
    },
    /// A digit as a tone in what a session sends, or the end of one that sounds.
    Digit {
        /// Whose far end hears it.
        media: MediaId,
        /// Which; none to end it.
        digit: Option<DtmfDigit>,
        /// How long.
        tone: Duration,
    },
}

/// What call control is told of recordings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SoundEvent {
    /// A session is being recorded.
    RecordingBegan {
        /// Which.
        media: MediaId,
        /// Where to.
        file: Personal,
    },
    /// Its file is complete, or could not be made. Said once, last.
    RecordingEnded {
        /// Whose.
        media: MediaId,
        /// Why, when nobody asked for it.
        trouble: Option<String>,
    },
}

/// One session's place in the mix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// Which session.
    pub media: MediaId,
    /// Whether the microphone goes to it.
    pub microphone: bool,
    /// Whether it goes to the speaker.
    pub speaker: bool,
    /// The other sessions it hears.
    pub hears: Vec<MediaId>,
}

/// Tones that tell how a call is going (ITU-T E.182).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProgressTone {
    /// The far end rings.
    Ringback,
    /// The far end is busy; a few seconds.
    Busy,
    /// The network cannot; a few seconds.
    Congestion,
}

/// How to ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ring {
    /// The ringtone on the ring device.
    Full,
    /// Softly in the headset, during another call.
    Soft,
}
