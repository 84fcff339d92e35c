//! Settings laid over settings, as tables: a value takes the place of a value, an item of a list that of the item of its name.

use std::collections::{BTreeMap, BTreeSet};

use model::Settings;
use serde::Deserialize;
use toml::{Table, Value};

/// What names an item of a list of tables.
const NAMES: [&str; 2] = ["id", "account"];

/// `settings` with what is `fixed` in its place; `None` when that is of another form.
pub(super) fn lay(settings: &Settings, fixed: &Table) -> Option<Settings> {
    let mut table = Table::try_from(settings).ok()?;
    over(&mut table, fixed);
    Settings::deserialize(table).ok()
}

fn over(table: &mut Table, fixed: &Table) {
    for (key, value) in fixed {
        match (table.get_mut(key), value) {
            (Some(Value::Table(inner)), Value::Table(fixed)) => over(inner, fixed),
            (Some(Value::Array(items)), Value::Array(fixed)) if are_named(fixed) => {
                items.retain(|item| !fixed.iter().any(|other| name(other) == name(item)));
                items.splice(0..0, fixed.iter().cloned());
            }
            (_, value) => {
                table.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Puts what the user's `file` has, or nothing, in the place of what is `fixed`.
pub(super) fn give_back(written: &mut Table, fixed: &Table, file: &Table) {
    for (key, value) in fixed {
        let own = file.get(key);
        match (written.get_mut(key), value) {
            (Some(Value::Table(inner)), Value::Table(fixed)) => {
                let nothing = Table::new();
                give_back(inner, fixed, own.and_then(Value::as_table).unwrap_or(&nothing));
            }
            (Some(Value::Array(items)), Value::Array(fixed)) if are_named(fixed) => {
                let is_fixed = |item: &Value| fixed.iter().any(|other| name(other) == name(item));
                items.retain(|item| !is_fixed(item));
                let own = own.and_then(Value::as_array).into_iter().flatten();
                items.extend(own.filter(|item| is_fixed(item)).cloned());
            }
            _ => match own {
                Some(own) => {
                    written.insert(key.clone(), own.clone());
                }
                None => {
                    written.remove(key);
                }
            },
        }
    }
}

/// Every value by its dotted name, items of lists by their own; lists of plain values whole.
pub(super) fn flat(settings: &Settings) -> BTreeMap<String, String> {
    // Settings can be written as a table: that is how they are saved.
    let mut found = Table::try_from(settings).map(|table| flat_table(&table)).unwrap_or_default();
    found.remove("version");
    found
}

/// The same of a table.
pub(super) fn flat_table(table: &Table) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    flatten("", table, &mut found);
    found
}

/// The names of what differs.
pub(super) fn differing(one: &Settings, other: &Settings) -> BTreeSet<String> {
    let (one, other) = (flat(one), flat(other));
    one.keys().chain(other.keys()).filter(|name| one.get(*name) != other.get(*name)).cloned().collect()
}

fn flatten(prefix: &str, table: &Table, found: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let full = format!("{prefix}{key}");
        match value {
            Value::Table(inner) => flatten(&format!("{full}."), inner, found),
            Value::Array(items) if are_named(items) => {
                for item in items.iter().filter_map(Value::as_table) {
                    let id = NAMES.iter().find_map(|name| item.get(*name)).and_then(Value::as_str).unwrap_or_default();
                    flatten(&format!("{full}.{id}."), item, found);
                }
            }
            Value::String(text) => {
                found.insert(full, text.clone());
            }
            other => {
                found.insert(full, other.to_string());
            }
        }
    }
}

fn are_named(items: &[Value]) -> bool {
    !items.is_empty() && items.iter().all(|item| name(item).is_some())
}

fn name(item: &Value) -> Option<&str> {
    let item = item.as_table()?;
    NAMES.iter().find_map(|name| item.get(*name)).and_then(Value::as_str)
}
