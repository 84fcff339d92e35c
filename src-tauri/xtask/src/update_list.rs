//! The list of what is published, by which running programs find a new version: `latest.json`, as Tauri's updater has it.

use std::{fs, path::Path};

use serde_json::{Map, json};

use crate::shell::{Failed, root};

/// How the name of a package tells what it is for, and what the program calls that (`src-tauri/src/updates.rs`).
const PACKAGES: [(&str, &str); 10] = [
    ("_amd64.deb", "linux-x86_64-deb"),
    ("_arm64.deb", "linux-aarch64-deb"),
    (".x86_64.rpm", "linux-x86_64-rpm"),
    ("_amd64.AppImage", "linux-x86_64-appimage"),
    ("_x64-setup.exe", "windows-x86_64-nsis"),
    ("_arm64-setup.exe", "windows-aarch64-nsis"),
    ("_x64_en-US.msi", "windows-x86_64-msi"),
    ("_arm64_en-US.msi", "windows-aarch64-msi"),
    ("_aarch64.dmg", "darwin-aarch64-dmg"),
    ("_x64.dmg", "darwin-x86_64-dmg"),
];

/// Writes the list of the signed packages in `folder`, which will be had below the address `base`.
pub fn write(folder: &str, base: &str) -> Result<(), Failed> {
    let folder = Path::new(folder);
    let mut platforms = Map::new();
    let entries = fs::read_dir(folder).map_err(|error| Failed::new(format!("{}: {error}", folder.display())))?;
    for name in entries.filter_map(Result::ok).map(|entry| entry.file_name().to_string_lossy().into_owned()) {
        let Some(platform) = platform(&name) else { continue };
        // What is not signed is not offered.
        let Ok(signature) = fs::read_to_string(folder.join(format!("{name}.sig"))) else { continue };
        platforms.insert(platform.to_owned(), json!({ "url": format!("{base}/{name}"), "signature": signature.trim() }));
    }
    if platforms.is_empty() {
        return Err(Failed::new("there is no signed package: `tauri signer sign` writes a .sig beside each"));
    }
    let list = json!({ "version": version()?, "platforms": platforms });
    let text = serde_json::to_string_pretty(&list).map_err(|error| Failed::new(error.to_string()))?;
    fs::write(folder.join("latest.json"), text + "\n").map_err(|error| Failed::new(format!("latest.json: {error}")))
}

fn platform(name: &str) -> Option<&'static str> {
    PACKAGES.iter().find(|(end, _)| name.ends_with(end)).map(|(_, platform)| *platform)
}

/// The version of the workspace.
fn version() -> Result<String, Failed> {
    let text = fs::read_to_string(root().join("Cargo.toml")).map_err(|error| Failed::new(format!("Cargo.toml: {error}")))?;
    let table: toml::Table = toml::from_str(&text).map_err(|error| Failed::new(format!("Cargo.toml: {error}")))?;
    let version = table.get("workspace").and_then(|it| it.get("package")).and_then(|it| it.get("version"));
    version.and_then(toml::Value::as_str).map(str::to_owned).ok_or_else(|| Failed::new("the workspace has no version"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_what_is_signed_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("sidetone-update-list-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        for name in ["sidetone_1.2.3_amd64.deb", "sidetone_1.2.3_x64-setup.exe", "sidetone_1.2.3_x64_en-US.msi", "SHA256SUMS"] {
            fs::write(folder.join(name), "x").expect("it is written");
        }
        let path = folder.to_str().expect("a path of text");
        assert!(write(path, "https://example.com").is_err());
        for name in ["sidetone_1.2.3_amd64.deb.sig", "sidetone_1.2.3_x64_en-US.msi.sig"] {
            fs::write(folder.join(name), "signature\n").expect("it is written");
        }
        write(path, "https://example.com/v1").expect("a list");
        let text = fs::read_to_string(folder.join("latest.json")).expect("it is there");
        fs::remove_dir_all(&folder).expect("it is gone");
        let list: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let deb = json!({ "url": "https://example.com/v1/sidetone_1.2.3_amd64.deb", "signature": "signature" });
        let msi = json!({ "url": "https://example.com/v1/sidetone_1.2.3_x64_en-US.msi", "signature": "signature" });
        assert_eq!(list["platforms"], json!({ "linux-x86_64-deb": deb, "windows-x86_64-msi": msi }));
        assert_eq!(list["version"], version().expect("a version").as_str());
    }
}
