//! Measures the way from the hub to a speaker, through the air or a cable, back to the hub: clicks are played and
//! listened for.
//!
//! `loopback [SECONDS] [SPEAKER-ID [MICROPHONE-ID]]`; on PulseAudio the microphone `pulseaudio:<speaker>.monitor` is a
//! cable.
#![expect(clippy::disallowed_methods, reason = "it measures the real clock")]
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::{
    env,
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use audio::{CpalHost, DeviceId, FRAME_SAMPLES, Frame, Leg, LegId, LegRoute, SoundHost, StreamState, start};
use model::{Cleanup, Clock};

/// Frames between two clicks: 0.4 s, more than any delay worth measuring.
const FRAMES_PER_CLICK: usize = 40;

/// A click is louder than this when it comes back.
const AUDIBLE: f32 = 0.1;

/// The machine's monotonic clock.
struct MachineClock(Instant);

impl Clock for MachineClock {
    fn now(&self) -> model::Instant {
        model::Instant::after_start(self.0.elapsed())
    }

    fn unix_seconds(&self) -> i64 {
        0
    }
}

/// Says clicks and hears them again.
#[derive(Default)]
struct Clicker {
    pulled: usize,
    pushed: usize,
    /// Sample at which the click that is under way began.
    clicked: Option<usize>,
    delays: Arc<Mutex<Vec<Option<f64>>>>,
}

impl Leg for Clicker {
    fn pull(&mut self, frame: &mut Frame) {
        frame.fill(0.0);
        if self.pulled.is_multiple_of(FRAMES_PER_CLICK) {
            if self.clicked.is_some() {
                self.note(None);
            }
            self.clicked = Some(self.pulled * FRAME_SAMPLES);
            // A millisecond of both signs, which no resampler or coupling capacitor swallows.
            for (index, sample) in frame.iter_mut().take(48).enumerate() {
                *sample = if index < 24 { 0.8 } else { -0.8 };
            }
        }
        self.pulled += 1;
    }

    fn push(&mut self, frame: &Frame) {
        if let (Some(clicked), Some(index)) = (self.clicked, frame.iter().position(|sample| sample.abs() > AUDIBLE)) {
            // What is pushed in a tick was recorded before what is pulled in it is played.
            let heard = self.pushed * FRAME_SAMPLES + index;
            self.note(Some((heard as f64 - clicked as f64) / 48.0));
            self.clicked = None;
        }
        self.pushed += 1;
    }
}

impl Clicker {
    fn note(&self, delay_ms: Option<f64>) {
        self.delays.lock().unwrap_or_else(PoisonError::into_inner).push(delay_ms);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let seconds = arguments.next().map_or(Ok(10), |text| text.parse::<u64>())?;
    let speaker = arguments.next().map(DeviceId);
    let microphone = arguments.next().map(DeviceId);

    let began = Instant::now();
    let host = CpalHost::new();
    for device in host.devices()? {
        println!("{} {} ({}){}", device.role, device.id, device.name, if device.default { ", default" } else { "" });
    }
    println!("listed after {} ms", began.elapsed().as_millis());
    let playback = host.open_speaker(speaker.as_ref())?;
    let capture = host.open_microphone(microphone.as_ref())?;
    println!("open after {} ms", began.elapsed().as_millis());

    let (_thread, hub) = start(Arc::new(MachineClock(began)))?;
    let clicker = Clicker::default();
    let delays = Arc::clone(&clicker.delays);
    hub.cleanup(Cleanup::OFF);
    hub.speaker(Some(playback));
    hub.microphone(Some(capture));
    hub.attach(LegId(1), Box::new(clicker));
    hub.route(vec![LegRoute { leg: LegId(1), microphone: true, speaker: true, hears: Vec::new() }]);

    let mut before = (StreamState::Running, StreamState::Running);
    for tenth in 0..seconds * 10 {
        thread::sleep(Duration::from_millis(100));
        let states = (hub.microphone_levels().stream, hub.speaker_state());
        if states != before {
            println!("{:.1} s: microphone {:?}, speaker {:?}", tenth as f64 / 10.0, states.0, states.1);
            before = states;
        }
    }

    let delays = delays.lock().unwrap_or_else(PoisonError::into_inner);
    let mut heard: Vec<f64> = delays.iter().copied().flatten().collect();
    heard.sort_by(f64::total_cmp);
    println!("{} clicks, {} lost", delays.len(), delays.len() - heard.len());
    if let (Some(least), Some(most)) = (heard.first(), heard.last()) {
        println!("least {least:.1} ms, median {:.1} ms, most {most:.1} ms", heard[heard.len() / 2]);
    }
    Ok(())
}
