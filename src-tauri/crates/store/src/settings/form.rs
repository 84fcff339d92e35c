//! The text of the settings file and its older forms.

use std::ops::Range;

use model::{FileDamage, SETTINGS_VERSION, Settings};
use serde::Deserialize;
use toml::{Table, Value};

use super::ReadError;

/// Said on top of each file we write, since it is what a person must know who edits it.
const HEADER: &str = "# Settings of Sidetone. Passwords are in the key store of the desktop, not here.\n\
                      # Comments and the order of lines are not kept when the program saves.\n\n";

/// Turns a table of one version into the next one. The step at index `n` takes version `n + 1`.
type Step = fn(&mut Table);

/// One step for every version but the last: a new `SETTINGS_VERSION` does not compile without its step.
const STEPS: [Step; SETTINGS_VERSION as usize - 1] = [];

/// What a text held.
#[derive(Debug, Default)]
pub(super) struct Form {
    /// What this version of the program understands.
    pub settings: Settings,
    /// All of it, in this version's form.
    pub table: Table,
    /// What it does not: fields of other versions, and mistyped ones.
    pub unknown: Table,
}

/// Reads the text of a settings file, of this version or an older one.
pub(super) fn read(text: &str) -> Result<Form, ReadError> {
    read_with(text, &STEPS)
}

fn read_with(text: &str, steps: &[Step]) -> Result<Form, ReadError> {
    let known = u32::try_from(steps.len()).unwrap_or(u32::MAX).saturating_add(1);
    let mut table: Table = toml::from_str(text).map_err(|error| damaged(text, &error))?;
    let version = match table.get("version") {
        // A file written by hand need not name the version it follows.
        None => known,
        Some(Value::Integer(version)) => u32::try_from(*version)
            .ok()
            .filter(|version| *version != 0)
            .ok_or_else(|| ReadError::damaged_somewhere(FileDamage::NoVersion))?,
        Some(_) => return Err(ReadError::damaged_somewhere(FileDamage::NoVersion)),
    };
    if version > known {
        return Err(ReadError::Newer { found: version, known });
    }
    let settings = if version == known {
        // From the text, so that a complaint has its line.
        toml::from_str::<Settings>(text)
    } else {
        for step in steps.iter().skip(version as usize - 1) {
            step(&mut table);
        }
        Settings::deserialize(table.clone())
    };
    let mut settings = settings.map_err(|error| damaged(text, &error))?;
    settings.version = known;
    let understood = to_table(&settings)?;
    Ok(Form { settings, unknown: without(&table, &understood), table })
}

/// The text for `settings` in the place of what was in the file: fields of others are put back where they were.
pub(super) fn write(settings: &Settings, unknown: &Table, amend: impl FnOnce(&mut Table)) -> Result<String, ReadError> {
    let mut table = to_table(&Settings { version: SETTINGS_VERSION, ..settings.clone() })?;
    amend(&mut table);
    put_back(&mut table, unknown);
    let text = toml::to_string_pretty(&table).map_err(|error| unfit(&error))?;
    Ok(format!("{HEADER}{text}"))
}

/// The dotted names of all values in `table`, for telling the user what is not used.
pub(super) fn names(table: &Table) -> Vec<String> {
    let mut names = Vec::new();
    collect_names("", table, &mut names);
    names
}

fn collect_names(prefix: &str, table: &Table, names: &mut Vec<String>) {
    for (key, value) in table {
        match value {
            Value::Table(inner) => collect_names(&format!("{prefix}{key}."), inner, names),
            Value::Array(items) if items.iter().any(Value::is_table) => {
                for item in items.iter().filter_map(Value::as_table) {
                    let id = item.get("id").and_then(Value::as_str).unwrap_or_default();
                    let unknown = item.iter().filter(|(key, _)| *key != "id").map(|(key, value)| (key.clone(), value.clone()));
                    collect_names(&format!("{prefix}{key}.{id}."), &unknown.collect(), names);
                }
            }
            _ => names.push(format!("{prefix}{key}")),
        }
    }
}

fn to_table(settings: &Settings) -> Result<Table, ReadError> {
    Table::try_from(settings).map_err(|error| unfit(&error))
}

/// What the form has no place for.
fn unfit(error: &toml::ser::Error) -> ReadError {
    ReadError::damaged_somewhere(FileDamage::Content { words: error.to_string() })
}

/// What `table` has beyond `known`. Items of lists of tables are the same when their `id` is; the `id` stays with what is
/// left of an item, so that it finds its place again.
fn without(table: &Table, known: &Table) -> Table {
    let mut left = Table::new();
    for (key, value) in table {
        match (value, known.get(key)) {
            (Value::Table(inner), Some(Value::Table(known))) => {
                let inner = without(inner, known);
                if !inner.is_empty() {
                    left.insert(key.clone(), Value::Table(inner));
                }
            }
            (Value::Array(items), Some(Value::Array(known))) => {
                let items: Vec<Value> = items.iter().filter_map(|item| item_without(item, known)).collect();
                if !items.is_empty() {
                    left.insert(key.clone(), Value::Array(items));
                }
            }
            (_, Some(_)) => {}
            (value, None) => {
                left.insert(key.clone(), value.clone());
            }
        }
    }
    left
}

fn item_without(item: &Value, known: &[Value]) -> Option<Value> {
    let (item, id) = (item.as_table()?, item.get("id")?);
    let same = known.iter().filter_map(Value::as_table).find(|known| known.get("id") == Some(id))?;
    let mut left = without(item, same);
    if left.is_empty() {
        return None;
    }
    left.insert("id".into(), id.clone());
    Some(Value::Table(left))
}

/// Adds what `unknown` has and `table` has not. An item of a list whose `id` is gone is gone with it.
fn put_back(table: &mut Table, unknown: &Table) {
    for (key, value) in unknown {
        match (table.get_mut(key), value) {
            (Some(Value::Table(inner)), Value::Table(unknown)) => put_back(inner, unknown),
            (Some(Value::Array(items)), Value::Array(unknown)) => {
                for unknown in unknown.iter().filter_map(Value::as_table) {
                    let mut items = items.iter_mut().filter_map(Value::as_table_mut);
                    if let Some(item) = items.find(|item| item.get("id") == unknown.get("id")) {
                        put_back(item, unknown);
                    }
                }
            }
            (Some(_), _) => {}
            (None, value) => {
                table.insert(key.clone(), value.clone());
            }
        }
    }
}

/// The line, from 1, in which the byte `at` of a text stands.
pub(crate) fn line_at(text: &str, at: usize) -> Option<usize> {
    text.get(..at).map(|before| before.matches('\n').count() + 1)
}

/// What is wrong with a text, and in which line.
pub(crate) fn damaged(text: &str, error: &toml::de::Error) -> ReadError {
    let line = error.span().and_then(|span| line_at(text, span.start));
    ReadError::Damaged { line, damage: damage_at(text, error.span(), without_value(error.message())) }
}

/// What is wrong where the parser stopped: with a name, with what it names, or with what should be there besides.
fn damage_at(text: &str, span: Option<Range<usize>>, words: String) -> FileDamage {
    if toml::from_str::<Table>(text).is_err() {
        return FileDamage::Form { words };
    }
    let around = span.and_then(|span| Some((text.get(..span.start)?, text.get(span.clone())?, text.get(span.end..)?)));
    let Some((before, stopped, after)) = around else { return FileDamage::Content { words } };
    let named = |after: &str| after.trim_start_matches([' ', '\t']).starts_with(['=', '.', ']']);
    let is_name = !stopped.is_empty() && !stopped.contains(['\n', '=', '[']);
    if is_name && named(after) {
        return FileDamage::Unknown { name: stopped.to_owned() };
    }
    // The name of a value stands before it in its line; a table is stopped at as a whole.
    let line = before.rsplit('\n').next().unwrap_or_default();
    match line.rsplit_once('=') {
        Some((named, _)) => {
            let name = named.rsplit(['{', ',']).next().unwrap_or(named).trim();
            FileDamage::Value { name: name.to_owned(), words }
        }
        None => FileDamage::Content { words },
    }
}

/// The message of the parser without the text it stumbled over: that may be somebody's number.
fn without_value(message: &str) -> String {
    let message = message.lines().next().unwrap_or_default();
    let cut = ["invalid type: ", "invalid value: "].iter().any(|start| message.starts_with(start));
    match (message.find(['`', '"']), message.rfind(", expected")) {
        (Some(value), Some(expected)) if cut && value < expected => {
            format!("{}{}", message[..value].trim_end(), &message[expected..])
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests;
