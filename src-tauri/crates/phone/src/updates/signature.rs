//! Signatures of packages, in the form of minisign inside of base64, as Tauri's tools write them.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use minisign_verify::{PublicKey, Signature};
use store::DataFolder;

/// How much of a package is read at a time.
const PIECE: usize = 64 * 1024;

/// Who publishes.
pub(super) struct PublisherKey(PublicKey);

/// A signature that is not yet held against a package.
pub(super) struct PackageSignature {
    key: PublicKey,
    signature: Signature,
    name: String,
}

impl PublisherKey {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let text = plain(text)?;
        PublicKey::decode(&text).map(Self).map_err(|error| format!("the publisher's key is damaged: {error}"))
    }

    /// Reads the signature of a package of `version`. What it signs beside the package is the name of its file.
    pub(super) fn signature(&self, text: &str, version: &str) -> Result<PackageSignature, String> {
        let signature = Signature::decode(&plain(text)?).map_err(|error| format!("its signature is damaged: {error}"))?;
        let name = file_name(signature.trusted_comment()).ok_or("its signature names no file")?;
        let version = version.trim_start_matches('v');
        let is_of_version = name.split(['_', '-']).any(|part| part == version || part.starts_with(&format!("{version}.")));
        if !is_of_version {
            return Err(format!("it was signed as {name}, which is another version"));
        }
        Ok(PackageSignature { key: self.0.clone(), signature, name })
    }
}

impl PackageSignature {
    /// Where the package is kept.
    pub(super) fn file(&self, folder: &DataFolder) -> PathBuf {
        folder.path().join("updates").join(&self.name)
    }

    /// Holds it against a package; reads all of it.
    pub(super) fn verify(&self, package: &Path) -> Result<(), String> {
        let mut verifier = self.key.verify_stream(&self.signature).map_err(|error| wrong(&error))?;
        let mut file = File::open(package).map_err(|error| format!("it cannot be read: {error}"))?;
        let mut piece = vec![0; PIECE];
        loop {
            let read = file.read(&mut piece).map_err(|error| format!("it cannot be read: {error}"))?;
            if read == 0 {
                return verifier.finalize().map_err(|error| wrong(&error));
            }
            verifier.update(&piece[..read]);
        }
    }
}

fn wrong(error: &minisign_verify::Error) -> String {
    format!("its signature is not the publisher's: {error}")
}

fn plain(text: &str) -> Result<String, String> {
    let bytes = STANDARD.decode(text.trim()).map_err(|error| format!("a key or signature is damaged: {error}"))?;
    String::from_utf8(bytes).map_err(|error| format!("a key or signature is damaged: {error}"))
}

/// The file that a trusted comment names (`timestamp:…<tab>file:…`): a name and no path.
fn file_name(comment: &str) -> Option<String> {
    let name = comment.split('\t').find_map(|part| part.strip_prefix("file:"))?.trim();
    let is_plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', ':', '\0']);
    (is_plain && name.len() < 200).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_without_a_path() {
        assert_eq!(file_name("timestamp:1\tfile:Sidetone_1.2.3_amd64.deb").as_deref(), Some("Sidetone_1.2.3_amd64.deb"));
        for comment in ["", "timestamp:1", "file:", "file:../x", "file:a/b", "file:..", "file:C:x", "file:a\\b"] {
            assert_eq!(file_name(comment), None, "{comment:?}");
        }
    }
}
