//! Arrows between crates point down, never sideways (src-tauri/ARCHITECTURE.md).

use super::Finding;
use crate::metadata::Package;

/// The crates of each floor, lowest first.
const FLOORS: [&[&str]; 5] = [
    &["model"],
    &["sip", "calls", "audio", "store"],
    &["providers", "media"],
    &["phone", "exchange"],
    &["cli", "tests", "sidetone"],
];

/// Stands beside the house: it builds the others and uses none of them.
const OUTSIDE: &str = "xtask";

pub fn check(packages: &[Package]) -> Vec<Finding> {
    packages.iter().flat_map(check_package).collect()
}

fn check_package(package: &Package) -> Vec<Finding> {
    let ours = |name: &str| name == OUTSIDE || floor(name).is_some();
    let uses = package.dependencies.iter().filter(|name| ours(name));
    let Some(from) = floor(&package.name) else {
        if package.name == OUTSIDE {
            return uses.map(|name| Finding::new(&package.name, format!("may use no crate of ours, and uses {name}"))).collect();
        }
        return vec![Finding::new(&package.name, "has no floor: give it one in xtask/src/tidy/floors.rs and ARCHITECTURE.md")];
    };
    let up_or_sideways = uses.filter(|name| floor(name).is_none_or(|to| to >= from));
    let say = |name: &String| match floor(name) {
        Some(to) => format!("is on floor {from} and may not use {name} on floor {to}"),
        None => format!("may not use {name}"),
    };
    up_or_sideways.map(|name| Finding::new(&package.name, say(name))).collect()
}

fn floor(package: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&package))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(name: &str, dependencies: &[&str]) -> usize {
        let dependencies = dependencies.iter().map(|name| (*name).to_owned()).collect();
        check(&[Package { name: name.into(), dependencies }]).len()
    }

    #[test]
    fn arrows_point_down() {
        assert_eq!(findings("media", &["model", "audio", "serde"]), 0);
        assert_eq!(findings("sip", &["calls"]), 1, "sideways");
        assert_eq!(findings("calls", &["media"]), 1, "up");
        assert_eq!(findings("tests", &["cli", "phone"]), 1, "sideways on the top floor");
    }

    #[test]
    fn every_crate_has_a_floor_and_xtask_stands_alone() {
        assert_eq!(findings("video", &[]), 1);
        assert_eq!(findings("xtask", &["toml"]), 0);
        assert_eq!(findings("xtask", &["model"]), 1);
        assert_eq!(findings("cli", &["xtask"]), 1);
    }
}
