//! Notices that this computer came to another network, or that it slept.

use std::{
    collections::BTreeSet,
    future::{pending, poll_fn},
    io,
    net::{IpAddr, UdpSocket},
    sync::Arc,
    time::Duration,
};

use if_watch::{IfEvent, IpNet, tokio::IfWatcher};
use model::{Clock, Instant};
use tokio::time::{self, Interval, MissedTickBehavior};
use tracing::{debug, info};

/// Addresses come and go in bursts: one network goes, another comes, each with several of them.
const SETTLED: Duration = Duration::from_millis(100);
/// How often is looked whether the computer slept.
const LOOK: Duration = Duration::from_secs(5);
/// So much and it slept: more than a correction of the wall's clock, or than a machine that is merely busy.
const SLEPT: Duration = Duration::from_secs(10);

/// What is known of this computer's networks.
pub(super) struct Changes {
    clock: Arc<dyn Clock>,
    ask: Ask,
    watcher: Watcher,
    /// The addresses of other networks than loopback, as of the last change; none before the first look.
    known: Option<BTreeSet<IpNet>>,
    /// The rhythm of the looks, which needs a runtime, too.
    rhythm: Option<Interval>,
    /// When was looked last, by both clocks.
    looked: (Instant, i64),
}

enum Watcher {
    /// It needs a runtime around it, which there is at the first question.
    NotYet,
    Watching(Box<IfWatcher>),
    /// The system does not tell, for want of files or memory perhaps: it is asked again.
    Blind,
}

/// What asks the system to tell of its networks.
type Ask = fn() -> io::Result<IfWatcher>;

impl Changes {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let looked = (clock.now(), clock.unix_seconds());
        Self { clock, ask: IfWatcher::new, watcher: Watcher::NotYet, known: None, rhythm: None, looked }
    }

    /// Waits for the next change; who stops waiting may miss one.
    pub(super) async fn next(&mut self) {
        if let Watcher::NotYet = self.watcher {
            self.watch();
            self.looked = (self.clock.now(), self.clock.unix_seconds());
        }
        loop {
            tokio::select! {
                event = self.watcher.event() => match event {
                    Ok(event) => {
                        debug!(?event, "an address");
                        self.settle().await;
                        if self.is_elsewhere() {
                            return;
                        }
                    }
                    Err(error) => self.watcher = blind(&error),
                },
                () = look_is_due(&mut self.rhythm) => {
                    if let Watcher::Blind = self.watcher {
                        self.watch();
                    }
                    if self.has_slept() {
                        info!("this computer slept");
                        return;
                    }
                }
            }
        }
    }

    /// Begins to watch, if the system lets us; that it does not is said once.
    fn watch(&mut self) {
        match (self.ask)() {
            Ok(watcher) => self.watcher = Watcher::Watching(Box::new(watcher)),
            Err(_) if matches!(self.watcher, Watcher::Blind) => {}
            Err(error) => self.watcher = blind(&error),
        }
    }

    async fn settle(&mut self) {
        let quiet = async |watcher: &mut Watcher| time::timeout(SETTLED, watcher.event()).await;
        // A broken watcher is found so at the next question, too.
        while let Ok(Ok(_)) = quiet(&mut self.watcher).await {}
    }

    /// Whether the addresses are others than at the last question; those of the first look are no change.
    fn is_elsewhere(&mut self) -> bool {
        let Watcher::Watching(watcher) = &self.watcher else { return false };
        let now: BTreeSet<IpNet> = watcher.iter().filter(|net| leads_out(net.addr())).copied().collect();
        let before = self.known.replace(now.clone());
        let is_elsewhere = before.is_some_and(|before| before != now);
        if is_elsewhere {
            info!("the addresses of this computer changed");
        }
        is_elsewhere
    }

    /// The clock of the wall goes on while the computer sleeps. Ours stands still then, or goes on too, as on Windows; then the
    /// look comes late.
    fn has_slept(&mut self) -> bool {
        let (now, wall) = (self.clock.now(), self.clock.unix_seconds());
        let (then, wall_then) = std::mem::replace(&mut self.looked, (now, wall));
        let (ours, walls) = (now.since(then), u64::try_from(wall.saturating_sub(wall_then)).unwrap_or(0));
        ours >= LOOK + SLEPT || Duration::from_secs(walls) >= ours + SLEPT
    }
}

impl Watcher {
    async fn event(&mut self) -> io::Result<IfEvent> {
        match self {
            Self::Watching(watcher) => poll_fn(|context| watcher.poll_if_event(context)).await,
            Self::NotYet | Self::Blind => pending().await,
        }
    }
}

/// Keeps its time also when whoever waits stops in between.
async fn look_is_due(rhythm: &mut Option<Interval>) {
    let rhythm = rhythm.get_or_insert_with(|| {
        let mut rhythm = time::interval(LOOK);
        rhythm.set_missed_tick_behavior(MissedTickBehavior::Delay);
        rhythm.reset();
        rhythm
    });
    rhythm.tick().await;
}

fn blind(error: &io::Error) -> Watcher {
    info!(%error, "the system does not tell of its networks");
    Watcher::Blind
}

fn leads_out(address: IpAddr) -> bool {
    let link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !link_local && !address.is_loopback()
}

/// Whether this computer still has an address, by what no system refuses when it has.
pub(super) fn is_ours(address: IpAddr) -> bool {
    !matches!(UdpSocket::bind((address, 0)), Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    /// Tokio's clock, and a calendar that goes on while the computer sleeps.
    struct Sleeper {
        started: time::Instant,
        slept_s: AtomicI64,
    }

    impl Clock for Sleeper {
        fn now(&self) -> Instant {
            Instant::after_start(self.started.elapsed())
        }

        fn unix_seconds(&self) -> i64 {
            1_780_315_200 + self.started.elapsed().as_secs() as i64 + self.slept_s.load(Ordering::Relaxed)
        }
    }

    #[tokio::test(start_paused = true)]
    #[expect(clippy::disallowed_methods, reason = "the test makes its clock")]
    async fn sleep_is_told_and_time_passing_is_not() {
        let clock = Arc::new(Sleeper { started: time::Instant::now(), slept_s: AtomicI64::new(0) });
        let mut changes = Changes::new(clock.clone());
        changes.ask = || Err(io::Error::other("nobody is to be asked"));
        let waited = time::timeout(Duration::from_secs(3_600), changes.next()).await;
        assert!(waited.is_err(), "nothing happened in an hour");
        clock.slept_s.store(600, Ordering::Relaxed);
        let waited = time::timeout(Duration::from_secs(6), changes.next()).await;
        assert!(waited.is_ok(), "it woke up");
    }

    #[tokio::test(start_paused = true)]
    #[expect(clippy::disallowed_methods, reason = "the test makes its clock")]
    async fn sleep_is_told_where_all_clocks_go_on_meanwhile() {
        let clock = Arc::new(Sleeper { started: time::Instant::now(), slept_s: AtomicI64::new(0) });
        let mut changes = Changes::new(clock);
        changes.ask = || Err(io::Error::other("nobody is to be asked"));
        let hour = time::timeout(Duration::from_secs(3_600), changes.next());
        let (waited, ()) = tokio::join!(hour, time::advance(Duration::from_secs(600)));
        assert!(waited.is_ok(), "it woke up");
        let waited = time::timeout(Duration::from_secs(3_600), changes.next()).await;
        assert!(waited.is_err(), "that was told once");
    }

    #[tokio::test(start_paused = true)]
    #[expect(clippy::disallowed_methods, reason = "the test makes its clock")]
    async fn a_system_that_does_not_tell_is_asked_again() {
        static ASKED: AtomicI64 = AtomicI64::new(0);
        let clock = Arc::new(Sleeper { started: time::Instant::now(), slept_s: AtomicI64::new(0) });
        let mut changes = Changes::new(clock);
        changes.ask = || match ASKED.fetch_add(1, Ordering::Relaxed) {
            0..2 => Err(io::Error::other("no files are left")),
            _ => IfWatcher::new(),
        };
        let waited = time::timeout(Duration::from_secs(6), changes.next()).await;
        assert!(waited.is_err() && matches!(changes.watcher, Watcher::Blind));
        let waited = time::timeout(Duration::from_secs(6), changes.next()).await;
        assert!(waited.is_err(), "that it tells now is no change");
        assert!(matches!(changes.watcher, Watcher::Watching(_)) && ASKED.load(Ordering::Relaxed) == 3);
    }

    #[test]
    fn addresses_that_nobody_has_are_not_ours() {
        assert!(is_ours("127.0.0.1".parse().expect("an address")));
        assert!(!is_ours("192.0.2.1".parse().expect("an address")));
    }
}
