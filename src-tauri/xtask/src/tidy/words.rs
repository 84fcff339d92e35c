//! Words that may not stand in the sources.

use super::{Finding, SourceFile};

/// In code: what, and what to do instead.
const IN_CODE: [(&str, &str); 9] = [
    ("#[allow", "say #[expect(lint, reason = \"…\")]"),
    ("#![allow", "say #![expect(lint, reason = \"…\")]"),
    ("#[ignore]", "a test that is not run needs a reason, or is deleted"),
    ("todo!(", "finish it"),
    ("unimplemented!(", "finish it"),
    ("dbg!(", "take it out"),
    ("test.skip(", "mend the test or delete it"),
    ("FIXME", "mend it, or write TODO(#12) with its issue"),
    ("XXX", "mend it, or write TODO(#12) with its issue"),
];

/// Ends of type names that say nothing.
const EMPTY_NAMES: [&str; 5] = ["Manager", "Service", "Helper", "Util", "Utils"];

/// Folders of somebody's machine.
const MACHINE_FOLDERS: [&str; 5] = ["/root/", "/home/", "/work/", "/Users/", "C:\\Users\\"];

/// Where packages come from is the business of whoever builds.
const REGISTRIES: [&str; 5] = ["crates.io", "pypi.org", "pythonhosted.org", "npmjs.", "deb.debian.org"];

pub fn check(file: &SourceFile) -> Vec<Finding> {
    // The rules themselves name the words, and lock files name registries by nature.
    let exempt =
        file.path.starts_with("src-tauri/xtask/src/tidy") || file.path.ends_with(".lock") || file.path.ends_with("-lock.json");
    if exempt {
        return Vec::new();
    }
    let lines = file.text.lines().enumerate();
    lines.flat_map(|(number, line)| check_line(file, line).into_iter().map(move |what| Finding::at(file, number, what))).collect()
}

fn check_line(file: &SourceFile, line: &str) -> Vec<String> {
    let mut found = Vec::new();
    for folder in MACHINE_FOLDERS {
        if line.match_indices(folder).any(|(at, _)| begins_a_path(&line[..at])) {
            found.push(format!("{folder} is a folder of one machine"));
        }
    }
    for registry in REGISTRIES {
        if line.contains(registry) {
            found.push(format!("names the package registry {registry}"));
        }
    }
    if file.is_code() {
        found.extend(IN_CODE.iter().filter(|(word, _)| line.contains(word)).map(|(word, advice)| format!("{word}: {advice}")));
        if line.match_indices("TODO").any(|(at, word)| !line[at + word.len()..].starts_with("(#")) {
            found.push("TODO: write TODO(#12) with its issue, or do it".into());
        }
        if is_code_block(line) {
            found.push("``` in documentation is a test that nobody runs: write a test".into());
        }
        found.extend(empty_name(line).map(|name| format!("{name} is a name that says nothing: call it what it is")));
    }
    found
}

/// Whether a path that starts after `before` is absolute, and not the tail of a longer one or of a URL.
fn begins_a_path(before: &str) -> bool {
    !before.ends_with(|c: char| c.is_alphanumeric() || "_-.~/$})]*".contains(c))
}

/// Whether a code block of documentation begins, or ends, here. `cargo xtask test` runs none.
fn is_code_block(line: &str) -> bool {
    let text = line.trim_start();
    let documentation = text.strip_prefix("///").or_else(|| text.strip_prefix("//!"));
    documentation.is_some_and(|text| text.trim_start().starts_with("```"))
}

fn empty_name(line: &str) -> Option<&str> {
    let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    words.find(|word| ["struct", "enum", "trait", "type", "class", "interface"].contains(word))?;
    words.next().filter(|name| EMPTY_NAMES.iter().any(|end| name.ends_with(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> usize {
        check(&SourceFile { path: path.into(), text: text.into() }).len()
    }

    #[test]
    fn unfinished_and_silenced_code_is_found() {
        for line in
            ["#[allow(dead_code)]", "todo!()", "// TODO later", "// FIXME", "struct CallManager {", "pub trait AudioService {"]
        {
            assert_eq!(findings("a.rs", line), 1, "{line}");
        }
        for line in ["#[expect(dead_code, reason = \"x\")]", "// TODO(#12) later", "struct ServiceName;", "let manager = 1;"] {
            assert_eq!(findings("a.rs", line), 0, "{line}");
        }
        assert_eq!(findings("a.md", "todo!( is a macro"), 0);
    }

    #[test]
    fn code_in_documentation_is_found() {
        assert_eq!(findings("a.rs", "    /// ```"), 1);
        assert_eq!(findings("a.rs", "//! ```text"), 1);
        assert_eq!(findings("a.rs", "/// one `word`"), 0);
        assert_eq!(findings("a.md", "```"), 0);
    }

    #[test]
    fn folders_of_one_machine_are_found_in_every_text() {
        for line in ["see /work/x", "\"/root/.cargo\"", "/home/me/x", "C:\\Users\\me"] {
            assert_eq!(findings("a.md", line), 1, "{line}");
        }
        for line in ["https://example.com/work/x", "$HOME/work/x", "~/work/x", "../work/x", "framework/"] {
            assert_eq!(findings("a.md", line), 0, "{line}");
        }
    }

    #[test]
    fn registries_are_not_named() {
        assert_eq!(findings("README.md", "get it from crates.io"), 1);
        assert_eq!(findings("Cargo.lock", "crates.io-index"), 0);
    }
}
