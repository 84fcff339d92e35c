//! A settings file, whatever is in it: there are always settings to run with, and those can be saved and read again.

use std::fs;

use store::SettingsFile;

/// Reads `bytes` as the program's own file.
pub fn exercise(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = SettingsFile::at(folder.path().join("settings.toml"));
    fs::write(file.path(), bytes).expect("a writable folder");
    let loaded = file.load();
    let newer = SettingsFile::at(folder.path().join("again.toml"));
    if newer.save(&loaded.settings).is_ok() {
        assert_eq!(newer.read().ok(), Some(loaded.settings), "what was saved is read as the same");
    }
    if loaded.trouble.is_some() {
        let kept = fs::read_dir(folder.path()).expect("the folder").flatten().filter_map(|entry| fs::read(entry.path()).ok());
        assert!(kept.into_iter().any(|content| content == bytes), "a damaged file is kept");
    }
}
