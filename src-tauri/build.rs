//! What Tauri makes of its configuration: permissions for our commands, and the page inside the program.

use std::{error::Error, fs, path::Path};

use tauri_build::{AppManifest, Attributes};

/// The commands of `src/commands`; a window may call those its capability names.
const COMMANDS: &[&str] = &[
    "follow",
    "send",
    "about",
    "show_folder",
    "settings",
    "check_settings",
    "save_settings",
    "set_secret",
    "forget_secret",
    "try_account",
    "follow_devices",
    "leave_devices",
    "incoming_action",
];

/// Where the built page is.
const PAGE: &str = "../ui/dist";

fn main() -> Result<(), Box<dyn Error>> {
    let page = Path::new(PAGE);
    if !page.join("index.html").exists() {
        // Checks and tests of the engine need no Node.js; a program built so says what it lacks.
        fs::create_dir_all(page)?;
        let text = "<!doctype html><meta charset=\"utf-8\"><title>Sidetone</title>\
                    <p>The page was not built. <code>cargo xtask run</code> builds it.</p>\n";
        fs::write(page.join("index.html"), text)?;
        fs::write(page.join("incoming.html"), text)?;
    }
    println!("cargo:rerun-if-changed={PAGE}");
    println!("cargo:rerun-if-changed=../icons");
    tauri_build::try_build(Attributes::new().app_manifest(AppManifest::new().commands(COMMANDS)))?;
    Ok(())
}
