//! What is measured of a call.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::Personal;

/// Audio codecs the phone speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// RFC 6716, RFC 7587.
    Opus,
    /// ITU-T G.722; its RTP clock says 8000 although it samples at 16000 (RFC 3551 4.5.2).
    G722,
    /// G.711 mu-law.
    Pcmu,
    /// G.711 A-law.
    Pcma,
}

impl Codec {
    /// The name in `a=rtpmap` (RFC 3551, RFC 7587).
    pub fn name(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::G722 => "G722",
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
        }
    }
}

/// Where a candidate comes from (RFC 8445 section 5.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum CandidateKind {
    /// An address of the machine.
    Host,
    /// Our address as a STUN server sees it.
    Srflx,
    /// An address as a peer sees it.
    Prflx,
    /// A TURN relay's address.
    Relay,
}

/// The path the audio takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CandidatePair {
    /// Our end.
    pub local: CandidateKind,
    /// Their end.
    pub remote: CandidateKind,
}

/// Where the ends of the path are, each an address with its port. They tell where people are: for the user's own eyes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PathAddresses {
    /// Ours as the far end sees it: of a relay where one is used.
    pub local: Personal,
    /// Theirs as we see it.
    pub remote: Personal,
}

/// What is wrong with the audio of a call, told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, Type)]
#[serde(rename_all = "kebab-case")]
pub enum MediaTrouble {
    /// Nothing arrives although it should.
    #[error("no audio packets arrive from the other side")]
    NoPacketsIn,
    /// Nothing leaves although it should.
    #[error("no audio packets leave this phone")]
    NoPacketsOut,
    /// The microphone delivers nothing but zeros.
    #[error("the microphone delivers only silence")]
    MicrophoneSilent,
}

/// Figures of one media session, of the last second and of the whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct MediaStatistics {
    /// Codec we send with.
    pub codec: Option<Codec>,
    /// Packets sent.
    pub packets_sent: u32,
    /// Packets received.
    pub packets_received: u32,
    /// Share of expected packets that never came or came too late, 0 to 1, over the whole session.
    pub loss_in: f64,
    /// The same for what we send, as the far end reports it by RTCP.
    pub loss_out: f64,
    /// Interarrival jitter of what we receive, in ms (RFC 3550 6.4.1).
    pub jitter_ms: f64,
    /// Round trip by RTCP or ICE checks, in ms; `None` until one was measured.
    pub round_trip_ms: Option<f64>,
    /// Delay in the jitter buffer, in ms.
    pub buffer_ms: f64,
    /// Share of the played audio that was made up, 0 to 1.
    pub concealed: f64,
    /// Estimated listening quality, 1 to 4.5 (ITU-T G.107 E-model); 1 while packets that are due do not come, and none as long
    /// as nothing was heard that could have a quality.
    pub mos: Option<f64>,
    /// The path.
    pub pair: Option<CandidatePair>,
    /// Where it leads.
    #[serde(default)]
    pub addresses: Option<PathAddresses>,
    /// What is wrong now.
    pub trouble: Option<MediaTrouble>,
    /// Level of what we hear, dBFS (RMS over 100 ms), -127 for silence.
    pub level_in_dbfs: f64,
    /// Level of what we send.
    pub level_out_dbfs: f64,
}

/// How long the steps of setting up a call took, in ms from the dialling or the arriving INVITE.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct SetupTimes {
    /// Until the INVITE left (outgoing), or the 180 did (incoming).
    pub signalled_ms: Option<f64>,
    /// Until the far end rang.
    pub ringing_ms: Option<f64>,
    /// Until somebody answered.
    pub answered_ms: Option<f64>,
    /// Until ICE and DTLS were up.
    pub media_ms: Option<f64>,
    /// Until the first audio packet arrived.
    pub first_packet_ms: Option<f64>,
}

/// The report of a call that is over.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct CallReport {
    /// Length of the conversation in ms.
    pub talked_ms: u64,
    /// How long the steps took.
    pub setup: SetupTimes,
    /// Last figures of the media session.
    pub media: MediaStatistics,
}
