//! Where the phone keeps what outlives a run.

use std::{
    io,
    path::{Path, PathBuf},
};

#[cfg(windows)]
use directories::BaseDirs;
#[cfg(not(windows))]
use directories::ProjectDirs;

/// The folder of the user's data; one of the seams of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFolder(PathBuf);

/// The user has no home folder to keep data in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no home folder to keep the settings in; set HOME")]
pub struct NoHomeFolder;

impl DataFolder {
    /// The folder of the user who runs the program: `sidetone` under `$XDG_DATA_HOME` on Linux, `org.sidetone.Sidetone` under the
    /// local application data on Windows, `sidetone` under `Library/Application Support` on macOS.
    ///
    /// # Errors
    /// When the user has no home folder.
    pub fn of_user() -> Result<Self, NoHomeFolder> {
        of_user().map(Self).ok_or(NoHomeFolder)
    }

    /// Another folder, for tests and portable installations.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The folder. It may not exist yet.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The settings file in it.
    pub fn settings_file(&self) -> PathBuf {
        self.0.join("settings.toml")
    }

    /// The file with what a server has set, once the user has agreed to it.
    pub fn provisioning_file(&self) -> PathBuf {
        self.0.join("provisioning.toml")
    }

    /// The file with the programs for what happens to calls.
    pub fn event_programs_file(&self) -> PathBuf {
        self.0.join("programs.toml")
    }

    /// The file with the window's places in it.
    pub fn places_file(&self) -> PathBuf {
        self.0.join("window.toml")
    }
}

/// Beside the program, never in its folder: the installer of Windows puts the program of one user into `sidetone` under his local
/// application data. By this name, Tauri's own for data, its uninstaller finds what the user may want to have deleted with it.
#[cfg(windows)]
fn of_user() -> Option<PathBuf> {
    BaseDirs::new().map(|dirs| dirs.data_local_dir().join("org.sidetone.Sidetone"))
}

#[cfg(not(windows))]
fn of_user() -> Option<PathBuf> {
    ProjectDirs::from("", "", "sidetone").map(|dirs| dirs.data_local_dir().to_owned())
}

/// Makes `folder` and those above it, for the user's eyes only.
///
/// # Errors
/// When they cannot be made.
pub fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
