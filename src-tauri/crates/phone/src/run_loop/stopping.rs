//! The end: calls are hung up, lines sign off, and what happened last is written down.

use std::{pin::pin, time::Duration};

use calls::io::{Input, LineEvent};
use model::{AccountId, CallState, Command};
use tokio::time::timeout;
use tracing::warn;

use super::RunLoop;

/// How long the calls' last reports are waited for when the phone stops.
const LAST_REPORTS: Duration = Duration::from_millis(600);

/// How long the last calls, and the last tokens, may take to be written when the phone stops; a disk takes milliseconds.
const LAST_RECORDS: Duration = Duration::from_millis(500);

impl RunLoop {
    pub(super) async fn stop(&mut self) {
        let snapshot = self.control.snapshot(self.world.clock.now());
        // What another telephone has goes on without us.
        let live = snapshot.calls.iter().filter(|call| !call.elsewhere && !matches!(call.state, CallState::Ended { .. }));
        let calls: Vec<_> = live.map(|call| call.id).collect();
        for call in calls {
            self.step(Input::Command(Command::HangUp { call }));
        }
        self.sessions.close();
        // Reports come when the sessions have closed; lines go on meanwhile, to say goodbye.
        let last_words = async {
            while self.sessions.are_open() || self.recordings.are_open() {
                tokio::select! {
                    Some((media, event)) = self.media_events.recv() => {
                        self.sessions.heard(media, &event);
                        self.step(Input::Media(media, event));
                    }
                    Some(event) = self.recording_events.recv() => {
                        self.recordings.heard(&event);
                        self.step(Input::Sound(event));
                    }
                    else => return,
                }
            }
        };
        if timeout(LAST_REPORTS, last_words).await.is_err() {
            warn!("a media session did not close in time");
        }
        self.publish();
        let mut goodbye = pin!(self.lines.stop());
        loop {
            tokio::select! {
                () = &mut goodbye => break,
                // A full outbox would keep a line from signing off; and its last word is that it did.
                Some((account, event)) = self.line_events.recv() => self.take_last(account, event),
            }
        }
        while let Ok((account, event)) = self.line_events.try_recv() {
            self.take_last(account, event);
        }
        if timeout(LAST_RECORDS, self.shelf.written()).await.is_err() {
            warn!("the last calls could not be kept in time");
        }
        if let Some(tokens) = self.fetched_tokens.take()
            && timeout(LAST_RECORDS, tokens.written()).await.is_err()
        {
            warn!("the last token could not be kept in time");
        }
        while let Ok(news) = self.book_news.try_recv() {
            self.on_book_news(news);
        }
        self.publish();
        self.desk.stop().await;
    }

    /// What a line tells while the phone stops.
    fn take_last(&mut self, account: AccountId, event: LineEvent) {
        if let Some(event) = self.take_secrets(&account, event) {
            self.step(Input::Line(account, event));
        }
    }
}
