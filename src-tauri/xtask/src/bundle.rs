//! Installers, by the Tauri bundler; what they hold besides the program is in `installers/` and in `src-tauri/tauri.conf.json`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    page, run, setup,
    shell::{Failed, cargo_target, root, run as run_program},
};

/// Builds the phone for release and packs it: every kind this system can make, or `kinds` as the bundler names them (deb, rpm,
/// appimage, nsis, msi, app, dmg).
pub fn pack(kinds: &[String]) -> Result<(), Failed> {
    setup::install_missing()?;
    page::build()?;
    let kinds = if kinds.is_empty() { OWN_KINDS.to_owned() } else { kinds.join(",") };
    let target = cargo_target()?;
    let (images, others): (Vec<&str>, Vec<&str>) = kinds.split(',').partition(|kind| *kind == APP_IMAGE);
    if !others.is_empty() {
        tauri(&["build", "--bundles", &others.join(",")], &target)?;
    }
    if images.is_empty() {
        return Ok(());
    }
    tauri(&["build", "--bundles", APP_IMAGE], &target).map_err(|_| {
        Failed::new(
            "the AppImage could not be made. The bundler fetches the tools for it from the internet at each new machine; where there \
             is none, put them into the folder `tauri` of the user's cache, or leave it to the hosted release. Other packages that \
             were asked for are made",
        )
    })
}

/// The one kind whose tools cannot be had from any package of the system.
const APP_IMAGE: &str = "appimage";

/// What this system can make.
const OWN_KINDS: &str = if cfg!(windows) {
    "nsis,msi"
} else if cfg!(target_os = "macos") {
    "app,dmg"
} else {
    "deb,rpm,appimage"
};

/// Packs the program of the dev profile, which is already built, for the test of the package: a release takes a quarter of an
/// hour on two cores, and what is tested here is what surrounds the program. The folder above those of the packages.
pub fn pack_for_test() -> Result<PathBuf, Failed> {
    let target = cargo_target()?.join("package-test");
    let (program, copy) = (run::built("sidetone")?, target.join("debug").join("sidetone"));
    let folder = target.join("debug/bundle");
    // A copy, because the bundler writes into the program it packs, and other tests run it.
    let failed = |error: std::io::Error| Failed::new(format!("the program cannot be copied to be packed: {error}"));
    fs::create_dir_all(target.join("debug")).map_err(failed)?;
    fs::copy(&program, &copy).map_err(failed)?;
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(failed)?;
    }
    tauri(&["bundle", "--debug", "--bundles", "deb,rpm"], &target)?;
    Ok(folder)
}

fn tauri(arguments: &[&str], target: &Path) -> Result<(), Failed> {
    let program = root().join("ui/node_modules/.bin").join(if cfg!(windows) { "tauri.cmd" } else { "tauri" });
    // It looks for the configuration below the folder it runs in.
    run_program(Command::new(program).args(arguments).current_dir(root()).env("CARGO_TARGET_DIR", target).env("CI", "true"))
}
