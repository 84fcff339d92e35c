//! Quality of speech between two phones of this process, through a network that loses packets (5 to 7).
//!
//! PESQ-WB of some 20 s of speech, after ten seconds in which the phones learn what the network is like.

use std::sync::Arc;

use audio::SAMPLE_RATE_HZ;
use model::Cleanup;

use crate::{
    Outcome,
    kit::{
        desk::Desk,
        figures::{note, tell},
        network::{BadNetwork, Burst, Weather},
        phones::{Office, pause},
        scorer::Scorer,
    },
};

/// The loss reports of the far end take some seconds to tell what to do.
const LEARNING_S: f64 = 10.0;

/// A tone that is looked for holes.
const TONE_HZ: f32 = 440.0;

/// What a call is like.
#[derive(Clone, Copy, Debug, Default)]
pub struct Case {
    pub weather: Weather,
    pub cleanup: bool,
    /// Most bits a second of Opus; what the phone chooses when 0.
    pub max_bitrate: u32,
    /// The far end takes no RED.
    pub fec_only: bool,
}

/// Measures all.
pub async fn run() -> Outcome {
    let scorer = match Scorer::find().await {
        Ok(scorer) => scorer,
        Err(missing) => {
            note(&format!("quality is not measured: {missing}"));
            return holes().await;
        }
    };
    let lossy = |loss| Case { weather: Weather { loss, ..Weather::default() }, ..Case::default() };
    let at_32 = Case { max_bitrate: 32_000, ..Case::default() };
    let bursts = |burst| Case { weather: Weather { loss: 0.10, burst, ..Weather::default() }, ..Case::default() };
    let cases = [
        ("5.raw", at_32),
        ("5.processed", Case { cleanup: true, ..at_32 }),
        ("5.raw.default", Case::default()),
        ("5.processed.default", Case { cleanup: true, ..Case::default() }),
        ("6.5", lossy(0.05)),
        ("6.10", lossy(0.10)),
        ("6.20", lossy(0.20)),
        ("6.30", lossy(0.30)),
        ("6.fec", Case { fec_only: true, ..lossy(0.10) }),
        ("7.pesq", bursts(Burst::Exactly(3))),
    ];
    // Two at a time: neither machine nor patience is endless.
    for [(one, first), (other, second)] in cases.as_chunks().0 {
        let (a, b) = tokio::try_join!(quality(&scorer, *first), quality(&scorer, *second))?;
        tell(one, a);
        tell(other, b);
    }
    // Among these are some of 200 ms, which nothing restores that is worth its delay.
    let any_length = quality(&scorer, bursts(Burst::Mean(3.0))).await?;
    note(&format!("PESQ under bursts of any length, 3 in the middle: {any_length:.2}"));
    holes().await
}

/// PESQ-WB of one call.
pub async fn quality(scorer: &Scorer, case: Case) -> Outcome<f64> {
    let seconds = scorer.speech.len() as f64 / f64::from(SAMPLE_RATE_HZ);
    let heard = call(case, Arc::clone(&scorer.speech), seconds).await?;
    scorer.pesq(&heard).await
}

/// The longest hole in a steady tone, under bursts of losses (7).
async fn holes() -> Outcome {
    let tone: Arc<[f32]> = (0..SAMPLE_RATE_HZ)
        .map(|at| 0.25 * (at as f32 * TONE_HZ / SAMPLE_RATE_HZ as f32 * std::f32::consts::TAU).sin())
        .collect();
    for burst in [Burst::Mean(3.0), Burst::Exactly(3)] {
        let weather = Weather { loss: 0.10, burst, ..Weather::default() };
        let heard = call(Case { weather, ..Case::default() }, Arc::clone(&tone), 20.0).await?;
        // The first second holds what was on its way before the tone.
        let hole = longest_hole_ms(heard.get(SAMPLE_RATE_HZ as usize..).unwrap_or_default());
        match burst {
            Burst::Exactly(_) => tell("7.hole", hole),
            Burst::Mean(_) | Burst::Single => note(&format!("the longest hole in bursts of any length: {hole:.0} ms")),
        }
    }
    Ok(())
}

/// Longest time in ms with less than a tenth of the usual level.
fn longest_hole_ms(heard: &[f32]) -> f64 {
    const STEP: usize = SAMPLE_RATE_HZ as usize / 200;
    let levels: Vec<f32> = heard
        .chunks_exact(STEP)
        .map(|step| (step.iter().map(|sample| sample * sample).sum::<f32>() / STEP as f32).sqrt())
        .collect();
    let mut sorted = levels.clone();
    sorted.sort_unstable_by(f32::total_cmp);
    let usual = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
    let longest = levels.split(|level| *level >= usual / 10.0).map(<[f32]>::len).max().unwrap_or(0);
    longest as f64 * 5.0
}

/// A call in which `script` is spoken once the phones have learned the weather; what was heard of it.
async fn call(case: Case, script: Arc<[f32]>, seconds: f64) -> Outcome<Vec<f32>> {
    let office = Office::open(&["alice", "bob"]).await?;
    let network = BadNetwork::over(Arc::clone(&office.rtc));
    if case.fec_only {
        office.front.without_red();
    }
    let (mouth, ear) = (Desk::new(Arc::clone(&office.clock)), Desk::new(Arc::clone(&office.clock)));
    let rtc = || Arc::new(network.clone());
    let mut settings = office.settings("alice");
    if case.cleanup {
        settings.devices.cleanup = Cleanup { echo: false, noise: true, gain: true };
    }
    settings.calls.max_bitrate = case.max_bitrate;
    let mut alice = office.phone(settings, Arc::new(mouth.clone()), rtc()).await?;
    let mut settings = office.settings("bob");
    settings.calls.auto_answer = true;
    let mut bob = office.phone(settings, Arc::new(ear.clone()), rtc()).await?;
    // Room noise, so that there are packets to lose while the phones learn.
    mouth.speak(noise());
    alice.dial("bob")?;
    alice.connected().await?;
    bob.connected().await?;
    network.set(case.weather);
    pause(LEARNING_S).await;
    ear.speak(Arc::from([]));
    mouth.speak(script);
    pause(seconds + 0.5).await;
    let heard = ear.heard().samples();
    let (_, report) = tokio::try_join!(alice.hang_up(), bob.ended())?;
    let media = report.media;
    note(&format!(
        "{case:?}: {:.1} % lost on the way, {:.1} % made up, {:.0} ms in the buffer",
        media.loss_in * 100.0,
        media.concealed * 100.0,
        media.buffer_ms
    ));
    Ok(heard)
}

fn noise() -> Arc<[f32]> {
    let mut state = 1_u32;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 8) as f32 / (1 << 24) as f32 - 0.5) * 2e-3
    })
    .take(SAMPLE_RATE_HZ as usize)
    .collect()
}
