//! New versions: what this installation is called in the list of them, and who looks.

use std::{env, path::Path};

use phone::{Phone, UpdateSource};
use store::DataFolder;
use tracing::info_span;

/// Looks for new versions where this build knows who publishes them.
pub(crate) fn look(phone: &Phone, folder: &DataFolder) {
    let Some(source) = source() else { return };
    phone::spawn("updates", info_span!("updates"), phone.clone().look_for_updates(source, folder.clone()));
}

/// Who publishes new versions of this build.
pub(crate) fn source() -> Option<UpdateSource> {
    UpdateSource::of_build(env!("CARGO_PKG_VERSION"), &platform())
}

/// The name of this installation in the list: system, processor, and kind of package.
fn platform() -> String {
    let system = if cfg!(target_os = "macos") { "darwin" } else { env::consts::OS };
    format!("{system}-{}-{}", env::consts::ARCH, kind())
}

fn kind() -> &'static str {
    if cfg!(windows) {
        if is_beside("uninstall.exe") { "nsis" } else { "msi" }
    } else if cfg!(target_os = "macos") {
        "dmg"
    } else if env::var_os("APPIMAGE").is_some() {
        // Set by its runtime.
        "appimage"
    } else if Path::new("/var/lib/dpkg/info/sidetone.list").exists() {
        "deb"
    } else {
        "rpm"
    }
}

/// Whether a file of this name stands beside the program. Of the two installers of Windows, only NSIS's writes an uninstaller.
fn is_beside(name: &str) -> bool {
    env::current_exe().is_ok_and(|program| program.with_file_name(name).exists())
}
