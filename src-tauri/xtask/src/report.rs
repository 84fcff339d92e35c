//! What test runners say: how many tests passed, and why the others did not.

use std::fmt;

/// Lines of a failed test that are shown again at the end of everything: from its panic on, and its last ones.
const PANIC: usize = 12;
const TAIL: usize = 25;

/// Characters of such a line; a whole snapshot in one line would hide the others.
const WIDTH: usize = 600;

/// What the runners of one `cargo test` have said, read line by line as it comes.
#[derive(Debug, Default)]
pub struct Report {
    /// Runners that began, and those that came to their closing line.
    begun: u32,
    closed: u32,
    counts: Counts,
    failures: Vec<Failure>,
    /// The failure whose output is being read.
    reading: Option<usize>,
}

/// A test that failed, with what it printed.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    pub name: String,
    output: Vec<String>,
}

/// What a runner says at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u32,
    pub failed: u32,
    pub ignored: u32,
}

impl Report {
    pub fn read(&mut self, line: &str) {
        if let Some(counts) = Counts::of(line) {
            self.closed += 1;
            self.counts.add(&counts);
            self.reading = None;
        } else if let Some(name) = section(line) {
            self.reading = Some(self.failure(name));
        } else if line == "failures:" {
            // Before the first section, and again before the list of names.
            self.reading = None;
        } else if let Some(failure) = self.reading.and_then(|reading| self.failures.get_mut(reading)) {
            failure.output.push(line.to_owned());
        } else if let Some(name) = failed_test(line) {
            self.failure(name);
        } else if is_beginning(line) {
            self.begun += 1;
        }
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    pub fn runners(&self) -> u32 {
        self.begun
    }

    /// Runners that ended, by a crash or from outside, before their tests did.
    pub fn broken_off(&self) -> u32 {
        self.begun.saturating_sub(self.closed)
    }

    /// The tests that failed.
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// Whether each failure that was counted is known by its name, and nothing else went wrong.
    pub fn names_every_failure(&self) -> bool {
        self.broken_off() == 0 && usize::try_from(self.counts.failed) == Ok(self.failures.len())
    }

    /// The place of a failure among the known ones.
    fn failure(&mut self, name: &str) -> usize {
        let known = self.failures.iter().position(|failure| failure.name == name && failure.output.is_empty());
        known.unwrap_or_else(|| {
            self.failures.push(Failure { name: name.to_owned(), output: Vec::new() });
            self.failures.len() - 1
        })
    }
}

impl fmt::Display for Failure {
    /// Its panic, and the last of what it printed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.output.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
        let output = &self.output[..end];
        let panic = output.iter().position(|line| is_panic(line)).unwrap_or(end);
        let panic_end = end.min(panic + PANIC);
        let tail = end.saturating_sub(TAIL);
        let (from_panic, rest) =
            if tail <= panic { (&output[tail..], &[][..]) } else { (&output[panic..panic_end], &output[tail.max(panic_end)..]) };
        let mut show = |line: &str| writeln!(f, "    {}", line.chars().take(WIDTH).collect::<String>());
        if output.is_empty() {
            return show("it printed nothing");
        }
        from_panic.iter().try_for_each(|line| show(line))?;
        if tail > panic_end {
            show("…")?;
        }
        rest.iter().try_for_each(|line| show(line))
    }
}

impl Counts {
    /// The counts of a closing line; `None` for every other line.
    fn of(line: &str) -> Option<Self> {
        let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let count = |what: &str| {
            let mut parts = counts.split("; ").filter_map(|part| part.split_once(' '));
            parts.find(|(_, name)| *name == what).and_then(|(count, _)| count.parse().ok()).unwrap_or_default()
        };
        Some(Self { passed: count("passed"), failed: count("failed"), ignored: count("ignored") })
    }

    fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

/// The test whose output follows.
fn section(line: &str) -> Option<&str> {
    line.strip_prefix("---- ")?.strip_suffix(" stdout ----")
}

/// The name of the test that a runner's line tells to have failed.
fn failed_test(line: &str) -> Option<&str> {
    let name = line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?;
    Some(name.strip_suffix(" - should panic").unwrap_or(name))
}

/// Whether a runner says how many tests it is about to run.
fn is_beginning(line: &str) -> bool {
    let count = line.strip_prefix("running ").and_then(|rest| rest.strip_suffix(" tests").or_else(|| rest.strip_suffix(" test")));
    count.is_some_and(|count| count.parse::<u32>().is_ok())
}

fn is_panic(line: &str) -> bool {
    line.starts_with("thread '") && line.contains(" panicked at ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str) -> Report {
        let mut report = Report::default();
        text.lines().for_each(|line| report.read(line));
        report
    }

    const TWO_RUNNERS: &str = "\
running 2 tests
test a::fails ... FAILED
test a::passes ... ok

failures:

---- a::fails stdout ----
before

thread 'a::fails' (7) panicked at a.rs:1:2:
assertion failed
--- phone printed:
test b::named_in_its_output ... FAILED

failures:
    a::fails

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s

running 1 test
test c::panics - should panic ... FAILED

failures:

---- c::panics stdout ----
note: test did not panic as expected

failures:
    c::panics

test result: FAILED. 0 passed; 1 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.02s
";

    #[test]
    fn closing_lines_are_counted() {
        let report = report(TWO_RUNNERS);
        assert_eq!(report.counts(), Counts { passed: 1, failed: 2, ignored: 1 });
        assert_eq!((report.runners(), report.broken_off()), (2, 0));
        assert_eq!(Counts::of("test sip::a_result ... ok"), None);
    }

    #[test]
    fn each_failure_has_its_name_and_what_it_printed() {
        let report = report(TWO_RUNNERS);
        let names: Vec<&str> = report.failures().iter().map(|failure| failure.name.as_str()).collect();
        assert_eq!(names, ["a::fails", "c::panics"]);
        assert!(report.names_every_failure());
        let shown = report.failures()[0].to_string();
        assert!(shown.starts_with("    before\n") && shown.ends_with("... FAILED\n"), "{shown}");
        assert_eq!(report.failures()[1].to_string(), "    note: test did not panic as expected\n");
    }

    #[test]
    fn a_panic_is_shown_however_much_was_printed_after_it() {
        let mut output: Vec<String> = (0..10).map(|number| format!("before {number}")).collect();
        output.push("thread 'a' (7) panicked at a.rs:1:2:".into());
        output.push("the reason".into());
        output.extend((0..100).map(|number| format!("after {number}")));
        output.push(String::new());
        let shown = Failure { name: "a".into(), output }.to_string();
        let lines: Vec<&str> = shown.lines().map(str::trim).collect();
        assert_eq!(lines[..2], ["thread 'a' (7) panicked at a.rs:1:2:", "the reason"]);
        assert_eq!((lines[PANIC], lines[PANIC + 1]), ("…", "after 75"));
        assert_eq!((lines.len(), lines[lines.len() - 1]), (PANIC + 1 + TAIL, "after 99"));
    }

    #[test]
    fn what_is_short_is_shown_once() {
        let lines = |count: usize| Failure {
            name: "a".into(),
            output: std::iter::once("thread 'a' (7) panicked at a.rs:1:2:".to_owned())
                .chain((1..count).map(|number| number.to_string()))
                .collect(),
        };
        for count in [1, PANIC, TAIL, TAIL + 1, TAIL + PANIC] {
            assert_eq!(lines(count).to_string().lines().count(), count);
        }
        assert_eq!(lines(TAIL + PANIC + 1).to_string().lines().filter(|line| line.trim() == "…").count(), 1);
        assert_eq!(Failure { name: "a".into(), output: Vec::new() }.to_string(), "    it printed nothing\n");
    }

    #[test]
    fn a_runner_that_breaks_off_is_noticed() {
        let report = report("running 2 tests\ntest a::fails ... FAILED\n");
        assert_eq!(report.broken_off(), 1);
        assert!(!report.names_every_failure());
    }
}
