//! One device in use: being opened, open, replaced while it runs, or failed.

use std::sync::Arc;

use audio::{Device, DeviceId, DeviceWatch, SoundError, SoundHost, StreamState};
use model::{DeviceFault, SoundFault, SoundRole};
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tracing::{debug, error, info};

use super::DeskNews;

/// What opening gave: the device that was chosen (`None`: the system's default), and its stream.
pub(super) type Opened<T> = (Option<Device>, Result<Box<T>, SoundError>);

/// A microphone or a speaker in use.
pub(super) struct Stream<T: ?Sized> {
    role: SoundRole,
    current: Current,
    /// The next stream on its way; the current one goes on until it is there.
    opening: Option<JoinHandle<Opened<T>>>,
    /// What has been told to the user and has not got better since.
    told: Option<DeviceFault>,
    /// Whether the user knows of something that is wrong, or was in an earlier call.
    warned: bool,
    /// What went away while it was in use; until it is back, or the devices are let go.
    lost: Option<DeviceId>,
}

#[derive(Debug, PartialEq, Eq)]
enum Current {
    Closed,
    /// The hub has it.
    Open(Option<DeviceId>),
    Failed,
}

impl<T: ?Sized + Send + 'static> Stream<T> {
    pub(super) fn new(role: SoundRole) -> Self {
        Self { role, current: Current::Closed, opening: None, told: None, warned: false, lost: None }
    }

    pub(super) fn is_in_use(&self) -> bool {
        self.current != Current::Closed || self.opening.is_some()
    }

    /// Whether the hub has it.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.current, Current::Open(_))
    }

    /// Whether one is on its way and there is none yet.
    pub(super) fn is_opening(&self) -> bool {
        self.opening.is_some() && !self.is_open()
    }

    /// Why it could not be opened.
    pub(super) fn failure(&self) -> Option<&DeviceFault> {
        if self.current == Current::Failed { self.told() } else { None }
    }

    /// What could not be opened may be tried again.
    pub(super) fn retry(&mut self) {
        if self.current == Current::Failed {
            self.current = Current::Closed;
            self.told = None;
        }
    }

    /// What is wrong with it, as it was told last.
    pub(super) fn told(&self) -> Option<&DeviceFault> {
        self.told.as_ref()
    }

    /// Opens the best device, unless one is open or on its way.
    pub(super) fn open(&mut self, host: &Arc<dyn SoundHost>, watch: &DeviceWatch, open: OpenBy<T>) {
        if self.current == Current::Closed && self.opening.is_none() {
            self.start(host, watch, open);
        }
    }

    /// Tries again what failed, and opens the device that `watch` names when another one is in use.
    pub(super) fn improve(&mut self, host: &Arc<dyn SoundHost>, watch: &DeviceWatch, open: OpenBy<T>) {
        let is_best = match &self.current {
            Current::Open(id) => id.as_ref() == watch.device_for(self.role),
            Current::Failed => false,
            Current::Closed => true,
        };
        if let Current::Open(Some(id)) = &self.current
            && !watch.devices().is_empty()
            && !watch.devices().iter().any(|device| device.id == *id)
        {
            // The sound server has moved the stream elsewhere, without a word.
            self.lost.get_or_insert_with(|| id.clone());
        }
        if !is_best && self.opening.is_none() {
            self.start(host, watch, open);
        }
    }

    fn start(&mut self, host: &Arc<dyn SoundHost>, watch: &DeviceWatch, open: OpenBy<T>) {
        let (host, mut watch, role) = (Arc::clone(host), watch.clone(), self.role);
        self.opening = Some(spawn_blocking(move || {
            let id = best_device(&*host, &mut watch, role);
            let stream = open(&*host, id.as_ref());
            let device = watch.devices().iter().find(|device| Some(&device.id) == id.as_ref());
            (device.cloned(), stream)
        }));
    }

    /// The device that was being opened. Waits for ever when none is. Cancel-safe.
    pub(super) async fn opened(&mut self) -> Result<Opened<T>, JoinError> {
        match &mut self.opening {
            Some(opening) => opening.await,
            None => std::future::pending().await,
        }
    }

    /// Takes what `opened` returned; what is to be told of it.
    pub(super) fn settle(&mut self, opened: Result<Opened<T>, JoinError>, give: impl FnOnce(Option<Box<T>>)) -> Option<DeskNews> {
        self.opening = None;
        let fault = match opened {
            Ok((device, Ok(stream))) => {
                info!(
                    role = %self.role,
                    device = device.as_ref().map_or("system default", |device| device.id.as_str()),
                    "a sound device is open"
                );
                give(Some(stream));
                return self.is_now(device);
            }
            Ok((_, Err(error))) => SoundFault::from(error),
            Err(panicked) => {
                error!(%panicked, "opening a sound device failed");
                SoundFault::Failed
            }
        };
        self.current = Current::Failed;
        self.tell_once(DeviceFault::Unusable { role: self.role, fault })
    }

    /// One is open: who talks is to know where, when it is another than before, and else that all is well again.
    fn is_now(&mut self, device: Option<Device>) -> Option<DeskNews> {
        let role = self.role;
        self.told = None;
        let id = device.as_ref().map(|device| device.id.clone());
        self.lost.take_if(|lost| Some(&*lost) == id.as_ref());
        self.current = Current::Open(id);
        if self.lost.is_some() {
            self.warned = true;
            let device = device.map(|device| device.name).unwrap_or_default().into();
            return Some(DeskNews::Trouble(DeviceFault::Replaced { role, device }));
        }
        std::mem::take(&mut self.warned).then_some(DeskNews::Works(role))
    }

    /// Looks whether the open device has died; what the user must hear of it.
    pub(super) fn check(&mut self, state: StreamState) -> Option<DeskNews> {
        if !matches!(self.current, Current::Open(_)) || state != StreamState::Gone || self.opening.is_some() {
            return None;
        }
        if let Current::Open(Some(id)) = std::mem::replace(&mut self.current, Current::Closed) {
            self.lost.get_or_insert(id);
        }
        self.tell_once(DeviceFault::Gone { role: self.role })
    }

    pub(super) fn close(&mut self, give: impl FnOnce(Option<Box<T>>)) {
        self.opening = None;
        self.current = Current::Closed;
        self.told = None;
        self.lost = None;
        give(None);
    }

    fn tell_once(&mut self, fault: DeviceFault) -> Option<DeskNews> {
        self.warned = true;
        let is_new = self.told.as_ref() != Some(&fault);
        self.told = Some(fault.clone());
        is_new.then_some(DeskNews::Trouble(fault))
    }
}

/// How a host opens a device of this kind.
pub(super) type OpenBy<T> = for<'a> fn(&'a dyn SoundHost, Option<&DeviceId>) -> Result<Box<T>, SoundError>;

/// The device for `role` as things are now; `None`, the system's default, where they cannot be listed. May wait for the
/// sound server.
pub(super) fn best_device(host: &dyn SoundHost, watch: &mut DeviceWatch, role: SoundRole) -> Option<DeviceId> {
    match host.devices() {
        Ok(present) => {
            // Who follows the changes is the desk; here only the choice counts.
            let _changes = watch.see(present);
            watch.device_for(role).cloned()
        }
        Err(error) => {
            debug!(%error, "the sound devices cannot be listed");
            None
        }
    }
}
