//! Between call control and an account's line.

use std::time::Duration;

use model::{
    AccountState, AssistantNews, CallerKind, DtmfDigit, IceServer, Instant, LampState, LineCall, Personal, Remote, Secret,
    ServiceEvent, ServiceFault, Target, TokenView, TransferFault, Voicemail, XHeaders,
};
use serde::{Deserialize, Serialize};

use super::{Act, Description, Elsewhere, LineEnd, Plan};

/// What a provider's line can do, so that call control never asks which provider it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// How many calls at once.
    pub calls: u32,
    /// Whether a call can be put on hold by signalling; otherwise both directions are muted.
    pub hold: bool,
    /// How a call is transferred.
    pub transfer: Transfers,
    /// Whether digits may go by INFO.
    pub dtmf_info: bool,
    /// Whether the line makes ready for each call: it is asked by `LineRequest::Prepare` before our offer is made, and
    /// may be whatever the state of the account is.
    #[serde(default)]
    pub prepares: bool,
    /// Whether its calls are those of another telephone of the user, which the line controls and whose sound is there: they
    /// are asked for by `LineRequest::Elsewhere`, and told by `LineEvent::Elsewhere`.
    #[serde(default)]
    pub elsewhere: bool,
}

/// Who moves a call that is transferred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transfers {
    /// Nobody can.
    #[default]
    Never,
    /// Its far end, which is asked to (REFER).
    ByFarEnd,
    /// The server. To let the user consult somebody it calls the user's own phone, and that one from there.
    ByServer,
}

/// What call control asks of a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineRequest {
    /// Make ready for a call that is being placed: connect, and learn the ICE servers. Answered by `Prepared`, within
    /// seconds whatever the servers do, or by `Ended`. The call is taken back by `HangUp`.
    Prepare {
        /// Its name from now on; a `LineCall::Dialled`.
        call: LineCall,
        /// Whom.
        target: Target,
        /// Who it is from, where the user chose that for this call.
        #[serde(default)]
        caller_id: Option<Personal>,
    },
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
        /// The call whose far end asked for this one (`LineEvent::Referred`): whom it named is called then, in the place
        /// of another call when it said so; `target` is what was told of it.
        referred: Option<LineCall>,
        /// Whether the call that rings at `target` is to be picked up instead, as `LineEvent::Lamp` said it could.
        pick_up: bool,
    },
    /// Tell of the calls of these people, and of nobody else's, by `LineEvent::Lamp`.
    Watch {
        /// Their numbers or addresses, as they were written.
        numbers: Vec<Personal>,
    },
    /// Ask the far end to call somebody (RFC 3515). Answered by `ReferAnswered`, then by `ReferProgress`.
    Refer {
        /// Which.
        call: LineCall,
        /// Whom.
        target: Target,
        /// The call on this line that the new one replaces there: an attended transfer.
        replaces: Option<LineCall>,
    },
    /// Have the server call somebody for the user to talk to before the call is transferred (`Transfers::ByServer`). Answered
    /// by `Incoming` with `OnBehalf::consults`, or by `ReferAnswered` when it is refused.
    Consult {
        /// The call that may be transferred.
        call: LineCall,
        /// Whom.
        target: Target,
    },
    /// Have the server take the consultation back.
    EndConsultation {
        /// The call that was to be transferred.
        call: LineCall,
    },
    /// Answer `LineEvent::Referred`.
    AnswerRefer {
        /// Which.
        call: LineCall,
        /// Whether it is done.
        accept: bool,
    },
    /// Tell the far end that asked how the call it asked for is getting on; a final code is the last word.
    NotifyRefer {
        /// The call whose far end asked.
        call: LineCall,
        /// SIP status of the new call.
        code: u16,
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
        /// Further headers, `(name, value)`.
        headers: Vec<(String, Personal)>,
    },
    /// Refuse an incoming call; one that is answered is ended by a BYE with that reason (RFC 3326).
    Reject {
        /// Which.
        call: LineCall,
        /// SIP status, 300 to 699.
        code: u16,
        /// Words after it; the usual ones when empty.
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
    /// Send a digit by INFO. Answered by `DtmfAnswered`; the next one waits for that.
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
    /// Have the user's other telephone do something with one of its calls (`Capabilities::elsewhere`).
    Elsewhere {
        /// Which.
        call: LineCall,
        /// What.
        act: Act,
    },
}

impl LineRequest {
    /// The call it is about, if it is about one.
    pub fn call(&self) -> Option<LineCall> {
        Some(match self {
            Self::Watch { .. } => return None,
            Self::Prepare { call, .. }
            | Self::Invite { call, .. }
            | Self::Refer { call, .. }
            | Self::Consult { call, .. }
            | Self::EndConsultation { call }
            | Self::AnswerRefer { call, .. }
            | Self::NotifyRefer { call, .. }
            | Self::Ring { call }
            | Self::Answer { call, .. }
            | Self::Reject { call, .. }
            | Self::Redirect { call, .. }
            | Self::HangUp { call }
            | Self::Reoffer { call, .. }
            | Self::AnswerReoffer { call, .. }
            | Self::RefuseReoffer { call, .. }
            | Self::SendDtmf { call, .. }
            | Self::Elsewhere { call, .. } => *call,
        })
    }
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
    /// What the line can do; said first, and again when that changes.
    Capable(Capabilities),
    /// The STUN and TURN servers that the service names, for media sessions opened from now on of an account that has none
    /// of its own. For the run loop.
    IceServers(Vec<IceServer>),
    /// What the next run needs to sign in by the token that was fetched; none where nothing is to be kept any longer. For the
    /// run loop.
    TokenToKeep(Option<Secret>),
    /// What the token says with which the line signs in from now on; none when it has none, or it cannot be read.
    SignedInAs(Option<TokenView>),
    /// The account signs in by something else than before: what becomes of that is news.
    SignsInAnew,
    /// Until when the line is signed in; none when that has no end, or it is not.
    Expires(Option<Instant>),
    /// How many voice messages wait; its number is what the server names, if it does.
    Voicemail(Voicemail),
    /// What the service does for the user beside calls. For the run loop.
    Assistant(AssistantNews),
    /// The call may be offered.
    Prepared {
        /// Which.
        call: LineCall,
    },
    /// Something does not work that calls do not need.
    Trouble(ServiceFault),
    /// What the service's own library would tell now.
    Service(Box<ServiceEvent>),
    /// Another program of the user asks for something by way of the server.
    Wish {
        /// Of which call; of the one that is meant when missing.
        call: Option<LineCall>,
        /// What.
        wish: Wish,
    },
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
        /// Those of the 2xx.
        #[serde(default)]
        x_headers: XHeaders,
    },
    /// Somebody who is watched is in a call, or not.
    Lamp {
        /// Who, as asked for.
        number: Personal,
        /// What the lamp shows.
        state: LampState,
        /// Whether the call that rings there can be picked up.
        pick_up: bool,
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
        /// The branch it comes from, where the call is not answered yet.
        #[serde(default)]
        fork: u32,
        /// Their offer.
        offer: Option<Description>,
    },
    /// The far end took its changed offer back, and the session stays as it was. Who has neither answered nor refused it refuses it
    /// now: there is one word to each offer.
    ReofferWithdrawn {
        /// Which.
        call: LineCall,
    },
    /// Our changed offer was accepted.
    ReofferAnswered {
        /// Which.
        call: LineCall,
        /// Their answer.
        answer: Description,
    },
    /// What we described was offered again by the line itself, unchanged.
    Refreshed {
        /// Which.
        call: LineCall,
        /// Their answer; it may say something else than before.
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
    /// The digit that was sent by INFO last was answered; 408 when nobody did.
    DtmfAnswered {
        /// Which.
        call: LineCall,
        /// SIP status; from 300 on it was not taken.
        code: u16,
    },
    /// The far end asks us to call somebody. Wants `AnswerRefer`.
    Referred {
        /// Which.
        call: LineCall,
        /// Whom, as it may be shown.
        target: Target,
    },
    /// Our REFER was answered.
    ReferAnswered {
        /// Which.
        call: LineCall,
        /// Why nothing comes of it; none when something may.
        refused: Option<TransferFault>,
    },
    /// The call we sent the far end to is getting on.
    ReferProgress {
        /// Which.
        call: LineCall,
        /// Its SIP status.
        code: u16,
        /// Its words.
        text: String,
        /// Whether nothing more will be told.
        last: bool,
    },
    /// A call of the user's other telephone (`Capabilities::elsewhere`): a new one, another step of it, or a refusal.
    Elsewhere {
        /// Which.
        call: LineCall,
        /// What is told.
        told: Elsewhere,
    },
    /// The call is over on the wire. The last event of a call.
    Ended {
        /// Which.
        call: LineCall,
        /// How.
        how: LineEnd,
    },
}

/// What another program of the user may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wish {
    /// Answer a ringing call.
    Answer,
    /// Hold a call, or take it back.
    ToggleHold,
    /// Switch the microphone of a call off, or on.
    ToggleMicrophone,
    /// Press a key, in every call in conversation.
    Dtmf(DtmfDigit),
}

/// A call that arrived.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncomingCall {
    /// Its name from now on; a `LineCall::Received`.
    pub call: LineCall,
    /// Who calls.
    pub remote: Remote,
    /// What that is, where the service tells.
    #[serde(default)]
    pub caller: Option<CallerKind>,
    /// Their offer; none when they want ours.
    pub offer: Option<Description>,
    /// The Call-ID on the wire.
    pub sip_call_id: Personal,
    /// The call of ours that it takes the place of (RFC 3891).
    pub replaces: Option<LineCall>,
    /// Who sent it on to us, where the server tells.
    pub diverted_by: Option<Remote>,
    /// That the user had his server make it, where he did.
    #[serde(default)]
    pub on_behalf: Option<OnBehalf>,
    /// How it is to be answered without the user, if at all. A line knows it only where its server may ask for that on the
    /// user's behalf; the run loop asks the user's policies.
    #[serde(default)]
    pub plan: Option<Plan>,
    /// Headers of the INVITE that policies look at (Call-Info, Alert-Info, Diversion, …), `(name, value)`.
    pub headers: Vec<(String, Personal)>,
    /// Those that only the user and his programs look at.
    #[serde(default)]
    pub x_headers: XHeaders,
}

/// A call that is one of the user's own, though the server makes it: he is connected to whom he wanted to call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnBehalf {
    /// The call that may be transferred to the one he consults in this one.
    pub consults: Option<LineCall>,
}
