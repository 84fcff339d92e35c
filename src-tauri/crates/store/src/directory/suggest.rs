//! Whom somebody who types may mean.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

use model::{Personal, SuggestedBy, Suggestion};

use super::{Directory, Known, Sought};
use crate::{
    fold::fold,
    numbers::{NumberKey, NumberingPlan},
};

/// How many are offered: what fits under the number field.
const MOST: usize = 8;

/// A call counts half as much after so many days.
const HALF_LIFE_S: f64 = 30.0 * 86_400.0;

/// Somebody who was called or has called.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    pub(crate) name: Personal,
    /// What would be dialled.
    pub(crate) number: Personal,
    pub(crate) key: Option<NumberKey>,
    pub(crate) calls: u32,
    pub(crate) last_s: i64,
    folded: String,
    forms: Vec<String>,
}

/// How well a text fits; the lesser, the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// The name or number begins with it.
    Beginning,
    /// A word of the name begins with it.
    Word,
    /// It is somewhere inside.
    Inside,
}

/// Somebody who fits.
struct Candidate<'a> {
    fit: Fit,
    from_history: bool,
    weight: f64,
    name: &'a str,
    number: &'a Personal,
    key: Option<&'a NumberKey>,
}

impl Past {
    pub(crate) fn new(name: Personal, number: Personal, plan: NumberingPlan) -> Self {
        let keys = plan.keys(number.expose());
        let mut forms = plan.forms(number.expose());
        if forms.is_empty() {
            forms.push(fold(number.expose()));
        }
        let folded = fold(name.expose());
        Self { name, number, key: keys.map(|keys| keys.first), calls: 0, last_s: 0, folded, forms }
    }
}

impl Directory {
    /// The best few for what has been typed: how it fits, contacts before others, then who is called often and lately.
    pub(crate) fn suggest(&self, typed: &str, past: &[Past], now_s: i64) -> Vec<Suggestion> {
        let sought = Sought::of(typed);
        if sought.folded.is_empty() {
            return Vec::new();
        }
        let mut weights: HashMap<&NumberKey, f64> = HashMap::new();
        for past in past {
            if let Some(key) = &past.key {
                *weights.entry(key).or_default() += weight(past, now_s);
            }
        }
        let mut candidates: Vec<Candidate<'_>> = Vec::new();
        for known in self.known.values() {
            candidates.extend(of_contact(known, &sought, &weights));
        }
        for past in past {
            let by_name = fit_of_name(&past.folded, &sought);
            let by_number = past.forms.iter().filter_map(|form| fit_of_number(form, &sought)).min();
            if let Some(fit) = [by_name, by_number].into_iter().flatten().min() {
                let (name, number, key) = (past.name.expose(), &past.number, past.key.as_ref());
                let weight = key.and_then(|key| weights.get(key).copied()).unwrap_or_default();
                candidates.push(Candidate { fit, from_history: true, weight, name, number, key });
            }
        }
        candidates.sort_by(|one, other| {
            let rank = |of: &Candidate<'_>| (of.fit, of.from_history);
            rank(one).cmp(&rank(other)).then(other.weight.total_cmp(&one.weight)).then_with(|| one.name.cmp(other.name))
        });
        // A contact is offered once, and no stranger with a number of a contact.
        let of_contacts: HashSet<&NumberKey> =
            candidates.iter().filter(|candidate| !candidate.from_history).filter_map(|candidate| candidate.key).collect();
        let mut offered: HashSet<&NumberKey> = HashSet::new();
        let mut best = Vec::new();
        for candidate in &candidates {
            let is_new = candidate.key.is_none_or(|key| {
                let is_known = candidate.from_history && of_contacts.contains(key);
                !is_known && offered.insert(key)
            });
            if is_new && best.len() < MOST {
                best.push(Suggestion {
                    name: candidate.name.into(),
                    number: candidate.number.clone(),
                    from: if candidate.from_history { SuggestedBy::History } else { SuggestedBy::Contact },
                });
            }
        }
        best
    }
}

/// A contact that fits, with the number that does, or its likeliest one.
fn of_contact<'a>(known: &'a Known, sought: &Sought, weights: &HashMap<&NumberKey, f64>) -> Option<Candidate<'a>> {
    let weight_of = |at: usize| {
        let key = known.numbers.get(at).and_then(|number| number.first.as_ref());
        key.and_then(|key| weights.get(key).copied()).unwrap_or_default()
    };
    let places = 0..known.numbers.len();
    let fits = |at: &usize| known.numbers[*at].forms.iter().filter_map(|form| fit_of_number(form, sought)).min();
    let by_number = places.clone().filter_map(|at| fits(&at).map(|fit| (fit, at))).min();
    let by_name = fit_of_name(&known.folded, sought).and_then(|fit| {
        // The number that is called most; the first of those never called.
        let likeliest = places.max_by(|one, other| weight_of(*one).total_cmp(&weight_of(*other)).then(other.cmp(one)))?;
        Some((fit, likeliest))
    });
    let (fit, at) = [by_number, by_name].into_iter().flatten().min_by_key(|(fit, at)| (*fit, Reverse(*at)))?;
    let number = &known.contact.numbers.get(at)?.number;
    let key = known.numbers[at].first.as_ref();
    Some(Candidate { fit, from_history: false, weight: weight_of(at), name: known.shown_name(), number, key })
}

fn fit_of_name(folded: &str, sought: &Sought) -> Option<Fit> {
    let text = sought.folded.as_str();
    if folded.starts_with(text) {
        return Some(Fit::Beginning);
    }
    let begins_a_word = |word: &str| {
        folded.match_indices(word).any(|(at, _)| folded[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric()))
    };
    if text.split(' ').all(begins_a_word) {
        return Some(Fit::Word);
    }
    text.split(' ').all(|word| folded.contains(word)).then_some(Fit::Inside)
}

fn fit_of_number(form: &str, sought: &Sought) -> Option<Fit> {
    let text = sought.digits.as_deref().unwrap_or(&sought.folded);
    if form.starts_with(text) { Some(Fit::Beginning) } else { form.contains(text).then_some(Fit::Inside) }
}

fn weight(past: &Past, now_s: i64) -> f64 {
    let age_s = now_s.saturating_sub(past.last_s).max(0) as f64;
    f64::from(past.calls) * 0.5_f64.powf(age_s / HALF_LIFE_S)
}
