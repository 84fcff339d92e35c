//! Where the phone keeps what outlives a run.

use std::{
    io,
    path::{Path, PathBuf},
};

use directories::ProjectDirs;

/// The folder of the user's data; one of the seams of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFolder(PathBuf);

/// The user has no home folder to keep data in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no home folder to keep the settings in; set HOME")]
pub struct NoHomeFolder;

impl DataFolder {
    /// The folder of the user who runs the program: `sidetone` under `$XDG_DATA_HOME` on Linux, under the local
    /// application data on Windows, under `Library/Application Support` on macOS.
    pub fn of_user() -> Result<Self, NoHomeFolder> {
        ProjectDirs::from("", "", "sidetone").map(|dirs| Self(dirs.data_local_dir().to_owned())).ok_or(NoHomeFolder)
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

    /// The file with the window's places in it.
    pub fn places_file(&self) -> PathBuf {
        self.0.join("window.toml")
    }
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
