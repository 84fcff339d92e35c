//! The user's own ringtones: copies, so that the phone rings when the file they came from is gone.

use std::{io, path::PathBuf};

use crate::{DataFolder, make_private, replace::replace};

/// Letters of a file's name that are kept.
const LONGEST_NAME: usize = 60;

impl DataFolder {
    /// Keeps a ringtone under the name its file had; one of the same name is replaced. Where it is now.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_ringtone(&self, name: &str, sound: &[u8]) -> io::Result<PathBuf> {
        let folder = self.path().join("ringtones");
        make_private(&folder)?;
        let path = folder.join(plain(name));
        replace(&path, sound)?;
        Ok(path)
    }
}

/// A name for a file, whatever the page calls it: the last part of a path, without what file systems refuse, and never hidden.
fn plain(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let letters = last.chars().map(|c| if c.is_alphanumeric() || "-_. ".contains(c) { c } else { '_' });
    let skipped = last.chars().count().saturating_sub(LONGEST_NAME);
    // The end stays: it says what kind of file it is.
    let plain: String = letters.skip(skipped).collect();
    let plain = plain.trim_matches([' ', '.']);
    if plain.is_empty() { "ringtone".into() } else { plain.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ringtone_stays_in_its_folder_whatever_its_file_was_called() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = DataFolder::at(temporary.path());
        let long = format!("{}.ogg", "é".repeat(100));
        for (name, kept) in [
            ("Glocke 2.wav", "Glocke 2.wav"),
            ("../../etc/passwd", "passwd"),
            ("C:\\sounds\\a:b?.mp3", "a_b_.mp3"),
            ("..", "ringtone"),
            (".hidden", "hidden"),
            (&long, &format!("{}.ogg", "é".repeat(56))),
        ] {
            let path = folder.keep_ringtone(name, b"sound").expect("kept");
            assert_eq!(path, temporary.path().join("ringtones").join(kept));
            assert_eq!(std::fs::read(path).expect("the file"), b"sound");
        }
    }
}
