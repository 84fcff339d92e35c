//! Figures as `cargo xtask bench` reads them: a line of JSON each.
#![expect(clippy::print_stdout, reason = "printing is what this file is for")]

/// Prints one figure.
pub fn tell(figure: &str, value: f64) {
    println!("{}", serde_json::json!({ "figure": figure, "value": value }));
}

/// Prints a line for people.
pub fn note(line: &str) {
    println!("{line}");
}

/// The value below which `percent` of the values lie; none of nothing.
pub fn percentile(values: &[f64], percent: usize) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = sorted.len().checked_sub(1)? * percent.min(100);
    sorted.get(at.div_ceil(100)).copied()
}

/// Prints how values are distributed, for people.
pub fn distribution(what: &str, unit: &str, values: &[f64]) {
    let at = |percent| percentile(values, percent).unwrap_or(f64::NAN);
    note(&format!(
        "{what}: {} values, least {:.1}, median {:.1}, p95 {:.1}, most {:.1} {unit}",
        values.len(),
        at(0),
        at(50),
        at(95),
        at(100)
    ));
}
