//! What happened and what to do, in English: for terminals and support bundles. The page has its own words for each code.

use std::fmt;

use super::{Finding, Quality, StoryFact};
use crate::{CandidateKind, CandidatePair, Cause, EndedBy};

const CROWDED: &str = "The network is crowded or weak: prefer a cable to Wi-Fi, stop large uploads and downloads, and ask for \
                       priority of voice (DSCP) where there is a router of your own.";

impl fmt::Display for StoryFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message { sent: true, title } => write!(f, "-> {title}"),
            Self::Message { sent: false, title } => write!(f, "<- {title}"),
            Self::NetworkChanged => f.write_str("the computer is in another network, or woke up"),
            Self::DeviceTrouble { stand_in } => write!(f, "trouble with a sound device ({stand_in})"),
            Self::NoMicrophone => f.write_str("there is no microphone"),
            Self::Offline { cause } => write!(f, "the account is offline: {cause}"),
            Self::Registered => f.write_str("the account is registered"),
            Self::Connected { pair } => write!(f, "audio is connected{}", path(*pair)),
            Self::FirstAudio => f.write_str("the first audio arrived"),
            Self::PathLost => f.write_str("the path of the audio is lost"),
            Self::NoPath { fault } => write!(f, "no path for the audio: {fault}"),
            Self::RelayRefused { server, error } => {
                write!(f, "the TURN server {server} refused the user name or password ({error})")
            }
            Self::DescriptionRefused { status } => write!(f, "their description cannot be used ({status})"),
            Self::MediaDied => f.write_str("the part of the phone that carries the audio broke down"),
            Self::Trouble { trouble } => write!(f, "{trouble}"),
            Self::TroubleOver => f.write_str("the audio is well again"),
            Self::PoorAudio(quality) => write!(f, "the audio is poor: {quality}"),
            Self::GoodAudio(quality) => write!(f, "the audio is good again: {quality}"),
            Self::Dialled => f.write_str("dialled"),
            Self::RingsHere => f.write_str("it rings here"),
            Self::RingsThere => f.write_str("it rings there"),
            Self::EarlyMedia => f.write_str("the far end is heard before it answers"),
            Self::Answered => f.write_str("answered"),
            Self::Held { local, remote } => f.write_str(match (local, remote) {
                (true, true) => "held by both",
                (true, false) => "held by us",
                (false, true) => "held by the far end",
                (false, false) => "nobody holds it",
            }),
            Self::Transfer => f.write_str("a transfer is getting on"),
            Self::Recording { on: true } => f.write_str("it is recorded"),
            Self::Recording { on: false } => f.write_str("the recording ended"),
            Self::Failed { trouble } => write!(f, "{trouble}"),
            Self::Ended { cause } => write!(f, "ended: {cause}"),
        }
    }
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lost_in, lost_out) = (self.loss_in * 100.0, self.loss_out * 100.0);
        write!(
            f,
            "MOS {:.1}, {lost_in:.0} % lost to here, {lost_out:.0} % lost to there, jitter {:.0} ms",
            self.mos, self.jitter_ms
        )
    }
}

impl Finding {
    /// What went wrong.
    pub fn words(&self) -> String {
        match self {
            Self::NoPath => "The call was answered, but no way for its audio was found.".into(),
            Self::RelayRefused { server, error } => {
                format!("The TURN server {server} refused the user name or password ({error}).")
            }
            Self::OneWay => "Audio left this phone, but none of the other side arrived (one-way audio).".into(),
            Self::NothingSent => "No audio left this phone.".into(),
            Self::MicrophoneSilent => "The microphone gave only silence.".into(),
            Self::DeviceMissing => "A sound device was missing, or went away.".into(),
            Self::NetworkChanged => "The audio was interrupted because this computer changed its network.".into(),
            Self::Interrupted => "The path of the audio was interrupted.".into(),
            Self::ServerLost => "The connection to the server was lost while the call was there.".into(),
            Self::LossIn { percent } => format!("{percent} % of the audio was lost on its way here."),
            Self::LossOut { percent } => format!("{percent} % of the audio was lost on its way to the other side."),
            Self::Jitter { ms } => format!("The audio came very unevenly (jitter {ms} ms)."),
            Self::Delay { ms } => format!("A sentence took long to get there and back ({ms} ms)."),
            Self::Ended { cause } => format!("The call ended: {cause}."),
        }
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NoPath => {
                "A firewall probably stops UDP. Add a TURN server to the account (best over TLS), or ask who runs the network; \
                 the connectivity check tries each server."
            }
            Self::RelayRefused { .. } => {
                "Enter the server's user name and password again in the settings of the network; who runs the server knows them. \
                 Without it, calls through firewalls may have no audio."
            }
            Self::OneWay => {
                "The fault is at the other side or between: the server may send audio to a wrong address, or their microphone \
                 is off. A TURN server often helps; ask the other side to check its microphone."
            }
            Self::NothingSent => {
                "Check that the microphone is not in use by another program, and that a firewall lets this program send."
            }
            Self::MicrophoneSilent => {
                "Look for a mute switch on the headset, choose another microphone in the settings, or allow this program the \
                 microphone."
            }
            Self::DeviceMissing => "Plug it in again, or choose another one in the settings.",
            Self::NetworkChanged => "The phone found another path by itself. A cable keeps its network better than Wi-Fi.",
            Self::Interrupted => "The network between dropped everything for seconds: check the cable, the Wi-Fi, or the VPN.",
            Self::ServerLost => {
                "The audio goes on without it; what else the call needs waits until it is back. See the account's state for why."
            }
            Self::LossIn { .. } | Self::LossOut { .. } | Self::Jitter { .. } => CROWDED,
            Self::Delay { .. } => {
                "The path is long: a relay far away, a VPN or a satellite. Choose a TURN server that is nearer."
            }
            Self::Ended { cause } => after(cause).unwrap_or_default(),
        }
    }

    /// The end of a call, where it says that something is wrong.
    pub fn of_end(cause: &Cause) -> Option<Self> {
        after(cause).map(|_| Self::Ended { cause: cause.clone() })
    }
}

/// What to do after such an end; none where nothing is wrong.
fn after(cause: &Cause) -> Option<&'static str> {
    Some(match cause {
        Cause::HungUp { by: EndedBy::Failure } => "Something failed at the server or the other side; try again.",
        Cause::NotFound { .. } => "Check the number, and whether it needs a prefix to get out.",
        Cause::NotAcceptable { .. } => "The two sides have no codec or encryption in common: allow more codecs in the settings.",
        Cause::Forbidden { .. } => "Check user name and password of the account, and whether it may call that number.",
        Cause::ServerFailed { .. } | Cause::LineFailed { .. } => {
            "The server, or one behind it, is in trouble: try again, and tell who runs it the code."
        }
        Cause::ConnectionLost => "The server was gone for longer than a call can wait: check the network.",
        Cause::MediaFailed { .. } => "A firewall probably stops the audio; a TURN server in the account helps.",
        Cause::AccountNotReady { .. } => "Wait until the account is registered; its state says what keeps it.",
        Cause::Moved { .. } => "Call the new number; this phone does not follow by itself.",
        Cause::NotCallable { .. } => "Check what was dialled: the sentence says what the account can call.",
        Cause::TooManyCalls { .. } => "End another call first, or let the account carry more in its settings.",
        Cause::ServiceSilent => "Check the name of the service, and whether it runs.",
        Cause::NotSupported | Cause::NoMicrophone { .. } | Cause::NoDevice { .. } => {
            "Connect a microphone and a speaker, and choose them in the settings."
        }
        Cause::Internal { .. } => "A fault of this phone: send the support bundle to who looks after it.",
        Cause::HungUp { .. }
        | Cause::Transferred
        | Cause::Cancelled
        | Cause::Missed
        | Cause::AnsweredElsewhere
        | Cause::Declined
        | Cause::Diverted
        | Cause::Busy { .. }
        | Cause::Rejected { .. }
        | Cause::NoAnswer { .. } => return None,
    })
}

/// ` (host to relay)`.
fn path(pair: Option<CandidatePair>) -> String {
    let name = |kind| match kind {
        CandidateKind::Host => "host",
        CandidateKind::Srflx => "srflx",
        CandidateKind::Prflx => "prflx",
        CandidateKind::Relay => "relay",
    };
    pair.map_or_else(String::new, |pair| format!(" ({} to {})", name(pair.local), name(pair.remote)))
}
