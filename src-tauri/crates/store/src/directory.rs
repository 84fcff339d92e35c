//! The contacts in memory: found by number before a call rings, by name while somebody types.

mod suggest;

use std::collections::{BTreeMap, HashMap};

use model::{Contact, ContactId, ContactName, ContactQuery, Personal, Remote};

pub(crate) use self::suggest::Past;
use crate::{
    fold::fold,
    numbers::{NumberKey, NumberingPlan, digits_of},
};

/// Parts of a text that may be a number are looked for among numbers from so many digits on: one is in nearly all.
const FEWEST_DIGITS: usize = 2;

/// Every contact, ready to be searched.
#[derive(Debug)]
pub(crate) struct Directory {
    plan: NumberingPlan,
    known: BTreeMap<ContactId, Known>,
    /// By name.
    order: Vec<ContactId>,
}

/// One contact with what it is searched by.
#[derive(Debug)]
struct Known {
    contact: Contact,
    /// Name and organisation, folded, one a line.
    folded: String,
    numbers: Vec<KnownNumber>,
}

/// One number of a contact with what it is searched by.
#[derive(Debug)]
struct KnownNumber {
    first: Option<NumberKey>,
    others: Vec<NumberKey>,
    /// Its digits in every form, or the address folded.
    forms: Vec<String>,
}

/// Whom numbers belong to. Made anew when contacts change and handed to whoever must not wait for the book.
#[derive(Clone, Debug)]
pub struct NumberIndex {
    plan: NumberingPlan,
    first: HashMap<NumberKey, ContactName>,
    others: HashMap<NumberKey, ContactName>,
    /// Whose lamps are wanted.
    watched: Vec<Personal>,
}

impl Directory {
    pub(crate) fn new(plan: NumberingPlan, contacts: impl IntoIterator<Item = Contact>) -> Self {
        let mut directory = Self { plan, known: BTreeMap::new(), order: Vec::new() };
        for contact in contacts {
            if let Some(id) = contact.id {
                directory.known.insert(id, Known::of(contact, plan));
            }
        }
        directory.sort();
        directory
    }

    /// Reads every number anew by the rules of another country.
    pub(crate) fn set_plan(&mut self, plan: NumberingPlan) {
        let contacts: Vec<Contact> = self.contacts().cloned().collect();
        *self = Self::new(plan, contacts);
    }

    pub(crate) fn plan(&self) -> NumberingPlan {
        self.plan
    }

    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    pub(crate) fn get(&self, id: ContactId) -> Option<&Contact> {
        self.known.get(&id).map(|known| &known.contact)
    }

    /// Everybody, by name.
    pub(crate) fn contacts(&self) -> impl Iterator<Item = &Contact> {
        self.order.iter().filter_map(|id| self.get(*id))
    }

    pub(crate) fn put(&mut self, id: ContactId, contact: Contact) {
        self.known.insert(id, Known::of(contact, self.plan));
        self.sort();
    }

    pub(crate) fn remove(&mut self, id: ContactId) {
        self.known.remove(&id);
        self.order.retain(|other| *other != id);
    }

    fn sort(&mut self) {
        let mut order: Vec<(&str, ContactId)> = self.known.iter().map(|(id, known)| (known.folded.as_str(), *id)).collect();
        order.sort_unstable();
        self.order = order.into_iter().map(|(_, id)| id).collect();
    }

    /// Those asked for, by name.
    pub(crate) fn search(&self, query: &ContactQuery) -> Vec<Contact> {
        let sought = Sought::of(&query.text);
        let fits = |known: &&Known| (!query.favourites || known.contact.favourite) && sought.is_in(known);
        let all = self.order.iter().filter_map(|id| self.known.get(id));
        all.filter(fits).skip(query.skip as usize).take(query.limit as usize).map(|known| known.contact.clone()).collect()
    }

    /// Likeliest keys of the numbers of those whom a text means.
    pub(crate) fn keys_of(&self, text: &str) -> Vec<&NumberKey> {
        let sought = Sought::of(text);
        let found = self.known.values().filter(|known| sought.is_in(known));
        found.flat_map(|known| known.numbers.iter().filter_map(|number| number.first.as_ref())).collect()
    }

    /// Whom numbers belong to, as of now.
    pub(crate) fn index(&self) -> NumberIndex {
        let mut index = NumberIndex::none(self.plan);
        let watched = self.contacts().filter(|contact| contact.favourite && contact.lamp);
        index.watched = watched.filter_map(|contact| Some(contact.numbers.first()?.number.clone())).collect();
        for (id, known) in &self.known {
            let name = || ContactName { id: *id, name: known.shown_name().into() };
            for number in &known.numbers {
                if let Some(key) = &number.first {
                    index.first.entry(key.clone()).or_insert_with(name);
                }
                for key in &number.others {
                    index.others.entry(key.clone()).or_insert_with(name);
                }
            }
        }
        index
    }
}

impl Known {
    fn of(contact: Contact, plan: NumberingPlan) -> Self {
        let folded = format!("{}\n{}", fold(contact.name.expose()), fold(contact.organisation.expose()));
        let numbers = contact.numbers.iter().map(|number| KnownNumber::of(number.number.expose(), plan)).collect();
        Self { contact, folded, numbers }
    }

    /// Its name, or what stands for it.
    fn shown_name(&self) -> &str {
        let Contact { name, organisation, numbers, .. } = &self.contact;
        let first_number = numbers.first().map_or("", |number| number.number.expose());
        [name.expose(), organisation.expose(), first_number].into_iter().find(|text| !text.is_empty()).unwrap_or_default()
    }
}

impl KnownNumber {
    fn of(number: &str, plan: NumberingPlan) -> Self {
        let (first, others) = plan.keys(number).map_or((None, Vec::new()), |keys| (Some(keys.first), keys.others));
        let mut forms = plan.forms(number);
        if forms.is_empty() {
            forms.push(fold(number));
        }
        Self { first, others, forms }
    }
}

/// What a person typed to find somebody.
struct Sought {
    folded: String,
    digits: Option<String>,
}

impl Sought {
    fn of(text: &str) -> Self {
        let digits = digits_of(text).filter(|digits| digits.len() >= FEWEST_DIGITS);
        Self { folded: fold(text), digits }
    }

    fn is_in(&self, known: &Known) -> bool {
        // Every word, wherever it is: people type a bit of the first name and a bit of the last.
        let by_name = || self.folded.split(' ').all(|word| known.folded.contains(word));
        let by_digits =
            |digits: &String| known.numbers.iter().any(|number| number.forms.iter().any(|form| form.contains(digits.as_str())));
        let by_address = || {
            !self.folded.is_empty()
                && known.numbers.iter().any(|number| number.forms.iter().any(|form| form.contains(&self.folded)))
        };
        by_name() || self.digits.as_ref().is_some_and(by_digits) || by_address()
    }
}

impl NumberIndex {
    /// Nobody is known.
    pub fn none(plan: NumberingPlan) -> Self {
        Self { plan, first: HashMap::new(), others: HashMap::new(), watched: Vec::new() }
    }

    /// The numbers of favourites with a lamp, by name.
    pub fn watched(&self) -> &[Personal] {
        &self.watched
    }

    /// Who the far end is.
    pub fn find(&self, remote: &Remote) -> Option<ContactName> {
        if self.first.is_empty() {
            return None;
        }
        self.find_text(remote.number.expose()).or_else(|| self.find_text(remote.uri.expose()))
    }

    fn find_text(&self, text: &str) -> Option<ContactName> {
        let keys = self.plan.keys(text)?;
        let likeliest = self.first.get(&keys.first).or_else(|| self.others.get(&keys.first));
        let found = likeliest.or_else(|| keys.others.iter().find_map(|key| self.first.get(key)));
        found.cloned()
    }
}

#[cfg(test)]
mod tests;
