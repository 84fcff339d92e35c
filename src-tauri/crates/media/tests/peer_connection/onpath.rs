//! Somebody on the path of a call: passes its datagrams on, keeps copies of its sound, and can hold its keys back.

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use calls::io::Description;
use tokio::{
    net::UdpSocket,
    task::JoinHandle,
    time::{interval, timeout},
};

use crate::SOON;

/// Copies that are kept: the last ten seconds.
const COPIES: usize = 500;

/// The path between both ends.
pub struct OnPath {
    /// Where our end finds the path, and where theirs does.
    at: [SocketAddr; 2],
    /// What our end believes to come from theirs comes from here.
    to_ours: Arc<UdpSocket>,
    state: Arc<Mutex<State>>,
    tasks: [JoinHandle<()>; 2],
}

#[derive(Default)]
struct State {
    /// Our end and theirs, once they have said something.
    ends: [Option<SocketAddr>; 2],
    /// Sound for our end, newest last.
    copies: Vec<Vec<u8>>,
    /// Packets of it that were passed on to our end.
    passed: u32,
    holds_keys: bool,
    /// Datagrams of DTLS that were not passed on.
    held: u32,
}

impl Drop for OnPath {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl OnPath {
    pub async fn lay() -> Self {
        let (to_ours, to_theirs) = (loopback().await, loopback().await);
        let at = [&to_ours, &to_theirs].map(|socket| socket.local_addr().expect("a bound socket has an address"));
        let state = Arc::new(Mutex::new(State::default()));
        let pass = |from: &Arc<UdpSocket>, to: &Arc<UdpSocket>, end| {
            tokio::spawn(pass(Arc::clone(&state), Arc::clone(from), Arc::clone(to), end))
        };
        let tasks = [pass(&to_ours, &to_theirs, 0), pass(&to_theirs, &to_ours, 1)];
        Self { at, to_ours, state, tasks }
    }

    /// Our description as theirs is to see it.
    pub fn of_ours(&self, description: &Description) -> Description {
        reached_at(description, self.at[1])
    }

    /// Their description as ours is to see it.
    pub fn of_theirs(&self, description: &Description) -> Description {
        reached_at(description, self.at[0])
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where our end is. A stranger knows no other way to its ear.
    pub fn our_end(&self) -> SocketAddr {
        self.state().ends[0].expect("our end has said something")
    }

    /// Copies of the sound that came for our end.
    pub fn copies(&self) -> Vec<Vec<u8>> {
        self.state().copies.clone()
    }

    /// How many packets of it were passed on.
    pub fn passed(&self) -> u32 {
        self.state().passed
    }

    /// Passes no DTLS on, or does again.
    pub fn hold_keys(&self, hold: bool) {
        self.state().holds_keys = hold;
    }

    /// Waits until DTLS was held back: ICE is done, keys are not.
    pub async fn holds_keys(&self) {
        let mut ticks = interval(Duration::from_millis(10));
        let held = async {
            while self.state().held == 0 {
                ticks.tick().await;
            }
        };
        timeout(SOON, held).await.expect("DTLS begins once ICE is done");
    }

    /// Says something to our end in the name of theirs.
    pub async fn forge(&self, datagram: &[u8]) {
        self.to_ours.send_to(datagram, self.our_end()).await.expect("loopback takes it");
    }
}

/// A free port of loopback.
pub async fn loopback() -> Arc<UdpSocket> {
    Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has a free port"))
}

/// Whether nothing was ever sent to a socket.
pub fn heard_nothing(socket: &UdpSocket) -> bool {
    socket.try_recv_from(&mut [0; 64]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

/// Whether a datagram is sound: RTP (RFC 7983 section 7) and no RTCP (RFC 5761 section 4).
fn is_sound(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, kind, ..] if !(192..=223).contains(kind))
}

/// Passes on what one end, 0 for ours, says at `from`.
async fn pass(state: Arc<Mutex<State>>, from: Arc<UdpSocket>, to: Arc<UdpSocket>, end: usize) {
    let mut buffer = [0; 2_048];
    loop {
        // An error is an ICMP message about an end that has gone.
        let Ok((length, source)) = from.recv_from(&mut buffer).await else { continue };
        let datagram = &buffer[..length];
        let onwards = {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            // Its other sockets find no path here.
            if *state.ends[end].get_or_insert(source) != source {
                continue;
            }
            if state.holds_keys && matches!(datagram, [20..=63, ..]) {
                state.held += 1;
                continue;
            }
            if end == 1 && is_sound(datagram) {
                if state.copies.len() == COPIES {
                    state.copies.remove(0);
                }
                state.copies.push(datagram.to_vec());
                state.passed += 1;
            }
            state.ends[1 - end]
        };
        if let Some(onwards) = onwards {
            // As above.
            let _sent = to.send_to(datagram, onwards).await;
        }
    }
}

/// A description with one candidate.
fn reached_at(description: &Description, address: SocketAddr) -> Description {
    let candidate = format!("a=candidate:1 1 udp 2130706431 {} {} typ host", address.ip(), address.port());
    let lines = description.expose().lines().filter(|line| !line.starts_with("a=candidate:"));
    let lines = lines.map(|line| if line.starts_with("a=ice-pwd:") { format!("{line}\r\n{candidate}") } else { line.to_owned() });
    Description::from(lines.map(|line| line + "\r\n").collect::<String>())
}
