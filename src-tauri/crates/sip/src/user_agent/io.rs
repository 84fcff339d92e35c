//! The words between a user agent and who uses it.

use model::{LineCall, LineFault, Personal, Remote, Secret, XHeaders};

use super::RegistrationEvent;
use crate::{NameAddr, Request, Response, Uri};

/// How a call is named: `Dialled` ones by the user, `Received` ones by the user agent.
pub type CallKey = LineCall;

/// A session description (RFC 8866).
pub type Description = Personal;

/// Headers beside those the user agent sets itself, `(name, value)`.
pub type ExtraHeaders = Vec<(String, Personal)>;

/// How a request outside of calls is named: ours by the user, received ones by the user agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestKey(pub u32);

/// Something the user agent is told.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// The connection is open; also: open again.
    Connected,
    /// The connection is gone. Calls stay.
    Disconnected,
    /// One whole message, or a keep-alive, arrived.
    Received(&'a [u8]),
    /// The moment asked for by `poll_timeout` has come.
    Timeout,
    /// The user asks for something.
    Command(Command),
}

/// Something the user agent asks for.
#[derive(Clone, Debug)]
pub enum Output {
    /// Send one message.
    Send(Vec<u8>),
    /// Something happened.
    Event(Event),
}

/// What can be asked of a user agent. A command for a call that is over, or that does not fit its state, does nothing.
#[derive(Clone, Debug)]
pub enum Command {
    /// Register and stay registered, over reconnections too.
    Register,
    /// Sign in by this token from now on, and answer no challenge (RFC 6750); without one, no longer. A registration is
    /// refreshed with it at once. It is sent to the registrar, and with calls to our own domain.
    Bear(Option<Secret>),
    /// Take the registration back. `RegistrationEvent::Unregistered` follows within two seconds.
    Unregister,
    /// Place a call.
    Invite(Box<Invite>),
    /// Tell the caller that it rings (180).
    Ring {
        /// Which.
        call: CallKey,
    },
    /// Tell the caller something else before the final answer.
    Progress {
        /// Which.
        call: CallKey,
        /// 101 to 199.
        code: u16,
        /// Early media: our answer, or our offer when the INVITE had none.
        description: Option<Description>,
        /// Whether it must arrive (RFC 3262). Ignored when the caller does not support it, implied when he requires it.
        reliable: Reliability,
    },
    /// Answer an incoming call (200).
    Accept {
        /// Which.
        call: CallKey,
        /// Our answer, or our offer when the INVITE had none; none when a reliable `Progress` carried it.
        description: Option<Description>,
        /// Further headers of the 200. Names that the user agent sets itself end the call with 500.
        headers: ExtraHeaders,
    },
    /// Refuse an incoming call; one that is answered is ended by a BYE with that reason (RFC 3326).
    Reject {
        /// Which.
        call: CallKey,
        /// 300 to 699.
        code: u16,
        /// Words after it; the RFC's when empty.
        text: String,
        /// Further headers (Contact of a 3xx, Warning, Retry-After, a challenge).
        headers: ExtraHeaders,
    },
    /// End a call in whatever state it is: CANCEL, BYE or a final response, as it fits. `CallEnd::Local` follows at once.
    HangUp {
        /// Which.
        call: CallKey,
        /// Value of a Reason header (RFC 3326); none when empty.
        reason: String,
    },
    /// Give up an INVITE that nobody has answered, without a word, for its server is left. `CallEnd::Unanswered` follows at once.
    /// An `Invite` of the same name right after any such end is the same INVITE to another server (RFC 3263 section 4.3): who
    /// gets both takes one (RFC 3261 section 8.2.2.2).
    Abandon {
        /// Which.
        call: CallKey,
    },
    /// Offer a changed session (re-INVITE); without an offer, ask for theirs. A crossing one is tried again.
    Reoffer {
        /// Which.
        call: CallKey,
        /// Our offer.
        offer: Option<Description>,
    },
    /// Offer a changed session by UPDATE (RFC 3311), which also works before the answer.
    Update {
        /// Which.
        call: CallKey,
        /// Our offer.
        offer: Description,
    },
    /// Answer what `CallEvent::Reoffered` brought: with an answer, or with our offer when it had none.
    AnswerReoffer {
        /// Which.
        call: CallKey,
        /// Our answer or offer.
        description: Description,
    },
    /// Refuse what `CallEvent::Reoffered` brought; the session stays as it was.
    RefuseReoffer {
        /// Which.
        call: CallKey,
        /// SIP status, 488 as a rule.
        code: u16,
    },
    /// Answer the offer that came in the 2xx to an INVITE or re-INVITE without one; it leaves in the ACK.
    AckAnswer {
        /// Which.
        call: CallKey,
        /// Our answer.
        answer: Description,
    },
    /// Send INFO. Whoever wants digits to keep their order waits for each answer.
    Info {
        /// Which.
        call: CallKey,
        /// Its Content-Type.
        content_type: String,
        /// Its body.
        body: Personal,
    },
    /// Ask the far end to call somebody (RFC 3515).
    Refer {
        /// Which.
        call: CallKey,
        /// Whom.
        target: Uri,
        /// The call of ours that the new one replaces there (RFC 3891, 5589): an attended transfer.
        replaces: Option<CallKey>,
    },
    /// Take on what `CallEvent::Referred` asked for (202) and tell that we try (NOTIFY, 100).
    AcceptRefer {
        /// Which.
        call: CallKey,
    },
    /// Refuse what `CallEvent::Referred` asked for.
    RefuseRefer {
        /// Which.
        call: CallKey,
        /// SIP status, 603 as a rule.
        code: u16,
    },
    /// Tell how the call we were referred to is getting on; a final code ends the subscription.
    NotifyRefer {
        /// Which.
        call: CallKey,
        /// SIP status of the new call.
        code: u16,
        /// Its words; the RFC's when empty.
        text: String,
    },
    /// Send a request outside of any call: OPTIONS, MESSAGE, SUBSCRIBE, ….
    Request(Box<OutsideRequest>),
    /// Subscribe to something and stay subscribed until `Unsubscribe`, `SubscriptionEvent::Refused` or the end of the
    /// connection (RFC 6665). Nothing happens when there is a subscription of that name already.
    Subscribe(Box<Subscribe>),
    /// Take a subscription back; nothing more is told of it.
    Unsubscribe(SubscriptionKey),
    /// Something that a subscription told is missing: ask for the whole now.
    CatchUp(SubscriptionKey),
    /// Answer `Event::Request`.
    Respond {
        /// Which.
        request: RequestKey,
        /// Status and words, headers and body; what the RFC copies from the request is added.
        response: Box<Response>,
    },
}

/// A call to be placed.
#[derive(Clone, Debug)]
pub struct Invite {
    /// Its name from now on; a `LineCall::Dialled`.
    pub call: CallKey,
    /// On whose behalf, for a server that calls for others; ourselves without it. A tag is set here.
    pub from: Option<NameAddr>,
    /// Whom. A `Replaces` among the URI's headers becomes a header of the INVITE (RFC 3891); other URI headers are dropped.
    pub target: Uri,
    /// Our offer; without one, the far end offers in its 2xx.
    pub offer: Option<Description>,
    /// Further headers. Names that the user agent sets itself end the call with a plain error.
    pub headers: ExtraHeaders,
}

/// Names a subscription; chosen by who subscribes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SubscriptionKey(pub u32);

/// What to subscribe to.
#[derive(Clone, Debug)]
pub struct Subscribe {
    /// Its name from now on.
    pub key: SubscriptionKey,
    /// Whose state.
    pub target: Uri,
    /// Which of it: the value of Event (`message-summary`, `dialog`).
    pub package: String,
    /// The type its state comes in.
    pub accept: String,
    /// Seconds asked for.
    pub expires: u32,
}

/// What becomes of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubscriptionEvent {
    /// The state, whole or in part as the package has it.
    Notified {
        /// Type of the body in lower case.
        content_type: String,
        /// It.
        body: Personal,
    },
    /// The server does not offer it; asking again would not help. Its last event.
    Refused {
        /// SIP status; 403 when a NOTIFY said so.
        code: u16,
    },
}

/// A request outside of any call.
#[derive(Clone, Debug)]
pub struct OutsideRequest {
    /// Its name from now on.
    pub request: RequestKey,
    /// What.
    pub method: crate::Method,
    /// To whom.
    pub target: Uri,
    /// Further headers.
    pub headers: ExtraHeaders,
    /// Type of the body; none when empty.
    pub content_type: String,
    /// Body.
    pub body: Personal,
}

/// Whether a provisional response must arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reliability {
    /// It is sent once.
    Plain,
    /// It is repeated until acknowledged (RFC 3262).
    Acknowledged,
}

/// What a user agent tells.
#[derive(Clone, Debug)]
pub enum Event {
    /// How registration is doing.
    Registration(RegistrationEvent),
    /// Something about a call.
    Call(CallKey, CallEvent),
    /// A request outside of any call was answered, finally; 408 when nobody did, 503 when it could not be sent.
    Response {
        /// Which.
        request: RequestKey,
        /// The answer.
        response: Box<Response>,
    },
    /// A request outside of any call arrived; only where the role is `Role::Server`. It wants `Command::Respond`.
    Request {
        /// Its name from now on.
        request: RequestKey,
        /// It.
        message: Box<Request>,
    },
    /// What becomes of a subscription.
    Subscription(SubscriptionKey, SubscriptionEvent),
    /// A NOTIFY that nobody subscribed to arrived and was taken: messages wait (RFC 3842).
    Notified {
        /// Its Event header: `message-summary`.
        package: String,
        /// Its body.
        body: Personal,
    },
}

/// Something about a call.
#[derive(Clone, Debug, PartialEq)]
pub enum CallEvent {
    /// The INVITE left.
    Sent {
        /// The Call-ID on the wire.
        sip_call_id: Personal,
    },
    /// A call arrived. It wants `Ring`, `Progress`, `Accept` or `Reject`.
    Incoming(Box<IncomingCall>),
    /// The far end makes progress.
    Progress {
        /// 101 to 199.
        code: u16,
        /// The branch it comes from; 0 is the first.
        fork: u32,
        /// The answer, when it carried one.
        answer: Option<Description>,
    },
    /// The far end answered. The ACK is sent; for an INVITE without offer, `AckAnswer` sends it.
    Answered {
        /// The branch.
        fork: u32,
        /// The answer; their offer when the INVITE had none; none when an earlier reliable response had the answer.
        answer: Option<Description>,
        /// Who answered, where the server tells.
        remote: Option<Remote>,
        /// Those of the 2xx.
        x_headers: XHeaders,
    },
    /// The PRACK brought the answer to the offer in a reliable `Progress` of ours.
    EarlyAnswer {
        /// Their answer.
        answer: Description,
    },
    /// Our 2xx to the first INVITE was acknowledged.
    Confirmed {
        /// What the ACK carried, when the INVITE had no offer.
        answer: Option<Description>,
    },
    /// The far end offers a changed session; none when it wants our offer. It wants `AnswerReoffer` or `RefuseReoffer`.
    Reoffered {
        /// The branch, for offers before the answer.
        fork: u32,
        /// Their offer.
        offer: Option<Description>,
    },
    /// The ACK to a re-INVITE without offer brought the answer to ours.
    ReofferConfirmed {
        /// Their answer.
        answer: Option<Description>,
    },
    /// What `Reoffered` brought is void: the far end took it back before it was answered. The word to it is still waited for, so
    /// that it is not taken for one to the offer that follows.
    ReofferWithdrawn,
    /// Our changed offer was accepted; or, when we asked for theirs, here it is and wants `AckAnswer`.
    ReofferAnswered {
        /// Their answer or offer.
        answer: Description,
    },
    /// What we described was offered again, unchanged, to keep the session alive or to tell the way to us.
    Refreshed {
        /// Their answer; it may say something else than before.
        answer: Description,
    },
    /// Our changed offer was refused or failed; the session stays as it was.
    ReofferRefused {
        /// SIP status; 408 when nobody answered, 491 when it crossed with one of theirs, which follows.
        code: u16,
        /// Its words.
        text: String,
    },
    /// The far end's name changed.
    RemoteChanged {
        /// Who it is now.
        remote: Remote,
    },
    /// INFO arrived and was taken.
    Info {
        /// `application/dtmf-relay` or `application/dtmf`.
        content_type: String,
        /// Its body.
        body: Personal,
    },
    /// An INFO of ours was answered: 200, or why not.
    InfoAnswered {
        /// SIP status; 408 when nobody answered.
        code: u16,
    },
    /// The far end asks us to call somebody. It wants `AcceptRefer` or `RefuseRefer`.
    Referred {
        /// Whom, with `Replaces` among the URI's headers for an attended transfer.
        target: Box<Uri>,
        /// Referred-By, where given.
        referred_by: Option<Personal>,
    },
    /// Our REFER was answered: 202, or why not.
    ReferAnswered {
        /// SIP status; 408 when nobody answered.
        code: u16,
        /// Its words.
        text: String,
    },
    /// The call we sent the far end to is getting on (NOTIFY with a sipfrag, RFC 3515 section 2.4.5).
    ReferProgress {
        /// Its SIP status.
        code: u16,
        /// Its words.
        text: String,
        /// Whether nothing more will be told.
        last: ReferSubscription,
    },
    /// The call is over on the wire. The last event of a call.
    Ended(CallEnd),
}

/// Whether more about a transfer will be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferSubscription {
    /// More may come.
    Active,
    /// That was all.
    Terminated,
}

/// A call that arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct IncomingCall {
    /// Who calls.
    pub remote: Remote,
    /// The Request-URI.
    pub target: Uri,
    /// Their offer; none when they want ours.
    pub offer: Option<Description>,
    /// The Call-ID on the wire.
    pub sip_call_id: Personal,
    /// The call of ours it wants to take the place of (RFC 3891).
    pub replaces: Option<CallKey>,
    /// Who sent the call on to us, where the server tells (RFC 5806, 7044).
    pub diverted_by: Option<Remote>,
    /// Every header of the INVITE, in order.
    pub headers: ExtraHeaders,
    /// The INVITE itself, for who has to verify its credentials.
    pub message: Box<Request>,
}

/// How a call ended on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallEnd {
    /// We ended it.
    Local,
    /// The far end sent BYE.
    Bye {
        /// `cause` of its Reason header.
        code: Option<u16>,
    },
    /// The caller gave up before the answer.
    Cancelled {
        /// `cause` of the Reason header; 200 says answered elsewhere.
        code: Option<u16>,
    },
    /// Our INVITE was refused, or rang too long (408).
    Refused {
        /// SIP status.
        code: u16,
        /// Its words.
        text: String,
        /// Where to, for a 3xx.
        moved_to: Vec<Uri>,
        /// Retry-After, seconds.
        retry_after: Option<u32>,
    },
    /// No server said anything to our INVITE (RFC 3261 17.1.1.2, timer B).
    Unanswered,
    /// The far end broke the protocol or stopped answering, or the command could not be carried out.
    Failed {
        /// What happened.
        fault: LineFault,
    },
}
