//! Microphone and speaker: what is told of them, and what becomes of their sound.

use std::collections::VecDeque;

use model::Cleanup;

use super::*;
use crate::{Capture, Flow, StreamState};

#[test]
fn figures_tell_levels_silence_and_lost_devices() {
    let mut desk = Desk::new();
    let far = FarEnd::saying_sine(440.0, 0.1);
    desk.attach(1, &far);
    desk.handle.route(vec![call(1)]);
    desk.say(&sine(440.0, 0.5, 30));
    desk.run(25);
    let levels = desk.handle.levels(LegId(1)).expect("attached");
    assert!((levels.heard_dbfs + 23.0).abs() < 0.2 && (levels.sent_dbfs + 9.0).abs() < 0.2, "{levels:?}");
    let microphone = desk.handle.microphone_levels();
    assert!((microphone.dbfs + 9.0).abs() < 0.2 && !microphone.only_zeros && microphone.stream == StreamState::Running);
    assert!((desk.handle.speaker_dbfs() + 23.0).abs() < 0.2, "{}", desk.handle.speaker_dbfs());
    desk.run(110);
    assert!(desk.handle.microphone_levels().only_zeros);
    desk.host.unplug("memory:mic");
    desk.host.unplug("memory:spk");
    desk.run(1);
    assert_eq!(desk.handle.microphone_levels().stream, StreamState::Gone);
    assert_eq!(desk.handle.speaker_state(), StreamState::Gone);
    desk.host.plug("memory:mic", crate::DeviceRole::Microphone);
    desk.handle.microphone(Some(desk.host.open_microphone(None).expect("it is back")));
    assert_eq!(desk.handle.microphone_levels().stream, StreamState::Running, "the old one's end is not the new one's");
    desk.run(1);
    assert_eq!(desk.handle.microphone_levels().stream, StreamState::Running);
    desk.handle.microphone(None);
    desk.run(1);
    assert_eq!(desk.handle.microphone_levels().stream, StreamState::Closed);
    assert_eq!(desk.host.open_streams("memory:mic") + desk.host.open_streams("memory:spk"), 0);
}

#[test]
fn the_hub_is_idle_until_there_is_something_to_do() {
    let (mut hub, handle) = Hub::new();
    hub.tick();
    assert!(hub.is_idle());
    handle.key_tone(model::DtmfDigit::try_from('5').expect("a digit"));
    assert!(!hub.is_idle(), "a command waits");
    (0..11).for_each(|_| hub.tick());
    assert!(hub.is_idle(), "the tone is over");
    handle.attach(LegId(1), Box::new(FarEnd::default()));
    hub.tick();
    assert!(!hub.is_idle());
    handle.detach(LegId(1));
    hub.tick();
    assert!(hub.is_idle());
}

#[test]
fn the_microphone_is_cleaned_only_while_a_leg_hears_it_and_somebody_wants_it() {
    // Seen from outside: the high-pass of the clean-up takes 20 Hz away.
    struct Hum(usize);
    impl Capture for Hum {
        fn read(&mut self, frame: &mut Frame) -> Flow {
            for sample in frame.iter_mut() {
                *sample = (self.0 as f32 * 20.0 / 48_000.0 * std::f32::consts::TAU).sin() * 0.5;
                self.0 = (self.0 + 1) % 2_400;
            }
            Flow::Ok
        }
    }
    let (mut hub, handle) = Hub::new();
    let far = FarEnd::default();
    handle.microphone(Some(Box::new(Hum(0))));
    handle.attach(LegId(1), Box::new(far.clone()));
    handle.route(vec![call(1)]);
    (0..100).for_each(|_| hub.tick());
    let raw = rms_dbfs(&far.heard()[24_000..]);
    handle.cleanup(Cleanup { noise: true, ..Cleanup::OFF });
    (0..100).for_each(|_| hub.tick());
    let cleaned = rms_dbfs(&far.heard()[24_000..]);
    handle.cleanup(Cleanup::OFF);
    (0..100).for_each(|_| hub.tick());
    let raw_again = rms_dbfs(&far.heard()[24_000..]);
    assert!(cleaned < raw - 10.0, "{raw:.1} {cleaned:.1}");
    assert!((raw_again - raw).abs() < 0.01);
}

#[test]
fn the_far_end_does_not_hear_itself_through_the_room() {
    /// A loudspeaker in front of a microphone: what is played comes back 30 ms later, half as loud.
    #[derive(Clone)]
    struct Room(Arc<Mutex<VecDeque<Frame>>>);
    impl crate::Playback for Room {
        fn write(&mut self, frame: &Frame) -> Flow {
            self.0.lock().expect("not poisoned").push_back(*frame);
            Flow::Ok
        }
        fn delay(&self) -> Option<std::time::Duration> {
            None
        }
    }
    impl Capture for Room {
        fn read(&mut self, frame: &mut Frame) -> Flow {
            *frame = self.0.lock().expect("not poisoned").pop_front().unwrap_or([0.0; FRAME_SAMPLES]).map(|sample| sample * 0.5);
            Flow::Ok
        }
    }
    let room = Room(Arc::new(Mutex::new(VecDeque::from([[0.0; FRAME_SAMPLES]; 2]))));
    let (mut hub, handle) = Hub::new();
    let far = FarEnd::saying(speech(8, 8, 0.5));
    handle.microphone(Some(Box::new(room.clone())));
    handle.speaker(Some(Box::new(room)));
    handle.cleanup(Cleanup { echo: true, ..Cleanup::OFF });
    handle.attach(LegId(1), Box::new(far.clone()));
    handle.route(vec![call(1)]);
    (0..700).for_each(|_| hub.tick());
    let heard = far.heard();
    assert!(rms_dbfs(&heard[2 * 48_000..]) < -60.0, "{:.1} dBFS", rms_dbfs(&heard[2 * 48_000..]));
}
