//! One open connection over a cable: what is said on it arrives when, and if, the weather lets it.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;
use model::{Clock, Instant, OfflineCause};
use providers::net::Outgoing;
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};
use tracing::info_span;

use super::{Cable, State};
use crate::{time::VirtualClock, xuc::Way};

/// Messages that may wait in either direction.
const WAITING: usize = 256;

/// A probe is given up after this long, as on the real network.
const PROBE: Duration = Duration::from_secs(3);

/// A connection over which nothing comes through is noticed by its keep-alive after this long: three intervals of 25 s.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// What goes over a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carried {
    Sip,
    /// The XUC reads along.
    SipThroughXuc,
    /// CTI.
    Other,
}

/// Opens a connection between a server's queues and the phone's, which are given back.
pub(super) fn lay(
    cable: Cable,
    carried: Carried,
    to_server: mpsc::Sender<Bytes>,
    from_server: mpsc::Receiver<Bytes>,
) -> (mpsc::Sender<Outgoing>, mpsc::Receiver<Result<Bytes, OfflineCause>>) {
    let (outgoing, from_phone) = mpsc::channel(WAITING);
    let (to_phone, incoming) = mpsc::channel(WAITING);
    let cuts = {
        let mut state = cable.state();
        state.open += 1;
        state.cuts_of(carried)
    };
    let (upwards, downwards) = (Flow::default(), Flow::default());
    let wire = Wire { cable, cuts, to_server, to_phone, carried, upwards, downwards };
    phone::spawn("cable", info_span!("cable"), wire.carry(from_phone, from_server));
    (outgoing, incoming)
}

impl State {
    /// How often connections of a kind were cut: all of them, and those of SIP.
    fn cuts_of(&self, carried: Carried) -> (u32, u32) {
        match carried {
            Carried::Sip | Carried::SipThroughXuc => (self.cuts, self.sip_cuts),
            Carried::Other => (self.cuts, 0),
        }
    }
}

/// One open connection.
struct Wire {
    cable: Cable,
    /// Those there had been of its kind when it was opened.
    cuts: (u32, u32),
    to_server: mpsc::Sender<Bytes>,
    to_phone: mpsc::Sender<Result<Bytes, OfflineCause>>,
    carried: Carried,
    upwards: Flow,
    downwards: Flow,
}

/// Messages under way, oldest first.
#[derive(Default)]
struct Flow(VecDeque<(Instant, Bytes)>);

impl Drop for Wire {
    fn drop(&mut self) {
        self.cable.state().open -= 1;
    }
}

impl Wire {
    async fn carry(mut self, mut from_phone: mpsc::Receiver<Outgoing>, mut from_server: mpsc::Receiver<Bytes>) {
        let mut probed: Option<Instant> = None;
        loop {
            // Registered before the state is looked at, so that no change is missed.
            let shared = Arc::clone(&self.cable.0);
            let mut changed = std::pin::pin!(shared.changed.notified());
            changed.as_mut().enable();
            let now = shared.clock.now();
            let (is_cut, frozen_since) = {
                let state = self.cable.state();
                (state.cuts_of(self.carried) != self.cuts, state.frozen_since)
            };
            if is_cut {
                return self.lose("it was cut").await;
            }
            let dead_at = frozen_since.map(|since| {
                let by_probe = probed.map_or(since + KEEP_ALIVE, |probed| probed.max(since) + PROBE);
                by_probe.min(since + KEEP_ALIVE)
            });
            if dead_at.is_some_and(|at| at <= now) {
                return self.lose("the server does not answer any more").await;
            }
            if frozen_since.is_none() {
                probed = None;
                if !self.deliver(now).await {
                    return;
                }
            }
            let next = match frozen_since {
                Some(_) => dead_at,
                None => [self.upwards.due(), self.downwards.due()].into_iter().flatten().min(),
            };
            tokio::select! {
                biased;
                () = changed => {}
                message = from_phone.recv() => match message {
                    Some(Outgoing::Message(message)) => self.sent(message, Way::Up),
                    Some(Outgoing::Probe) => probed = Some(now),
                    None => return self.hang_up().await,
                },
                message = from_server.recv() => match message {
                    Some(message) => self.sent(message, Way::Down),
                    None => return self.lose("the server closed it").await,
                },
                () = until(next, &shared.clock) => {}
            }
        }
    }

    fn sent(&mut self, message: Bytes, way: Way) {
        let (owner, server) = (self.cable.0.owner.as_str(), self.cable.server_name());
        let (from, to) = if way == Way::Up { (owner, server) } else { (server, owner) };
        self.cable.0.ladder.add(from, to, &message);
        if let (Carried::SipThroughXuc, Some(xuc)) = (self.carried, self.cable.xuc()) {
            xuc.saw(way, &message);
        }
        if self.cable.chance(|weather| weather.loss) {
            return;
        }
        let due = self.cable.0.clock.now() + self.cable.state().weather.delay;
        let copies = if self.cable.chance(|weather| weather.twice) { 2 } else { 1 };
        let flow = if way == Way::Up { &mut self.upwards } else { &mut self.downwards };
        flow.0.extend(std::iter::repeat_n((due, message), copies));
    }

    /// Hands over what has arrived; whether both ends still take it.
    async fn deliver(&mut self, now: Instant) -> bool {
        while let Some(message) = self.upwards.arrived(now) {
            if self.to_server.send(message).await.is_err() {
                self.lose("the server closed it").await;
                return false;
            }
        }
        while let Some(message) = self.downwards.arrived(now) {
            if self.to_phone.send(Ok(message)).await.is_err() {
                return false;
            }
        }
        true
    }

    async fn lose(&self, detail: &str) {
        // The phone may have let go at the same moment.
        let _heard = self.to_phone.send(Err(OfflineCause::ConnectionLost { detail: detail.into() })).await;
    }

    /// The phone closes in good order: what it said last still arrives.
    async fn hang_up(&mut self) {
        let last_words = async {
            while let Some((_, message)) = self.upwards.0.pop_front() {
                if self.to_server.send(message).await.is_err() {
                    return;
                }
            }
        };
        // A server that takes nothing more misses them.
        let _said = timeout(PROBE, last_words).await;
    }
}

impl Flow {
    fn due(&self) -> Option<Instant> {
        self.0.front().map(|(due, _)| *due)
    }

    fn arrived(&mut self, now: Instant) -> Option<Bytes> {
        self.0.pop_front_if(|(due, _)| *due <= now).map(|(_, message)| message)
    }
}

async fn until(moment: Option<Instant>, clock: &VirtualClock) {
    match moment {
        Some(moment) => sleep(moment.since(clock.now())).await,
        None => std::future::pending().await,
    }
}
