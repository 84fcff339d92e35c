//! Installing what a fresh machine lacks. Silent and instant when nothing is missing.

use std::{
    io::{self, IsTerminal, Write},
    process::Command,
};

use crate::shell::{Failed, has, output, run};

/// What the build needs of Debian and Ubuntu: a C compiler (ring, libopus, SQLite), cmake (libopus), ALSA (cpal) and the web
/// view (Tauri).
const PACKAGES: [&str; 5] = ["build-essential", "cmake", "libasound2-dev", "libwebkit2gtk-4.1-dev", "pkg-config"];

/// What the tests of the window need besides: a screen, its window manager, a session bus, hands, and a look into the page and
/// into the package of other systems.
const WINDOW_PACKAGES: [&str; 8] =
    ["dbus-daemon", "openbox", "rpm", "webkit2gtk-driver", "wmctrl", "x11-utils", "xdotool", "xvfb"];

/// What looks at the pages.
const BROWSER_PACKAGES: [&str; 1] = ["chromium"];

/// Installs what is missing to build, or says in one line what to install.
pub fn install_missing() -> Result<(), Failed> {
    if uses_apt() {
        return install_by_apt(&PACKAGES);
    }
    let (missing, hint) = if cfg!(windows) {
        (!has("cmake"), "Visual Studio Build Tools with C++, and CMake (winget install Kitware.CMake)")
    } else if cfg!(target_os = "macos") {
        (!has("cmake") || !has("cc"), "the command line tools (xcode-select --install) and CMake (brew install cmake)")
    } else {
        let alsa = output(Command::new("pkg-config").args(["--exists", "alsa"])).is_some();
        (!has("cmake") || !has("cc") || !alsa, "a C compiler, cmake, pkg-config and the development files of ALSA")
    };
    if missing { Err(Failed::new(format!("please install {hint}, then try again"))) } else { Ok(()) }
}

/// Installs what is missing to test the window. Where that is not by apt, the tests name what they lack.
pub fn install_window_tests() -> Result<(), Failed> {
    if uses_apt() { install_by_apt(&WINDOW_PACKAGES) } else { Ok(()) }
}

/// Installs what is missing to look at the pages in a browser. Where that is not by apt, the tests look for one themselves.
pub fn install_browser() -> Result<(), Failed> {
    if uses_apt() { install_by_apt(&BROWSER_PACKAGES) } else { Ok(()) }
}

fn uses_apt() -> bool {
    cfg!(target_os = "linux") && has("dpkg-query") && has("apt-get")
}

fn install_by_apt(wanted: &[&'static str]) -> Result<(), Failed> {
    let missing = missing_packages(wanted);
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    let by_hand = format!("sudo apt-get install {list}");
    if io::stdin().is_terminal() && !agreed(&list) {
        return Err(Failed::new(format!("nothing was installed; what is needed: {by_hand}")));
    }
    eprintln!("installing {list}");
    // An old list of packages names files that are gone from the mirrors. One source that does not answer is no reason to
    // stop: the packages may come from another.
    if run(&mut apt_get(&["update", "-qq"])).is_err() {
        eprintln!("the lists of packages could not be brought up to date; trying all the same");
    }
    run(apt_get(&["install", "-y", "-qq", "--no-install-recommends"]).args(&missing))
        .map_err(|_| Failed::new(format!("the packages could not be installed; please run: {by_hand}")))
}

fn missing_packages(wanted: &[&'static str]) -> Vec<&'static str> {
    // It exits with an error when one package is unknown, and still prints those that it knows.
    let query = Command::new("dpkg-query").args(["-W", "-f", "${Package} ${db:Status-Status}\n"]).args(wanted).output();
    let known = query.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    wanted.iter().copied().filter(|package| !is_installed(package, &known)).collect()
}

fn is_installed(package: &str, known: &str) -> bool {
    known.lines().filter_map(|line| line.split_once(' ')).any(|(name, status)| name == package && status == "installed")
}

fn agreed(list: &str) -> bool {
    eprint!("Needed: {list}. Install with apt now? [Y/n] ");
    io::stderr().flush().ok();
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer).unwrap_or_default();
    // No line at all (end of input) is no consent; an empty one is.
    read > 0 && matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes")
}

fn apt_get(arguments: &[&str]) -> Command {
    let root = output(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0");
    let mut command = Command::new(if root { "env" } else { "sudo" });
    if !root && !io::stdin().is_terminal() {
        // Nobody could type the password.
        command.arg("-n");
    }
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300"]).args(arguments);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_package_is_not_installed() {
        let known = "cmake installed\nlibasound2-dev config-files\n";
        assert!(is_installed("cmake", known));
        assert!(!is_installed("libasound2-dev", known));
        assert!(!is_installed("pkg-config", known));
    }
}
