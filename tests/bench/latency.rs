//! Mouth to ear between two phones of this process, over real connections on loopback (1 to 4).
//!
//! The devices are in memory and as quick as devices can be that work in steps of 10 ms (see [`kit::desk`]); those of a
//! sound server come on top.
//!
//! [`kit::desk`]: crate::kit::desk

use std::{sync::Arc, time::Duration};

use model::Instant;

use crate::{
    Outcome,
    kit::{
        chirps::{self, Delay},
        desk::Desk,
        figures::{distribution, note, percentile, tell},
        network::{BadNetwork, Burst, Weather},
        phones::{Office, Station, pause},
        scorer::Scorer,
    },
    loss,
};

/// Calls in fair weather: the moments at which packets and ticks meet differ from call to call.
const CALLS: usize = 5;

/// What counts as the beginning of a call (2).
const BEGINNING: Duration = Duration::from_secs(5);

/// The jitter of figure 3.
pub const JITTER: Weather = Weather { loss: 0.0, burst: Burst::Single, jitter: Duration::from_millis(60) };

/// Two phones that can call each other, over a network that can be made worse.
struct Pair {
    office: Office,
    network: BadNetwork,
    alice: Station,
    bob: Station,
    mouth: Desk,
    ear: Desk,
}

/// Measures all.
pub async fn run() -> Outcome {
    let mut pair = Pair::new().await?;
    let (mut beginning, mut steady) = (Vec::new(), Vec::new());
    for _ in 0..CALLS {
        let connected = pair.call().await?;
        pause(15.0).await;
        let delays = chirps::delays(&pair.mouth, &pair.ear.heard());
        pair.hang_up().await?;
        let settled = connected + BEGINNING;
        beginning.extend(within(&delays, connected, settled));
        steady.extend(within(&delays, settled, settled + Duration::from_secs(60)));
    }
    distribution("mouth to ear, first 5 s", "ms", &beginning);
    distribution("mouth to ear, then", "ms", &steady);
    tell("1.median", percentile(&steady, 50).unwrap_or(f64::NAN));
    tell("1.p95", percentile(&steady, 95).unwrap_or(f64::NAN));
    tell("2", percentile(&beginning, 50).unwrap_or(f64::NAN));
    jitter(&mut pair).await?;
    match Scorer::find().await {
        Ok(scorer) => tell("3.pesq", loss::quality(&scorer, loss::Case { weather: JITTER, ..loss::Case::default() }).await?),
        Err(missing) => note(&format!("quality under jitter is not measured: {missing}")),
    }
    Ok(())
}

/// Figures 3 and 4: fair weather, jitter, fair weather again.
async fn jitter(pair: &mut Pair) -> Outcome {
    let connected = pair.call().await?;
    pause(15.0).await;
    pair.network.set(JITTER);
    let bad_from = pair.office.clock.now();
    pause(25.0).await;
    pair.network.set(Weather::default());
    let good_from = pair.office.clock.now();
    pause(12.0).await;
    let delays = chirps::delays(&pair.mouth, &pair.ear.heard());
    pair.hang_up().await?;
    let seconds = Duration::from_secs;
    let before: Vec<f64> = within(&delays, connected + BEGINNING, bad_from).collect();
    let during: Vec<f64> = within(&delays, bad_from + seconds(5), good_from).collect();
    let after: Vec<f64> = within(&delays, good_from + seconds(5), good_from + seconds(60)).collect();
    distribution("mouth to ear under 60 ms jitter", "ms", &during);
    distribution("mouth to ear from 5 s behind it on", "ms", &after);
    let median = |values: &[f64]| percentile(values, 50).unwrap_or(f64::NAN);
    tell("3.delay", median(&during));
    tell("4", median(&after) - median(&before));
    Ok(())
}

fn within(delays: &[Delay], from: Instant, to: Instant) -> impl Iterator<Item = f64> {
    delays.iter().filter(move |delay| delay.spoken >= from && delay.spoken < to).map(|delay| delay.ms)
}

impl Pair {
    async fn new() -> Outcome<Self> {
        let office = Office::open(&["alice", "bob"]).await?;
        let network = BadNetwork::over(Arc::clone(&office.rtc));
        let (mouth, ear) = (Desk::new(Arc::clone(&office.clock)), Desk::new(Arc::clone(&office.clock)));
        let rtc = || Arc::new(network.clone());
        let alice = office.phone(office.settings("alice"), Arc::new(mouth.clone()), rtc()).await?;
        let mut settings = office.settings("bob");
        settings.calls.auto_answer = true;
        let bob = office.phone(settings, Arc::new(ear.clone()), rtc()).await?;
        Ok(Self { network, alice, bob, mouth, ear, office })
    }

    /// Calls, and speaks chirps; when audio was connected.
    async fn call(&mut self) -> Outcome<Instant> {
        self.mouth.speak(chirps::script());
        self.ear.speak(Arc::from([]));
        self.alice.dial("bob")?;
        self.alice.connected().await?;
        self.bob.connected().await?;
        Ok(self.office.clock.now())
    }

    async fn hang_up(&mut self) -> Outcome {
        let (at_alice, at_bob) = (self.alice.hang_up(), self.bob.ended());
        let (_, report) = tokio::try_join!(at_alice, at_bob)?;
        note(&format!("a call: {:.0} ms in the jitter buffer at its end", report.media.buffer_ms));
        Ok(())
    }
}
