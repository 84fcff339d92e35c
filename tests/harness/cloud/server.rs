//! The driver of the cloud: listens on loopback, runs the machine and its media sessions, and does what its owner asks.

use std::{collections::BTreeMap, io, path::PathBuf, sync::Arc, sync::mpsc::SyncSender};

use audio::CallRecording;
use calls::io::MediaRequest;
use exchange::Booths;
use model::{Clock, DtmfDigit, Instant, MediaId};
use tokio::{
    net::TcpListener,
    sync::mpsc,
    task::{AbortHandle, JoinSet},
    time::{Duration, sleep},
};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};
use tracing::warn;

use super::{
    attended::CloudCall,
    core::{Core, Output},
    socket::{LinkEvent, Reception},
};

/// Connections at once.
const MOST_CONNECTIONS: usize = 64;

/// What the owner of the cloud asks for.
pub(super) enum Order {
    /// Let a service call a client; its number among the calls that were seen is sent back.
    Call(CloudCall, SyncSender<usize>),
    /// Hang up a call of a service, with the value of a Reason header.
    HangUp(usize, String),
    /// Press keys in a call of a service.
    Press(usize, Vec<DtmfDigit>),
    /// Close WebSockets: those of one client of an account, or all.
    Close(Option<(String, String)>, Closing),
}

/// How a WebSocket is closed.
#[derive(Clone, Copy, Debug)]
pub enum Closing {
    /// Without a word, as by a server that is killed.
    Abruptly,
    /// With a code (RFC 6455 section 7.4).
    With(u16),
}

/// An open connection, or one that is being opened.
struct Line {
    task: AbortHandle,
    outgoing: Option<mpsc::Sender<Message>>,
}

/// The driver's own.
pub(super) struct Serving {
    pub core: Core,
    pub booths: Booths,
    pub reception: Reception,
    pub link_events: mpsc::Receiver<(u32, LinkEvent)>,
    pub orders: mpsc::Receiver<Order>,
    /// Where calls are recorded, if they are.
    pub recordings: Option<PathBuf>,
}

/// What it holds while it runs.
#[derive(Default)]
struct Open {
    lines: BTreeMap<u32, Line>,
    recorded: BTreeMap<MediaId, (usize, PathBuf, CallRecording)>,
    /// Ends everything when the cloud ends.
    tasks: JoinSet<()>,
}

impl Serving {
    /// Serves until its owner lets go.
    pub async fn run(mut self, listener: TcpListener) {
        let mut open = Open::default();
        let mut numbered = 0;
        loop {
            tokio::select! {
                arrived = listener.accept() => match arrived {
                    Ok((stream, _)) if open.lines.len() < MOST_CONNECTIONS => {
                        numbered += 1;
                        let task = open.tasks.spawn(self.reception.clone().serve(numbered, stream));
                        open.lines.insert(numbered, Line { task, outgoing: None });
                    }
                    Ok(_) => warn!("too many connections; one was closed"),
                    Err(error) => {
                        warn!(%error, "a connection could not be taken");
                        sleep(Duration::from_millis(100)).await;
                    }
                },
                Some((number, event)) = self.link_events.recv() => self.on_link(&mut open, number, event),
                (media, event) = self.booths.event() => self.core.media(self.now(), media, event),
                () = due(&self.core, &*self.reception.shared.clock) => self.core.timeout(self.now()),
                order = self.orders.recv() => match order {
                    Some(order) => self.on_order(&mut open, order),
                    None => return,
                },
                Some(ended) = open.tasks.join_next() => {
                    open.lines.retain(|_, line| !line.task.is_finished() || line.outgoing.is_some());
                    if ended.is_err_and(|error| error.is_panic()) {
                        warn!("a task of the fake cloud panicked and has ended");
                    }
                }
            }
            self.settle(&mut open);
        }
    }

    fn now(&self) -> Instant {
        self.reception.shared.clock.now()
    }

    fn on_link(&mut self, open: &mut Open, number: u32, event: LinkEvent) {
        let now = self.now();
        match event {
            LinkEvent::Opened(outgoing) => {
                let Some(line) = open.lines.get_mut(&number) else { return };
                line.outgoing = Some(outgoing);
                self.reception.shared.change(|state| {
                    state.seen.open += 1;
                    state.seen.opened += 1;
                });
                self.core.opened(now, number);
            }
            LinkEvent::Received(message) => self.core.received(now, number, message),
            LinkEvent::Closed => self.closed(open, number),
        }
    }

    fn closed(&mut self, open: &mut Open, number: u32) {
        if let Some(Line { outgoing: Some(_), .. }) = open.lines.remove(&number) {
            self.reception.shared.change(|state| state.seen.open -= 1);
            self.core.closed(self.now(), number);
        }
    }

    fn on_order(&mut self, open: &mut Open, order: Order) {
        let now = self.now();
        match order {
            Order::Call(call, number) => {
                // Whoever asked may have gone away.
                let _heard = number.try_send(self.core.call_out(now, call));
            }
            Order::HangUp(call, reason) => self.core.hang_up(now, call, &reason),
            Order::Press(call, digits) => self.core.press(call, digits),
            Order::Close(whose, closing) => {
                let whose = whose.map(|(key, client)| self.core.connection_of(&key, &client));
                let is_meant = |number: u32| whose.is_none_or(|connection| connection == Some(number));
                let numbers: Vec<u32> = open.lines.keys().copied().filter(|number| is_meant(*number)).collect();
                for number in numbers {
                    self.close(open, number, closing);
                }
            }
        }
    }

    fn close(&mut self, open: &mut Open, number: u32, closing: Closing) {
        let Some(line) = open.lines.get(&number) else { return };
        match closing {
            Closing::Abruptly => {
                line.task.abort();
                self.closed(open, number);
            }
            Closing::With(code) => {
                let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
                if line.outgoing.as_ref().is_none_or(|outgoing| outgoing.try_send(Message::Close(Some(frame))).is_err()) {
                    line.task.abort();
                    self.closed(open, number);
                }
            }
        }
    }

    fn settle(&mut self, open: &mut Open) {
        while let Some(output) = self.core.outputs.pop_front() {
            match output {
                Output::Send(number, bytes) => {
                    let message = match std::str::from_utf8(&bytes) {
                        Ok(text) => Message::text(text),
                        Err(_) => Message::binary(bytes),
                    };
                    let outgoing = open.lines.get(&number).and_then(|line| line.outgoing.as_ref());
                    if outgoing.is_some_and(|outgoing| outgoing.try_send(message).is_err()) {
                        self.close(open, number, Closing::Abruptly);
                    }
                }
                Output::Close(number, code) => self.close(open, number, Closing::With(code)),
                Output::Media(media, request) => {
                    if matches!(request, MediaRequest::Close) {
                        self.complete(open, media);
                    }
                    self.booths.ask(media, request);
                }
                Output::Hear(media, heard) => self.booths.hear(media, heard),
                Output::Answered(media, note) => self.record(open, media, note),
            }
        }
    }

    fn record(&self, open: &mut Open, media: MediaId, note: usize) {
        let Some(folder) = &self.recordings else { return };
        let path = folder.join(format!("call-{note}.wav"));
        match CallRecording::begin(&path, model::RecordForm::Wav) {
            Ok(recording) => {
                self.booths.record(media, recording.clone());
                open.recorded.insert(media, (note, path, recording));
            }
            Err(error) => warn!(%error, "a call is not recorded"),
        }
    }

    /// Completes the recording of a call that is over.
    fn complete(&self, open: &mut Open, media: MediaId) {
        let Some((note, path, recording)) = open.recorded.remove(&media) else { return };
        let shared = Arc::clone(&self.reception.shared);
        open.tasks.spawn_blocking(move || {
            recording.finish();
            shared.change(|state| state.seen.calls[note].recording = Some(path));
        });
    }
}

/// A listener for the runtime.
pub(super) fn listener(listener: std::net::TcpListener) -> io::Result<TcpListener> {
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

async fn due(core: &Core, clock: &dyn Clock) {
    match core.poll_timeout() {
        Some(due) => sleep(due.since(clock.now())).await,
        None => std::future::pending().await,
    }
}
