//! Devices in memory, for tests: what the microphone hears is handed in, what the speaker played is handed out, and
//! cables are pulled by a call.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    Capture, Device, DeviceId, DeviceRole, FRAME_SAMPLES, Flow, Frame, Playback, RingTone, Ringing, SAMPLE_RATE_HZ, SoundError,
    SoundHost,
};

/// How much a speaker remembers: ten minutes. What is older is forgotten.
const REMEMBERED_SAMPLES: usize = SAMPLE_RATE_HZ as usize * 600;

/// A sound host whose devices are in memory, 48 kHz mono. Clones share the devices.
#[derive(Clone, Debug, Default)]
pub struct MemoryHost {
    desk: Arc<Mutex<Desk>>,
}

impl MemoryHost {
    /// A machine without any device.
    pub fn bare() -> Self {
        Self::default()
    }

    /// A machine with the microphone `memory:mic` and the speaker `memory:spk`.
    pub fn desk() -> Self {
        let host = Self::bare();
        host.plug("memory:mic", DeviceRole::Microphone);
        host.plug("memory:spk", DeviceRole::Speaker);
        host
    }

    /// Plugs a device in, named like the second half of its id. The first of its role is the system's default.
    pub fn plug(&self, id: &str, role: DeviceRole) {
        let mut desk = self.lock();
        let default = !desk.slots.iter().any(|slot| slot.plugged && slot.device.role == role && slot.device.default);
        let name = id.split_once(':').map_or(id, |(_, name)| name).to_owned();
        let device = Device { id: id.into(), name, role, default };
        match desk.slots.iter_mut().find(|slot| slot.device.id == device.id) {
            Some(slot) => {
                slot.device = device;
                slot.plugged = true;
            }
            None => desk.slots.push(Slot::new(device)),
        }
    }

    /// Pulls a device out: its streams are gone for good, even when it is plugged in again.
    pub fn unplug(&self, id: &str) {
        let mut desk = self.lock();
        let Some(slot) = desk.slot(id) else { return };
        slot.plugged = false;
        slot.times_unplugged += 1;
        let role = slot.device.role;
        if std::mem::take(&mut slot.device.default) {
            desk.choose_default(role);
        }
    }

    /// Lets a microphone hear `samples`, behind what it has yet to hear. Silence follows.
    pub fn say(&self, id: &str, samples: &[f32]) {
        if let Some(slot) = self.lock().slot(id) {
            slot.to_hear.extend(samples);
        }
    }

    /// Takes what a speaker played since the last call.
    pub fn take_played(&self, id: &str) -> Vec<f32> {
        self.lock().slot(id).map(|slot| slot.played.drain(..).collect()).unwrap_or_default()
    }

    /// While set, a device's streams starve: the microphone has nothing in time, the speaker takes nothing.
    pub fn starve(&self, id: &str, starving: bool) {
        if let Some(slot) = self.lock().slot(id) {
            slot.starving = starving;
        }
    }

    /// While there is an error, listing and opening fail with it; streams that are open go on.
    pub fn refuse(&self, error: Option<SoundError>) {
        self.lock().refusal = error;
    }

    /// How many streams and rings are open on a device.
    pub fn open_streams(&self, id: &str) -> usize {
        self.lock().slot(id).map_or(0, |slot| slot.open)
    }

    /// What rings now: on which device, with which tone.
    pub fn rings(&self) -> Vec<(DeviceId, RingTone)> {
        self.lock().rings.iter().map(|(_, id, tone)| (id.clone(), tone.clone())).collect()
    }

    fn open(&self, id: Option<&DeviceId>, role: DeviceRole) -> Result<MemoryStream, SoundError> {
        let mut desk = self.lock();
        if let Some(error) = &desk.refusal {
            return Err(error.clone());
        }
        let slot = desk
            .slots
            .iter_mut()
            .find(|slot| slot.plugged && slot.device.role == role && id.map_or(slot.device.default, |id| *id == slot.device.id))
            .ok_or_else(|| id.map_or(SoundError::NoDevice(role), |id| SoundError::Gone(id.clone())))?;
        slot.open += 1;
        Ok(MemoryStream { host: self.clone(), id: slot.device.id.clone(), plugged_since: slot.times_unplugged })
    }

    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SoundHost for MemoryHost {
    fn devices(&self) -> Result<Vec<Device>, SoundError> {
        let desk = self.lock();
        match &desk.refusal {
            Some(error) => Err(error.clone()),
            None => Ok(desk.slots.iter().filter(|slot| slot.plugged).map(|slot| slot.device.clone()).collect()),
        }
    }

    fn open_microphone(&self, id: Option<&DeviceId>) -> Result<Box<dyn Capture>, SoundError> {
        Ok(Box::new(self.open(id, DeviceRole::Microphone)?))
    }

    fn open_speaker(&self, id: Option<&DeviceId>) -> Result<Box<dyn Playback>, SoundError> {
        Ok(Box::new(self.open(id, DeviceRole::Speaker)?))
    }

    fn ring(&self, id: Option<&DeviceId>, tone: &RingTone) -> Result<Box<dyn Ringing>, SoundError> {
        let stream = self.open(id, DeviceRole::Speaker)?;
        let mut desk = self.lock();
        desk.last_ring += 1;
        let number = desk.last_ring;
        desk.rings.push((number, stream.id.clone(), tone.clone()));
        drop(desk);
        Ok(Box::new(MemoryRing { number, stream }))
    }
}

/// Everything the host has.
#[derive(Debug, Default)]
struct Desk {
    slots: Vec<Slot>,
    rings: Vec<(u64, DeviceId, RingTone)>,
    last_ring: u64,
    refusal: Option<SoundError>,
}

impl Desk {
    fn slot(&mut self, id: &str) -> Option<&mut Slot> {
        self.slots.iter_mut().find(|slot| slot.device.id.as_str() == id)
    }

    fn choose_default(&mut self, role: DeviceRole) {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.plugged && slot.device.role == role) {
            slot.device.default = true;
        }
    }
}

/// A device, plugged in or remembered.
#[derive(Debug)]
struct Slot {
    device: Device,
    plugged: bool,
    /// Streams of an earlier life of the device stay gone.
    times_unplugged: u32,
    starving: bool,
    open: usize,
    to_hear: VecDeque<f32>,
    played: VecDeque<f32>,
}

impl Slot {
    fn new(device: Device) -> Self {
        Self {
            device,
            plugged: true,
            times_unplugged: 0,
            starving: false,
            open: 0,
            to_hear: VecDeque::new(),
            played: VecDeque::new(),
        }
    }
}

/// An open stream of a device in memory.
struct MemoryStream {
    host: MemoryHost,
    id: DeviceId,
    plugged_since: u32,
}

impl MemoryStream {
    /// Works on the device, unless it is gone or starves.
    fn with_device(&self, work: impl FnOnce(&mut Slot)) -> Flow {
        let mut desk = self.host.lock();
        match desk.slot(self.id.as_str()) {
            Some(slot) if slot.plugged && slot.times_unplugged == self.plugged_since => {
                if slot.starving {
                    return Flow::Starved;
                }
                work(slot);
                Flow::Ok
            }
            Some(_) | None => Flow::Gone,
        }
    }
}

impl Drop for MemoryStream {
    fn drop(&mut self) {
        if let Some(slot) = self.host.lock().slot(self.id.as_str()) {
            slot.open -= 1;
        }
    }
}

impl Capture for MemoryStream {
    fn read(&mut self, frame: &mut Frame) -> Flow {
        frame.fill(0.0);
        self.with_device(|slot| {
            let there = slot.to_hear.len().min(FRAME_SAMPLES);
            for (sample, heard) in frame.iter_mut().zip(slot.to_hear.drain(..there)) {
                *sample = heard;
            }
        })
    }
}

impl Playback for MemoryStream {
    fn write(&mut self, frame: &Frame) -> Flow {
        self.with_device(|slot| {
            let too_many = (slot.played.len() + frame.len()).saturating_sub(REMEMBERED_SAMPLES);
            slot.played.drain(..too_many);
            slot.played.extend(frame);
        })
    }

    fn delay(&self) -> Option<Duration> {
        Some(Duration::ZERO)
    }
}

/// A ring on a device in memory.
struct MemoryRing {
    number: u64,
    stream: MemoryStream,
}

impl Ringing for MemoryRing {
    fn is_gone(&self) -> bool {
        self.stream.with_device(|_| ()) == Flow::Gone
    }
}

impl Drop for MemoryRing {
    fn drop(&mut self) {
        self.stream.host.lock().rings.retain(|(number, ..)| *number != self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_read_and_what_is_written_is_played() {
        let host = MemoryHost::desk();
        let mut microphone = host.open_microphone(None).expect("the desk has one");
        let mut speaker = host.open_speaker(None).expect("the desk has one");
        host.say("memory:mic", &[0.5; 600]);
        let mut frame = [9.0; FRAME_SAMPLES];
        assert_eq!(microphone.read(&mut frame), Flow::Ok);
        assert_eq!(frame, [0.5; FRAME_SAMPLES]);
        assert_eq!(microphone.read(&mut frame), Flow::Ok);
        assert_eq!((frame[119], frame[120]), (0.5, 0.0));
        assert_eq!(speaker.write(&frame), Flow::Ok);
        assert_eq!(host.take_played("memory:spk"), frame);
        assert_eq!(host.take_played("memory:spk"), []);
    }

    #[test]
    fn a_stream_of_an_unplugged_device_stays_gone_when_it_is_back() {
        let host = MemoryHost::desk();
        let mut speaker = host.open_speaker(Some(&"memory:spk".into())).expect("the desk has one");
        host.unplug("memory:spk");
        assert_eq!(speaker.write(&[0.1; FRAME_SAMPLES]), Flow::Gone);
        assert_eq!(host.open_speaker(None).err(), Some(SoundError::NoDevice(DeviceRole::Speaker)));
        let id = DeviceId::from("memory:spk");
        assert_eq!(host.open_speaker(Some(&id)).err(), Some(SoundError::Gone(id)));
        host.plug("memory:spk", DeviceRole::Speaker);
        assert_eq!(speaker.write(&[0.1; FRAME_SAMPLES]), Flow::Gone);
        assert!(host.open_speaker(None).is_ok());
    }

    #[test]
    fn another_device_becomes_the_default_when_the_default_is_pulled() {
        let host = MemoryHost::desk();
        host.plug("memory:headset", DeviceRole::Speaker);
        host.unplug("memory:spk");
        let devices = host.devices().expect("nothing refuses");
        let default = devices.iter().find(|device| device.role == DeviceRole::Speaker && device.default);
        assert_eq!(default.map(|device| device.id.as_str()), Some("memory:headset"));
    }

    #[test]
    fn starving_and_refusing_are_told() {
        let host = MemoryHost::desk();
        let mut microphone = host.open_microphone(None).expect("the desk has one");
        host.starve("memory:mic", true);
        let mut frame = [1.0; FRAME_SAMPLES];
        assert_eq!(microphone.read(&mut frame), Flow::Starved);
        assert_eq!(frame, [0.0; FRAME_SAMPLES]);
        host.refuse(Some(SoundError::TimedOut));
        assert_eq!(host.devices(), Err(SoundError::TimedOut));
        assert_eq!(host.open_microphone(None).err(), Some(SoundError::TimedOut));
    }

    #[test]
    fn a_ring_is_seen_until_it_is_dropped() {
        let host = MemoryHost::desk();
        let ringing = host.ring(None, &RingTone::default()).expect("the desk has a speaker");
        assert_eq!(host.rings(), [("memory:spk".into(), RingTone::default())]);
        assert_eq!(host.open_streams("memory:spk"), 1);
        host.unplug("memory:spk");
        assert!(ringing.is_gone());
        drop(ringing);
        assert_eq!((host.rings(), host.open_streams("memory:spk")), (Vec::new(), 0));
    }
}
