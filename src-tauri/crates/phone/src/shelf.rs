//! What the run loop knows of the book without asking it: who calls, and what has changed.

use std::{collections::BTreeMap, sync::Arc};

use model::{CallId, Changes, ContactName, Event, Remote, Settings, Snapshot, Trouble};
use store::{NumberIndex, NumberingPlan};

use crate::book::{Book, BookNews, Recorder, Rules};

/// The run loop's side of the book.
pub(crate) struct Shelf {
    book: Book,
    recorder: Recorder,
    rules: Rules,
    index: Arc<NumberIndex>,
    /// Who the calls of the snapshot are, so that each is looked up once.
    named: BTreeMap<CallId, (Remote, Option<ContactName>)>,
    missed: u32,
    changes: Changes,
    /// Whether the user has been told that too much waits.
    crowded: bool,
}

impl Shelf {
    pub(crate) fn new(book: Book, settings: &Settings) -> Self {
        Self {
            book,
            recorder: Recorder::default(),
            rules: Rules::of(settings),
            // Until the book is open, nobody is known.
            index: Arc::new(NumberIndex::none(NumberingPlan::of_country(&settings.country))),
            named: BTreeMap::new(),
            missed: 0,
            changes: Changes::default(),
            crowded: false,
        }
    }

    pub(crate) fn book(&self) -> Book {
        self.book.clone()
    }

    /// Puts settings in force.
    pub(crate) fn configure(&mut self, settings: &Settings) {
        let rules = Rules::of(settings);
        if rules != self.rules && self.book.configure(rules.clone()) {
            self.rules = rules;
        }
    }

    /// Hands what concerns the history to the book; what the user must hear, if anything.
    pub(crate) fn hear(&mut self, unix_s: i64, event: &Event) -> Option<Trouble> {
        let record = self.recorder.hear(unix_s, event)?;
        let was_crowded = std::mem::replace(&mut self.crowded, !self.book.record(record));
        (self.crowded && !was_crowded).then_some(Trouble::HistoryTooSlow)
    }

    /// Takes what the book tells; what the user must hear, if anything.
    pub(crate) fn take(&mut self, news: BookNews) -> Option<Trouble> {
        let BookNews { index, history, missed, trouble } = news;
        if let Some(index) = index {
            self.index = index;
            self.named.clear();
            self.changes.contacts += 1;
        }
        self.changes.history += u32::from(history);
        self.missed = missed;
        trouble
    }

    /// Whether somebody is among the contacts.
    pub(crate) fn knows(&self, remote: &Remote) -> bool {
        self.index.find(remote).is_some()
    }

    /// Adds names to the calls, and what has changed.
    pub(crate) fn add_to(&mut self, snapshot: &mut Snapshot) {
        self.named.retain(|id, _| snapshot.calls.iter().any(|call| call.id == *id));
        for call in &mut snapshot.calls {
            if call.auto_answered {
                self.recorder.answered_automatically(call.id);
            }
            let known = self.named.get(&call.id).filter(|(remote, _)| *remote == call.remote);
            call.contact = match known {
                Some((_, contact)) => contact.clone(),
                None => {
                    let contact = self.index.find(&call.remote);
                    self.named.insert(call.id, (call.remote.clone(), contact.clone()));
                    contact
                }
            };
        }
        snapshot.missed = self.missed;
        snapshot.changes.history = self.changes.history;
        snapshot.changes.contacts = self.changes.contacts;
    }

    /// Returns when all that was heard is written.
    pub(crate) async fn written(&self) {
        self.book.written().await;
    }
}
