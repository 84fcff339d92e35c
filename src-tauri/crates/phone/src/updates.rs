//! New versions of the program: looked for now and then, never in a call, and taken only with the signature of whoever publishes
//! them.
//!
//! The list of what is published is that of Tauri (`latest.json`), and so is the form of signatures (minisign). The list itself is
//! not signed: a package is taken when its own signature is right, and the file name under that signature is of the version the
//! list tells, so that nobody can pass an old package off as a new one. What was taken is handed to the system's own installer
//! when the user asks for it.

mod manifest;
mod signature;

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use model::{CallState, Refusal, Snapshot, UpdateView};
use providers::net::HttpRequest;
use store::{DataFolder, make_private};
use tokio::{task::spawn_blocking, time::sleep};
use tracing::{info, warn};

use self::{manifest::Manifest, signature::PublisherKey};
use crate::phone::{Phone, PhoneStopped};

/// The first look comes when the start is over, the next ones daily.
const FIRST: Duration = Duration::from_secs(120);
const EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Larger than any package of this program.
const LARGEST: u64 = 400 * 1024 * 1024;

/// Who publishes this program, and what it is now.
#[derive(Clone, Debug)]
pub struct UpdateSource {
    /// `https://host/path` of the list.
    pub url: String,
    /// The publisher's key, as `tauri signer generate` writes it.
    pub key: String,
    /// The version that runs.
    pub version: String,
    /// What this installation is in the list (`linux-x86_64-deb`).
    pub platform: String,
}

/// Why there is no new version to install.
#[derive(Debug, thiserror::Error)]
pub enum NotUpdated {
    /// The phone is in use, or was meanwhile.
    #[error("the phone is in a call")]
    InCall,
    /// The user or his administrator does not want it.
    #[error("looking for new versions is switched off")]
    Off,
    /// The server, or what it says.
    #[error("{0}")]
    Server(String),
    /// The package is not what it should be.
    #[error("the package of version {version} is not taken: {reason}")]
    Package {
        /// The version it is said to be.
        version: String,
        /// What is wrong.
        reason: String,
    },
    /// It cannot be kept.
    #[error("the new version cannot be kept: {0}")]
    Unkept(#[from] io::Error),
    /// The phone has stopped.
    #[error(transparent)]
    Stopped(#[from] PhoneStopped),
}

impl UpdateSource {
    /// Who publishes this build: what the release was made with. Builds of one's own have none, and look for nothing.
    pub fn of_build(version: &str, platform: &str) -> Option<Self> {
        let set = |value: Option<&'static str>| value.filter(|value| !value.is_empty());
        let (url, key) = (set(option_env!("SIDETONE_UPDATE_URL"))?, set(option_env!("SIDETONE_UPDATE_KEY"))?);
        Some(Self { url: url.into(), key: key.into(), version: version.into(), platform: platform.into() })
    }
}

impl Phone {
    /// Looks for new versions as long as the phone runs.
    pub async fn look_for_updates(self, source: UpdateSource, folder: DataFolder) {
        sleep(FIRST).await;
        loop {
            if self.becomes_silent().await.is_err() {
                return;
            }
            match self.update(&source, &folder).await {
                Ok(Some(version)) => info!(%version, "a new version can be installed"),
                Ok(None) | Err(NotUpdated::Off) => {}
                Err(NotUpdated::InCall) => continue,
                Err(NotUpdated::Stopped(_)) => return,
                Err(error) => warn!(%error, "there is no update"),
            }
            sleep(EVERY).await;
        }
    }

    /// Looks once; the version that can now be installed, if there is a new one. It is in the snapshot then.
    ///
    /// # Errors
    /// When there is none to be had.
    pub async fn update(&self, source: &UpdateSource, folder: &DataFolder) -> Result<Option<String>, NotUpdated> {
        self.may_look()?;
        let list = self.get(&source.url).await?;
        let manifest = Manifest::read(&list).map_err(NotUpdated::Server)?;
        let Some(package) = manifest.newer_than(&source.version, &source.platform).map_err(NotUpdated::Server)? else {
            return Ok(None);
        };
        let wrong = |reason: String| NotUpdated::Package { version: manifest.version.clone(), reason };
        let key = PublisherKey::read(&source.key).map_err(wrong)?;
        let signature = key.signature(&package.signature, &manifest.version).map_err(wrong)?;
        let kept = signature.file(folder);
        let partly = kept.with_extension("part");
        make_private(kept.parent().unwrap_or(Path::new(".")))?;
        self.may_look()?;
        let begun = self.download(&package.url, &partly).await;
        // What came is no good to anybody until it was looked at.
        let verdict = match begun {
            Ok(()) => spawn_blocking({
                let partly = partly.clone();
                move || signature.verify(&partly)
            })
            .await
            .map_err(io::Error::other)?
            .map_err(wrong),
            Err(error) => Err(error),
        };
        if let Err(refused) = verdict.and_then(|()| self.may_look()) {
            remove(&partly);
            return Err(refused);
        }
        fs::rename(&partly, &kept)?;
        remove_others(&kept);
        let path = kept.display().to_string();
        self.show_update(UpdateView { version: manifest.version.clone(), file: path.into() })?;
        Ok(Some(manifest.version))
    }

    /// The package that may be handed to the system's installer now.
    ///
    /// # Errors
    /// When there is none, or the phone is in a call.
    pub fn update_to_install(&self) -> Result<PathBuf, Refusal> {
        let snapshot = self.snapshot();
        if !self.settings().borrow().updates.check {
            return Err(Refusal::UpdatesOff);
        }
        if !is_silent(&snapshot) {
            return Err(Refusal::InCall);
        }
        snapshot.update.as_ref().map(|update| PathBuf::from(update.file.expose())).ok_or(Refusal::NoUpdate)
    }

    fn may_look(&self) -> Result<(), NotUpdated> {
        if !self.settings().borrow().updates.check {
            return Err(NotUpdated::Off);
        }
        if is_silent(&self.snapshot()) { Ok(()) } else { Err(NotUpdated::InCall) }
    }

    async fn becomes_silent(&self) -> Result<(), PhoneStopped> {
        self.snapshots().wait_for(|snapshot| is_silent(snapshot)).await.map(drop).map_err(|_| PhoneStopped)
    }

    async fn get(&self, url: &str) -> Result<String, NotUpdated> {
        let answer = self.office().network().ask(&request(url)?).await;
        let answer = answer.map_err(|cause| NotUpdated::Server(cause.to_string()))?;
        if answer.status != 200 {
            return Err(NotUpdated::Server(format!("the server answered {}", answer.status)));
        }
        Ok(answer.body.expose().to_owned())
    }

    /// Takes a package; a call that begins ends that.
    async fn download(&self, url: &str, to: &Path) -> Result<(), NotUpdated> {
        let request = request(url)?;
        let network = self.office().network();
        let mut snapshots = self.snapshots();
        tokio::select! {
            taken = network.download(&request, to, LARGEST) => taken.map_err(|cause| NotUpdated::Server(cause.to_string())),
            _ = snapshots.wait_for(|snapshot| !is_silent(snapshot)) => Err(NotUpdated::InCall),
        }
    }
}

fn request(url: &str) -> Result<HttpRequest, NotUpdated> {
    if !url.starts_with("https://") {
        return Err(NotUpdated::Server("new versions come by https:// only".into()));
    }
    Ok(HttpRequest::get(url))
}

fn is_silent(snapshot: &Snapshot) -> bool {
    snapshot.calls.iter().all(|call| matches!(call.state, CallState::Ended { .. }))
}

/// Removes the packages of earlier versions, and what a killed program left of one.
fn remove_others(kept: &Path) {
    let files = kept.parent().map(fs::read_dir).and_then(Result::ok).into_iter().flatten().flatten();
    files.map(|file| file.path()).filter(|file| file != kept && file.is_file()).for_each(|file| remove(&file));
}

fn remove(partly: &Path) {
    match fs::remove_file(partly) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => warn!(%error, "a package that is not taken is left behind"),
        Ok(()) | Err(_) => {}
    }
}
