//! Messages of the CTI of a fake XUC with a port, which may come late.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};
use tracing::info_span;

use super::Xuc;

impl Xuc {
    /// Hands on what comes, in its order, each as late as it was to be when it came.
    #[expect(clippy::disallowed_methods, reason = "a fake with a port lives in real time")]
    pub(super) fn as_late_as_it_is(&self, mut from_xuc: mpsc::Receiver<Bytes>) -> mpsc::Receiver<Bytes> {
        let (handed_on, late) = mpsc::channel(256);
        let xuc = self.clone();
        phone::spawn("xuc", info_span!("xuc"), async move {
            let mut waiting: VecDeque<(Instant, Bytes)> = VecDeque::new();
            loop {
                let due = waiting.front().map(|(due, _)| *due);
                tokio::select! {
                    () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                        let frame = waiting.pop_front().map(|(_, frame)| frame).unwrap_or_default();
                        if handed_on.send(frame).await.is_err() {
                            return;
                        }
                    }
                    frame = from_xuc.recv() => match frame {
                        Some(frame) => waiting.push_back((Instant::now() + xuc.delay(), frame)),
                        None => return,
                    },
                    () = handed_on.closed() => return,
                }
            }
        });
        late
    }

    fn delay(&self) -> Duration {
        self.state().faults.delay
    }
}
