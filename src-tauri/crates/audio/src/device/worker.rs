//! A thread for calls that may hang, and patience of three seconds with it.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

/// How long a sound system may take for an answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Threads that may hang before no further one is tried.
const MOST_HUNG: usize = 3;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// It takes too long. When the answer comes after all, it is dropped.
    TimedOut,
    /// The thread could not be started, or panicked in a library.
    Broken,
}

type Job<T> = Box<dyn FnOnce(&mut T) + Send>;

/// Runs jobs one after another on a thread of its own, together with what they work on. The thread starts with the
/// first job and sleeps between two; one that hangs is given up and replaced.
pub(crate) struct Worker<T> {
    jobs: Mutex<Option<Sender<Job<T>>>>,
    hung: Arc<AtomicUsize>,
}

impl<T: Default + 'static> Worker<T> {
    /// One that has not started.
    pub(crate) fn new() -> Self {
        Self { jobs: Mutex::new(None), hung: Arc::new(AtomicUsize::new(0)) }
    }

    /// Has `job` done, and waits for what it gives.
    pub(crate) fn ask<R: Send + 'static>(&self, job: impl FnOnce(&mut T) -> R + Send + 'static) -> Result<R, Unanswered> {
        self.ask_within(PATIENCE, job)
    }

    fn ask_within<R: Send + 'static>(
        &self,
        patience: Duration,
        job: impl FnOnce(&mut T) -> R + Send + 'static,
    ) -> Result<R, Unanswered> {
        let (answer, answered) = mpsc::channel();
        self.enqueue(Box::new(move |context| {
            // Nobody waits any more: the answer is dropped here, which closes a stream.
            drop(answer.send(job(context)));
        }))?;
        answered.recv_timeout(patience).map_err(|error| {
            // Whichever it is, the thread takes no further job.
            if self.lock().take().is_some() && error == RecvTimeoutError::Timeout {
                self.hung.fetch_add(1, Ordering::Relaxed);
            }
            match error {
                RecvTimeoutError::Timeout => Unanswered::TimedOut,
                RecvTimeoutError::Disconnected => Unanswered::Broken,
            }
        })
    }

    fn enqueue(&self, job: Job<T>) -> Result<(), Unanswered> {
        let mut jobs = self.lock();
        let sender = match jobs.as_ref() {
            Some(sender) => sender,
            None => jobs.insert(self.start()?),
        };
        sender.send(job).map_err(|_| Unanswered::Broken)
    }

    fn start(&self) -> Result<Sender<Job<T>>, Unanswered> {
        if self.hung.load(Ordering::Relaxed) >= MOST_HUNG {
            return Err(Unanswered::TimedOut);
        }
        let (sender, jobs) = mpsc::channel::<Job<T>>();
        thread::Builder::new()
            .name("sound-host".to_owned())
            .spawn(move || {
                let mut context = T::default();
                for job in jobs {
                    job(&mut context);
                }
            })
            .map_err(|_| Unanswered::Broken)?;
        Ok(sender)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Sender<Job<T>>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
