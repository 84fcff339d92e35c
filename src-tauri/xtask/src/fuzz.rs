//! The fuzzer at every parser that strangers reach, for a while each.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::shell::{Failed, output, root, run};

/// How long a target is tried without a word.
const SECONDS: &str = "600";

/// Targets whose seeds are fixtures of tests, too.
const FIXTURES: [(&str, &[&str]); 3] = [
    ("sip_message", &["sip/peers", "sip/rfc4475", "sip/rfc5118"]),
    ("trace", &["sip/peers", "sip/rfc4475", "sip/rfc5118"]),
    ("sdp", &["sdp"]),
];

/// Tries one target or all of them, each for so many seconds; what was found is in `tests/fuzz/artifacts`. One that fails does not
/// keep the others from being tried.
///
/// Each target watches by itself that no input is slow, which a sanitizer would make all of them.
pub fn run_targets(target: Option<&str>, seconds: Option<&str>) -> Result<(), Failed> {
    if output(Command::new("rustup").args(["run", "nightly", "cargo", "fuzz", "--version"])).is_none() {
        return Err(Failed::new("this needs `rustup toolchain install nightly` and `cargo install cargo-fuzz`"));
    }
    let seconds = seconds.unwrap_or(SECONDS);
    let targets = target.map_or_else(all, |target| Ok(vec![target.to_owned()]))?;
    let mut failed = Vec::new();
    for target in &targets {
        println!("fuzzing {target} for {seconds} s");
        let corpus = gather(target).map_err(|error| Failed::new(format!("the seeds of {target} cannot be copied: {error}")))?;
        let mut command = Command::new("rustup");
        command.args(["run", "nightly", "cargo", "fuzz", "run", "--fuzz-dir", "tests/fuzz", "--sanitizer", "none", target]);
        command.arg(corpus).args(["--", "-max_len=70000", "-timeout=5", "-rss_limit_mb=2048", "-print_final_stats=1"]);
        command.arg(format!("-max_total_time={seconds}")).current_dir(root());
        // What the cargo that runs us says of itself is not true of the other one.
        for name in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH"] {
            command.env_remove(name);
        }
        if run(&mut command).is_err() {
            failed.push(target.as_str());
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(Failed::new(format!("something was found by: {}", failed.join(", ")))) }
}

/// The names of all targets.
fn all() -> Result<Vec<String>, Failed> {
    let unread = |error| Failed::new(format!("the fuzz targets cannot be listed: {error}"));
    let files = fs::read_dir(root().join("tests/fuzz/fuzz_targets")).map_err(unread)?;
    let mut names: Vec<String> = files.flatten().filter_map(|file| Some(file.path().file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    Ok(names)
}

/// Puts the seeds of a target into its corpus, beside what earlier runs have put there; where that is.
fn gather(target: &str) -> std::io::Result<PathBuf> {
    let tests = root().join("tests");
    let corpus = tests.join("fuzz/corpus").join(target);
    fs::create_dir_all(&corpus)?;
    let fixtures = FIXTURES.iter().find(|(name, _)| *name == target).map_or(&[][..], |(_, folders)| folders);
    let folders = fixtures.iter().map(|folder| tests.join("fixtures").join(folder));
    for folder in folders.chain([tests.join("fuzz/seeds").join(target)]).filter(|folder| folder.is_dir()) {
        let within = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for file in fs::read_dir(&folder)? {
            let file = file?.path();
            let name = file.file_name().map(Path::new).unwrap_or(Path::new("seed"));
            fs::copy(&file, corpus.join(format!("{within}-{}", name.display())))?;
        }
    }
    Ok(corpus)
}
