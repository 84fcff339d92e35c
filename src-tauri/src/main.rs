//! The desktop phone.
#![expect(clippy::print_stderr, reason = "there is no window yet to say it in")]

fn main() -> std::process::ExitCode {
    eprintln!("sidetone has no window yet; the same phone is in sidetone-cli");
    std::process::ExitCode::FAILURE
}
