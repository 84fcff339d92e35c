//! How long it takes until people hear each other (11), until a call is on the wire (12), until it rings (13), and until the
//! phone is reachable (14).
//!
//! 11 to 13 between two phones of this process, by WSS over loopback and the practice exchange; 14 for `sidetone-cli`.

use std::{net::UdpSocket, sync::Arc};

use model::{Event, Instant, Provider};
use tempfile::TempDir;

use crate::{
    Outcome,
    kit::{
        desk::Desk,
        figures::{distribution, percentile, tell},
        phones::{Office, Station, ice_server, pause},
        program::{self, Program},
    },
};

/// Calls of a series.
const CALLS: usize = 50;
const CALLS_BEHIND_SILENCE: usize = 15;
const RINGS: usize = 20;
const STARTS: usize = 20;

/// Times of one call in ms.
struct Times {
    on_the_wire: f64,
    heard_by_both: f64,
}

/// Measures all four.
pub async fn run() -> Outcome {
    let office = Office::open(&["alice", "bob", "carol", "dave"]).await?;
    let desk = || Arc::new(Desk::new(Arc::clone(&office.clock)));
    let mut settings = office.settings("bob");
    settings.calls.auto_answer = true;
    let mut bob = office.phone(settings, desk(), Arc::clone(&office.rtc)).await?;

    let mut alice = office.phone(office.settings("alice"), desk(), Arc::clone(&office.rtc)).await?;
    let times = series(&office, &mut alice, &mut bob, CALLS).await?;
    tell("12.dial", summary("dial to INVITE", times.iter().map(|times| times.on_the_wire)));
    tell("11", summary("INVITE to audio at both ends", times.iter().map(|times| times.heard_by_both)));

    // Sockets that take everything and never answer.
    let silent = [UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?];
    let mut settings = office.settings("carol");
    if let Some(Provider::Sip(account)) = settings.accounts.first_mut().map(|account| &mut account.provider) {
        for (scheme, socket) in ["stun", "turn"].into_iter().zip(&silent) {
            account.ice_servers.push(ice_server(&format!("{scheme}:{}", socket.local_addr()?))?);
        }
    }
    let mut carol = office.phone(settings, desk(), Arc::clone(&office.rtc)).await?;
    let times = series(&office, &mut carol, &mut bob, CALLS_BEHIND_SILENCE).await?;
    tell("12.silent", summary("dial to INVITE, silent STUN and TURN", times.iter().map(|times| times.on_the_wire)));
    drop(silent);

    let (answered, rang) = rings(&office, &mut alice).await?;
    tell("13.180", summary("INVITE to the 180", answered));
    tell("13.tone", summary("INVITE to the ringtone", rang));

    tell("14", summary("process start to registered", starts(&office).await?));
    Ok(())
}

/// Prints a distribution; its median.
fn summary(what: &str, values: impl IntoIterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.into_iter().collect();
    distribution(what, "ms", &values);
    percentile(&values, 50).unwrap_or(f64::NAN)
}

async fn series(office: &Office, caller: &mut Station, called: &mut Station, calls: usize) -> Outcome<Vec<Times>> {
    let mut times = Vec::new();
    for call in 0..calls {
        times.push(one_call(office, caller, called).await?);
        // Not at a fixed phase of anybody's clock.
        pause(0.25 + 0.0013 * call as f64).await;
    }
    Ok(times)
}

async fn one_call(office: &Office, caller: &mut Station, called: &mut Station) -> Outcome<Times> {
    let dialled = caller.dial("bob")?;
    caller.connected().await?;
    called.connected().await?;
    pause(0.4).await;
    let invited = office.front.invited_after(dialled).ok_or("no INVITE was seen")?;
    let (at_caller, at_called) = (caller.hang_up(), called.ended());
    let (at_caller, at_called) = tokio::try_join!(at_caller, at_called)?;
    let first = |report: &model::CallReport| report.setup.first_packet_ms.ok_or("no audio packet came");
    let (heard_by_caller, heard_by_called) = (first(&at_caller)?, first(&at_called)?);
    let until_invited = ms_between(dialled, invited);
    // The called counts from the INVITE's arrival, a millisecond behind its departure at most.
    let heard_by_both = (heard_by_caller - until_invited).max(heard_by_called);
    Ok(Times { on_the_wire: until_invited, heard_by_both })
}

/// Times from the arrival of a call until its 180 leaves, and from the caller's INVITE until the ring device is told to ring.
async fn rings(office: &Office, caller: &mut Station) -> Outcome<(Vec<f64>, Vec<f64>)> {
    let desk = Desk::new(Arc::clone(&office.clock));
    let mut dave = office.phone(office.settings("dave"), Arc::new(desk.clone()), Arc::clone(&office.rtc)).await?;
    let (mut answered, mut rang) = (Vec::new(), Vec::new());
    for call in 0..RINGS {
        let dialled = caller.dial("dave")?;
        dave.wait("called", |event| matches!(event, Event::Incoming { .. }).then_some(())).await?;
        pause(0.3 + 0.0013 * call as f64).await;
        let invited = office.front.invited_after(dialled).ok_or("no INVITE was seen")?;
        let at = desk.rang_at().filter(|at| *at > dialled).ok_or("it did not ring")?;
        rang.push(ms_between(invited, at));
        let (_, at_called) = tokio::try_join!(caller.hang_up(), dave.ended())?;
        answered.push(at_called.setup.signalled_ms.ok_or("no 180 left")?);
    }
    Ok((answered, rang))
}

fn ms_between(earlier: Instant, later: Instant) -> f64 {
    later.since(earlier).as_secs_f64() * 1e3
}

/// Times from the start of the process until it says that it is registered.
async fn starts(office: &Office) -> Outcome<Vec<f64>> {
    let binary = program::build().await?;
    let folder = TempDir::new()?;
    let recording = folder.path().join("nothing.wav");
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let started = office.clock.now();
        let mut program =
            Program::run(&binary, &office.account("alice"), &["--melody", "--record", &recording.to_string_lossy()])?;
        program.wait("registered").await?;
        times.push(ms_between(started, office.clock.now()));
    }
    Ok(times)
}
