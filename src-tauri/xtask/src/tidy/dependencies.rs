//! Every dependency that the workspace names is used by one of its crates.

use std::collections::BTreeSet;

use super::Finding;
use crate::metadata::Package;

pub fn unused(manifest: &str, packages: &[Package]) -> Vec<Finding> {
    let Ok(manifest) = manifest.parse::<toml::Table>() else {
        return vec![Finding::new("Cargo.toml", "is not TOML")];
    };
    let used: BTreeSet<&str> = packages.iter().flat_map(|package| &package.dependencies).map(String::as_str).collect();
    let named = manifest.get("workspace").and_then(|workspace| workspace.get("dependencies")).and_then(toml::Value::as_table);
    let names = named.into_iter().flatten().map(|(name, value)| real_name(name, value));
    let unused = names.filter(|name| !used.contains(name));
    unused.map(|name| Finding::new("Cargo.toml", format!("no crate uses {name}: take it out"))).collect()
}

/// What `package = "…"` says the dependency is called, else its key.
fn real_name<'a>(key: &'a str, value: &'a toml::Value) -> &'a str {
    value.get("package").and_then(toml::Value::as_str).unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_that_nobody_uses_is_found() {
        let manifest = "[workspace.dependencies]\nbytes = '1'\nours = { path = 'x', package = 'model' }\nrand = '1'";
        let package = |name: &str, uses: &[&str]| Package {
            name: name.into(),
            dependencies: uses.iter().map(|name| (*name).to_owned()).collect(),
        };
        let found = unused(manifest, &[package("sip", &["bytes", "model"]), package("audio", &["bytes"])]);
        assert_eq!(found, [Finding::new("Cargo.toml", "no crate uses rand: take it out")]);
    }
}
