//! The page in `ui/`, built and tested by Node.js.

use std::{fs, process::Command};

use crate::shell::{Failed, has, output, root, run};

/// The oldest Node.js that builds it.
const NODE: u32 = 20;

/// Builds the page into `ui/dist`, from where the program takes it in.
pub fn build() -> Result<(), Failed> {
    prepare()?;
    npm(&["run", "--silent", "build"])
}

/// Checks and tests the page on its own: types, style, catalogue, views; and the workflows, whose linter comes with its tools.
pub fn test() -> Result<(), Failed> {
    prepare()?;
    npm(&["run", "--silent", "check"])?;
    npm(&["run", "--silent", "workflows"])?;
    npm(&["run", "--silent", "test"])
}

/// Builds the page with a pretended phone behind it and looks at every view in a browser.
pub fn test_in_browser() -> Result<(), Failed> {
    prepare()?;
    npm(&["run", "--silent", "pages"])
}

/// Installs the official clients of Aculab Cloud, and what looks at pages: it starts the browser they run in.
pub fn install_official_clients() -> Result<(), Failed> {
    prepare()?;
    install("tests/aculab/official")
}

/// Installs the page's packages when the list has changed since they were.
fn prepare() -> Result<(), Failed> {
    let version = output(Command::new("node").arg("--version"));
    let major = version.as_deref().and_then(|version| version.trim().trim_start_matches('v').split('.').next()?.parse().ok());
    if major.is_none_or(|major: u32| major < NODE) || !has(npm_program()) {
        return Err(Failed::new(format!("the window needs Node.js {NODE} or newer with npm: please install it, then try again")));
    }
    install("ui")
}

/// Installs the packages of a folder when the list has changed since they were.
fn install(folder: &str) -> Result<(), Failed> {
    let folder = root().join(folder);
    let changed = |path: &str| fs::metadata(folder.join(path)).and_then(|file| file.modified()).ok();
    // npm writes the second file when it has installed the first.
    if changed("node_modules/.package-lock.json") >= changed("package-lock.json") {
        return Ok(());
    }
    run(Command::new(npm_program()).args(["ci", "--no-audit", "--no-fund"]).current_dir(folder))
}

fn npm(arguments: &[&str]) -> Result<(), Failed> {
    run(Command::new(npm_program()).args(arguments).current_dir(root().join("ui")))
}

fn npm_program() -> &'static str {
    if cfg!(windows) { "npm.cmd" } else { "npm" }
}
