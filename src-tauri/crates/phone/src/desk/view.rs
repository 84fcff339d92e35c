//! The devices as a face sees them.

use audio::{Device, DeviceId, DeviceRole, DeviceWatch};
use model::{DeviceFault, DeviceView, DevicesView, RoleView, SoundRole};

/// What `watch` saw last, with what was told about the devices in use.
pub(super) fn devices(watch: &DeviceWatch, microphone: Option<&DeviceFault>, speaker: Option<&DeviceFault>) -> DevicesView {
    let of = |role: DeviceRole| watch.devices().iter().filter(move |device| device.role == role).map(view).collect();
    let role = |role: SoundRole, told: Option<&DeviceFault>| {
        let using = watch.device_for(role).map(DeviceId::as_str).map(str::to_owned);
        let trouble = told.cloned().or_else(|| using.is_none().then_some(DeviceFault::None { role }));
        RoleView { using, trouble }
    };
    DevicesView {
        microphones: of(DeviceRole::Microphone),
        speakers: of(DeviceRole::Speaker),
        microphone: role(SoundRole::Microphone, microphone),
        speaker: role(SoundRole::Speaker, speaker),
        ringer: role(SoundRole::Ringer, None),
    }
}

fn view(device: &Device) -> DeviceView {
    DeviceView { id: device.id.as_str().to_owned(), name: device.name.clone() }
}
