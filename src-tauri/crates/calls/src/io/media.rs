//! Between call control and a media session.

use std::time::Duration;

use model::{
    AccountId, CandidatePair, DescriptionFault, DtmfDigit, InternalFault, MediaDirection, MediaFault, MediaStatistics,
    MediaTrouble,
};
use serde::{Deserialize, Serialize};

use super::Description;

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
    /// The answer to `Accept` leaves now: the path to the far end is looked for from here on. Before, nothing is sent to where a
    /// caller says he is, and nothing is missed of him, however long it rings.
    Answered,
    /// Apply the far end's answer. Answered by `Applied` or `Refused`. The same answer twice is applied once.
    Apply {
        /// The answer.
        answer: Description,
    },
    /// The far end's answer to what we said last, which was offered again, unchanged. Answered by `Applied` where it says
    /// something else than before; what cannot be used changes nothing.
    Refreshed {
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
    /// The machine's addresses may be others now. Answered by `Interrupted` where the path in use is gone with one.
    NetworkChanged,
    /// The last offer was refused or crossed with one of theirs: back to what was agreed.
    Rollback,
    /// The far end has taken back what `Reaccept` brought, answered or not: back to what was agreed before. Answered by `Applied`,
    /// behind the answer or offer that is still to come.
    Withdrawn,
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
        /// What does not fit.
        fault: DescriptionFault,
    },
    /// The far end's answer is in force, or what was agreed before an offer that it took back.
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
    /// The path broke. It may come back by itself, or a restart of ICE finds another.
    Interrupted,
    /// A TURN server does not take the user name or password; the path may do without it.
    RelayRefused {
        /// Its address.
        server: String,
        /// The error of STUN (RFC 8489 section 14.8).
        error: u16,
    },
    /// No path, for good.
    Failed {
        /// What failed: ICE, DTLS, or an error of the machine.
        fault: MediaFault,
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
        /// Which part of the phone.
        fault: InternalFault,
    },
    /// The session is gone; last figures.
    Closed(Box<MediaStatistics>),
}
