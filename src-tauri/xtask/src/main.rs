//! The commands of the project: `cargo xtask COMMAND`. Everything a person or a machine does with the sources is here.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a program for a terminal")]

mod bench;
mod bundle;
mod ci;
mod fake;
mod fuzz;
mod icons;
mod metadata;
mod page;
mod parts;
mod report;
mod run;
mod setup;
mod shell;
mod tidy;
mod types;
mod update_list;

use std::process::ExitCode;

use shell::Failed;

const USAGE: &str = "\
cargo xtask COMMAND

  setup              installs what the machine lacks to build the phone (asks first when you are at a terminal)
  run [ARGUMENTS]    builds the phone and opens its window (without a screen, calls the echo); ARGUMENTS go to sidetone-cli instead
  test [PART]        every test, or one part: unit, ui, scenarios, several_calls, kiosk, trust, pages, window,
                     aculab, xivo, interop
  fake aculab [--port N]
                     runs a fake of Aculab Cloud on this computer, and says how to point a client at it
  fake xuc [--port N] [--in-front-of ws://HOST:PORT/PATH --user USER --secret SECRET]
                     the same of a XiVO, with a line of its own or one of a real SIP server
  ci                 what a change must pass: formatting, tidy, lints, generated files, tests
  lints              the compiler's and Clippy's warnings, on the system it runs on
  tidy               the rules of the project that no other tool knows
  gen-types          writes the page's types from the crate `model`; with --check only compares them
  icons              draws icons/*.png, *.ico and *.icns from icons/*.svg
  bundle [KIND …]    builds the phone for release and packs it: deb, rpm, appimage; nsis, msi; app, dmg
  update-list FOLDER URL
                     writes latest.json for the signed packages in FOLDER, which will be had below URL
  fuzz [TARGET [SECONDS]]
                     the fuzzer at one parser or at each, ten minutes each; needs a nightly toolchain and cargo-fuzz
  bench NAME         prints figures beside the goals: setup, latency, loss, cpu, memory, conference, window, desktop (three of them),
                     trust, soak [LENGTH], like 90s, 5m, 72h or 4320calls
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = arguments.split_first().map_or(("help", &[][..]), |(command, rest)| (command.as_str(), rest));
    match dispatch(command, rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            if !failed.message.is_empty() {
                eprintln!("xtask: {}", failed.message);
            }
            ExitCode::from(failed.code)
        }
    }
}

fn dispatch(command: &str, rest: &[String]) -> Result<(), Failed> {
    match (command, rest) {
        ("setup", []) => setup::install_missing(),
        ("run", arguments) => run::run(arguments),
        ("test", []) => parts::test_everything(),
        ("test", [part]) => parts::test(part),
        ("fake", arguments) => fake::run(arguments),
        ("ci", []) => ci::check_everything(),
        ("lints", []) => ci::check_lints(),
        ("tidy", []) => tidy::check(),
        ("gen-types", []) => types::write(),
        ("gen-types", [flag]) if flag == "--check" => types::check(),
        ("icons", []) => icons::draw(),
        ("bundle", kinds) => bundle::pack(kinds),
        ("update-list", [folder, base]) => update_list::write(folder, base),
        ("fuzz", []) => fuzz::run_targets(None, None),
        ("fuzz", [target]) => fuzz::run_targets(Some(target), None),
        ("fuzz", [target, seconds]) => fuzz::run_targets(Some(target), Some(seconds)),
        ("bench", [name]) => bench::measure(name, None),
        ("bench", [name, length]) if name == "soak" => bench::measure(name, Some(length.as_str())),
        ("help" | "-h" | "--help", _) => {
            print!("{USAGE}");
            Ok(())
        }
        _ => Err(Failed::new(format!("there is no such command\n\n{USAGE}"))),
    }
}
