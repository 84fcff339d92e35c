//! The page's types, generated from the crate `model` and kept with the sources.

use std::{fs, path::PathBuf};

use crate::shell::{Failed, cargo, output, root};

fn path() -> PathBuf {
    root().join("ui/src/bridge/types.ts")
}

/// Writes the file anew.
pub fn write() -> Result<(), Failed> {
    let path = path();
    path.parent().map_or(Ok(()), fs::create_dir_all).map_err(|error| not_written(&error))?;
    fs::write(path, generated()?).map_err(|error| not_written(&error))
}

/// Fails when the file is not what `write` would write.
pub fn check() -> Result<(), Failed> {
    // A checkout on Windows may have other line ends.
    let kept = fs::read_to_string(path()).unwrap_or_default().replace("\r\n", "\n");
    if kept == generated()? {
        return Ok(());
    }
    Err(Failed::new("ui/src/bridge/types.ts is not up to date: run `cargo xtask gen-types` and commit it with the change"))
}

fn generated() -> Result<String, Failed> {
    output(&mut cargo(&["run", "--quiet", "--package", "model", "--example", "types"]))
        .ok_or_else(|| Failed::new("the types could not be generated; `cargo run -p model --example types` says why"))
}

fn not_written(error: &std::io::Error) -> Failed {
    Failed::new(format!("ui/src/bridge/types.ts could not be written: {error}"))
}
