//! Which language the user reads.

use model::Settings;
use phone::desktop::Language;

/// The language of these settings, else the system's.
pub(crate) fn of(settings: &Settings) -> Language {
    let system: Vec<String> = sys_locale::get_locales().collect();
    Language::choose(&settings.window.language, system.iter().map(String::as_str))
}
