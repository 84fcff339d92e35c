//! Speech, and how well it arrives.
//!
//! Speech is espeak-ng's. PESQ is the laboratory's (`SIDETONE_LAB`, which `cargo xtask` sets when the laboratory is there);
//! it is a licensed algorithm and not part of this project. Without either the figures of quality are not measured.

use std::{
    f64::consts::PI,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use audio::SAMPLE_RATE_HZ;
use tempfile::TempDir;
use tokio::process::Command;

use crate::Outcome;

/// Some 20 s of speech.
const WORDS: &str = "The quick brown fox jumps over the lazy dog while nobody looks. She sells sea shells by the sea shore, \
    and the shells she sells are surely sea shells. How much wood would a woodchuck chuck, if a woodchuck could chuck wood? \
    Please leave your name, your number and a short message after the tone, and we shall call you back tomorrow morning. \
    Every evening at seven the old train leaves the station, crosses the river, and climbs slowly into the hills.";

/// Scores recordings against the speech they were made of.
pub struct Scorer {
    lab: PathBuf,
    folder: TempDir,
    /// 48 kHz mono.
    pub speech: Arc<[f32]>,
}

impl Scorer {
    /// Finds the tools and makes the speech.
    ///
    /// # Errors
    /// Says which tool is missing.
    pub async fn find() -> Outcome<Self> {
        let lab = std::env::var_os("SIDETONE_LAB").map(|folder| PathBuf::from(folder).join("lab"));
        let lab = lab.filter(|lab| lab.exists()).ok_or("PESQ needs the laboratory: SIDETONE_LAB names its folder")?;
        let folder = TempDir::new()?;
        let speech = speak(folder.path()).await?;
        write(&folder.path().join("speech.wav"), &speech)?;
        Ok(Self { lab, folder, speech })
    }

    /// PESQ-WB of what was heard of the speech; the moment it begins need not be exact.
    ///
    /// # Errors
    /// When the tool gives no score.
    pub async fn pesq(&self, heard: &[f32]) -> Outcome<f64> {
        let recording = tempfile::Builder::new().suffix(".wav").tempfile_in(self.folder.path())?;
        write(recording.path(), heard)?;
        let output = Command::new(&self.lab)
            .args(["measure", "quality"])
            .args([&self.folder.path().join("speech.wav"), recording.path()])
            .stderr(Stdio::null())
            .output()
            .await?;
        let score: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        Ok(score["pesq_wb"].as_f64().ok_or_else(|| format!("no score: {score}"))?)
    }
}

/// A WAV file of speech, for programs; repeated to the length that is asked for.
///
/// # Errors
/// When espeak-ng is missing.
pub async fn speech_file(folder: &Path, seconds: usize) -> Outcome<PathBuf> {
    let speech = speak(folder).await?;
    let long: Vec<f32> = speech.iter().copied().cycle().take(seconds * SAMPLE_RATE_HZ as usize).collect();
    let path = folder.join("long.wav");
    write(&path, &long)?;
    Ok(path)
}

async fn speak(folder: &Path) -> Outcome<Arc<[f32]>> {
    let path = folder.join("espeak.wav");
    let spoken = Command::new("espeak-ng").args(["-v", "en-us", "-s", "150", "-w"]).arg(&path).arg(WORDS).status().await;
    if !spoken.is_ok_and(|status| status.success()) {
        return Err("speech needs the program espeak-ng".into());
    }
    let mut reader = hound::WavReader::open(&path)?;
    let (rate, samples) = (reader.spec().sample_rate, reader.samples::<i16>().collect::<Result<Vec<i16>, _>>()?);
    Ok(stretched(&samples, rate).into())
}

/// At 48 kHz. Band-limited (a windowed sinc of 32 samples): mirrored sound above the original's band would cost the codec
/// bits that no speech costs.
fn stretched(samples: &[i16], rate: u32) -> Vec<f32> {
    const HALF: isize = 16;
    let step = f64::from(rate) / f64::from(SAMPLE_RATE_HZ);
    let length = (samples.len() as f64 / step) as usize;
    let sample =
        |at: isize| usize::try_from(at).ok().and_then(|at| samples.get(at)).map_or(0.0, |sample| f64::from(*sample) / 32_768.0);
    let weight = |distance: f64| {
        let window = 0.5 + 0.5 * (PI * distance / HALF as f64).cos();
        if distance.abs() < 1e-9 { 1.0 } else { (PI * distance).sin() / (PI * distance) * window }
    };
    (0..length)
        .map(|at| {
            let place = at as f64 * step;
            let nearest = place as isize;
            (1 - HALF..=HALF).map(|tap| sample(nearest + tap) * weight(place - (nearest + tap) as f64)).sum::<f64>() as f32
        })
        .collect()
}

fn write(path: &Path, samples: &[f32]) -> Outcome {
    let spec =
        hound::WavSpec { channels: 1, sample_rate: SAMPLE_RATE_HZ, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(path, spec)?;
    for sample in samples {
        writer.write_sample((sample.clamp(-1.0, 1.0) * 32_767.0) as i16)?;
    }
    Ok(writer.finalize()?)
}
