//! What went wrong in a call, in words, and what to do about it.

use model::{Cause, EndedBy, Finding, MediaStatistics};

/// Losses that are heard with in-band redundancy.
const MUCH_LOSS: f64 = 0.05;
/// More than the jitter buffer likes to hide.
const MUCH_JITTER_MS: f64 = 60.0;
/// From there on people talk into one another (ITU-T G.114 puts the limit at 400 ms one way; half of it is noticed).
const LONG_ROUND_TRIP_MS: f64 = 400.0;

/// What was seen of a call.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) answered: bool,
    pub(super) connected: bool,
    pub(super) heard: bool,
    pub(super) interrupted: u32,
    pub(super) no_path: bool,
    pub(super) no_packets_in: bool,
    pub(super) no_packets_out: bool,
    pub(super) microphone_silent: bool,
    pub(super) network_changed: bool,
    pub(super) server_lost: bool,
    pub(super) device: bool,
    pub(super) cause: Option<Cause>,
    loss_in: f64,
    loss_out: f64,
    jitter_ms: f64,
    round_trip_ms: f64,
}

impl Seen {
    /// Notes the worst.
    pub(super) fn figures(&mut self, figures: &MediaStatistics) {
        self.loss_in = self.loss_in.max(figures.loss_in);
        self.loss_out = self.loss_out.max(figures.loss_out);
        self.jitter_ms = self.jitter_ms.max(figures.jitter_ms);
        self.round_trip_ms = self.round_trip_ms.max(figures.round_trip_ms.unwrap_or_default());
    }

    /// The worst first.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut tell = |wrong: bool, what: &str, advice: &str| {
            if wrong {
                found.push(Finding { what: what.to_owned(), advice: advice.to_owned() });
            }
        };
        let one_way = self.no_packets_in && self.connected;
        let no_path = self.no_path || (self.answered && !self.connected);
        tell(
            no_path,
            "The call was answered, but no way for its audio was found.",
            "A firewall probably stops UDP. Add a TURN server to the account (best over TLS), or ask who runs the network; \
             'sidetone-cli diagnose' tries each server.",
        );
        tell(
            one_way,
            "Audio left this phone, but none of the other side arrived (one-way audio).",
            "The fault is at the other side or between: the server may send audio to a wrong address, or their microphone \
             is off. A TURN server often helps; ask the other side to check its microphone.",
        );
        tell(
            self.no_packets_out,
            "No audio left this phone.",
            "Check that the microphone is not in use by another program, and that a firewall lets this program send.",
        );
        tell(
            self.microphone_silent,
            "The microphone gave only silence.",
            "Look for a mute switch on the headset, choose another microphone in the settings, or allow this program the microphone.",
        );
        tell(
            self.device,
            "A sound device was missing, or went away.",
            "Plug it in again, or choose another one in the settings.",
        );
        tell(
            self.interrupted > 0 && self.network_changed,
            "The audio was interrupted because this computer changed its network.",
            "The phone found another path by itself. A cable keeps its network better than Wi-Fi.",
        );
        tell(
            self.interrupted > 0 && !self.network_changed,
            "The path of the audio was interrupted.",
            "The network between dropped everything for seconds: check the cable, the Wi-Fi, or the VPN.",
        );
        tell(
            self.server_lost,
            "The connection to the server was lost while the call was there.",
            "The audio goes on without it; what else the call needs waits until it is back. See the account's state for why.",
        );
        let lost_in = format!("{:.0} % of the audio was lost on its way here.", self.loss_in * 100.0);
        let lost_out = format!("{:.0} % of the audio was lost on its way to the other side.", self.loss_out * 100.0);
        let jitter = format!("The audio came very unevenly (jitter {:.0} ms).", self.jitter_ms);
        let crowded = "The network is crowded or weak: prefer a cable to Wi-Fi, stop large uploads and downloads, and ask for \
                       priority of voice (DSCP) where there is a router of your own.";
        tell(self.loss_in >= MUCH_LOSS && !one_way, &lost_in, crowded);
        tell(self.loss_out >= MUCH_LOSS, &lost_out, crowded);
        tell(self.jitter_ms >= MUCH_JITTER_MS, &jitter, crowded);
        let late = format!("A sentence took long to get there and back ({:.0} ms).", self.round_trip_ms);
        let far = "The path is long: a relay far away, a VPN or a satellite. Choose a TURN server that is nearer.";
        tell(self.round_trip_ms >= LONG_ROUND_TRIP_MS, &late, far);
        if let Some((what, advice)) = self.cause.as_ref().and_then(of_cause) {
            tell(!(no_path && matches!(self.cause, Some(Cause::MediaFailed { .. }))), &what, advice);
        }
        found
    }
}

/// What an end says is wrong, where it says so.
fn of_cause(cause: &Cause) -> Option<(String, &'static str)> {
    let advice = match cause {
        Cause::HungUp { by: EndedBy::Failure } => "Something failed at the server or the other side; try again.",
        Cause::NotFound { .. } => "Check the number, and whether it needs a prefix to get out.",
        Cause::NotAcceptable { .. } => "The two sides have no codec or encryption in common: allow more codecs in the settings.",
        Cause::Forbidden { .. } => "Check user name and password of the account, and whether it may call that number.",
        Cause::ServerFailed { .. } => "The server, or one behind it, is in trouble: try again, and tell who runs it the code.",
        Cause::ConnectionLost => "The server was gone for longer than a call can wait: check the network.",
        Cause::MediaFailed { .. } => "A firewall probably stops the audio; a TURN server in the account helps.",
        Cause::AccountNotReady { .. } => "Wait until the account is registered; its state says what keeps it.",
        Cause::Moved { .. } => "Call the new number; this phone does not follow by itself.",
        Cause::NoMicrophone { .. } | Cause::NoDevice { .. } => {
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
    };
    Some((format!("The call ended: {cause}."), advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(seen: &Seen) -> String {
        seen.findings().first().map(|finding| finding.what.clone()).unwrap_or_default()
    }

    #[test]
    fn a_good_call_has_no_findings_and_each_fault_its_own() {
        let good = Seen {
            answered: true,
            connected: true,
            heard: true,
            cause: Some(Cause::HungUp { by: EndedBy::Local }),
            ..Seen::default()
        };
        assert_eq!(good.findings(), []);
        let faults = [
            Seen { no_packets_in: true, ..good.clone() },
            Seen { connected: false, ..good.clone() },
            Seen { microphone_silent: true, ..good.clone() },
            Seen { interrupted: 1, ..good.clone() },
            Seen { interrupted: 1, network_changed: true, ..good.clone() },
            Seen { server_lost: true, ..good.clone() },
            Seen { device: true, ..good.clone() },
            Seen { loss_in: 0.12, ..good.clone() },
            Seen { loss_out: 0.12, ..good.clone() },
            Seen { cause: Some(Cause::NotFound { code: 404 }), ..good.clone() },
        ];
        let mut words: Vec<String> = faults.iter().map(first).collect();
        assert!(words.iter().all(|words| !words.is_empty()), "{words:#?}");
        words.sort();
        words.dedup();
        assert_eq!(words.len(), faults.len());
    }
}
