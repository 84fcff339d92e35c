//! The README is a contract: whatever a program can be told is in it.

use std::collections::BTreeSet;

use model::{Cause, Command, Event, OfflineCause};
use serde::de::DeserializeOwned;

const README: &str = include_str!("../README.md");

/// The names of an enum's variants, as serde lists them to whoever names an unknown one.
fn names<T: DeserializeOwned>(tag: &str) -> BTreeSet<String> {
    let error = serde_json::from_value::<T>(serde_json::json!({ tag: "?" })).err().expect("there is no such variant").to_string();
    let (_, known) = error.split_once("expected one of ").expect("serde lists what it knows");
    known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn unnamed(names: BTreeSet<String>, said: impl Fn(&str) -> String) -> Vec<String> {
    names.into_iter().filter(|name| !README.contains(&said(name))).collect()
}

#[test]
fn the_readme_has_every_event() {
    let row = |name: &str| format!("\n| `{name}` | ");
    assert_eq!(unnamed(names::<Event>("event"), row), [""; 0]);
}

#[test]
fn the_readme_has_every_cause_and_every_command() {
    let word = |name: &str| format!("`{name}`");
    assert_eq!(unnamed(names::<Cause>("kind"), word), [""; 0]);
    assert_eq!(unnamed(names::<OfflineCause>("kind"), word), [""; 0]);
    assert_eq!(unnamed(names::<Command>("command"), word), [""; 0]);
}
