//! Control of a running phone by other programs of the same user: a local socket that speaks JSON lines.
//!
//! One request a line, one answer a line. Only the user himself can open it: file mode 0600 in a folder of mode 0700, or a
//! named pipe whose access list names the owner alone.

mod door;
mod places;

use std::{fs::File, io, path::Path, time::Duration};

use door::Door;
use interprocess::local_socket::tokio::{Listener, Stream, prelude::*};
use model::{AccountId, Command, Snapshot, Target};
use places::{Places, Silence};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    sync::mpsc,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tracing::{info_span, warn};

use crate::{Phone, WireTrace, spawn::spawn};

/// Longest line in either direction; a journal is the longest.
const LONGEST_LINE: u64 = 4 * 1024 * 1024;

/// Longest request.
const LONGEST_REQUEST: u64 = 64 * 1024;

/// An answer comes at once; a phone that takes longer is not well.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// What another program can ask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemoteRequest {
    /// Do this.
    Command(Box<Command>),
    /// Tell the state.
    Status,
    /// Tell the journal.
    Journal,
    /// Tell the last messages.
    Trace,
    /// Make a support bundle.
    Bundle,
    /// The asker has changed the history or the contacts.
    BookChanged,
    /// Know the server of an account by another key.
    AcceptKey {
        /// Which.
        account: AccountId,
        /// The fingerprint that the server has shown.
        found: String,
    },
    /// Bring the window up.
    Show(Show),
}

/// What the window is brought up with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Show {
    /// What a link asked to call.
    #[serde(default)]
    pub target: Option<Target>,
}

/// What it is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemoteAnswer {
    /// The command was taken; its outcome shows in the state.
    Accepted,
    /// The state.
    Status(Box<Snapshot>),
    /// The journal, line by line.
    Journal(Vec<String>),
    /// The last messages.
    Trace(WireTrace),
    /// The support bundle.
    Bundle(String),
    /// It cannot be done, in words.
    Refused(String),
}

/// Why the running phone could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// Nobody listens.
    #[error("no phone runs with this folder ({0})")]
    NoPhone(io::Error),
    /// Another phone listens already.
    #[error("a phone already runs with this folder")]
    AlreadyRunning,
    /// The socket cannot be made.
    #[error("the control socket cannot be made: {0}")]
    NoSocket(io::Error),
    /// The conversation broke.
    #[error("the running phone did not answer: {0}")]
    NoAnswer(String),
}

/// The listening end, if the folder takes one; dropping it stops listening, and lets another phone use the folder.
#[derive(Debug)]
pub struct RemoteControl {
    listening: Option<JoinHandle<()>>,
    /// What shows others that the folder is in use, where there is no socket that does.
    _held: Option<File>,
}

impl Drop for RemoteControl {
    fn drop(&mut self) {
        if let Some(listening) = &self.listening {
            listening.abort();
        }
    }
}

/// Listens for this user's programs that ask for the phone of `folder`; must be called inside a tokio runtime. Who has a window
/// hears through `window` when it is wanted. Where neither the folder (a disk that may only be read) nor the session takes a
/// socket, the phone goes on without: calls do not depend on it. It is the only one there all the same.
///
/// # Errors
/// When another phone listens there, or the folder can have no socket by its name.
pub async fn serve_remote(folder: &Path, phone: Phone, window: Option<mpsc::Sender<Show>>) -> Result<RemoteControl, RemoteError> {
    serve_at(&Door::of(folder), phone, window).await
}

async fn serve_at(door: &Door, phone: Phone, window: Option<mpsc::Sender<Show>>) -> Result<RemoteControl, RemoteError> {
    if door.knock().await.is_ok() {
        return Err(RemoteError::AlreadyRunning);
    }
    let held = door.hold()?;
    match door.listen() {
        Ok(listener) => {
            let listening = spawn("remote control", info_span!("remote"), accept(listener, phone, window));
            Ok(RemoteControl { listening: Some(listening), _held: held })
        }
        Err(error) => {
            warn!(%error, "no other program can control this phone, nor bring up its window");
            Ok(RemoteControl { listening: None, _held: held })
        }
    }
}

/// Asks the phone that runs with `folder`.
///
/// # Errors
/// When none runs, or it does not answer.
pub async fn ask_remote(folder: &Path, request: &RemoteRequest) -> Result<RemoteAnswer, RemoteError> {
    ask_at(&Door::of(folder), request).await
}

async fn ask_at(door: &Door, request: &RemoteRequest) -> Result<RemoteAnswer, RemoteError> {
    let stream = door.knock().await?;
    let exchange = async {
        let mut stream = BufReader::new(stream);
        write_line(stream.get_mut(), request).await?;
        read_line(&mut stream, LONGEST_LINE).await?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    };
    let no_answer = |error: io::Error| RemoteError::NoAnswer(error.to_string());
    let line = timeout(ANSWER_WITHIN, exchange)
        .await
        .map_err(|_| RemoteError::NoAnswer("it took too long".into()))?
        .map_err(no_answer)?;
    serde_json::from_str(&line).map_err(|error| RemoteError::NoAnswer(error.to_string()))
}

async fn accept(listener: Listener, phone: Phone, window: Option<mpsc::Sender<Show>>) {
    let mut places = Places::default();
    loop {
        match listener.accept().await {
            Ok(stream) => {
                if !places.make_room().await {
                    warn!("too many programs control the phone; one was turned away");
                    continue;
                }
                let (phone, window) = (phone.clone(), window.clone());
                places.take(|silence| {
                    spawn("remote client", info_span!("remote"), async move {
                        if let Err(error) = converse(stream, &silence, &phone, window.as_ref()).await {
                            warn!(%error, "a controlling program was cut off");
                        }
                    })
                });
            }
            Err(error) => {
                warn!(%error, "a controlling program could not connect");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn converse(stream: Stream, silence: &Silence, phone: &Phone, window: Option<&mpsc::Sender<Show>>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(line) = read_line(&mut stream, LONGEST_REQUEST).await? {
        silence.ends();
        let answer = match serde_json::from_str(&line) {
            Ok(request) => answer(request, phone, window).await,
            Err(error) => RemoteAnswer::Refused(format!("that is no request: {error}")),
        };
        // Who asks and does not listen says nothing, either.
        silence.begins();
        let taken = timeout(ANSWER_WITHIN, write_line(stream.get_mut(), &answer)).await;
        taken.unwrap_or_else(|_| Err(io::Error::other("it does not take its answer")))?;
    }
    Ok(())
}

async fn answer(request: RemoteRequest, phone: &Phone, window: Option<&mpsc::Sender<Show>>) -> RemoteAnswer {
    let refused = |error: crate::PhoneStopped| RemoteAnswer::Refused(error.to_string());
    match request {
        RemoteRequest::Command(command) => phone.send(*command).map_or_else(refused, |()| RemoteAnswer::Accepted),
        RemoteRequest::Status => RemoteAnswer::Status(Box::new(Snapshot::clone(&phone.snapshot()))),
        RemoteRequest::Journal => phone.journal().await.map_or_else(refused, RemoteAnswer::Journal),
        RemoteRequest::Trace => phone.trace().await.map_or_else(refused, RemoteAnswer::Trace),
        RemoteRequest::Bundle => phone.support_bundle().await.map_or_else(refused, RemoteAnswer::Bundle),
        RemoteRequest::BookChanged => match phone.book().refresh().await {
            Ok(()) => RemoteAnswer::Accepted,
            Err(error) => RemoteAnswer::Refused(error.to_string()),
        },
        RemoteRequest::AcceptKey { account, found } => match phone.office().accept_key(phone, &account, &found).await {
            Ok(()) => RemoteAnswer::Accepted,
            Err(refused) => RemoteAnswer::Refused(refused.to_string()),
        },
        RemoteRequest::Show(show) => match window.map(|window| window.try_send(show)) {
            Some(Ok(())) => RemoteAnswer::Accepted,
            Some(Err(_)) => RemoteAnswer::Refused("its window does not come up".into()),
            None => RemoteAnswer::Refused("the running phone has no window".into()),
        },
    }
}

async fn read_line(stream: &mut (impl AsyncBufRead + Unpin), longest: u64) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    stream.take(longest).read_until(b'\n', &mut line).await?;
    match line.pop() {
        None => Ok(None),
        Some(b'\n') => String::from_utf8(line).map(Some).map_err(io::Error::other),
        Some(_) => Err(io::Error::other("a line that is too long or not whole")),
    }
}

async fn write_line(stream: &mut (impl AsyncWriteExt + Unpin), value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    stream.flush().await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::{broadcast, mpsc, watch};

    use super::*;

    /// A phone that takes commands and does nothing with them.
    fn idle_phone() -> (Phone, mpsc::Receiver<crate::run_loop::Request>) {
        let (requests, taken) = mpsc::channel(4);
        let (_, snapshots) = watch::channel(Arc::new(Snapshot { revision: 7, ..Snapshot::default() }));
        let (events, _) = broadcast::channel(1);
        let secrets = Arc::new(store::Secrets::new(Arc::new(store::InMemory::default())));
        let world = crate::RealWorld::new(Arc::new(audio::NullHost), secrets).expect("a world without sound");
        (Phone::of_parts(requests, snapshots, events, world.world().clone()), taken)
    }

    async fn say(folder: &Path, line: &[u8]) -> String {
        let mut stream = BufReader::new(Door::of(folder).knock().await.expect("somebody listens"));
        stream.get_mut().write_all(line).await.expect("it is taken");
        read_line(&mut stream, LONGEST_LINE).await.map_or_else(|_| String::new(), Option::unwrap_or_default)
    }

    #[tokio::test]
    async fn another_process_commands_the_phone_and_reads_its_state() {
        let folder = tempfile::tempdir().expect("a folder");
        let (phone, mut taken) = idle_phone();
        let _control = serve_remote(folder.path(), phone, None).await.expect("it listens");
        let hang_up = Command::HangUp { call: model::CallId(3) };
        let answer = ask_remote(folder.path(), &RemoteRequest::Command(Box::new(hang_up.clone()))).await;
        assert_eq!(answer.expect("an answer"), RemoteAnswer::Accepted);
        assert!(matches!(taken.recv().await, Some(crate::run_loop::Request::Command(command)) if command == hang_up));
        let status = ask_remote(folder.path(), &RemoteRequest::Status).await.expect("an answer");
        assert!(matches!(status, RemoteAnswer::Status(snapshot) if snapshot.revision == 7));
    }

    #[tokio::test]
    async fn a_second_start_brings_the_window_up_where_there_is_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let wanted = Show { target: Some("600".parse().expect("a number")) };
        let request = RemoteRequest::Show(wanted.clone());
        let without = serve_remote(folder.path(), idle_phone().0, None).await.expect("it listens");
        let answer = ask_remote(folder.path(), &request).await.expect("an answer");
        assert_eq!(answer, RemoteAnswer::Refused("the running phone has no window".into()));
        drop(without);
        let (window, mut shows) = mpsc::channel(1);
        let other = tempfile::tempdir().expect("a folder");
        let _control = serve_remote(other.path(), idle_phone().0, Some(window)).await.expect("it listens");
        assert_eq!(ask_remote(other.path(), &request).await.expect("an answer"), RemoteAnswer::Accepted);
        assert_eq!(shows.recv().await, Some(wanted));
    }

    #[tokio::test]
    async fn nonsense_is_refused_in_words_and_too_much_is_cut_off() {
        let folder = tempfile::tempdir().expect("a folder");
        let (phone, _taken) = idle_phone();
        let _control = serve_remote(folder.path(), phone, None).await.expect("it listens");
        for nonsense in [&b"\n"[..], b"{}\n", b"\"format\"\n", b"{\"command\":{\"command\":\"dial\",\"target\":\"a b\"}}\n"] {
            assert!(say(folder.path(), nonsense).await.contains("that is no request"), "{nonsense:?}");
        }
        assert_eq!(say(folder.path(), &[b'x'; 70_000]).await, "");
        assert!(ask_remote(folder.path(), &RemoteRequest::Status).await.is_ok(), "others are served on");
    }

    #[tokio::test]
    async fn programs_that_say_nothing_do_not_keep_others_from_being_answered() {
        let folder = tempfile::tempdir().expect("a folder");
        let (phone, _taken) = idle_phone();
        let _control = serve_remote(folder.path(), phone, None).await.expect("it listens");
        let mut silent = Vec::new();
        for number in 0..40 {
            let mut stream = Door::of(folder.path()).knock().await.expect("somebody listens");
            // Every other one begins to say something and never ends, or has said something before.
            let said: &[u8] = [&b""[..], b"\"sta", b"\"status\"\n"][number % 3];
            stream.write_all(said).await.expect("it is taken");
            silent.push(stream);
            let answer = ask_remote(folder.path(), &RemoteRequest::Status).await;
            assert!(matches!(answer, Ok(RemoteAnswer::Status(_))), "behind {} others: {answer:?}", silent.len());
        }
        // Who came last has a place still.
        let mut last = BufReader::new(Door::of(folder.path()).knock().await.expect("somebody listens"));
        for _ in 0..2 {
            last.get_mut().write_all(b"\"status\"\n").await.expect("it is taken");
            assert!(read_line(&mut last, LONGEST_LINE).await.is_ok_and(|line| line.is_some()), "he goes on");
        }
    }

    #[tokio::test]
    async fn a_second_phone_in_the_same_folder_is_told_so_and_a_dead_one_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(matches!(ask_remote(folder.path(), &RemoteRequest::Status).await, Err(RemoteError::NoPhone(_))));
        let first = serve_remote(folder.path(), idle_phone().0, None).await.expect("it listens");
        assert!(matches!(serve_remote(folder.path(), idle_phone().0, None).await, Err(RemoteError::AlreadyRunning)));
        drop(first);
        // Aborting the task takes the runtime a moment.
        while Door::of(folder.path()).knock().await.is_ok() {
            tokio::task::yield_now().await;
        }
        assert!(serve_remote(folder.path(), idle_phone().0, None).await.is_ok());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_folder_that_takes_no_socket_has_one_phone_all_the_same() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, session) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        // Others could wait there for us.
        std::fs::set_permissions(session.path(), std::fs::Permissions::from_mode(0o755)).expect("it is ours");
        let door = Door::in_session(folder.path(), session.path());
        // As on a disk that may only be read; tests may run as root, to whom modes mean nothing.
        std::fs::create_dir(door.inside()).expect("nothing can listen there");
        let first = serve_at(&door, idle_phone().0, None).await.expect("calls need no socket");
        assert!(matches!(ask_at(&door, &RemoteRequest::Status).await, Err(RemoteError::NoPhone(_))));
        assert!(matches!(serve_at(&door, idle_phone().0, None).await, Err(RemoteError::AlreadyRunning)));
        drop(first);
        assert!(serve_at(&door, idle_phone().0, None).await.is_ok());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_folder_that_takes_no_socket_is_answered_for_in_the_session() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, session) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        std::fs::set_permissions(session.path(), std::fs::Permissions::from_mode(0o700)).expect("it is ours");
        let door = Door::in_session(folder.path(), session.path());
        std::fs::create_dir(door.inside()).expect("nothing can listen there");
        let (window, mut shows) = mpsc::channel(1);
        let _control = serve_at(&door, idle_phone().0, Some(window)).await.expect("it listens");
        // By another way to the same folder, as another program may name it.
        let again = Door::in_session(&folder.path().join("."), session.path());
        let answer = ask_at(&again, &RemoteRequest::Show(Show::default())).await.expect("an answer");
        assert_eq!((answer, shows.recv().await), (RemoteAnswer::Accepted, Some(Show::default())));
        assert!(matches!(serve_at(&again, idle_phone().0, None).await, Err(RemoteError::AlreadyRunning)));
        let other = Door::in_session(session.path(), session.path());
        assert!(matches!(ask_at(&other, &RemoteRequest::Status).await, Err(RemoteError::NoPhone(_))), "it has none of its own");
        let sockets = std::fs::read_dir(session.path()).expect("it is there").flatten();
        let modes: Vec<u32> = sockets.filter_map(|one| Some(one.metadata().ok()?.permissions().mode() & 0o777)).collect();
        assert_eq!(modes, [0o600]);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn everybodys_folder_is_left_as_it_is_and_nobody_is_believed_there() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, session) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let mode = || std::fs::metadata(folder.path()).expect("it is there").permissions().mode() & 0o7777;
        std::fs::set_permissions(session.path(), std::fs::Permissions::from_mode(0o700)).expect("it is ours");
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o1777)).expect("it is ours");
        let door = Door::in_session(folder.path(), session.path());
        let _somebody = std::os::unix::net::UnixListener::bind(door.inside()).expect("everybody may");
        assert!(matches!(ask_at(&door, &RemoteRequest::Status).await, Err(RemoteError::NoPhone(_))));
        let _control = serve_at(&door, idle_phone().0, None).await.expect("it listens in the session");
        assert!(matches!(ask_at(&door, &RemoteRequest::Status).await, Ok(RemoteAnswer::Status(_))));
        assert_eq!(mode(), 0o1777);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn nobody_else_may_open_the_socket() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let _control = serve_remote(folder.path(), idle_phone().0, None).await.expect("it listens");
        let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!((mode(folder.path()), mode(&Door::of(folder.path()).inside())), (0o700, 0o600));
    }
}
