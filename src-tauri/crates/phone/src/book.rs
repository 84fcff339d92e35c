//! The book beside the run loop: history and contacts for the faces, names for those who call.
//!
//! One task owns the file and does everything on the blocking pool, one request after another. Nobody waits for the disk
//! but who asked: the run loop hands over what happened and hears what has changed.

mod keeper;
mod recorder;

use std::{fmt, sync::Arc};

use model::{
    Contact, ContactForm, ContactId, ContactQuery, HistoryEntry, HistoryQuery, ImportReport, Personal, Refusal, Settings,
    Suggestion, Trouble,
};
use store::{BookRules, DataFolder, NumberIndex};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tracing::info_span;

use self::keeper::{Job, Keeper};
pub(crate) use self::recorder::{Record, Recorder};
use crate::{spawn::spawn, world::World};

/// Requests that may wait for the file; those of faces are fewer, so that calls always find room.
const WAITING: usize = 512;

/// Requests of faces that may wait: a page asks for one thing at a time.
const ASKING: usize = 32;

/// The way to the book. Clones are the same book.
#[derive(Clone)]
pub struct Book {
    jobs: mpsc::Sender<Job>,
    asking: Arc<Semaphore>,
}

/// Why the book gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// It could not do what was asked.
    #[error(transparent)]
    Book(#[from] store::BookError),
    /// Too many requests wait already.
    #[error("too many requests wait for the history and contacts")]
    Crowded,
    /// The phone has stopped.
    #[error("the phone is not running")]
    Stopped,
}

impl From<BookError> for Refusal {
    fn from(error: BookError) -> Self {
        match error {
            BookError::Book(error) => match error {
                store::BookError::Full => Self::DiskFull,
                store::BookError::ReadOnly => Self::BookReadOnly,
                store::BookError::Busy => Self::BookBusy,
                store::BookError::Damaged => Self::BookDamaged,
                store::BookError::Newer { .. } => Self::BookNewer,
                store::BookError::NoSuchContact => Self::NoContact,
                store::BookError::Refused(refusal) => refusal,
                store::BookError::Failing { sqlite: Some(error), .. } => Self::BookBroken { error },
                store::BookError::Failing { detail, sqlite: None } => Self::BookFailed { detail },
            },
            BookError::Crowded => Self::BookBusy,
            BookError::Stopped => Self::Stopped,
        }
    }
}

/// What the book tells the run loop.
#[derive(Debug, Default)]
pub(crate) struct BookNews {
    /// Whom numbers belong to now, when contacts have changed.
    pub(crate) index: Option<Arc<NumberIndex>>,
    /// Whether calls of the past have changed.
    pub(crate) history: bool,
    /// Missed calls not yet seen.
    pub(crate) missed: u32,
    /// What the user must hear.
    pub(crate) trouble: Option<Trouble>,
}

/// What the settings say of the book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rules(BookRules);

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Book(..)")
    }
}

impl Book {
    /// Opens the book of `folder`, or one in memory; its first news tell what was found.
    pub(crate) fn start(world: &World, folder: Option<DataFolder>, settings: &Settings, outbox: mpsc::Sender<BookNews>) -> Self {
        let (jobs, inbox) = mpsc::channel(WAITING);
        let keeper = Keeper::opening(folder, Rules::of(settings).0, Arc::clone(&world.clock));
        spawn("book", info_span!("book"), keeper::run(keeper, inbox, outbox));
        Self { jobs, asking: Arc::new(Semaphore::new(ASKING)) }
    }

    /// A book that nobody keeps.
    #[cfg(test)]
    pub(crate) fn closed() -> Self {
        Self { jobs: mpsc::channel(1).0, asking: Arc::new(Semaphore::new(0)) }
    }

    /// Part of the history, newest first.
    ///
    /// # Errors
    /// When the book cannot be read.
    pub async fn history(&self, query: HistoryQuery) -> Result<Vec<HistoryEntry>, BookError> {
        self.ask(move |keeper| keeper.book().history(&query)).await
    }

    /// The number that was dialled last.
    ///
    /// # Errors
    /// When the book cannot be read.
    pub async fn last_dialled(&self) -> Result<Option<Personal>, BookError> {
        self.ask(|keeper| keeper.book().last_dialled()).await
    }

    /// Forgets single calls.
    ///
    /// # Errors
    /// When the book cannot be written.
    pub async fn delete_history(&self, entries: Vec<u32>) -> Result<(), BookError> {
        self.ask(move |keeper| keeper.changing_history(|book| book.delete_history(&entries).map(drop))).await
    }

    /// Forgets every call that is over.
    ///
    /// # Errors
    /// When the book cannot be written.
    pub async fn clear_history(&self) -> Result<(), BookError> {
        self.ask(|keeper| keeper.changing_history(store::BookFile::clear_history)).await
    }

    /// The user has seen the missed calls.
    ///
    /// # Errors
    /// When the book cannot be written.
    pub async fn mark_seen(&self) -> Result<(), BookError> {
        self.ask(|keeper| keeper.changing_history(|book| book.mark_seen().map(drop))).await
    }

    /// Contacts, by name.
    ///
    /// # Errors
    /// When the book cannot be read.
    pub async fn contacts(&self, query: ContactQuery) -> Result<Vec<Contact>, BookError> {
        self.ask(move |keeper| keeper.book().contacts(&query)).await
    }

    /// Keeps a contact: a new one when it has no number in the book yet.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub async fn save_contact(&self, contact: Contact) -> Result<ContactId, BookError> {
        self.ask(move |keeper| keeper.book().save_contact(&contact)).await
    }

    /// Forgets a contact.
    ///
    /// # Errors
    /// When there is none of that number, or the book cannot be written.
    pub async fn delete_contact(&self, contact: ContactId) -> Result<(), BookError> {
        self.ask(move |keeper| keeper.book().delete_contact(contact)).await
    }

    /// Takes contacts from the text of a file.
    ///
    /// # Errors
    /// When the text is of another form, or the book cannot be written.
    pub async fn import_contacts(&self, form: ContactForm, text: String) -> Result<ImportReport, BookError> {
        self.ask(move |keeper| keeper.book().import_contacts(form, &text)).await
    }

    /// All contacts as the text of a file.
    ///
    /// # Errors
    /// When the book cannot be read.
    pub async fn export_contacts(&self, form: ContactForm) -> Result<String, BookError> {
        self.ask(move |keeper| keeper.book().export_contacts(form)).await
    }

    /// Whom somebody who types may mean; eight at most.
    ///
    /// # Errors
    /// When the phone has stopped.
    pub async fn suggest(&self, typed: String) -> Result<Vec<Suggestion>, BookError> {
        self.ask(move |keeper| Ok(keeper.suggest(&typed))).await
    }

    /// Takes in what another program has changed.
    ///
    /// # Errors
    /// When the book cannot be read.
    pub async fn refresh(&self) -> Result<(), BookError> {
        self.ask(|keeper| keeper.changing_history(|book| book.refresh().map(drop))).await
    }

    /// Notes what happened to a call; false when too much waits already.
    pub(crate) fn record(&self, record: Record) -> bool {
        self.jobs.try_send(Box::new(move |keeper| keeper.record(record))).is_ok()
    }

    /// Puts settings in force; false when too much waits already.
    pub(crate) fn configure(&self, rules: Rules) -> bool {
        self.jobs.try_send(Box::new(move |keeper| keeper.configure(rules.0))).is_ok()
    }

    /// Returns when all that was recorded before is written.
    pub(crate) async fn written(&self) {
        let (reply, written) = oneshot::channel();
        let job: Job = Box::new(move |_| {
            // Who waited may have lost patience.
            let _heard = reply.send(());
        });
        if self.jobs.send(job).await.is_ok() {
            let _written = written.await;
        }
    }

    async fn ask<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Keeper) -> Result<T, store::BookError> + Send + 'static,
    ) -> Result<T, BookError> {
        let _place = self.asking.try_acquire().map_err(|_| BookError::Crowded)?;
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |keeper| {
            let _heard = reply.send(act(keeper));
        });
        self.jobs.send(job).await.map_err(|_| BookError::Stopped)?;
        Ok(answer.await.map_err(|_| BookError::Stopped)??)
    }
}

impl Rules {
    pub(crate) fn of(settings: &Settings) -> Self {
        Self(BookRules { country: settings.country.clone(), keep_days: settings.history.keep_days })
    }
}
