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
    alive: Arc<AtomicUsize>,
}

impl<T: Default + 'static> Worker<T> {
    /// One that has not started.
    pub(crate) fn new() -> Self {
        Self { jobs: Mutex::new(None), alive: Arc::new(AtomicUsize::new(0)) }
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
            *self.lock() = None;
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
        if self.alive.load(Ordering::Relaxed) >= MOST_HUNG {
            return Err(Unanswered::TimedOut);
        }
        let (sender, jobs) = mpsc::channel::<Job<T>>();
        let alive = Alive::one_more(&self.alive);
        thread::Builder::new()
            .name("sound-host".to_owned())
            .spawn(move || {
                let _alive = alive;
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

/// Counts a thread as long as it lives, also when it panics.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn one_more(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(50);

    #[test]
    fn jobs_share_what_they_work_on() {
        let worker = Worker::<Vec<u32>>::new();
        assert_eq!(worker.ask(|list| list.push(5)), Ok(()));
        assert_eq!(worker.ask(|list| list.clone()), Ok(vec![5]));
    }

    #[test]
    fn a_hung_job_is_given_up_and_the_next_one_is_done_by_another_thread() {
        let worker = Worker::<u32>::new();
        let (release, hang) = mpsc::channel::<()>();
        let hung = worker.ask_within(SHORT, move |_| hang.recv().is_ok());
        assert_eq!(hung, Err(Unanswered::TimedOut));
        assert_eq!(worker.ask(|number| *number), Ok(0));
        drop(release);
    }

    #[test]
    fn when_every_thread_hangs_no_further_one_is_started() {
        let worker = Worker::<u32>::new();
        let mut releases = Vec::new();
        for _ in 0..MOST_HUNG {
            let (release, hang) = mpsc::channel::<()>();
            releases.push(release);
            assert_eq!(worker.ask_within(SHORT, move |_| hang.recv().is_ok()), Err(Unanswered::TimedOut));
        }
        assert_eq!(worker.ask(|number| *number), Err(Unanswered::TimedOut));
        releases.clear();
        let recovered = (0..500).any(|_| {
            thread::yield_now();
            worker.ask_within(SHORT, |number| *number).is_ok()
        });
        assert!(recovered, "threads that came back are counted no more");
    }

    #[test]
    fn a_panic_of_a_library_is_an_error_and_not_the_end() {
        let worker = Worker::<u32>::new();
        assert_eq!(worker.ask(|_| panic!("as a library may")), Err::<(), _>(Unanswered::Broken));
        assert_eq!(worker.ask(|number| *number), Ok(0));
    }
}
