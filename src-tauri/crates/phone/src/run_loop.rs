//! Where every input meets: one queue, call control, its drivers, one snapshot.

mod configuring;
mod stopping;
mod telling;

use std::sync::Arc;

use calls::{
    CallControl,
    io::{Input, LineEvent, MediaEvent, MediaRequest, Output, Plan, SoundEvent, SoundRequest},
};
use model::{
    AccountId, AssistantRequest, Clock, Command, DeviceFault, DevicesView, Event, FieldProblem, Instant, LoopCheckView, MediaId,
    NoticeCode, Secret, ServiceRow, Settings, Snapshot, TimedEvent, TrialView, Trouble, UpdateView, WireMessage,
};
use store::Provisioned;
use tokio::{
    sync::{broadcast, mpsc, oneshot, watch},
    task,
    time::sleep,
};
use tracing::{debug, info_span, trace, warn};

use self::configuring::{Asked, Asking};
use crate::{
    assistants::{AllLists, Assistants},
    book::{Book, BookNews},
    desk::{Desk, DeskNews, Onlookers},
    diagnosis::{Parts, Trace, WireTrace, bundle},
    diagnostics,
    fetched_tokens::FetchedTokens,
    journal::{Journal, Note},
    lines::Lines,
    meter::CallSessions,
    phone::PhoneOptions,
    recordings::Recordings,
    sessions::Sessions,
    shelf::Shelf,
    world::World,
};

/// Events of lines and sessions that may wait; both stop reading the network when it is full, nothing is lost.
const WAITING: usize = 256;

/// From this level on, the messages of an account are logged.
const WITH_MESSAGES: u8 = 6;

/// What the phone's faces ask of it.
#[derive(Debug)]
pub(crate) enum Request {
    Command(Command),
    NetworkChanged,
    LookAtDevices,
    /// An account signs in by this token from now on.
    SignIn(AccountId, Secret),
    /// How a loop call is getting on, for the snapshot.
    LoopCheck(LoopCheckView),
    /// A version that can be installed, for the snapshot.
    Update(UpdateView),
    Journal(oneshot::Sender<Vec<String>>),
    Trace(oneshot::Sender<WireTrace>),
    Bundle(oneshot::Sender<String>),
    Stop(oneshot::Sender<()>),
}

/// Where the phone's faces read.
pub(crate) struct Told {
    pub(crate) snapshot: watch::Sender<Arc<Snapshot>>,
    pub(crate) events: broadcast::Sender<Arc<TimedEvent>>,
    pub(crate) onlookers: Onlookers,
    pub(crate) sessions: watch::Sender<CallSessions>,
    pub(crate) settings: watch::Sender<Arc<Settings>>,
    pub(crate) lists: watch::Sender<AllLists>,
    pub(crate) service_events: watch::Sender<Arc<Vec<ServiceRow>>>,
}

/// The run loop's own; everything in it is touched by one task only.
pub(crate) struct RunLoop {
    world: World,
    control: CallControl,
    /// The settings in force, without secrets.
    settings: watch::Sender<Arc<Settings>>,
    settings_saved: u32,
    /// What the key store gives for them.
    secrets: mpsc::Receiver<Asked>,
    asking: Asking,
    provisioned: Provisioned,
    journal: Journal,
    lines: Lines,
    /// Until it stops.
    fetched_tokens: Option<FetchedTokens>,
    sessions: Sessions,
    desk: Desk,
    recordings: Recordings,
    assistants: Assistants,
    requests: mpsc::Receiver<Request>,
    line_events: mpsc::Receiver<(AccountId, LineEvent)>,
    media_events: mpsc::Receiver<(MediaId, MediaEvent)>,
    /// What lines send and are sent.
    wire: mpsc::Receiver<WireMessage>,
    trace: Trace,
    devices: watch::Sender<Arc<DevicesView>>,
    desk_news: mpsc::Receiver<DeskNews>,
    shelf: Shelf,
    book_news: mpsc::Receiver<BookNews>,
    recording_events: mpsc::Receiver<SoundEvent>,
    trial: Option<TrialView>,
    loop_check: Option<LoopCheckView>,
    update: Option<UpdateView>,
    snapshot: watch::Sender<Arc<Snapshot>>,
    call_sessions: watch::Sender<CallSessions>,
    events: broadcast::Sender<Arc<TimedEvent>>,
    /// The last events of services, oldest first.
    service_events: watch::Sender<Arc<Vec<ServiceRow>>>,
}

impl RunLoop {
    pub(crate) fn new(world: World, options: PhoneOptions, requests: mpsc::Receiver<Request>, told: Told) -> Self {
        let (line_outbox, line_events) = mpsc::channel(WAITING);
        let (tap, wire) = mpsc::channel(WAITING);
        let (media_outbox, media_events) = mpsc::channel(WAITING);
        let (desk_outbox, desk_news) = mpsc::channel(WAITING);
        let (book_outbox, book_news) = mpsc::channel(WAITING);
        let (recording_outbox, recording_events) = mpsc::channel(WAITING);
        let (secrets_outbox, secrets) = mpsc::channel(WAITING);
        let PhoneOptions { settings, practice, instance, folder, troubles, provisioned, settings_file: _ } = options;
        let mut control = CallControl::new(&settings);
        for trouble in troubles {
            control.notify(NoticeCode::Settings, trouble);
        }
        Self {
            control,
            journal: Journal::default(),
            lines: Lines::new(world.clone(), practice.clone(), instance, line_outbox, tap),
            fetched_tokens: Some(FetchedTokens::start(Arc::clone(&world.secrets))),
            sessions: Sessions::new(world.clone(), practice, media_outbox),
            wire,
            trace: Trace::default(),
            devices: told.onlookers.devices.clone(),
            desk: Desk::start(&world, &settings, told.onlookers, desk_outbox),
            recordings: Recordings::new(world.clone(), folder.as_ref(), recording_outbox),
            shelf: Shelf::new(Book::start(&world, folder, &settings, book_outbox), &settings),
            world,
            settings_saved: 0,
            secrets,
            asking: Asking::new(secrets_outbox),
            provisioned,
            settings: told.settings,
            assistants: Assistants::new(told.lists),
            requests,
            line_events,
            media_events,
            desk_news,
            book_news,
            recording_events,
            trial: None,
            loop_check: None,
            update: None,
            snapshot: told.snapshot,
            call_sessions: told.sessions,
            events: told.events,
            service_events: told.service_events,
        }
    }

    /// The history and contacts.
    pub(crate) fn book(&self) -> Book {
        self.shelf.book()
    }

    pub(crate) async fn run(mut self) {
        self.tell(Event::Started { version: env!("CARGO_PKG_VERSION").into() });
        let settings = Settings::clone(&self.settings.borrow());
        self.configure(settings);
        self.publish();
        let clock = Arc::clone(&self.world.clock);
        let stopped = loop {
            let wake_at = self.control.poll_timeout();
            let input = tokio::select! {
                // Commands of people first: they wait for an answer.
                biased;
                request = self.requests.recv() => match request {
                    Some(Request::Command(command)) => Input::Command(command),
                    Some(Request::NetworkChanged) => {
                        self.note(Note::NetworkChanged);
                        self.lines.network_changed();
                        self.sessions.network_changed();
                        continue;
                    }
                    Some(Request::LookAtDevices) => {
                        self.desk.look();
                        continue;
                    }
                    Some(Request::SignIn(account, token)) => {
                        self.lines.sign_in(&account, token);
                        continue;
                    }
                    Some(Request::LoopCheck(view)) => {
                        self.loop_check = Some(view);
                        self.publish();
                        continue;
                    }
                    Some(Request::Update(view)) => {
                        self.update = Some(view);
                        self.publish();
                        continue;
                    }
                    Some(Request::Journal(reply)) => {
                        // Who asked may have gone.
                        let _heard = reply.send(self.journal.lines().map(str::to_owned).collect());
                        continue;
                    }
                    Some(Request::Trace(reply)) => {
                        let _heard = reply.send(self.wire_trace());
                        continue;
                    }
                    Some(Request::Bundle(reply)) => {
                        let _heard = reply.send(self.bundle());
                        continue;
                    }
                    Some(Request::Stop(reply)) => break Some(reply),
                    None => break None,
                },
                Some(message) = self.wire.recv() => {
                    self.on_wire(message);
                    task::yield_now().await;
                    continue;
                }
                Some((account, event)) = self.line_events.recv() => Input::Line(account, event),
                Some((media, event)) = self.media_events.recv() => Input::Media(media, event),
                Some(event) = self.recording_events.recv() => Input::Sound(event),
                Some(news) = self.desk_news.recv() => {
                    self.on_desk_news(news);
                    continue;
                }
                Some(news) = self.book_news.recv() => {
                    self.on_book_news(news);
                    continue;
                }
                Some(asked) = self.secrets.recv() => {
                    self.on_secrets(asked);
                    continue;
                }
                () = due(wake_at, &*clock) => Input::Timeout,
            };
            self.take(input);
            // However much comes at once: the sound of a call is not late for it.
            task::yield_now().await;
        };
        self.stop().await;
        if let Some(reply) = stopped {
            let _heard = reply.send(());
        }
    }

    fn take(&mut self, mut input: Input) {
        if let Input::Line(account, LineEvent::Incoming(incoming)) = &mut input {
            let known = self.shelf.knows(&incoming.remote);
            // Where the user has his server call him, that is planned already.
            if incoming.on_behalf.is_none() {
                incoming.plan = Plan::of(&self.settings.borrow().auto_answer, account, incoming, known);
            }
        }
        if let Input::Line(account, event) = input {
            let Some(event) = self.take_secrets(&account, event) else { return };
            input = Input::Line(account, event);
        }
        if let Input::Line(account, LineEvent::Assistant(news)) = input {
            self.assistants.take(&account, news);
            return self.publish();
        }
        if let Input::Line(account, LineEvent::Capable(_)) = &input
            && let Some(request) = self.assistants.once_more(account)
            && !self.lines.assist(account, request)
        {
            debug!(%account, "the line has ended already");
        }
        if let Input::Command(Command::Assist { account, request }) = input {
            return self.assist(&account, request);
        }
        if let Input::Media(media, event) = &input {
            self.sessions.heard(*media, event);
        }
        if let Input::Sound(event) = &input {
            self.recordings.heard(event);
        }
        if let Input::Command(Command::StartTrial { trial }) = &input {
            self.desk.try_device(Some(trial.clone()));
        }
        if let Input::Command(Command::StopTrial) = &input {
            self.desk.try_device(None);
        }
        if let Input::Command(Command::SaveSettings { settings }) = &input
            && let Some(problem) = self.refusal(settings)
        {
            // Whoever asks before he sends is told so by the office.
            self.control.notify(NoticeCode::Settings, Trouble::Field { problem });
            return self.publish();
        }
        if let Input::Command(Command::SaveSettings { settings }) = &input {
            self.settings_saved = self.settings_saved.wrapping_add(1);
            self.settings.send_replace(Arc::new(Settings::clone(settings)));
            self.configure(Settings::clone(settings));
        }
        self.step(input);
        self.publish();
    }

    /// Takes what lines tell the run loop alone: neither call control nor the journal may have it.
    fn take_secrets(&mut self, account: &AccountId, event: LineEvent) -> Option<LineEvent> {
        match event {
            LineEvent::IceServers(servers) => self.sessions.set_ice_servers(account.clone(), servers),
            LineEvent::TokenToKeep(token) => {
                if let Some(tokens) = &self.fetched_tokens {
                    tokens.keep(account.clone(), token);
                }
            }
            event => return Some(event),
        }
        None
    }

    /// Hands the line of an account what the user asks for beside calls.
    fn assist(&mut self, account: &AccountId, request: AssistantRequest) {
        if self.assistants.hear(account, &request) && self.lines.assist(account, request) {
            return;
        }
        self.control.notify(NoticeCode::Service, Trouble::NobodyToAsk { account: account.clone() });
        self.publish();
    }

    /// Why these settings may not be put in force: others have set something else.
    fn refusal(&self, settings: &Settings) -> Option<FieldProblem> {
        let now = self.settings.borrow();
        let refused = if **now == *settings {
            Vec::new()
        } else {
            self.provisioned.refuse(&self.provisioned.impose(Settings::clone(&now)), settings)
        };
        refused.into_iter().next()
    }

    /// One input through call control, recorded, and its outputs to the drivers.
    fn step(&mut self, input: Input) {
        let now = self.world.clock.now();
        self.journal.begin_step(&self.control);
        self.control.handle(now, input.clone());
        let outputs: Vec<Output> = std::iter::from_fn(|| self.control.poll_output()).collect();
        self.journal.end_step(now, input, outputs.clone());
        for output in outputs {
            self.obey(now, output);
        }
    }

    fn obey(&mut self, now: Instant, output: Output) {
        match output {
            Output::Line(account, request) => {
                if !self.lines.send(&account, request) {
                    warn!(%account, "a request to a line that does not run was dropped");
                }
            }
            Output::Media(media, request) => {
                if matches!(request, MediaRequest::Offer { .. }) {
                    self.desk.expect_call();
                }
                self.sessions.send(media, request);
            }
            Output::Sound(SoundRequest::Record { media, call, beep }) => self.recordings.begin(media, call, beep),
            Output::Sound(SoundRequest::EndRecording { media }) => self.recordings.end(media),
            Output::Sound(request) => self.desk.send(request),
            Output::Event(event) => {
                let unkept = self.shelf.hear(self.world.clock.unix_seconds(), &event);
                if let Some(trouble) = unkept {
                    self.control.notify(NoticeCode::Book, trouble);
                }
                self.tell_at(now, event);
            }
        }
    }

    fn on_desk_news(&mut self, news: DeskNews) {
        match news {
            DeskNews::Trouble(fault) => {
                self.note(Note::Device(fault.to_string().into()));
                if let DeviceFault::Replaced { role, .. } = fault {
                    self.control.device_works(role);
                }
                self.fail(NoticeCode::Device, Trouble::Device { fault });
            }
            DeskNews::Works(role) => self.control.device_works(role),
            DeskNews::Microphone => self.step(Input::Microphone),
            DeskNews::NoDevices => self.step(Input::NoDevices),
            DeskNews::NoMicrophone(fault) => self.step(Input::NoMicrophone(fault)),
            DeskNews::Trial(trial) => self.trial = trial,
        }
        self.publish();
    }

    fn note(&mut self, note: Note) {
        self.journal.begin_step(&self.control);
        self.journal.note(self.world.clock.now(), note);
    }

    fn on_wire(&mut self, message: WireMessage) {
        self.journal.begin_step(&self.control);
        self.log(&message);
        self.journal.wire(message.clone());
        self.trace.add(message);
    }

    /// Writes a message into the log without people, where its account or the filter of the log wants that.
    fn log(&mut self, message: &WireMessage) {
        let settings = self.settings.borrow();
        let mut accounts = settings.accounts.iter();
        let Some(account) = accounts.find(|account| account.id == message.account) else { return };
        let by_account = diagnostics::log_level(account).is_some_and(|level| level >= WITH_MESSAGES);
        if by_account || tracing::enabled!(target: "messages", tracing::Level::TRACE) {
            let (text, way) = (self.journal.without_people(message), message.way);
            info_span!("account", id = %account.id).in_scope(|| match by_account {
                true => trace!(?way, "{text}"),
                false => trace!(target: "messages", ?way, "{text}"),
            });
        }
    }

    fn wire_trace(&self) -> WireTrace {
        let since_start = i64::try_from(self.world.clock.now().since_start().as_secs()).unwrap_or_default();
        WireTrace { started_unix_s: self.world.clock.unix_seconds() - since_start, messages: self.trace.copy() }
    }

    fn bundle(&mut self) -> String {
        let snapshot = Arc::clone(&self.snapshot.borrow());
        let state = self.journal.redacted(&*snapshot);
        let journal: Vec<String> = self.journal.lines().map(str::to_owned).collect();
        let (settings, devices) = (Arc::clone(&self.settings.borrow()), Arc::clone(&self.devices.borrow()));
        let unix_s = self.world.clock.unix_seconds();
        bundle(&Parts { settings: &settings, devices: &devices, state: &state, journal: &journal, unix_s })
    }

    fn on_book_news(&mut self, news: BookNews) {
        if let Some(index) = &news.index {
            self.step(Input::Watch(index.watched().to_vec()));
        }
        if let Some(trouble) = self.shelf.take(news) {
            warn!("{trouble}");
            self.fail(NoticeCode::Book, trouble);
        }
        self.publish();
    }
}

/// Until call control wants to be woken.
async fn due(wake_at: Option<Instant>, clock: &dyn Clock) {
    match wake_at {
        Some(moment) => sleep(moment.since(clock.now())).await,
        None => std::future::pending().await,
    }
}
