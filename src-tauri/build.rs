//! What Tauri makes of its configuration: permissions for our commands, and the page inside the program.

use std::{error::Error, fs, path::Path};

use tauri_build::{AppManifest, Attributes};

/// The commands of `src/commands`; a window may call those its capability names.
const COMMANDS: &[&str] = &[
    "about",
    "accept_key",
    "accept_provisioning",
    "assistant_directory",
    "assistant_favourites",
    "assistant_history",
    "assistant_meetings",
    "assistant_rooms",
    "call_stories",
    "check_settings",
    "clear_history",
    "contacts",
    "delete_contact",
    "delete_history",
    "diagnose",
    "event_programs",
    "follow",
    "follow_devices",
    "follow_levels",
    "follow_service_events",
    "forget_provisioning",
    "forget_secret",
    "history",
    "import_contacts",
    "incoming_action",
    "keep_ringtone",
    "install_update",
    "kiosk_act",
    "kiosk_follow",
    "kiosk_leave",
    "ladder",
    "leave_devices",
    "leave_levels",
    "leave_service_events",
    "mark_seen",
    "offer_provisioning",
    "save_contact",
    "save_event_programs",
    "save_export",
    "save_settings",
    "send",
    "set_secret",
    "settings",
    "show_folder",
    "suggest",
    "support_bundle",
    "trace",
    "try_account",
    "try_ice",
    "registered_clients",
    "order_token",
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
        fs::write(page.join("kiosk.html"), text)?;
    }
    println!("cargo:rerun-if-changed={PAGE}");
    println!("cargo:rerun-if-changed=../icons");
    tauri_build::try_build(Attributes::new().app_manifest(AppManifest::new().commands(COMMANDS)))?;
    Ok(())
}
