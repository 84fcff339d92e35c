//! What cargo knows about the workspace.

use serde_json::Value;

use crate::shell::{Failed, cargo, output};

/// One crate of the workspace with the names of those it depends on, in whatever way.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Package {
    pub name: String,
    pub dependencies: Vec<String>,
}

/// The crates of the workspace.
pub fn packages() -> Result<Vec<Package>, Failed> {
    let text = output(&mut cargo(&["metadata", "--no-deps", "--format-version", "1", "--offline"]));
    let text = text.ok_or_else(|| Failed::new("`cargo metadata` failed"))?;
    let metadata = serde_json::from_str(&text).map_err(|error| Failed::new(format!("`cargo metadata`: {error}")))?;
    Ok(read(&metadata))
}

fn read(metadata: &Value) -> Vec<Package> {
    let name = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let package =
        |value: &Value| Package { name: name(value), dependencies: list(&value["dependencies"]).iter().map(name).collect() };
    list(&metadata["packages"]).iter().map(package).collect()
}
