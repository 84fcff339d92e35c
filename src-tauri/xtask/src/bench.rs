//! Benchmarks: the crate `tests` measures, this prints the figures beside the goals.

mod goals;

use goals::{GOALS, Goal};
use serde_json::Value;

use crate::{
    setup,
    shell::{Failed, cargo, run_and_read},
};

/// One figure as measured.
struct Measured {
    figure: String,
    value: f64,
}

/// Several by one name, one after another: what the phone is on a desk, and whether it can be trusted.
const GROUPS: [(&str, &[&str]); 2] = [("desktop", &["setup", "memory", "window"]), ("trust", &["trust", "soak"])];

/// Runs one benchmark, or those of a group, and prints one table. A missed goal is printed, not an error: benchmarks tell,
/// tests assert.
///
/// The program `bench` of the crate `tests` is run with the name, and prints one line of JSON for each figure,
/// `{"figure": "1.median", "value": 64.2}`; its other lines are shown as they are. `length` is for the one that goes on for as many
/// minutes as it is told.
pub fn measure(name: &str, length: Option<&str>) -> Result<(), Failed> {
    let group = GROUPS.iter().find(|(group, _)| *group == name);
    let names = group.map_or_else(|| vec![name], |(_, names)| names.to_vec());
    if !names.iter().all(|name| GOALS.iter().any(|goal| goal.bench == *name)) {
        let mut known: Vec<&str> = GOALS.iter().map(|goal| goal.bench).collect();
        known.dedup();
        return Err(Failed::new(format!("there is no benchmark {name:?}. There are: {}, desktop", known.join(", "))));
    }
    setup::install_missing()?;
    let mut figures = Vec::new();
    let mut outcome = Ok(());
    for name in &names {
        let mut command = cargo(&["run", "--quiet", "--release", "--package", "tests", "--bin", "bench", "--", name]);
        command.args(length);
        // What was measured before one ended early is a figure all the same.
        outcome = outcome.and(run_and_read(&mut command, |line| figures.extend(figure(line))));
    }
    print!("\n{}", table(GOALS.iter().filter(|goal| names.contains(&goal.bench)), &figures));
    outcome
}

fn figure(line: &str) -> Option<Measured> {
    let line: Value = serde_json::from_str(line).ok()?;
    Some(Measured { figure: line["figure"].as_str()?.to_owned(), value: line["value"].as_f64()? })
}

fn table<'a>(goals: impl Iterator<Item = &'a Goal>, figures: &[Measured]) -> String {
    let title = ["#", "figure", "measured", "goal", "", "competitor"].map(String::from);
    let rows: Vec<[String; 6]> = std::iter::once(title).chain(goals.map(|goal| row(goal, figures))).collect();
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; 6]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

fn row(goal: &Goal, figures: &[Measured]) -> [String; 6] {
    let measured = figures.iter().find(|measured| measured.figure == goal.figure);
    let verdict = match measured {
        Some(measured) if goal.limit.holds(measured.value) => "reached",
        Some(_) => "MISSED",
        None => "",
    };
    let value = measured.map_or_else(|| "not measured".to_owned(), |measured| format!("{:.2} {}", measured.value, goal.unit));
    [goal.figure, goal.what, value.trim_end(), &format!("{} {}", goal.limit, goal.unit), verdict, goal.competitor]
        .map(|cell| cell.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_lines_of_json_only() {
        let read = figure(r#"{"figure": "11", "value": 41.5}"#).expect("a figure");
        assert_eq!((read.figure.as_str(), read.value), ("11", 41.5));
        assert!(figure("running 3 calls").is_none());
        assert!(figure(r#"{"figure": "11"}"#).is_none());
    }

    #[test]
    fn the_table_tells_what_was_reached_missed_and_not_measured() {
        let figures = [("11", 41.5), ("12.dial", 31.0)].map(|(figure, value)| Measured { figure: figure.into(), value });
        let table = table(GOALS.iter().filter(|goal| goal.bench == "setup"), &figures);
        let verdict = |figure: &str| table.lines().find(|line| line.starts_with(figure)).unwrap_or_default().to_owned();
        assert!(verdict("11 ").contains("reached"), "{table}");
        assert!(verdict("12.dial ").contains("MISSED"), "{table}");
        assert!(verdict("14 ").contains("not measured"), "{table}");
    }
}
