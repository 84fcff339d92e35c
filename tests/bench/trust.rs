//! Servers that fail (15), networks that change (16), strangers that attack (30, 31), and what is shown by tests (32 to 36, 38).
//!
//! The tests assert the same with less of it; here is how much there is to spare.

mod attacks;
#[cfg(target_os = "linux")]
mod networks;
mod proofs;

use std::{path::Path, sync::Arc, time::Duration};

use model::{Clock, Event, Instant};
use tokio::time::sleep;

use crate::{
    Outcome,
    kit::{
        desk::Desk,
        figures::{distribution, note, percentile, tell},
        phones::{Office, Station, pause},
    },
};

/// Connections that are closed, and servers that are gone for a while.
const CLOSED: usize = 10;
const OUTAGES: usize = 6;

/// How long a phone is well in between: longer than the ten seconds after which it takes a connection for a good one, so that what is
/// measured is its first wait.
const WELL_S: f64 = 11.0;

/// How long a server is gone.
const GONE_FOR: Duration = Duration::from_secs(5);

/// What can be measured alone.
const PARTS: [&str; 5] = ["registrations", "networks", "storms", "flood", "proofs"];

/// Measures all of it, or a part. What a machine cannot show is left out, and said.
pub async fn run(part: Option<String>) -> Outcome {
    if part.as_ref().is_some_and(|part| !PARTS.contains(&part.as_str())) {
        return Err(format!("its parts are: {}", PARTS.join(", ")).into());
    }
    let wants = |name: &str| part.as_ref().is_none_or(|part| part == name);
    if wants("registrations") {
        registrations().await?;
    }
    #[cfg(target_os = "linux")]
    if wants("networks") {
        left_out(networks::run().await);
    }
    if wants("storms") {
        left_out(attacks::storms().await);
    }
    if wants("flood") {
        left_out(attacks::flood().await);
    }
    if wants("proofs") {
        proofs::run().await?;
    }
    Ok(())
}

/// Says why something is not measured.
fn left_out(outcome: Outcome) {
    if let Err(error) = outcome {
        note(&format!("not measured: {error}"));
    }
}

/// How soon a phone is registered again (15).
async fn registrations() -> Outcome {
    let office = Office::open(&["alice"]).await?;
    let desk = Desk::new(Arc::clone(&office.clock));
    let mut alice = office.phone(office.settings("alice"), Arc::new(desk), Arc::clone(&office.rtc)).await?;
    let mut times = Vec::new();
    for time in 0..CLOSED {
        // Not at a fixed phase of anybody's clock.
        pause(WELL_S + 0.0137 * time as f64).await;
        let closed = office.clock.now();
        office.front.cut();
        times.push(registered_since(&mut alice, &*office.clock, closed).await?);
    }
    distribution("registered again after the connection was closed", "ms", &times);
    tell("15.closed", percentile(&times, 100).unwrap_or(f64::NAN));
    let mut times = Vec::new();
    for _ in 0..OUTAGES {
        pause(WELL_S).await;
        office.front.shut(true);
        sleep(GONE_FOR).await;
        let back = office.clock.now();
        office.front.shut(false);
        times.push(registered_since(&mut alice, &*office.clock, back).await?);
    }
    distribution("registered again after an outage of 5 s", "ms", &times);
    tell("15.outage", percentile(&times, 100).unwrap_or(f64::NAN));
    Ok(())
}

async fn registered_since(station: &mut Station, clock: &dyn Clock, since: Instant) -> Outcome<f64> {
    station.wait("unregistered", |event| matches!(event, Event::Unregistered { .. }).then_some(())).await?;
    station.wait("registered again", |event| matches!(event, Event::Registered { .. }).then_some(())).await?;
    Ok(clock.now().since(since).as_secs_f64() * 1e3)
}

/// How many samples a phone has recorded by now. The file is written each half second: it is so long as it says just then.
async fn position(recording: &Path) -> Outcome<usize> {
    let before = heard(recording)?.len();
    loop {
        sleep(Duration::from_millis(5)).await;
        let now = heard(recording)?.len();
        if now > before {
            return Ok(now);
        }
    }
}

/// What a phone has recorded so far.
fn heard(recording: &Path) -> Outcome<Vec<f32>> {
    let mut file = hound::WavReader::open(recording)?;
    Ok(file.samples::<i16>().map_while(|sample| sample.ok().map(|sample| f32::from(sample) / 32_768.0)).collect())
}
