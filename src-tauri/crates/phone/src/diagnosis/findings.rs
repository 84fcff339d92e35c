//! What went wrong in a call.

use model::{Cause, Finding, MediaStatistics, MediaTrouble, StoryFact};

/// Losses that are heard with in-band redundancy.
const MUCH_LOSS: f64 = 0.05;
/// More than the jitter buffer likes to hide.
const MUCH_JITTER_MS: f64 = 60.0;
/// From there on people talk into one another (ITU-T G.114 puts the limit at 400 ms one way; half of it is noticed).
const LONG_ROUND_TRIP_MS: f64 = 400.0;

/// What was seen of a call.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    answered: bool,
    connected: bool,
    interrupted: bool,
    no_path: bool,
    one_way: bool,
    nothing_sent: bool,
    microphone_silent: bool,
    network_changed: bool,
    server_lost: bool,
    device: bool,
    /// Server and error of the first relay that refused.
    relay_refused: Option<(String, u16)>,
    cause: Option<Cause>,
    loss_in: f64,
    loss_out: f64,
    jitter_ms: f64,
    round_trip_ms: f64,
}

impl Seen {
    /// Notes what happened.
    pub(super) fn fact(&mut self, fact: &StoryFact) {
        match fact {
            StoryFact::Answered => self.answered = true,
            StoryFact::Connected { .. } => self.connected = true,
            StoryFact::PathLost => self.interrupted = true,
            StoryFact::NoPath { .. } => self.no_path = true,
            StoryFact::RelayRefused { server, error } => {
                self.relay_refused.get_or_insert_with(|| (server.clone(), *error));
            }
            StoryFact::Trouble { trouble } => match trouble {
                MediaTrouble::NoPacketsIn => self.one_way = true,
                MediaTrouble::NoPacketsOut => self.nothing_sent = true,
                MediaTrouble::MicrophoneSilent => self.microphone_silent = true,
            },
            StoryFact::NetworkChanged => self.network_changed = true,
            StoryFact::Offline { .. } => self.server_lost = true,
            StoryFact::DeviceTrouble { .. } | StoryFact::NoMicrophone => self.device = true,
            StoryFact::Ended { cause } => self.cause = Some(cause.clone()),
            StoryFact::Message { .. }
            | StoryFact::Registered
            | StoryFact::FirstAudio
            | StoryFact::DescriptionRefused { .. }
            | StoryFact::MediaDied
            | StoryFact::TroubleOver
            | StoryFact::PoorAudio(_)
            | StoryFact::GoodAudio(_)
            | StoryFact::Dialled
            | StoryFact::RingsHere
            | StoryFact::RingsThere
            | StoryFact::EarlyMedia
            | StoryFact::Held { .. }
            | StoryFact::Transfer
            | StoryFact::Recording { .. }
            | StoryFact::Failed { .. } => {}
        }
    }

    /// Notes the worst.
    pub(super) fn figures(&mut self, figures: &MediaStatistics) {
        self.loss_in = self.loss_in.max(figures.loss_in);
        self.loss_out = self.loss_out.max(figures.loss_out);
        self.jitter_ms = self.jitter_ms.max(figures.jitter_ms);
        self.round_trip_ms = self.round_trip_ms.max(figures.round_trip_ms.unwrap_or_default());
    }

    /// The worst first.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let one_way = self.one_way && self.connected;
        let no_path = self.no_path || (self.answered && !self.connected);
        let relay = self.relay_refused.clone().map(|(server, error)| Finding::RelayRefused { server, error });
        // That there is no path says more than that the call ended for it.
        let is_told = no_path && matches!(self.cause, Some(Cause::MediaFailed { .. }));
        let end = self.cause.as_ref().filter(|_| !is_told).and_then(Finding::of_end);
        // Where nothing but relays may be used, their refusal is why there is no path.
        let (why_no_path, relay) = if no_path { (relay, None) } else { (None, relay) };
        [
            why_no_path,
            no_path.then_some(Finding::NoPath),
            relay,
            one_way.then_some(Finding::OneWay),
            self.nothing_sent.then_some(Finding::NothingSent),
            self.microphone_silent.then_some(Finding::MicrophoneSilent),
            self.device.then_some(Finding::DeviceMissing),
            (self.interrupted && self.network_changed).then_some(Finding::NetworkChanged),
            (self.interrupted && !self.network_changed).then_some(Finding::Interrupted),
            self.server_lost.then_some(Finding::ServerLost),
            (self.loss_in >= MUCH_LOSS && !one_way).then(|| Finding::LossIn { percent: whole(self.loss_in * 100.0) }),
            (self.loss_out >= MUCH_LOSS).then(|| Finding::LossOut { percent: whole(self.loss_out * 100.0) }),
            (self.jitter_ms >= MUCH_JITTER_MS).then(|| Finding::Jitter { ms: whole(self.jitter_ms) }),
            (self.round_trip_ms >= LONG_ROUND_TRIP_MS).then(|| Finding::Delay { ms: whole(self.round_trip_ms) }),
            end,
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Figures are below a minute, or shown as one.
fn whole(figure: f64) -> u32 {
    figure.round().clamp(0.0, 60_000.0) as u32
}

#[cfg(test)]
mod tests {
    use model::EndedBy;

    use super::*;

    #[test]
    fn a_good_call_has_no_findings_and_each_fault_its_own() {
        let good = Seen { answered: true, connected: true, cause: Some(Cause::HungUp { by: EndedBy::Local }), ..Seen::default() };
        assert_eq!(good.findings(), []);
        let faults = [
            Seen { one_way: true, ..good.clone() },
            Seen { connected: false, ..good.clone() },
            Seen { relay_refused: Some(("192.0.2.1:3478".into(), 401)), ..good.clone() },
            Seen { nothing_sent: true, ..good.clone() },
            Seen { microphone_silent: true, ..good.clone() },
            Seen { interrupted: true, ..good.clone() },
            Seen { interrupted: true, network_changed: true, ..good.clone() },
            Seen { server_lost: true, ..good.clone() },
            Seen { device: true, ..good.clone() },
            Seen { loss_in: 0.12, ..good.clone() },
            Seen { loss_out: 0.12, ..good.clone() },
            Seen { jitter_ms: 80.0, ..good.clone() },
            Seen { round_trip_ms: 900.0, ..good.clone() },
            Seen { cause: Some(Cause::NotFound { code: 404 }), ..good.clone() },
        ];
        let mut words: Vec<String> = Vec::new();
        for fault in &faults {
            let findings = fault.findings();
            assert_eq!(findings.len(), 1, "{findings:?}");
            assert!(!findings[0].advice().is_empty(), "{findings:?}");
            words.push(findings[0].words());
        }
        words.sort();
        words.dedup();
        assert_eq!(words.len(), faults.len());
    }

    #[test]
    fn a_relay_that_refuses_is_why_there_is_no_path_and_otherwise_a_lesser_matter() {
        let refused = Some(("192.0.2.1:3478".to_owned(), 401));
        let cause = Some(Cause::MediaFailed { fault: model::MediaFault::PathGone });
        let nowhere = Seen { no_path: true, relay_refused: refused.clone(), cause, ..Seen::default() };
        assert!(matches!(nowhere.findings()[..], [Finding::RelayRefused { .. }, Finding::NoPath]), "{:?}", nowhere.findings());
        let elsewhere = Seen { answered: true, connected: true, one_way: true, relay_refused: refused, ..Seen::default() };
        assert!(matches!(elsewhere.findings()[..], [Finding::RelayRefused { .. }, Finding::OneWay]));
    }
}
