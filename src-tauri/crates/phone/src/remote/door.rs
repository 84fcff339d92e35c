//! Where the phone of a folder listens for other programs of its user, and where these knock: in the folder, or in the user's
//! session for a folder that takes no socket.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use interprocess::local_socket::{
    ListenerOptions, Name,
    tokio::{Listener, Stream, prelude::*},
};
use tracing::warn;

use super::RemoteError;

/// The door of one folder's phone.
#[derive(Clone, Debug)]
pub(super) struct Door {
    folder: PathBuf,
    /// A folder of the user's session, which only he can open and which is gone with it.
    #[cfg(unix)]
    session: Option<PathBuf>,
}

impl Door {
    /// Of the phone that runs with `folder`.
    pub(super) fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            #[cfg(unix)]
            session: session(),
        }
    }

    /// With another session than this program's.
    #[cfg(all(test, unix))]
    pub(super) fn in_session(folder: &Path, session: &Path) -> Self {
        Self { folder: folder.to_owned(), session: private(session.to_owned()) }
    }

    /// Connects to the phone; nobody opens where none runs.
    pub(super) async fn knock(&self) -> Result<Stream, RemoteError> {
        let mut missed = None;
        for name in self.names()? {
            match Stream::connect(name).await {
                Ok(stream) => return Ok(stream),
                Err(error) => missed = missed.or(Some(error)),
            }
        }
        Err(RemoteError::NoPhone(missed.unwrap_or_else(|| io::ErrorKind::NotFound.into())))
    }

    /// Holds the folder. The system lets go of it with the process, however that ends.
    pub(super) fn hold(&self) -> Result<Option<File>, RemoteError> {
        let held = match self.holdable() {
            Ok(held) => held,
            Err(error) => {
                warn!(%error, "another phone could be started with the same folder");
                return Ok(None);
            }
        };
        match held.try_lock() {
            Ok(()) => Ok(Some(held)),
            Err(TryLockError::WouldBlock) => Err(RemoteError::AlreadyRunning),
            // Some file systems of networks cannot.
            Err(TryLockError::Error(error)) => {
                warn!(%error, "another phone could be started with the same folder");
                Ok(None)
            }
        }
    }
}

#[cfg(unix)]
impl Door {
    /// Listens, in the folder if it takes a socket.
    pub(super) fn listen(&self) -> Result<Listener, RemoteError> {
        let inside = make_private(&self.folder).and_then(|()| listen_at(&self.inside()));
        let opened = match (inside, self.beside()) {
            (Err(error), Some(beside)) => {
                tracing::debug!(%error, "the folder takes no socket; the session does");
                listen_at(&beside)
            }
            (inside, _) => inside,
        };
        opened.map_err(RemoteError::NoSocket)
    }

    /// The folder itself, for which it need not be written.
    fn holdable(&self) -> io::Result<File> {
        // One that is not there is made; where it cannot be, nobody else has it either.
        make_private(&self.folder).or_else(|error| if self.folder.exists() { Ok(()) } else { Err(error) })?;
        File::open(&self.folder)
    }

    fn names(&self) -> Result<Vec<Name<'static>>, RemoteError> {
        let inside = (!is_everybodys(&self.folder)).then(|| self.inside());
        let places = inside.into_iter().chain(self.beside());
        places.map(|place| name_of(&place).map_err(RemoteError::NoSocket)).collect()
    }

    /// The socket in the folder.
    pub(super) fn inside(&self) -> PathBuf {
        self.folder.join("control.sock")
    }

    /// The one in the session; each folder has its own there.
    fn beside(&self) -> Option<PathBuf> {
        Some(self.session.as_ref()?.join(format!("sidetone-{:016x}.sock", hashed(&self.folder))))
    }
}

/// The folder that the desktop gives each user for sockets (XDG Base Directory Specification).
#[cfg(unix)]
fn session() -> Option<PathBuf> {
    private(PathBuf::from(std::env::var_os("XDG_RUNTIME_DIR")?))
}

/// A folder that nobody else can open: there, nobody else can wait for us.
#[cfg(unix)]
fn private(folder: PathBuf) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let known = std::fs::metadata(&folder).ok()?;
    (folder.is_absolute() && known.is_dir() && known.permissions().mode() & 0o077 == 0).then_some(folder)
}

/// Whether it is a folder like `/tmp`: not ours to close, and somebody else may wait there for us.
#[cfg(unix)]
fn is_everybodys(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(folder).is_ok_and(|known| known.permissions().mode() & 0o1002 != 0)
}

#[cfg(unix)]
fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    if !folder.exists() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    if is_everybodys(folder) {
        return Err(io::Error::other("everybody may write there"));
    }
    let mut permissions = std::fs::metadata(folder)?.permissions();
    permissions.set_mode(0o700);
    std::fs::set_permissions(folder, permissions)
}

#[cfg(unix)]
fn name_of(socket: &Path) -> io::Result<Name<'static>> {
    use interprocess::local_socket::{GenericFilePath, ToFsName};
    socket.to_owned().to_fs_name::<GenericFilePath>()
}

#[cfg(unix)]
fn listen_at(socket: &Path) -> io::Result<Listener> {
    use std::os::unix::fs::PermissionsExt;
    // The socket of a phone that was killed is still there; nobody answered on it, so it may be replaced.
    let listener = ListenerOptions::new().name(name_of(socket)?).try_overwrite(true).create_tokio()?;
    // Not every Unix can make the socket with a mode; the folder's mode already keeps others out meanwhile.
    std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// The same for every program of one version, by whatever way the folder is named.
fn hashed(folder: &Path) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    folder.canonicalize().as_deref().unwrap_or(folder).hash(&mut hasher);
    hasher.finish()
}

/// A named pipe, which needs no folder.
#[cfg(windows)]
impl Door {
    pub(super) fn listen(&self) -> Result<Listener, RemoteError> {
        use interprocess::os::windows::{local_socket::ListenerOptionsExt, security_descriptor::SecurityDescriptor};
        // The user's own application data is private by inheritance.
        std::fs::create_dir_all(&self.folder).map_err(RemoteError::NoSocket)?;
        // Protected, everything to the owner, nothing to anybody else.
        let owner_only =
            SecurityDescriptor::deserialize(widestring::u16cstr!("D:P(A;;GA;;;OW)")).map_err(RemoteError::NoSocket)?;
        let options = ListenerOptions::new().name(self.pipe()?).security_descriptor(owner_only);
        options.create_tokio().map_err(RemoteError::NoSocket)
    }

    /// A file in the folder, which itself cannot be opened here. The pipe alone would not do: whoever is elevated cannot be seen by
    /// others, and its name can be taken by anybody.
    fn holdable(&self) -> io::Result<File> {
        std::fs::create_dir_all(&self.folder)?;
        File::options().write(true).create(true).truncate(false).open(self.folder.join("control.lock"))
    }

    fn names(&self) -> Result<Vec<Name<'static>>, RemoteError> {
        Ok(vec![self.pipe()?])
    }

    fn pipe(&self) -> Result<Name<'static>, RemoteError> {
        use interprocess::local_socket::{GenericNamespaced, ToNsName};
        format!("sidetone-{:016x}", hashed(&self.folder)).to_ns_name::<GenericNamespaced>().map_err(RemoteError::NoSocket)
    }
}
