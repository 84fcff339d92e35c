//! The text of a provisioning file.

use std::collections::{BTreeMap, BTreeSet};

use model::{FieldFault, FieldProblem, FileDamage, Settings};
use serde::Deserialize;
use toml::{Spanned, Table};

use super::{Feature, Page, Provisioning, feature::Rule, feature::set, overlay};
use crate::{
    ReadError, check_settings,
    settings::{damaged, line_at},
};

/// Above this a sentence is a mistake.
const LONGEST: u32 = 500;

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
    if form.contact.len() > LONGEST as usize {
        let problem = FieldProblem { field: "contact".into(), fault: FieldFault::NotOneLine { most: LONGEST } };
        return Err(wrong(text, problem));
    }
    let mut fixed = form.settings;
    fixed.remove("version");
    for (feature, rule) in form.features {
        let at = rule.span().start;
        let sets = feature.sets(rule.into_inner()).ok_or_else(|| ReadError::Damaged {
            line: line_at(text, at),
            damage: FileDamage::NotForcedOn { feature: feature.name() },
        })?;
        sets.into_iter().for_each(|(name, value)| set(&mut fixed, name, value));
    }
    let whole = overlay::lay(&Settings::default(), &fixed).ok_or_else(|| ReadError::Damaged {
        line: None,
        damage: FileDamage::Content { words: "its settings do not make sense together".into() },
    })?;
    let known = overlay::flat(&whole);
    // What is empty in an account is not written, and so not known.
    let is_unknown = |(name, value): &(String, String)| !known.contains_key(name) && !["", "[]"].contains(&value.as_str());
    if let Some((unknown, _)) = overlay::flat_table(&fixed).into_iter().find(is_unknown) {
        return Err(ReadError::Damaged { line: line_of(text, &unknown), damage: FileDamage::Unknown { name: unknown } });
    }
    if let Some(invalid) = check_settings(&whole).into_iter().next() {
        return Err(wrong(text, invalid));
    }
    Ok(Provisioning { source: source.to_owned(), contact: form.contact, fixed, locked: form.locked })
}

/// A complaint about a field.
fn wrong(text: &str, problem: FieldProblem) -> ReadError {
    ReadError::Damaged { line: line_of(text, &problem.field), damage: FileDamage::Field { problem: Box::new(problem) } }
}

/// The first line that begins with the last part of a dotted name.
fn line_of(text: &str, name: &str) -> Option<usize> {
    let last = name.rsplit('.').next().unwrap_or(name);
    let begins = |line: &str| line.trim_start().strip_prefix(last).is_some_and(|rest| rest.trim_start().starts_with('='));
    text.lines().position(begins).map(|at| at + 1)
}
