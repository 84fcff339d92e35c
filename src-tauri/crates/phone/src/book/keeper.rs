//! The one who has the file open: does one thing after another, on the blocking pool.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use model::{CallId, Clock, Suggestion, Trouble};
use store::{BookError, BookFile, BookLease, BookRules, BookTrouble, CallEnd, DataFolder, NewCall, NumberIndex, OpenedBook};
use tokio::{sync::mpsc, task::spawn_blocking};
use tracing::{error, warn};

use super::{BookNews, Record};

/// Something to do with the book.
pub(super) type Job = Box<dyn FnOnce(&mut Keeper) + Send>;

/// Calls that ended while the file could not be written wait for better times, so many.
const UNWRITTEN: usize = 200;

/// Old calls are looked for once a day.
const DAY_S: u64 = 86_400;

/// The open book with what belongs to this run.
pub(super) struct Keeper {
    book: BookFile,
    clock: Arc<dyn Clock>,
    /// Kept as long as the book is open.
    _lease: Option<BookLease>,
    /// Calls that go on, with their numbers in the history.
    open: BTreeMap<CallId, u32>,
    unwritten: VecDeque<Ended>,
    /// What the user was last told of writing.
    failing: Option<BookError>,
    looked_at_s: i64,
    told_index: Arc<NumberIndex>,
    history_changed: bool,
    trouble: Option<Trouble>,
}

/// A call that is over and is not yet in the file as such.
struct Ended {
    entry: Option<u32>,
    call: NewCall,
    end: CallEnd,
}

/// Opens the book, then does what comes until nobody can ask any more.
pub(super) async fn run(
    opening: impl FnOnce() -> Keeper + Send + 'static,
    mut jobs: mpsc::Receiver<Job>,
    outbox: mpsc::Sender<BookNews>,
) {
    let mut next = spawn_blocking(move || {
        let mut keeper = opening();
        let news = keeper.first_news();
        (keeper, Some(news))
    });
    loop {
        let (mut keeper, news) = match next.await {
            Ok(done) => done,
            Err(panicked) => {
                error!(%panicked, "the history and contacts cannot be used any more");
                return;
            }
        };
        if let Some(news) = news {
            // The run loop is gone only when the phone has stopped.
            let _heard = outbox.send(news).await;
        }
        let Some(job) = jobs.recv().await else { return };
        next = spawn_blocking(move || {
            job(&mut keeper);
            let news = keeper.news();
            (keeper, news)
        });
    }
}

/// What the user must hear of how the book was found.
fn of_opening(trouble: BookTrouble) -> Trouble {
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    match trouble {
        BookTrouble::KeptAside { kept, calls, contacts } => {
            Trouble::BookMended { calls: count(calls), contacts: count(contacts), kept: kept.display().to_string().into() }
        }
        BookTrouble::NotKept { problem, path } => {
            let refusal = super::BookError::from(problem).into();
            Trouble::BookNotKept { refusal, file: path.display().to_string().into() }
        }
    }
}

impl Keeper {
    /// What opens the book; to be called on the blocking pool.
    pub(super) fn opening(
        folder: Option<DataFolder>,
        rules: BookRules,
        clock: Arc<dyn Clock>,
    ) -> impl FnOnce() -> Self + Send + 'static {
        move || {
            let lease = folder.as_ref().and_then(BookLease::take);
            let OpenedBook { book, trouble } = match &folder {
                Some(folder) => BookFile::open(folder, &rules, lease.as_ref()),
                None => OpenedBook { book: BookFile::in_memory(&rules), trouble: None },
            };
            let told_index = book.index();
            let mut keeper = Self {
                book,
                clock,
                _lease: lease,
                open: BTreeMap::new(),
                unwritten: VecDeque::new(),
                failing: None,
                looked_at_s: 0,
                told_index,
                history_changed: false,
                trouble: trouble.map(of_opening),
            };
            if keeper._lease.is_some() {
                let closed = keeper.book.close_left_open();
                keeper.note(closed.map(drop));
            }
            keeper.look_for_old();
            keeper
        }
    }

    pub(super) fn book(&mut self) -> &mut BookFile {
        &mut self.book
    }

    /// Does something that changes the history, on behalf of a face: an error is its own to hear.
    pub(super) fn changing_history<T>(
        &mut self,
        change: impl FnOnce(&mut BookFile) -> Result<T, BookError>,
    ) -> Result<T, BookError> {
        let changed = change(&mut self.book)?;
        self.history_changed = true;
        Ok(changed)
    }

    pub(super) fn suggest(&self, typed: &str) -> Vec<Suggestion> {
        self.book.suggest(typed, self.clock.unix_seconds())
    }

    pub(super) fn configure(&mut self, rules: BookRules) {
        let now_s = self.clock.unix_seconds();
        let configured = self.book.configure(rules, now_s);
        self.note(configured);
        self.history_changed = true;
    }

    pub(super) fn record(&mut self, record: Record) {
        match record {
            Record::Begin { call, new } => match self.book.begin_call(&new) {
                Ok(entry) => {
                    self.open.insert(call, entry);
                    self.note(Ok(()));
                }
                Err(error) => self.note(Err(error)),
            },
            Record::Answer { call, remote } => {
                if let Some(entry) = self.open.get(&call) {
                    let answered = self.book.answer_call(*entry, &remote);
                    self.note(answered);
                }
            }
            Record::End { call, new, end } => {
                let entry = self.open.remove(&call);
                self.unwritten.push_back(Ended { entry, call: new, end });
                self.write_ended();
            }
            Record::Whole { new, end } => {
                self.unwritten.push_back(Ended { entry: None, call: new, end });
                self.write_ended();
            }
        }
    }

    /// Writes what has ended, oldest first, as far as the file allows.
    fn write_ended(&mut self) {
        while let Some(ended) = self.unwritten.front() {
            let written = match ended.entry {
                Some(entry) => self.book.end_call(entry, &ended.end),
                None => self.book.add_call(&ended.call, &ended.end).map(drop),
            };
            let failed = written.is_err();
            self.note(written);
            if failed {
                break;
            }
            self.unwritten.pop_front();
            self.history_changed = true;
        }
        if self.unwritten.len() > UNWRITTEN {
            self.unwritten.pop_front();
            warn!("a call of the past could not be kept");
        }
        self.look_for_old();
    }

    fn look_for_old(&mut self) {
        let now_s = self.clock.unix_seconds();
        if now_s.abs_diff(self.looked_at_s) >= DAY_S {
            self.looked_at_s = now_s;
            let forgotten = self.book.forget_old(now_s);
            if forgotten.as_ref().is_ok_and(|count| *count > 0) {
                self.history_changed = true;
                // There may be more, which the next call need not wait for.
                self.looked_at_s = 0;
            }
            self.note(forgotten.map(drop));
        }
    }

    /// Tells the user that calls are not kept, once per reason.
    fn note(&mut self, written: Result<(), BookError>) {
        let failing = written.err();
        if failing == self.failing {
            return;
        }
        if let Some(problem) = &failing {
            self.trouble = Some(Trouble::HistoryNotKept { refusal: super::BookError::from(problem.clone()).into() });
        }
        self.failing = failing;
    }

    fn first_news(&mut self) -> BookNews {
        let mut news = self.news().unwrap_or_default();
        news.index = Some(Arc::clone(&self.told_index));
        news.missed = self.missed();
        news
    }

    /// What has changed since it was last asked; none when nothing has.
    fn news(&mut self) -> Option<BookNews> {
        let index = self.book.index();
        let contacts = !Arc::ptr_eq(&index, &self.told_index);
        let history = std::mem::take(&mut self.history_changed);
        let trouble = self.trouble.take();
        if !contacts && !history && trouble.is_none() {
            return None;
        }
        self.told_index = Arc::clone(&index);
        Some(BookNews { index: contacts.then_some(index), history, missed: self.missed(), trouble })
    }

    fn missed(&self) -> u32 {
        self.book.missed().unwrap_or_else(|error| {
            warn!(%error, "the missed calls cannot be counted");
            0
        })
    }
}
