//! Files of authorities that the environment names (openssl-env(7)), before the library reads them.

use std::{env, ffi::OsString, fs, path::Path};

use model::SetupFault;

use super::{can_be_read, no_authorities};

/// Refuses what cannot be a file of authorities: the library reads whatever is there to its end. What is not there it passes over, and
/// what else than files is in a folder.
pub(super) fn look_at(file: Option<OsString>, folders: Option<OsString>) -> Result<(), SetupFault> {
    if let Some(file) = file.as_deref().map(Path::new)
        && fs::metadata(file).is_ok_and(|known| !can_be_read(&known))
    {
        return Err(no_authorities(file));
    }
    for folder in folders.iter().flat_map(env::split_paths).filter(|folder| !folder.as_os_str().is_empty()) {
        for file in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if fs::metadata(&file).is_ok_and(|known| known.is_file() && !can_be_read(&known)) {
                return Err(no_authorities(&file));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tempfile::{NamedTempFile, TempDir};

    use super::{super::LARGEST, *};

    #[test]
    fn what_has_no_end_or_far_too_much_is_refused_by_its_name() {
        let (folder, other) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
        let large = NamedTempFile::new_in(&folder).expect("a file");
        large.as_file().set_len(LARGEST + 1).expect("it may have holes");
        let named = |path: &Path| Some(path.as_os_str().to_owned());
        for file in [Path::new("/dev/zero"), folder.path(), large.path()] {
            assert_eq!(look_at(named(file), None), Err(no_authorities(file)));
        }
        let folders = env::join_paths([other.path(), folder.path()]).expect("no colons");
        assert_eq!(look_at(None, Some(folders)), Err(no_authorities(large.path())));
    }

    #[test]
    fn files_that_can_be_read_and_what_is_not_there_are_left_to_the_library() {
        let folder = TempDir::new().expect("a folder");
        let file = NamedTempFile::new_in(&folder).expect("a file");
        assert_eq!(look_at(Some(file.path().into()), Some(folder.path().into())), Ok(()));
        assert_eq!(look_at(Some("no-such-file".into()), Some("/dev/null::no-such-folder".into())), Ok(()));
        assert_eq!(look_at(None, None), Ok(()));
    }
}
