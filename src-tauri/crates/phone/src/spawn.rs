//! The one way to start a task.

use std::pin::Pin;

use tokio::task::{JoinHandle, JoinSet};
use tracing::{Instrument, Span, error};

/// Starts a task inside `span`. A panic in it is logged with the task's name; it ends that task only. Aborting what is
/// returned aborts it.
pub fn spawn(name: &'static str, span: Span, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    // Of one type from here on: what the runtime needs for a task is in the program once for each type.
    spawn_boxed(name, span, Box::pin(task))
}

#[expect(clippy::disallowed_methods, reason = "this is the one place where tasks are born")]
fn spawn_boxed(name: &'static str, span: Span, task: Pin<Box<dyn Future<Output = ()> + Send>>) -> JoinHandle<()> {
    let watched = async move {
        let mut inner = JoinSet::new();
        inner.spawn(task.in_current_span());
        if let Some(Err(failed)) = inner.join_next().await
            && failed.is_panic()
        {
            error!(task = name, "a task panicked and has ended");
        }
    };
    tokio::spawn(watched.instrument(span))
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn aborting_a_task_ends_what_it_does() {
        let (held, dropped) = oneshot::channel::<()>();
        let task = spawn("waiting", Span::none(), async move {
            std::future::pending::<()>().await;
            drop(held);
        });
        task.abort();
        assert!(dropped.await.is_err(), "what the task held is gone");
    }
}
