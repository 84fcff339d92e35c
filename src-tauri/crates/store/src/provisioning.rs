//! What somebody else sets for the users of a machine: settings that are as they are, features that are forced on or off, and
//! pages of the settings that are locked.
//!
//! A file of the machine is written by its administrator and only ever read. A file from a web server is kept beside the user's
//! settings once he has agreed to it. What either sets is laid over the user's own settings, which stay in his file as they were.

mod feature;
mod form;
mod overlay;
mod page;
mod provisioned;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
};

use model::{FieldFault, ProvisionChange, Settings};
use toml::Table;

pub use feature::Feature;
pub use page::Page;
pub use provisioned::Provisioned;

use crate::{ReadError, plain, settings::text_of};

/// Far above any real file.
pub(crate) const LARGEST: u64 = 256 * 1024;

/// What was provisioned by one file.
#[derive(Clone, Debug, PartialEq)]
pub struct Provisioning {
    /// Where it is from: a path, or the address of a web server.
    source: String,
    /// Whom to ask about it; empty when it does not say.
    contact: String,
    /// Settings that are as they are, in the form of the settings file.
    fixed: Table,
    locked: BTreeSet<Page>,
}

impl Provisioning {
    /// Reads the file at `path`; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be read or does not make sense; then with the line, where there is one.
    pub fn read(path: &Path) -> Result<Option<Self>, ReadError> {
        let bytes = match plain::read(path, LARGEST) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(ReadError::Unreadable(error)),
        };
        Self::of_text(&path.display().to_string(), text_of(&bytes, LARGEST)?).map(Some)
    }

    /// Reads a text that came from `source`.
    ///
    /// # Errors
    /// When it does not make sense; with the line, where there is one.
    pub fn of_text(source: &str, text: &str) -> Result<Self, ReadError> {
        form::read(source, text)
    }

    /// Lays it over a user's settings.
    pub fn impose(&self, settings: Settings) -> Settings {
        // It was tried on settings when it was read; those of a user are of the same form.
        let Some(mut imposed) = overlay::lay(&settings, &self.fixed) else { return settings };
        // A table has no passwords: accounts that are not set here stay whole.
        for account in imposed.accounts.iter_mut().filter(|account| !self.sets(&format!("accounts.{}", account.id))) {
            if let Some(own) = settings.accounts.iter().find(|own| own.id == account.id) {
                account.clone_from(own);
            }
        }
        imposed
    }

    /// What it would change for this user.
    pub fn changes(&self, settings: &Settings) -> Vec<ProvisionChange> {
        let imposed = self.impose(settings.clone());
        let (before, after) = (overlay::flat(settings), overlay::flat(&imposed));
        let value = |of: &BTreeMap<String, String>, name: &String| of.get(name).cloned().unwrap_or_default().into();
        let change = |field: String| ProvisionChange { before: value(&before, &field), after: value(&after, &field), field };
        overlay::differing(settings, &imposed).into_iter().map(change).collect()
    }

    /// The pages that it locks.
    pub fn locked(&self) -> impl Iterator<Item = Page> {
        self.locked.iter().copied()
    }

    /// The dotted names of what it sets.
    pub fn fixed(&self) -> Vec<String> {
        overlay::flat_table(&self.fixed).into_keys().collect()
    }

    /// Whether it sets what has this name, or something in it.
    fn sets(&self, field: &str) -> bool {
        let covers = |name: &String| {
            name == field
                || ["accounts", "auto_answer"].iter().any(|list| {
                    // An item of a list is set whole.
                    let item = |name: &str| name.split('.').take(2).map(str::to_owned).collect::<Vec<_>>();
                    name.starts_with(list) && item(name) == item(field)
                })
        };
        self.fixed().iter().any(covers)
    }

    /// Where it is from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whom to ask about it; empty when it does not say.
    pub fn contact(&self) -> &str {
        &self.contact
    }

    /// What is told to who wants to change what it sets.
    pub fn why(&self) -> FieldFault {
        FieldFault::SetBy { source: self.source.clone(), contact: self.contact.clone() }
    }

    /// Gives a text that is about to be written what the user had in the place of what is set here: `file` is his file.
    pub(crate) fn give_back(&self, written: &mut Table, file: &Table) {
        overlay::give_back(written, &self.fixed, file);
    }
}

#[cfg(test)]
mod tests;
