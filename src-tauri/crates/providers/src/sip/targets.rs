//! Which of an account's servers is tried next (RFC 3263 section 4.3).

use std::{collections::VecDeque, time::Duration};

use model::{Instant, OfflineCause};
use rand::{SeedableRng, rngs::StdRng};

use super::backoff::{Pace, STABLE};
use crate::net::{Located, NamedServer, Place, in_order};

/// For how long a server that failed is asked after all others.
const AVOIDED: Duration = Duration::from_secs(60);
/// What opening a connection may take while there are others to try; a server that answers at all does within a second.
const PATIENCE: Duration = Duration::from_secs(3);

/// The servers of an account, in rounds: each is tried once in a round, and between rounds there is a wait.
///
/// A server whose URL is written is the only one, as long as it serves: one that is out of service is left for the other
/// addresses of its host, which are servers of their own for a while (RFC 3263 section 4.3). A domain may name several; those that
/// failed lately come last, and one that told us to stay away is left alone until then. What a domain names is believed as long as
/// it says.
#[derive(Debug)]
pub(crate) struct Targets {
    /// The domain that names them; nobody is asked when there is none.
    domain: Option<String>,
    random: StdRng,
    named: Vec<NamedServer>,
    named_until: Option<Instant>,
    /// Those of this round that were not tried yet.
    left: VecDeque<Target>,
    /// The one that is tried or in use.
    current: Target,
    /// Its own addresses, once it is open: the one in use, and those that were not tried.
    addresses: Vec<Place>,
    serving_since: Option<Instant>,
    failed: Vec<Failed>,
    /// What came of this round so far.
    verdict: Option<(OfflineCause, Pace)>,
}

/// Where the URL's server is; where the URL says when there is no place.
type Target = Option<Place>;

#[derive(Debug)]
struct Failed {
    target: Target,
    until: Instant,
    /// Whether it has said so itself.
    stay_away: bool,
    cause: OfflineCause,
}

/// What a round begins with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Begin {
    /// Asking the domain for its servers; `located` tells what it says.
    Locate(String),
    /// The first server; `next` tells which.
    Open,
}

/// What follows when a server has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// The next server of this round.
    Next,
    /// A new round at once: the one that failed has served well until now.
    Anew,
    /// A wait, and then a new round.
    Wait,
}

impl Targets {
    pub(crate) fn new(domain: Option<String>, seed: [u8; 32]) -> Self {
        Self {
            domain,
            random: StdRng::from_seed(seed),
            named: Vec::new(),
            named_until: None,
            left: VecDeque::new(),
            current: None,
            addresses: Vec::new(),
            serving_since: None,
            failed: Vec::new(),
            verdict: None,
        }
    }

    /// Begins a round.
    pub(crate) fn begin(&mut self, now: Instant) -> Begin {
        self.verdict = None;
        self.current = None;
        self.addresses.clear();
        self.serving_since = None;
        if self.domain.is_none() && self.named_until.is_none_or(|until| until <= now) {
            self.named.clear();
        }
        match &self.domain {
            Some(domain) if self.is_outdated(now) => Begin::Locate(domain.clone()),
            Some(_) | None => {
                self.line_up(now);
                Begin::Open
            }
        }
    }

    /// What the domain says, for the round that begins.
    pub(crate) fn located(&mut self, now: Instant, located: Located) {
        self.named_until = Some(now + located.valid_for);
        self.named = located.servers;
        self.line_up(now);
    }

    /// It is another network, where the domain may name others, and others be reached.
    pub(crate) fn forget(&mut self) {
        self.named_until = None;
        self.failed.retain(|failed| failed.stay_away);
    }

    fn line_up(&mut self, now: Instant) {
        self.failed.retain(|failed| failed.until > now);
        let mut targets: Vec<Target> = match self.named.as_slice() {
            [] => vec![None],
            named => in_order(named, &mut self.random).into_iter().map(Some).collect(),
        };
        targets.retain(|target| !self.failed.iter().any(|failed| failed.stay_away && failed.target == *target));
        targets.sort_by_key(|target| self.failed.iter().any(|failed| failed.target == *target));
        self.left = targets.into();
    }

    /// The next server of this round: where it is, and how long it may take.
    pub(crate) fn next(&mut self) -> Option<(Option<Place>, Option<Duration>)> {
        self.current = self.left.pop_front()?;
        self.addresses.clear();
        Some((self.current.clone(), (!self.left.is_empty()).then_some(PATIENCE)))
    }

    /// The one that is tried is open, and its host has these addresses: the one in use, and those that were not tried.
    pub(crate) fn opened(&mut self, addresses: Vec<Place>) {
        self.addresses = addresses;
    }

    /// Whether this round has others.
    pub(crate) fn has_more(&self) -> bool {
        !self.left.is_empty() || self.addresses.len() > 1
    }

    /// Whether there are others than the one in use, now or later.
    pub(crate) fn are_several(&self) -> bool {
        self.named.len() > 1 || self.addresses.len() > 1
    }

    /// The one in use serves us, from now on or still: the round is over well.
    pub(crate) fn serves(&mut self, now: Instant) {
        self.verdict = None;
        self.serving_since.get_or_insert(now);
        let current = &self.current;
        self.failed.retain(|failed| failed.target != *current);
    }

    /// The one in use failed, and is avoided for a while; for so long, where it said so itself.
    pub(crate) fn fails(&mut self, now: Instant, cause: OfflineCause, pace: Pace, stay_away: Option<Duration>) -> After {
        self.turn_to_addresses(now, &cause, stay_away);
        let served_well = self.serving_since.take().is_some_and(|since| now.since(since) >= STABLE);
        // Cables and servers that are started anew come back.
        let comes_back = served_well && matches!(cause, OfflineCause::ConnectionLost { .. });
        if !comes_back {
            let current = &self.current;
            self.failed.retain(|failed| failed.target != *current);
            self.failed.push(Failed {
                target: current.clone(),
                until: now + stay_away.unwrap_or(AVOIDED),
                stay_away: stay_away.is_some(),
                cause: cause.clone(),
            });
        }
        match &mut self.verdict {
            // The first one's words are told, for it is the one that should serve us; any hope is a reason to be quick.
            Some((_, slow)) if pace == Pace::Quick => *slow = Pace::Quick,
            Some(_) => {}
            None => self.verdict = Some((cause, pace)),
        }
        if served_well || self.is_outdated(now) {
            // What is left is of a round long ago.
            self.left.clear();
        }
        match (served_well, self.left.is_empty()) {
            (_, false) => After::Next,
            (true, true) if !comes_back && (self.domain.is_some() || self.named.len() > 1) => After::Anew,
            (_, true) => After::Wait,
        }
    }

    /// Has the other addresses of the one in use tried next, where it is there and does not serve. Those of a URL are remembered
    /// for as long as one of them is avoided; then the URL is taken at its word again.
    fn turn_to_addresses(&mut self, now: Instant, cause: &OfflineCause, stay_away: Option<Duration>) {
        let addresses = std::mem::take(&mut self.addresses);
        if !matches!(cause, OfflineCause::Refused { .. } | OfflineCause::NoAnswer) {
            return;
        }
        if let [first, others @ ..] = &addresses[..]
            && !others.is_empty()
        {
            if self.named.is_empty() {
                let named = addresses.iter().zip(1..);
                self.named = named.map(|(place, priority)| NamedServer { priority, weight: 0, place: place.clone() }).collect();
                self.current = Some(first.clone());
            }
            others.iter().rev().for_each(|place| self.left.push_front(Some(place.clone())));
        }
        if self.domain.is_none() && !self.named.is_empty() {
            let until = now + stay_away.unwrap_or(AVOIDED).max(AVOIDED);
            self.named_until = self.named_until.max(Some(until));
        }
    }

    /// Whether the domain is to be asked again.
    fn is_outdated(&self, now: Instant) -> bool {
        self.domain.is_some() && self.named_until.is_none_or(|until| until <= now)
    }

    /// What came of the round, now that all have failed.
    pub(crate) fn verdict(&mut self) -> Option<(OfflineCause, Pace)> {
        self.verdict.take()
    }

    /// When the first server may be asked again, and why not before, where all of them have sent us away.
    pub(crate) fn sent_away(&self) -> Option<(Instant, OfflineCause)> {
        let away = |server: &NamedServer| {
            self.failed.iter().find(|failed| failed.stay_away && failed.target.as_ref() == Some(&server.place))
        };
        let away: Vec<&Failed> = self.named.iter().map(away).collect::<Option<_>>()?;
        let first = away.into_iter().min_by_key(|failed| failed.until)?;
        Some((first.until, first.cause.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(s: u64) -> Instant {
        Instant::START + Duration::from_secs(s)
    }

    fn place(host: &str) -> Place {
        Place { host: host.into(), port: 443 }
    }

    fn server(host: &str, priority: u16, weight: u16) -> NamedServer {
        NamedServer { priority, weight, place: place(host) }
    }

    /// Those of a domain that names these, for a minute.
    fn targets(servers: &[NamedServer], seed: u8) -> Targets {
        let mut targets = Targets::new(Some("example.com".into()), [seed; 32]);
        assert_eq!(targets.begin(at(0)), Begin::Locate("example.com".into()));
        targets.located(at(0), Located { servers: servers.to_vec(), valid_for: MINUTE });
        targets
    }

    fn lost() -> OfflineCause {
        OfflineCause::ConnectionLost { detail: "it was closed".into() }
    }

    /// The rest of a round, each failing as it is tried.
    fn round(targets: &mut Targets, now: Instant) -> Vec<String> {
        let mut tried = Vec::new();
        while let Some((target, _)) = targets.next() {
            tried.push(target.map_or_else(|| "url".into(), |place| place.host));
            targets.fails(now, OfflineCause::NoAnswer, Pace::Quick, None);
        }
        tried
    }

    #[test]
    fn lower_priorities_come_first_and_weights_are_shares() {
        let servers = [server("b", 20, 0), server("heavy", 10, 90), server("light", 10, 10), server("none", 10, 0)];
        let mut first = std::collections::BTreeMap::new();
        for seed in 0..200 {
            let tried = round(&mut targets(&servers, seed), at(0));
            assert_eq!((tried.len(), tried[3].as_str()), (4, "b"));
            *first.entry(tried[0].clone()).or_insert(0) += 1;
        }
        assert!(first["heavy"] > 150 && (5..45).contains(&first["light"]), "{first:?}");
    }

    #[test]
    fn who_failed_comes_last_for_a_minute_and_the_domain_is_believed_as_long_as_it_says() {
        let servers = [server("a", 1, 0), server("b", 2, 0), server("c", 3, 0)];
        let mut targets = targets(&servers, 1);
        assert_eq!(targets.next(), Some((Some(place("a")), Some(PATIENCE))));
        assert_eq!(targets.fails(at(0), OfflineCause::NoAnswer, Pace::Quick, None), After::Next);
        assert_eq!(targets.next(), Some((Some(place("b")), Some(PATIENCE))));
        targets.serves(at(0));
        assert_eq!(targets.begin(at(59)), Begin::Open, "what it says lasts a minute");
        assert_eq!(round(&mut targets, at(59)), ["b", "c", "a"]);
        assert_eq!(targets.begin(at(60)), Begin::Locate("example.com".into()));
        targets.located(at(130), Located { servers: servers.to_vec(), valid_for: MINUTE });
        assert_eq!(round(&mut targets, at(130)), ["a", "b", "c"]);
    }

    #[test]
    fn who_sends_us_away_is_left_alone_until_then() {
        let mut targets = targets(&[server("a", 1, 0), server("b", 2, 0)], 1);
        for stay_away in [300, 120] {
            assert!(targets.next().is_some());
            targets.fails(at(0), OfflineCause::NoAnswer, Pace::Quick, Some(Duration::from_secs(stay_away)));
        }
        assert_eq!(targets.sent_away(), Some((at(120), OfflineCause::NoAnswer)));
        assert_eq!(targets.begin(at(30)), Begin::Open);
        assert_eq!(targets.next(), None);
        targets.forget();
        assert_eq!(targets.begin(at(120)), Begin::Locate("example.com".into()));
        targets.located(at(120), Located { servers: vec![server("a", 1, 0), server("b", 2, 0)], valid_for: MINUTE });
        assert_eq!(round(&mut targets, at(120)), ["b"]);
        assert_eq!(targets.sent_away(), None);
    }

    #[test]
    fn a_round_tells_the_first_cause_and_is_slow_only_when_all_of_it_must_be_repaired() {
        let tls = || OfflineCause::Tls { fault: model::TlsFault::Revoked };
        for (second, pace) in [(Pace::Slow, Pace::Slow), (Pace::Quick, Pace::Quick)] {
            let mut targets = targets(&[server("a", 1, 0), server("b", 2, 0)], 1);
            assert!(targets.next().is_some() && targets.fails(at(0), tls(), Pace::Slow, None) == After::Next);
            assert!(targets.next().is_some() && targets.fails(at(0), OfflineCause::NoAnswer, second, None) == After::Wait);
            assert_eq!(targets.verdict(), Some((tls(), pace)));
        }
    }

    #[test]
    fn a_url_is_its_own_only_server_and_takes_what_time_it_needs() {
        let mut written = Targets::new(None, [1; 32]);
        for s in 0..3 {
            assert_eq!(written.begin(at(s)), Begin::Open);
            assert_eq!(written.next(), Some((None, None)));
            assert_eq!(written.fails(at(s), OfflineCause::NoAnswer, Pace::Quick, None), After::Wait);
        }
        assert!(!written.are_several());
        // So is a domain that names none.
        assert_eq!(round(&mut targets(&[], 1), at(0)), ["url"]);
    }

    #[test]
    fn a_url_whose_server_is_out_of_service_is_tried_at_the_other_addresses_of_its_host_and_taken_at_its_word_later() {
        let busy = || OfflineCause::Refused { code: 503, text: String::new() };
        let addresses = || ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map(place).to_vec();
        let mut written = Targets::new(None, [1; 32]);
        assert_eq!((written.begin(at(0)), written.next()), (Begin::Open, Some((None, None))));
        written.opened(addresses());
        assert!(written.are_several() && written.has_more());
        assert_eq!(written.fails(at(0), busy(), Pace::Quick, Some(2 * MINUTE)), After::Next);
        assert_eq!(written.next(), Some((Some(place("10.0.0.2")), Some(PATIENCE))));
        written.opened(vec![place("10.0.0.2")]);
        written.serves(at(0));
        // It fails in turn, after having served for long.
        assert_eq!(written.fails(at(30), OfflineCause::NoAnswer, Pace::Quick, None), After::Anew);
        assert_eq!(written.begin(at(30)), Begin::Open);
        assert_eq!(written.next(), Some((Some(place("10.0.0.3")), Some(PATIENCE))), "the first one is to be left alone");
        assert_eq!(written.fails(at(30), lost(), Pace::Quick, None), After::Next);
        assert_eq!(written.next(), Some((Some(place("10.0.0.2")), None)));
        assert_eq!(written.fails(at(30), lost(), Pace::Quick, None), After::Wait);
        assert_eq!(written.begin(at(120)), Begin::Open);
        assert_eq!(round(&mut written, at(120)), ["url"], "by then its addresses may be others");

        let mut unreached = Targets::new(None, [1; 32]);
        assert_eq!((unreached.begin(at(0)), unreached.next()), (Begin::Open, Some((None, None))));
        unreached.opened(addresses());
        assert_eq!(unreached.fails(at(0), lost(), Pace::Quick, None), After::Wait, "the driver has tried them all");
        let mut named = targets(&[server("a", 1, 0), server("b", 2, 0)], 1);
        assert!(named.next().is_some());
        named.opened(addresses());
        assert_eq!(named.fails(at(0), busy(), Pace::Quick, None), After::Next);
        assert_eq!(round(&mut named, at(0)), ["10.0.0.2", "10.0.0.3", "b"], "before the next name");
    }

    #[test]
    fn a_connection_that_held_is_forgiven_its_end_and_a_silent_server_is_not() {
        for (cause, served_s, after) in
            [(lost(), 10, After::Wait), (lost(), 9, After::Next), (OfflineCause::NoAnswer, 30, After::Anew)]
        {
            let mut targets = targets(&[server("a", 1, 0), server("b", 2, 0)], 1);
            assert!(targets.next().is_some());
            targets.serves(at(1));
            assert_eq!(targets.fails(at(1 + served_s), cause, Pace::Quick, None), after);
            assert_eq!(targets.begin(at(2 + served_s)), Begin::Open);
            let forgiven = after == After::Wait;
            assert_eq!(round(&mut targets, at(2 + served_s)), if forgiven { ["a", "b"] } else { ["b", "a"] });
        }
        let mut long_ago = targets(&[server("a", 1, 0), server("b", 2, 0)], 1);
        assert!(long_ago.next().is_some());
        long_ago.serves(at(1));
        assert_eq!(long_ago.fails(at(3600), OfflineCause::NoAnswer, Pace::Quick, None), After::Anew);
        assert_eq!(long_ago.begin(at(3600)), Begin::Locate("example.com".into()), "what it said is over");
    }

    #[test]
    fn servers_of_a_domain_that_is_valid_for_no_time_are_not_stormed() {
        let mut targets = Targets::new(Some("example.com".into()), [1; 32]);
        for _ in 0..3 {
            assert!(matches!(targets.begin(at(0)), Begin::Locate(_)));
            targets.located(at(0), Located { servers: vec![server("a", 1, 0), server("b", 2, 0)], valid_for: Duration::ZERO });
            assert!(targets.next().is_some());
            targets.serves(at(0));
            assert_eq!(targets.fails(at(0), OfflineCause::NoAnswer, Pace::Quick, None), After::Wait);
        }
    }
}
