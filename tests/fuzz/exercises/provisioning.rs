//! What an administrator or a web server sets.

use model::Settings;
use store::{Provisioned, check_settings};

/// Reads `bytes` as a provisioning file. One that is read makes settings that may be used, and laid over them once more
/// changes nothing.
pub fn exercise(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(provisioned) = Provisioned::of_text("a stranger", text) else { return };
    let settings = provisioned.impose(Settings::default());
    assert!(check_settings(&settings).is_empty(), "settings that are in force make sense");
    assert_eq!(provisioned.impose(settings.clone()), settings, "what is set stays set");
    assert!(provisioned.refuse(&settings, &settings).is_empty(), "who changes nothing is refused nothing");
}
