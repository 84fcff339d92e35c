use std::sync::atomic::{AtomicBool, Ordering};

use model::{AccountId, CallSettings};
use tempfile::TempDir;

use super::*;

fn folder() -> (TempDir, SettingsFile) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let file = SettingsFile::at(folder.path().join("sidetone").join("settings.toml"));
    (folder, file)
}

fn with_text(text: impl AsRef<[u8]>) -> (TempDir, SettingsFile) {
    let (folder, file) = folder();
    fs::create_dir_all(file.path().parent().expect("it is in a folder")).expect("the folder can be made");
    fs::write(file.path(), text).expect("the file can be written");
    (folder, file)
}

fn names_beside(file: &SettingsFile) -> Vec<String> {
    let entries = fs::read_dir(file.path().parent().expect("it is in a folder")).expect("the folder is there");
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn quiet() -> Settings {
    Settings { log: "warn".into(), ..Settings::default() }
}

#[test]
fn without_a_file_the_defaults_are_used_and_nothing_is_written() {
    let (folder, file) = folder();
    let loaded = file.load();
    assert_eq!(loaded.settings, Settings::default());
    assert!(loaded.trouble.is_none());
    assert_eq!(fs::read_dir(folder.path()).expect("the folder is there").count(), 0);
    assert!(matches!(file.read(), Err(ReadError::Unreadable(_))), "a file that was named must exist");
}

#[test]
fn what_was_saved_is_loaded_and_only_the_user_can_read_it() {
    let (_folder, file) = folder();
    file.save(&quiet()).expect("it can be saved");
    assert_eq!(file.load().settings, quiet());
    assert_eq!(file.read().expect("it can be read"), quiet());
    assert_eq!(names_beside(&file), ["settings.toml"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!(mode(file.path()), 0o600);
        assert_eq!(mode(file.path().parent().expect("it is in a folder")), 0o700);
    }
}

#[test]
fn a_damaged_file_is_kept_under_another_name_each_time() {
    let (_folder, file) = with_text("log = 'in");
    for n in 1..=2 {
        let loaded = file.load();
        assert_eq!(loaded.settings, Settings::default());
        let told = loaded.trouble.expect("the user is told").to_string();
        assert!(told.contains("line 1") && told.contains(&format!("settings.damaged-{n}.toml")), "{told}");
        fs::write(file.path(), "log = 'in").expect("the file can be written");
    }
    file.save(&quiet()).expect("a third damaged file is moved aside by saving");
    assert_eq!(
        names_beside(&file),
        ["settings.damaged-1.toml", "settings.damaged-2.toml", "settings.damaged-3.toml", "settings.toml"]
    );
}

#[test]
fn a_file_of_a_newer_version_is_neither_used_nor_touched() {
    let text = "version = 2\nlog = 'debug'";
    let (_folder, file) = with_text(text);
    let loaded = file.load();
    assert_eq!(loaded.settings, Settings::default());
    let told = loaded.trouble.expect("the user is told").to_string();
    assert!(told.contains("newer version of Sidetone"), "{told}");
    assert!(matches!(file.save(&quiet()), Err(SaveError::WouldLose(ReadError::Newer { found: 2, known: 1 }))));
    assert_eq!(fs::read_to_string(file.path()).expect("it is there"), text);
    assert_eq!(names_beside(&file), ["settings.toml"]);
}

#[test]
fn fields_of_others_survive_a_save_and_are_named() {
    let (_folder, file) = with_text("theme = 'dark'\n[calls]\nlimit = 3\nvideo = true");
    assert_eq!(file.load().ignored, ["theme", "calls.video"]);
    file.save(&quiet()).expect("it can be saved");
    let text = fs::read_to_string(file.path()).expect("it is there");
    assert!(text.contains("theme = \"dark\"") && text.contains("video = true"), "{text}");
    assert_eq!(file.load().settings, quiet());
}

#[test]
fn settings_that_cannot_work_are_not_saved() {
    let (_folder, file) = folder();
    let mut settings = quiet();
    settings.calls = CallSettings { packet_ms: 30, ..CallSettings::default() };
    settings.accounts[0].id = AccountId(String::new());
    let refused = file.save(&settings).expect_err("30 ms are not on offer").to_string();
    assert!(refused.contains("calls.packet_ms: must be 10 or 20") && refused.contains("; "), "{refused}");
    assert!(!file.path().exists());
}

#[test]
fn a_write_that_fails_leaves_nothing_half_written() {
    let (_folder, file) = folder();
    // A folder in the place of the file refuses to be replaced, for root as well.
    fs::create_dir_all(file.path()).expect("the folder can be made");
    assert!(crate::replace::replace(file.path(), b"log = 'debug'").is_err());
    assert_eq!(names_beside(&file), ["settings.toml"]);
    assert!(matches!(file.save(&quiet()), Err(SaveError::WouldLose(ReadError::Unreadable(_)))));
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link() {
    let (folder, file) = with_text("");
    let elsewhere = folder.path().join("dotfiles.toml");
    fs::rename(file.path(), &elsewhere).expect("it can be moved");
    std::os::unix::fs::symlink(&elsewhere, file.path()).expect("it can be linked");
    file.save(&quiet()).expect("it can be saved");
    assert!(fs::symlink_metadata(file.path()).expect("it is there").is_symlink());
    assert_eq!(SettingsFile::at(elsewhere).load().settings, quiet());
}

#[test]
fn of_two_that_save_at_once_one_wins_whole() {
    let (_folder, file) = folder();
    file.save(&quiet()).expect("it can be saved");
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers = ["debug", "trace"].map(|log| {
            let file = &file;
            scope.spawn(move || {
                let settings = Settings { log: log.into(), ..Settings::default() };
                (0..40).for_each(|_| file.save(&settings).expect("it can be saved"));
            })
        });
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let loaded = file.load();
                assert!(loaded.trouble.is_none(), "{:?}", loaded.trouble);
                assert!(["warn", "debug", "trace"].contains(&loaded.settings.log.as_str()));
            }
        });
        for writer in writers {
            writer.join().expect("no writer fails");
        }
        over.store(true, Ordering::Relaxed);
    });
    assert_eq!(names_beside(&file), ["settings.toml"]);
}

#[test]
fn whatever_the_file_holds_the_phone_starts_and_loses_nothing() {
    let whole = include_bytes!("../../fixtures/settings-v1.toml");
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    let (_folder, file) = with_text("");
    for _ in 0..1000 {
        let mut bytes = whole.to_vec();
        match next(4) {
            0 => bytes.truncate(next(whole.len())),
            1 => (0..8).for_each(|_| bytes[next(whole.len())] = next(256) as u8),
            2 => drop(bytes.drain(next(100)..200 + next(800))),
            _ => bytes = bytes.repeat(1 + next(3)),
        }
        fs::write(file.path(), &bytes).expect("the file can be written");
        let kept = match file.load().trouble {
            Some(LoadTrouble::KeptAside { kept, .. }) => kept,
            Some(LoadTrouble::Untouched { path, .. }) => path,
            None => file.path().to_owned(),
        };
        assert_eq!(fs::read(&kept).expect("it is still there"), bytes);
        fs::remove_file(kept).expect("it can be removed");
    }
}

#[test]
fn a_huge_file_is_not_read_to_its_end() {
    let (_folder, file) = with_text(vec![b'#'; 2 << 20]);
    let told = file.load().trouble.expect("the user is told").to_string();
    assert!(told.contains("larger than 1024 kB"), "{told}");
}
