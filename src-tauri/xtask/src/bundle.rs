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
    if others.contains(&"deb") {
        pack_tighter(&target.join("release/bundle/deb"))?;
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

/// Packs the packages of Debian in `folder` once more, with xz: the bundler knows gzip only, which leaves a third more. Where there
/// is no dpkg-deb they stay as they are.
fn pack_tighter(folder: &Path) -> Result<(), Failed> {
    if Command::new("dpkg-deb").arg("--version").output().is_err() {
        return Ok(());
    }
    let failed = |error: std::io::Error| Failed::new(format!("the package cannot be packed tighter: {error}"));
    for entry in fs::read_dir(folder).map_err(failed)? {
        let package = entry.map_err(failed)?.path();
        if package.extension().is_none_or(|ending| ending != "deb") {
            continue;
        }
        let open = package.with_extension("open");
        if open.exists() {
            fs::remove_dir_all(&open).map_err(failed)?;
        }
        run_program(Command::new("dpkg-deb").arg("--raw-extract").arg(&package).arg(&open))?;
        // Whoever packs, the files are root's.
        run_program(Command::new("dpkg-deb").args(["--root-owner-group", "-Zxz", "--build"]).arg(&open).arg(&package))?;
        fs::remove_dir_all(&open).map_err(failed)?;
    }
    Ok(())
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
