//! The README is a contract: whatever a program can be told is in it.

use std::collections::BTreeSet;

use model::{Cause, Command, Event, OfflineCause, Outcome};
use phone::RemoteRequest;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const README: &str = include_str!("../README.md");

/// The names of an enum's variants, as serde lists them to whoever names an unknown one, as this value does.
fn names<T: DeserializeOwned>(unknown: Value) -> BTreeSet<String> {
    let error = serde_json::from_value::<T>(unknown).err().expect("there is no such variant").to_string();
    let (_, known) = error.split_once("expected one of ").expect("serde lists what it knows");
    known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn unnamed(names: BTreeSet<String>, said: impl Fn(&str) -> String) -> Vec<String> {
    names.into_iter().filter(|name| !README.contains(&said(name))).collect()
}

#[test]
fn the_readme_has_every_event() {
    let row = |name: &str| format!("\n| `{name}` | ");
    assert_eq!(unnamed(names::<Event>(json!({ "event": "?" })), row), [""; 0]);
}

#[test]
fn the_readme_has_every_cause_outcome_and_command() {
    let word = |name: &str| format!("`{name}`");
    assert_eq!(unnamed(names::<Cause>(json!({ "kind": "?" })), word), [""; 0]);
    assert_eq!(unnamed(names::<OfflineCause>(json!({ "kind": "?" })), word), [""; 0]);
    assert_eq!(unnamed(names::<Outcome>(json!("?")), word), [""; 0]);
    assert_eq!(unnamed(names::<Command>(json!({ "command": "?" })), word), [""; 0]);
}

#[test]
fn the_readme_has_every_request_to_a_running_phone() {
    let quoted = |name: &str| format!("\"{name}\"");
    assert_eq!(unnamed(names::<RemoteRequest>(json!("?")), quoted), [""; 0]);
}
