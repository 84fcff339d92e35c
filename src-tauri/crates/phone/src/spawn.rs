//! The one way to start a task.

use tokio::task::JoinHandle;
use tracing::{Instrument, Span, error};

/// Starts a task inside `span`. A panic in it is logged with the task's name; it ends that task only.
#[expect(clippy::disallowed_methods, reason = "this is the one place where tasks are born")]
pub fn spawn(name: &'static str, span: Span, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    let watched = async move {
        let inner = tokio::spawn(task.in_current_span());
        if let Err(failed) = inner.await
            && failed.is_panic()
        {
            error!(task = name, "a task panicked and has ended");
        }
    };
    tokio::spawn(watched.instrument(span))
}
