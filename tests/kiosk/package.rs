//! The Debian package: installed into a folder of its own, started, upgraded and removed, without touching the system. The one
//! for other systems is opened and its program started.
//!
//! `cargo xtask test` packs the program of the dev profile for it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::{
    interop::program::{Program, built},
    window::screen::{PATIENCE, Screen},
};

const SCHEMES: [&str; 4] = ["sip", "sips", "tel", "callto"];

/// A folder that stands for the whole system of somebody who installs the phone.
struct System {
    root: TempDir,
}

/// What `cargo xtask` has packed, by the ending of its name; `None`, and said so, where it has not.
fn packed(ending: &str) -> Option<PathBuf> {
    let folder = built("sidetone").parent()?.parent()?.join("package-test/debug/bundle").join(ending);
    let files = fs::read_dir(&folder).map(|files| files.filter_map(Result::ok).map(|file| file.path()));
    let package = files.ok().and_then(|mut files| files.find(|file| file.extension().is_some_and(|it| it == ending)));
    if package.is_none() {
        eprintln!("skipped: there is no {ending} (cargo xtask test kiosk makes it, where there is dpkg-deb)");
    }
    package
}

fn package() -> Option<PathBuf> {
    packed("deb")
}

fn done(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("it starts");
    let (said, failed) = (String::from_utf8_lossy(&stdout).into_owned(), String::from_utf8_lossy(&stderr).into_owned());
    assert!(status.success(), "{command:?}: {said}{failed}");
    said
}

fn has(program: &str) -> bool {
    Command::new(program).arg("--help").output().is_ok()
}

impl System {
    fn new() -> Self {
        let root = TempDir::new().expect("a folder");
        for folder in ["var/lib/dpkg/updates", "var/lib/dpkg/info", "home/user"] {
            fs::create_dir_all(root.path().join(folder)).expect("a folder");
        }
        fs::write(root.path().join("var/lib/dpkg/status"), "").expect("a file");
        Self { root }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    /// dpkg in this system. What the package depends on is in the one around it.
    fn dpkg(&self, arguments: &[&str]) {
        let (root, admin) = (self.root.path(), self.at("var/lib/dpkg"));
        let mut dpkg = Command::new("dpkg");
        dpkg.arg(format!("--instdir={}", root.display())).arg(format!("--admindir={}", admin.display()));
        done(dpkg.args(["--force-not-root", "--force-depends", "--force-script-chrootless", "--force-bad-path"]).args(arguments));
    }

    fn install(&self, package: &Path) {
        self.dpkg(&["--install", &package.display().to_string()]);
    }

    /// A program in here, of the user whose home is in here.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .env_clear()
            .env("HOME", self.at("home/user"))
            .env("PATH", format!("{}:{path}", self.at("usr/bin").display()))
            .env("XDG_DATA_DIRS", self.at("usr/share"));
        command
    }

    /// Every file of the package that is there: neither the user's nor dpkg's own.
    fn files(&self) -> Vec<PathBuf> {
        let (mut found, mut folders) = (Vec::new(), vec![self.root.path().to_path_buf()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")) {
                let path = entry.path();
                let kind = entry.file_type().expect("a kind");
                if path.starts_with(self.at("home")) || path.starts_with(self.at("var/lib/dpkg")) {
                    continue;
                }
                if kind.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found.sort();
        found
    }

    /// The phone tries itself on a screen; what it said.
    fn self_test(&self, screen: &Screen) -> String {
        done(self.on(screen).arg("--self-test"))
    }

    /// The installed program on a screen.
    fn on(&self, screen: &Screen) -> Command {
        let mut command = screen.command(self.at("usr/bin/sidetone"));
        command.env("HOME", self.at("home/user")).env("XDG_DATA_DIRS", self.at("usr/share"));
        command
    }

    /// The installed phone comes up on the screen, takes a link of another program, and is there once.
    fn comes_up_and_takes_a_link(&self, screen: &Screen) {
        let start = |arguments: &[&str]| Program::start("sidetone", self.on(screen).args(arguments));
        let _phone = start(&[]);
        screen.window("Sidetone");
        assert_eq!(start(&["tel:+44%2020-7946%200123"]).finish(PATIENCE), Some(0), "the link is taken");
        assert_eq!(screen.windows("Sidetone").len(), 1, "by the phone that runs");
    }
}

/// The same package with another version.
fn newer(package: &Path, folder: &Path) -> PathBuf {
    let (content, newer) = (folder.join("content"), folder.join("newer.deb"));
    done(Command::new("dpkg-deb").arg("-R").arg(package).arg(&content));
    let control = content.join("DEBIAN/control");
    let text = fs::read_to_string(&control).expect("the control file");
    let version = text.lines().find(|line| line.starts_with("Version: ")).expect("a version");
    fs::write(&control, text.replace(version, "Version: 99.0.0")).expect("it is written");
    done(Command::new("dpkg-deb").args(["--root-owner-group", "-Znone", "-b"]).arg(&content).arg(&newer));
    newer
}

#[test]
fn the_package_is_installed_started_upgraded_with_settings_kept_and_removed_clean() {
    let Some(package) = package() else { return };
    let Some(screen) = Screen::open() else { return };
    let (system, work) = (System::new(), TempDir::new().expect("a folder"));
    system.install(&package);
    assert!(system.self_test(&screen).contains("called 600"));
    system.comes_up_and_takes_a_link(&screen);
    for of_kiosk in ["usr/lib/systemd/user/sidetone-kiosk.service", "usr/share/doc/sidetone/examples/kiosk.toml"] {
        assert!(system.at(of_kiosk).is_file(), "{of_kiosk}");
    }
    let settings = system.at("home/user/.local/share/sidetone/settings.toml");
    fs::create_dir_all(settings.parent().expect("a folder")).expect("a folder");
    fs::write(&settings, "version = 1\ncountry = \"fr\"\n").expect("it is written");
    let before = system.files();
    system.install(&newer(&package, work.path()));
    assert_eq!(system.files(), before, "an upgrade leaves nothing of the old one");
    let status = fs::read_to_string(system.at("var/lib/dpkg/status")).expect("the status");
    assert!(status.contains("Version: 99.0.0"), "{status}");
    assert!(system.self_test(&screen).contains("called 600"));
    system.comes_up_and_takes_a_link(&screen);
    system.dpkg(&["--purge", "sidetone"]);
    assert!(system.files().is_empty(), "nothing is left: {:?}", system.files());
    assert_eq!(fs::read_to_string(&settings).expect("still there"), "version = 1\ncountry = \"fr\"\n");
}

#[test]
fn the_desktop_hands_links_to_it_and_shows_it_with_its_picture() {
    let Some(package) = package() else { return };
    let system = System::new();
    system.install(&package);
    let entry = system.at("usr/share/applications/sidetone.desktop");
    let text = fs::read_to_string(&entry).expect("the desktop entry");
    assert!(text.lines().any(|line| line == "Exec=sidetone %u"), "{text}");
    assert!(SCHEMES.iter().all(|scheme| text.contains(&format!("x-scheme-handler/{scheme};"))), "{text}");
    for size in ["32x32", "128x128", "256x256", "512x512", "scalable"] {
        let kind = if size == "scalable" { "svg" } else { "png" };
        let picture = system.at(&format!("usr/share/icons/hicolor/{size}/apps/sidetone.{kind}"));
        assert!(picture.is_file(), "{picture:?}");
    }
    if has("desktop-file-validate") {
        done(Command::new("desktop-file-validate").arg(&entry));
    }
    if has("appstreamcli") {
        let metainfo = system.at("usr/share/metainfo/org.sidetone.Sidetone.metainfo.xml");
        done(Command::new("appstreamcli").args(["validate", "--no-net"]).arg(metainfo));
    }
    if has("gio") && has("update-desktop-database") {
        done(Command::new("update-desktop-database").arg(system.at("usr/share/applications")));
        for scheme in SCHEMES {
            let said = done(system.command("gio").args(["mime", &format!("x-scheme-handler/{scheme}")]));
            assert!(said.lines().next().is_some_and(|line| line.ends_with("sidetone.desktop")), "{said}");
        }
    }
}

#[test]
fn the_package_for_other_systems_holds_the_same_and_names_what_it_needs() {
    let (Some(package), Some(debian)) = (packed("rpm"), packed("deb")) else { return };
    if !has("rpm") || !has("rpm2archive") {
        eprintln!("skipped: there is no rpm to look into the package with");
        return;
    }
    let work = TempDir::new().expect("a folder");
    let ask = |what: &[&str]| {
        let database = format!("--dbpath={}", work.path().join("rpm").display());
        done(Command::new("rpm").arg(database).args(what).arg("--package").arg(&package))
    };
    let system = System::new();
    system.install(&debian);
    let below = |path: &PathBuf| format!("/{}", path.strip_prefix(system.root.path()).expect("in here").display());
    // Each system keeps its licences elsewhere.
    let expected: Vec<String> = system.files().iter().map(below).collect();
    let listed = ask(&["--query", "--list"]);
    let missing: Vec<&String> =
        expected.iter().filter(|path| !listed.lines().any(|line| line == **path || path.ends_with("copyright"))).collect();
    assert!(missing.is_empty(), "missing: {missing:?} in\n{listed}");
    let requires = ask(&["--query", "--requires"]);
    assert!(["libasound.so.2()", "libwebkit2gtk-4.1.so.0()"].iter().all(|library| requires.contains(library)), "{requires}");
    let about = ask(&["--query", "--queryformat", "%{NAME} %{VERSION} %{ARCH} %{LICENSE}"]);
    assert!(about.starts_with("sidetone ") && about.ends_with("MIT OR Apache-2.0"), "{about}");
    let copy = work.path().join("sidetone.rpm");
    fs::copy(&package, &copy).expect("it is copied");
    done(Command::new("rpm2archive").arg(&copy));
    done(Command::new("tar").arg("-xzf").arg(work.path().join("sidetone.rpm.tgz")).arg("-C").arg(work.path()));
    let said = done(system.command(work.path().join("usr/bin/sidetone")).arg("--self-test"));
    assert!(said.contains("called 600"), "{said}");
}
