//! Between the page and the phone: who is told of changes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use model::Snapshot;
use tauri::ipc::{Channel, IpcResponse};
use tokio::{
    runtime::Handle,
    sync::watch,
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};
use tracing::info_span;

/// Who is told of changes: at most one page per window and subject. A page that was loaded again takes the place of the one
/// before it.
pub(crate) struct Followers {
    runtime: Handle,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    tasks: Mutex<HashMap<(String, &'static str), JoinHandle<()>>>,
}

impl Followers {
    pub(crate) fn new(runtime: Handle, snapshots: watch::Receiver<Arc<Snapshot>>) -> Self {
        Self { runtime, snapshots, tasks: Mutex::default() }
    }

    /// Sends the value as it is and at every change, whole. A slow page misses states in between, never the last.
    pub(crate) fn follow<T>(&self, window: &str, subject: &'static str, mut values: watch::Receiver<Arc<T>>, page: Channel<T>)
    where
        T: IpcResponse + Clone + Send + Sync + 'static,
    {
        let _inside = self.runtime.enter();
        let task = phone::spawn("page", info_span!("page", window, subject), async move {
            loop {
                let value = Arc::clone(&values.borrow_and_update());
                if page.send(T::clone(&value)).is_err() || values.changed().await.is_err() {
                    return;
                }
            }
        });
        self.replace(window, subject, task);
    }

    /// Sends what `read` gives so often, when it has changed.
    pub(crate) fn poll<T>(
        &self,
        window: &str,
        subject: &'static str,
        every: Duration,
        read: impl Fn() -> T + Send + 'static,
        page: Channel<T>,
    ) where
        T: IpcResponse + Clone + PartialEq + Send + Sync + 'static,
    {
        let _inside = self.runtime.enter();
        let task = phone::spawn("page", info_span!("page", window, subject), async move {
            let mut ticks = interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
            let mut sent = None;
            loop {
                ticks.tick().await;
                let value = read();
                if sent.as_ref() == Some(&value) {
                    continue;
                }
                if page.send(value.clone()).is_err() {
                    return;
                }
                sent = Some(value);
            }
        });
        self.replace(window, subject, task);
    }

    /// The page no longer wants to be told of this.
    pub(crate) fn leave(&self, window: &str, subject: &'static str) {
        if let Some(task) = self.lock().remove(&(window.to_owned(), subject)) {
            task.abort();
        }
    }

    /// The window is gone.
    pub(crate) fn forget(&self, window: &str) {
        self.hand_back();
        self.lock().retain(|(of, _), task| {
            if of == window {
                task.abort();
            }
            of != window
        });
    }

    /// A window is shown, or gone: what that needed of the code is handed back.
    pub(crate) fn hand_back(&self) {
        let _inside = self.runtime.enter();
        phone::spawn("hand back", info_span!("window"), phone::hand_back_window(self.snapshots.clone()));
    }

    fn replace(&self, window: &str, subject: &'static str, task: JoinHandle<()>) {
        if let Some(before) = self.lock().insert((window.to_owned(), subject), task) {
            before.abort();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, &'static str), JoinHandle<()>>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
