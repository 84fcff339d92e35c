//! Which devices came and went, and which one each role shall use now.

use model::{DevicePreferences, SoundRole};

use crate::{Device, DeviceId, DeviceRole};

/// Every use of a device.
const ALL: [SoundRole; 3] = [SoundRole::Microphone, SoundRole::Speaker, SoundRole::Ringer];

/// What a device for it does. A ringer is a speaker of its own.
fn role_of(role: SoundRole) -> DeviceRole {
    match role {
        SoundRole::Microphone => DeviceRole::Microphone,
        SoundRole::Speaker | SoundRole::Ringer => DeviceRole::Speaker,
    }
}

/// What changed between two lists of devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceChange {
    /// A device is there that was not.
    Appeared(Device),
    /// A device is not there any more; its streams are dead, whatever they say.
    Went(Device),
    /// From now on another device is to be used; none when there is none at all.
    Switch {
        /// For what.
        role: SoundRole,
        /// Which.
        to: Option<DeviceId>,
    },
}

/// Follows the devices of a machine. Pure: whoever polls the sound host tells it the lists.
///
/// Each use has the first device of its preferences that is there, else the system's default, else any. A preferred
/// device that comes back is used again; a changed default is followed.
#[derive(Clone, Debug, Default)]
pub struct DeviceWatch {
    preferences: DevicePreferences,
    devices: Vec<Device>,
    used: [Option<DeviceId>; 3],
}

impl DeviceWatch {
    /// One that has not seen a list yet.
    pub fn new(preferences: DevicePreferences) -> Self {
        Self { preferences, ..Self::default() }
    }

    /// Sees what is there now. The first list makes everything appear.
    pub fn see(&mut self, devices: Vec<Device>) -> Vec<DeviceChange> {
        let before = std::mem::replace(&mut self.devices, devices);
        let missing = |device: &&Device, list: &[Device]| !list.iter().any(|other| is_same(device, other));
        let mut changes: Vec<DeviceChange> = before
            .iter()
            .filter(|device| missing(device, &self.devices))
            .map(|device| DeviceChange::Went(device.clone()))
            .collect();
        changes.extend(
            self.devices.iter().filter(|device| missing(device, &before)).map(|device| DeviceChange::Appeared(device.clone())),
        );
        changes.extend(self.choose());
        changes
    }

    /// The user prefers other devices.
    pub fn prefer(&mut self, preferences: DevicePreferences) -> Vec<DeviceChange> {
        self.preferences = preferences;
        self.choose()
    }

    /// The device to use now; none when there is none.
    pub fn device_for(&self, role: SoundRole) -> Option<&DeviceId> {
        self.used[role as usize].as_ref()
    }

    /// What was seen last.
    pub fn devices(&self) -> &[Device] {
        &self.devices
    }

    fn choose(&mut self) -> Vec<DeviceChange> {
        let mut changes = Vec::new();
        for role in ALL {
            let best = self.best(role);
            if best != self.used[role as usize] {
                self.used[role as usize].clone_from(&best);
                changes.push(DeviceChange::Switch { role, to: best });
            }
        }
        changes
    }

    fn best(&self, role: SoundRole) -> Option<DeviceId> {
        let preferred = match role {
            SoundRole::Microphone => &self.preferences.microphones,
            SoundRole::Speaker => &self.preferences.speakers,
            SoundRole::Ringer if self.preferences.ringers.is_empty() => &self.preferences.speakers,
            SoundRole::Ringer => &self.preferences.ringers,
        };
        let there = || self.devices.iter().filter(|device| device.role == role_of(role));
        preferred
            .iter()
            .find_map(|id| there().find(|device| device.id.as_str() == id))
            .or_else(|| there().find(|device| device.default))
            .or_else(|| there().next())
            .map(|device| device.id.clone())
    }
}

/// Whether it is the same device, whatever it is called and whether it is the default now.
fn is_same(one: &Device, other: &Device) -> bool {
    one.id == other.id && one.role == other.role
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: &str, role: DeviceRole, default: bool) -> Device {
        Device { id: id.into(), name: id.to_owned(), role, default }
    }

    fn speaker(id: &str) -> Device {
        device(id, DeviceRole::Speaker, false)
    }

    fn default_speaker(id: &str) -> Device {
        device(id, DeviceRole::Speaker, true)
    }

    fn preferring(speakers: &[&str], ringers: &[&str]) -> DeviceWatch {
        let list = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        DeviceWatch::new(DevicePreferences { speakers: list(speakers), ringers: list(ringers), ..DevicePreferences::default() })
    }

    fn switch(role: SoundRole, to: Option<&str>) -> DeviceChange {
        DeviceChange::Switch { role, to: to.map(DeviceId::from) }
    }

    #[test]
    fn a_pulled_headset_hands_over_to_the_default_and_gets_the_call_back() {
        let mut watch = preferring(&["headset"], &["loud"]);
        watch.see(vec![default_speaker("desk"), speaker("headset"), speaker("loud")]);
        assert_eq!(watch.device_for(SoundRole::Speaker), Some(&"headset".into()));
        assert_eq!(watch.device_for(SoundRole::Ringer), Some(&"loud".into()));
        let changes = watch.see(vec![default_speaker("desk"), speaker("loud")]);
        assert_eq!(changes, [DeviceChange::Went(speaker("headset")), switch(SoundRole::Speaker, Some("desk"))]);
        let changes = watch.see(vec![default_speaker("desk"), speaker("headset"), speaker("loud")]);
        assert_eq!(changes, [DeviceChange::Appeared(speaker("headset")), switch(SoundRole::Speaker, Some("headset"))]);
    }

    #[test]
    fn the_ringer_is_where_the_speaker_is_unless_it_has_its_own() {
        let mut watch = preferring(&["headset"], &[]);
        watch.see(vec![default_speaker("desk"), speaker("headset")]);
        assert_eq!(watch.device_for(SoundRole::Ringer), Some(&"headset".into()));
        let changes = watch.prefer(DevicePreferences {
            speakers: vec!["headset".to_owned()],
            ringers: vec!["desk".to_owned()],
            ..DevicePreferences::default()
        });
        assert_eq!(changes, [switch(SoundRole::Ringer, Some("desk"))]);
    }

    #[test]
    fn a_changed_default_is_followed_only_by_those_that_use_it() {
        let mut watch = preferring(&["headset"], &["none of these"]);
        watch.see(vec![default_speaker("desk"), speaker("headset"), speaker("hdmi")]);
        let changes = watch.see(vec![speaker("desk"), speaker("headset"), default_speaker("hdmi")]);
        assert_eq!(changes, [switch(SoundRole::Ringer, Some("hdmi"))]);
    }

    #[test]
    fn without_any_device_there_is_nothing_to_use_and_an_unchanged_list_changes_nothing() {
        let mut watch = preferring(&[], &[]);
        assert_eq!(watch.see(Vec::new()), []);
        watch.see(vec![speaker("odd")]);
        assert_eq!(watch.device_for(SoundRole::Speaker), Some(&"odd".into()));
        assert_eq!(watch.see(vec![speaker("odd")]), []);
        let changes = watch.see(Vec::new());
        let gone = [DeviceChange::Went(speaker("odd")), switch(SoundRole::Speaker, None), switch(SoundRole::Ringer, None)];
        assert_eq!(changes, gone);
    }

    #[test]
    fn a_microphone_is_never_taken_for_a_speaker_of_the_same_id() {
        let mut watch = preferring(&["duplex"], &[]);
        watch.see(vec![device("duplex", DeviceRole::Microphone, false), default_speaker("desk")]);
        assert_eq!(watch.device_for(SoundRole::Speaker), Some(&"desk".into()));
        assert_eq!(watch.device_for(SoundRole::Microphone), Some(&"duplex".into()));
    }
}
