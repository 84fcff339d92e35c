//! Who may look into a `Secret` or a `Personal`, and that none of it reaches a log.

use super::{Finding, SourceFile};

/// Rooms that send, store or draw what people wrote.
const MAY_EXPOSE: [&str; 9] = [
    "src-tauri/crates/model/",
    "src-tauri/crates/sip/",
    "src-tauri/crates/calls/",
    "src-tauri/crates/store/",
    "src-tauri/crates/media/",
    "src-tauri/crates/providers/",
    "src-tauri/crates/exchange/",
    "src-tauri/crates/phone/",
    "src-tauri/crates/cli/",
];

/// Rooms that send or store passwords and credentials.
const MAY_EXPOSE_SECRETS: [&str; 6] = [
    "src-tauri/crates/model/src/secret.rs",
    "src-tauri/crates/sip/src/auth",
    "src-tauri/crates/store/src/secrets",
    "src-tauri/crates/media/",
    "src-tauri/crates/providers/",
    "src-tauri/crates/exchange/",
];

/// What values of `Secret` are called; the type itself is not visible here.
const SECRET_NAMES: [&str; 5] = ["password", "credential", "secret", "token", "key"];

/// What prints. Personal text goes there as `Private(&x)`, a secret never.
const PRINTS: [&str; 10] = [
    "trace!(",
    "debug!(",
    "info!(",
    "warn!(",
    "error!(",
    "error_span!(",
    "info_span!(",
    "debug_span!(",
    "println!(",
    "eprintln!(",
];

const EXPOSE: &str = ".expose()";

pub fn check(file: &SourceFile) -> Vec<Finding> {
    let is_test = file.path.ends_with("/tests.rs") || file.path.contains("/tests/") || file.path.starts_with("tests/");
    if !file.path.ends_with(".rs") || file.path.starts_with("src-tauri/xtask/") || is_test {
        return Vec::new();
    }
    // Tests stand last in a file, and compare the secrets they made up.
    let program = file.text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut found = Vec::new();
    for (number, line) in program.lines().enumerate() {
        for (at, _) in line.match_indices(EXPOSE) {
            if !starts_with_any(&file.path, &MAY_EXPOSE) {
                found.push(Finding::at(file, number, "this room may not look into personal text"));
            } else if names_a_secret(&line[..at]) && !starts_with_any(&file.path, &MAY_EXPOSE_SECRETS) {
                found.push(Finding::at(file, number, "this room may not look into a secret"));
            }
        }
    }
    found.extend(printed(file, program));
    found
}

fn starts_with_any(path: &str, rooms: &[&str]) -> bool {
    rooms.iter().any(|room| path.starts_with(room))
}

/// Whether what stands before `.expose()` is called like a secret.
fn names_a_secret(before: &str) -> bool {
    let before = before.trim_end_matches("()");
    let name = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    SECRET_NAMES.iter().any(|secret| name == *secret || name.ends_with(&format!("_{secret}")))
}

/// `.expose()` among the arguments of something that prints, which may span lines. The command line prints what the
/// user asked for on its standard output, so `println!` is its own affair.
fn printed(file: &SourceFile, program: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for print in PRINTS {
        if print == "println!(" && file.path.starts_with("src-tauri/crates/cli/") {
            continue;
        }
        for (at, _) in program.match_indices(print) {
            let (before, after) = program.split_at(at);
            let whole_word = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
            if whole_word && arguments(&after[print.len()..]).contains(EXPOSE) {
                let line = before.matches('\n').count();
                found.push(Finding::at(file, line, "prints what may not be printed: use Private(&x), or leave it out"));
            }
        }
    }
    found
}

/// The text up to the parenthesis that closes the one before it. Parentheses in strings may mislead it to look at a
/// little more or less; the rule is a net, the types are the guard.
fn arguments(text: &str) -> &str {
    let mut depth = 1_u32;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> usize {
        check(&SourceFile { path: path.into(), text: text.into() }).len()
    }

    #[test]
    fn personal_text_is_exposed_by_its_rooms_only() {
        assert_eq!(findings("src-tauri/crates/sip/src/uri.rs", "x.user.expose()"), 0);
        assert_eq!(findings("src-tauri/crates/audio/src/hub.rs", "x.user.expose()"), 1);
        assert_eq!(findings("src-tauri/src/tray.rs", "x.user.expose()"), 1);
    }

    #[test]
    fn secrets_are_exposed_by_fewer_rooms() {
        for line in ["password.expose()", "self.credential.expose()", "x.turn_secret().expose()", "token.expose()"] {
            assert_eq!(findings("src-tauri/crates/sip/src/auth/digest.rs", line), 0, "{line}");
            assert_eq!(findings("src-tauri/crates/sip/src/message.rs", line), 1, "{line}");
        }
        assert_eq!(findings("src-tauri/crates/sip/src/message.rs", "keyboard.expose()"), 0);
        let test = "fn f() {}\n\n#[cfg(test)]\nmod tests {\n    password.expose()\n}";
        assert_eq!(findings("src-tauri/crates/sip/src/message.rs", test), 0, "tests compare what they made up");
    }

    #[test]
    fn nothing_exposed_is_printed() {
        let room = "src-tauri/crates/providers/src/sip.rs";
        assert_eq!(findings(room, "info!(\n  user = x.expose(),\n  \"in\"\n);"), 1);
        assert_eq!(findings(room, "info!(code, \"in\"); send(x.expose());"), 0);
        assert_eq!(findings(room, "my_info!(x.expose())"), 0);
        assert_eq!(findings("src-tauri/crates/cli/src/report.rs", "println!(\"{}\", x.expose())"), 0);
        assert_eq!(findings("src-tauri/crates/cli/src/report.rs", "eprintln!(\"{}\", x.expose())"), 1);
    }
}
