//! Sine tones, and how loud and how pure what arrives of them is.

use std::{
    collections::VecDeque,
    f32::consts::{SQRT_2, TAU},
};

use tokio::{sync::watch, time::timeout};

use crate::SOON;

const RATE_HZ: f32 = 48_000.0;
/// What a measurement looks back on: 100 ms.
const WINDOW: usize = 4_800;

/// A tone of one end; the frequencies are whole in the window.
#[derive(Clone, Copy, Debug)]
pub struct Tone {
    pub hz: f32,
    pub amplitude: f32,
}

/// What our microphone gives.
pub const OURS: Tone = Tone { hz: 700.0, amplitude: 0.3 };
/// What the far end sends.
pub const THEIRS: Tone = Tone { hz: 1_100.0, amplitude: 0.15 };

impl Tone {
    /// The tone without an end, at 48 kHz.
    pub fn samples(self) -> impl Iterator<Item = f32> + Send {
        let period = RATE_HZ as usize;
        (0..period).cycle().map(move |n| self.amplitude * (n as f32 * TAU * self.hz / RATE_HZ).sin())
    }

    fn level_dbfs(self) -> f32 {
        dbfs((self.amplitude / SQRT_2).powi(2))
    }
}

/// What was heard of one tone in the last 100 ms.
#[derive(Clone, Copy, Debug)]
pub struct Heard {
    tone: Tone,
    level_dbfs: f32,
    /// Share of the power that is the tone's, 0 to 1.
    share: f32,
    /// Samples heard since the beginning, silence included.
    samples: usize,
}

impl Heard {
    /// Nothing yet.
    pub fn nothing(tone: Tone) -> Self {
        Self { tone, level_dbfs: f32::NEG_INFINITY, share: 0.0, samples: 0 }
    }

    /// The tone, as loud as it was sent, and nothing else.
    pub fn is_tone(&self) -> bool {
        self.share > 0.95 && (self.level_dbfs - self.tone.level_dbfs()).abs() < 1.5
    }

    /// Nothing that a user would call a sound.
    pub fn is_silence(&self) -> bool {
        self.level_dbfs < -60.0
    }
}

/// Listens for a tone.
pub struct Ear {
    tone: Tone,
    window: VecDeque<f32>,
    samples: usize,
}

impl Ear {
    pub fn new(tone: Tone) -> Self {
        Self { tone, window: VecDeque::from([0.0; WINDOW]), samples: 0 }
    }

    /// Takes samples at 48 kHz.
    pub fn hear(&mut self, samples: impl IntoIterator<Item = f32>) -> Heard {
        self.window.extend(samples);
        let old = self.window.len() - WINDOW;
        self.window.drain(..old);
        self.samples += old;
        let power = self.window.iter().map(|sample| sample * sample).sum::<f32>() / WINDOW as f32;
        let (mut re, mut im) = (0.0, 0.0);
        for (n, sample) in self.window.iter().enumerate() {
            let (sin, cos) = (n as f32 * TAU * self.tone.hz / RATE_HZ).sin_cos();
            re += sample * cos;
            im += sample * sin;
        }
        let of_tone = 2.0 * (re * re + im * im) / (WINDOW as f32).powi(2);
        let share = of_tone / power.max(f32::MIN_POSITIVE);
        Heard { tone: self.tone, level_dbfs: dbfs(power), share, samples: self.samples }
    }
}

/// Waits until what is heard is as `wanted`, and what was heard before the question is forgotten.
pub async fn heard(ear: &mut watch::Receiver<Heard>, what: &str, mut wanted: impl FnMut(&Heard) -> bool) {
    let fresh = ear.borrow().samples + WINDOW;
    let reached = timeout(SOON, ear.wait_for(|heard| heard.samples >= fresh && wanted(heard))).await.map(|found| found.is_ok());
    assert!(reached == Ok(true), "{what}: {:?}", *ear.borrow());
}

fn dbfs(power: f32) -> f32 {
    10.0 * power.log10()
}
