//! The devices as a face sees them.

use audio::{Device, DeviceId, DeviceRole, DeviceWatch, Use};
use model::{DeviceView, DevicesView, RoleView};

/// What `watch` saw last, with what was told about the devices in use.
pub(super) fn devices(watch: &DeviceWatch, microphone: Option<&str>, speaker: Option<&str>) -> DevicesView {
    let of = |role: DeviceRole| watch.devices().iter().filter(move |device| device.role == role).map(view).collect();
    let role = |role: Use, told: Option<&str>, missing: &str| {
        let using = watch.device_for(role).map(DeviceId::as_str).map(str::to_owned);
        let trouble = told.map(str::to_owned).or_else(|| using.is_none().then(|| missing.to_owned()));
        RoleView { using, trouble }
    };
    DevicesView {
        microphones: of(DeviceRole::Microphone),
        speakers: of(DeviceRole::Speaker),
        microphone: role(Use::Microphone, microphone, "there is no microphone"),
        speaker: role(Use::Speaker, speaker, "there is no speaker"),
        ringer: role(Use::Ringer, None, "there is no speaker to ring on"),
    }
}

fn view(device: &Device) -> DeviceView {
    DeviceView { id: device.id.as_str().to_owned(), name: device.name.clone() }
}
