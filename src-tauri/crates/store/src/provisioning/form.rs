//! The text of a provisioning file.

use std::collections::{BTreeMap, BTreeSet};

use model::Settings;
use serde::Deserialize;
use toml::{Spanned, Table};

use super::{Feature, Page, Provisioning, feature::Rule, feature::set, overlay};
use crate::{
    ReadError, check_settings,
    settings::{damaged, line_at},
};

/// Above this a sentence is a mistake.
const LONGEST: usize = 500;

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    contact: String,
    #[serde(default)]
    locked: BTreeSet<Page>,
    #[serde(default)]
    features: BTreeMap<Feature, Spanned<Rule>>,
    #[serde(default)]
    settings: Table,
}

/// Only that the settings are settings: from the text, so that a complaint has its line.
#[derive(Deserialize)]
struct Typed {
    #[serde(default, rename = "settings")]
    _settings: Settings,
}

pub(super) fn read(source: &str, text: &str) -> Result<Provisioning, ReadError> {
    let form: Form = toml::from_str(text).map_err(|error| damaged(text, &error))?;
    toml::from_str::<Typed>(text).map_err(|error| damaged(text, &error))?;
    if form.contact.len() > LONGEST {
        return Err(wrong(text, "contact", &format!("a text has {LONGEST} bytes at most")));
    }
    let mut fixed = form.settings;
    fixed.remove("version");
    for (feature, rule) in form.features {
        let at = rule.span().start;
        let sets = feature.sets(rule.into_inner()).ok_or_else(|| ReadError::Damaged {
            line: line_at(text, at),
            detail: "this feature cannot be forced on as such; say in [settings] what it does".into(),
        })?;
        sets.into_iter().for_each(|(name, value)| set(&mut fixed, name, value));
    }
    let whole = overlay::lay(&Settings::default(), &fixed)
        .ok_or_else(|| ReadError::Damaged { line: None, detail: "its settings do not make sense together".into() })?;
    let known = overlay::flat(&whole);
    // What is empty in an account is not written, and so not known.
    let is_unknown = |(name, value): &(String, String)| !known.contains_key(name) && !["", "[]"].contains(&value.as_str());
    if let Some((unknown, _)) = overlay::flat_table(&fixed).into_iter().find(is_unknown) {
        return Err(wrong(text, &unknown, &format!("there is no setting {unknown:?}")));
    }
    if let Some(invalid) = check_settings(&whole).first() {
        return Err(wrong(text, &invalid.field, &invalid.to_string()));
    }
    Ok(Provisioning { source: source.to_owned(), contact: form.contact, fixed, locked: form.locked })
}

/// A complaint about what has a dotted name, with the first line that begins with its last part.
fn wrong(text: &str, name: &str, detail: &str) -> ReadError {
    let last = name.rsplit('.').next().unwrap_or(name);
    let begins = |line: &str| line.trim_start().strip_prefix(last).is_some_and(|rest| rest.trim_start().starts_with('='));
    let line = text.lines().position(begins).map(|at| at + 1);
    ReadError::Damaged { line, detail: detail.to_owned() }
}
