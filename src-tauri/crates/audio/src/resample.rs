//! Resampling between any two rates, also slightly changing ones: a device's clock is never ours.
//!
//! A windowed-sinc filter in polyphase form, sample by sample, so that it can feed a frame of fixed length from any
//! number of input samples. Its delay is at most 3 ms, and its error 75 dB below the signal.

/// Rows of the filter: how finely the place between two input samples is known. Between rows it is interpolated, which
/// with 128 of them is 80 dB below the signal at worst.
const PHASES: usize = 128;

/// Filter length in zero crossings of the sinc; more would cost delay, fewer the treble.
const CROSSINGS: f64 = 64.0;

/// Half of the longest filter: the delay it costs.
const LONGEST_DELAY_S: f64 = 0.0026;

/// A bound for absurd rates, far above what the others come to.
const MOST_TAPS: f64 = 4_096.0;

/// Shape of the Kaiser window: 80 dB below the signal outside the band.
const KAISER_BETA: f64 = 8.0;

/// Samples added up side by side, which lets the compiler use vector instructions.
const LANES: usize = 8;

/// A stream of samples between two rates.
pub(crate) struct Resampler {
    kernel: Kernel,
    /// The last inputs, written twice so that any `taps` of them are in one piece.
    history: Vec<f32>,
    /// Where the next input goes.
    newest: usize,
    /// Where the next output lies after the oldest of the two inputs around it, in input samples; 1.0 or more when that
    /// input has not come yet.
    place: f64,
    /// Input samples per output sample.
    step: f64,
    nominal_step: f64,
}

impl Resampler {
    /// From one rate to another, both above zero.
    pub(crate) fn new(from_hz: u32, to_hz: u32) -> Self {
        let kernel = Kernel::new(from_hz.max(1), to_hz.max(1));
        let nominal_step = f64::from(from_hz.max(1)) / f64::from(to_hz.max(1));
        Self { history: vec![0.0; kernel.taps * 2], newest: 0, place: 1.0, step: nominal_step, nominal_step, kernel }
    }

    /// Takes in `speed` times the input that the rates alone would ask for; 1.0 at first.
    pub(crate) fn set_speed(&mut self, speed: f64) {
        self.step = self.nominal_step * speed;
    }

    /// The next output, made from as much `input` as it needs; none when that ran out before. Nothing is lost then.
    pub(crate) fn pull(&mut self, mut input: impl FnMut() -> Option<f32>) -> Option<f32> {
        while self.place >= 1.0 {
            self.take(input()?);
        }
        Some(self.give())
    }

    /// Takes one input, and hands on the outputs it makes possible.
    pub(crate) fn feed(&mut self, sample: f32, mut output: impl FnMut(f32)) {
        self.take(sample);
        while self.place < 1.0 {
            output(self.give());
        }
    }

    /// How long a sample is inside, in seconds.
    pub(crate) fn delay_s(&self) -> f64 {
        self.kernel.delay_s
    }

    fn take(&mut self, sample: f32) {
        let taps = self.kernel.taps;
        self.history[self.newest] = sample;
        self.history[self.newest + taps] = sample;
        self.newest = (self.newest + 1) % taps;
        self.place -= 1.0;
    }

    fn give(&mut self) -> f32 {
        let inputs = &self.history[self.newest..self.newest + self.kernel.taps];
        let sample = self.kernel.at(self.place, inputs);
        self.place += self.step;
        sample
    }
}

/// The filter: a low pass that lets through what both rates can carry.
struct Kernel {
    taps: usize,
    /// `PHASES + 1` rows of `taps` factors, oldest input first.
    rows: Vec<f32>,
    delay_s: f64,
}

impl Kernel {
    fn new(from_hz: u32, to_hz: u32) -> Self {
        let from = f64::from(from_hz);
        let narrowing = (f64::from(to_hz) / from).min(1.0);
        let wanted = (CROSSINGS / narrowing).min(2.0 * LONGEST_DELAY_S * from).clamp(LANES as f64, MOST_TAPS);
        let taps = (wanted / LANES as f64).round() as usize * LANES;
        // The width of Kaiser's transition band at 80 dB; a third of it may fold back, where there is hardly any sound.
        let transition = 72.0 / (2.285 * std::f64::consts::TAU * taps as f64);
        let cutoff = (0.5 * narrowing - 0.35 * transition).max(0.25 * narrowing);
        let half = taps as f64 / 2.0;
        let mut rows = Vec::with_capacity((PHASES + 1) * taps);
        for phase in 0..=PHASES {
            let place = phase as f64 / PHASES as f64;
            let factors = (0..taps).map(|tap| {
                let distance = tap as f64 - (half - 1.0) - place;
                sinc(2.0 * cutoff * distance) * kaiser(distance / half)
            });
            // Each row adds up to one, so that a constant stays constant.
            let sum: f64 = factors.clone().sum();
            rows.extend(factors.map(|factor| (factor / sum) as f32));
        }
        Self { taps, rows, delay_s: half / from }
    }

    /// The sound at `place` (0.0 to 1.0) between the two middle inputs.
    fn at(&self, place: f64, inputs: &[f32]) -> f32 {
        let row = place.clamp(0.0, 1.0) * PHASES as f64;
        let lower = (row as usize).min(PHASES - 1);
        let share = (row - lower as f64) as f32;
        let (low, rest) = self.rows[lower * self.taps..].split_at(self.taps);
        let high = &rest[..self.taps];
        let mut sums = [0.0_f32; LANES];
        let pieces = inputs.chunks_exact(LANES).zip(low.chunks_exact(LANES)).zip(high.chunks_exact(LANES));
        for ((inputs, low), high) in pieces {
            for lane in 0..LANES {
                sums[lane] += inputs[lane] * (low[lane] + share * (high[lane] - low[lane]));
            }
        }
        sums.iter().sum()
    }
}

fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-9 { 1.0 } else { (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x) }
}

/// Kaiser's window from -1.0 to 1.0.
fn kaiser(x: f64) -> f64 {
    let inside = (1.0 - x * x).max(0.0);
    bessel_i0(KAISER_BETA * inside.sqrt()) / bessel_i0(KAISER_BETA)
}

/// The modified Bessel function of order zero, by its series.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let mut term = 1.0;
    let mut sum = 1.0;
    for n in 1..40 {
        term *= quarter / f64::from(n * n);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    /// A tone through the resampler: its power over everything that is not it, in dB, and its gain in dB.
    fn tone_through(from_hz: u32, to_hz: u32, speed: f64, tone_hz: f64) -> (f64, f64) {
        let mut resampler = Resampler::new(from_hz, to_hz);
        resampler.set_speed(speed);
        let mut sent = 0_u32;
        let outputs: Vec<f64> = (0..to_hz * 2)
            .filter_map(|_| {
                resampler.pull(|| {
                    sent += 1;
                    Some((0.5 * (TAU * tone_hz * f64::from(sent) / f64::from(from_hz)).sin()) as f32)
                })
            })
            .map(f64::from)
            .skip(to_hz as usize / 2)
            .collect();
        assert_eq!(outputs.len(), to_hz as usize * 3 / 2);
        let omega = TAU * tone_hz * speed / f64::from(to_hz);
        // The least-squares fit of a sine and a cosine of that frequency; the rest is noise.
        let at = |i: usize| (omega * i as f64).sin_cos();
        let (mut ss, mut sc, mut cc, mut sy, mut cy) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (i, y) in outputs.iter().enumerate() {
            let (s, c) = at(i);
            ss += s * s;
            sc += s * c;
            cc += c * c;
            sy += s * y;
            cy += c * y;
        }
        let sine = (sy * cc - cy * sc) / (ss * cc - sc * sc);
        let cosine = (cy * ss - sy * sc) / (ss * cc - sc * sc);
        let errors = outputs.iter().enumerate().map(|(i, y)| (y - sine * at(i).0 - cosine * at(i).1).powi(2));
        let noise = errors.sum::<f64>() / outputs.len() as f64;
        let power = (sine * sine + cosine * cosine) / 2.0;
        (10.0 * (power / noise).log10(), 10.0 * (power / 0.125).log10())
    }

    #[test]
    fn a_tone_keeps_70_db_distance_from_noise_between_all_rates() {
        for (from, to) in [(44_100, 48_000), (48_000, 44_100), (48_000, 48_000), (96_000, 48_000), (48_000, 96_000)] {
            for tone in [100.0, 997.0, 6_000.0, 15_000.0] {
                for speed in [1.0, 1.000_3, 0.995] {
                    let (distance, gain) = tone_through(from, to, speed, tone);
                    assert!(distance > 70.0 && gain.abs() < 0.1, "{from} {to} {tone} x{speed}: {distance} dB, {gain} dB");
                }
            }
        }
        for (from, to) in [(8_000, 48_000), (48_000, 8_000), (16_000, 48_000), (48_000, 16_000), (8_000, 44_100)] {
            for tone in [100.0, 997.0, 2_900.0] {
                let (distance, gain) = tone_through(from, to, 1.000_3, tone);
                assert!(distance > 70.0 && gain.abs() < 0.3, "{from} {to} {tone}: {distance} dB, {gain} dB");
            }
        }
    }

    #[test]
    fn what_the_lower_rate_cannot_carry_is_taken_out() {
        let (_, gain) = tone_through(48_000, 8_000, 1.0, 5_500.0);
        assert!(gain < -70.0, "{gain} dB");
        let (_, gain) = tone_through(48_000, 16_000, 1.0, 9_500.0);
        assert!(gain < -70.0, "{gain} dB");
    }

    #[test]
    fn the_delay_is_what_it_says_and_never_above_3_ms() {
        for (from, to) in [(8_000, 48_000), (16_000, 48_000), (44_100, 48_000), (48_000, 48_000), (48_000, 8_000)] {
            let mut resampler = Resampler::new(from, to);
            assert!(resampler.delay_s() <= 0.003, "{from} {to}");
            let mut impulse = Vec::new();
            for sample in 0..from / 10 {
                resampler.feed(if sample == 0 { 1.0 } else { 0.0 }, |output| impulse.push(output));
            }
            let peak = (0..impulse.len()).max_by(|a, b| impulse[*a].total_cmp(&impulse[*b])).unwrap_or(0);
            let heard_s = peak as f64 / f64::from(to);
            assert!((heard_s - resampler.delay_s()).abs() < 0.000_3, "{from} {to}: {heard_s} s");
        }
    }

    #[test]
    fn silence_stays_exact_silence() {
        let mut resampler = Resampler::new(44_100, 48_000);
        assert!((0..5_000).all(|_| resampler.pull(|| Some(0.0)) == Some(0.0)));
    }
}
