//! `sidetone-cli call`: one call, its events, its report.

use std::{sync::Arc, time::Duration};

use model::{AllowTransfers, CallId, Cause, Clock, Command, DeviceFault, DialOptions, EndedBy, Event, Instant, Trouble};
use phone::{Follower, Interruptions, Phone, PhoneOptions};
use tokio::{
    sync::broadcast::error::RecvError,
    time::{sleep, timeout},
};

use crate::{
    account,
    args::{CallArguments, Switch},
    exit::{Exit, Failure},
    print::Printer,
    printing::Printing,
    setting::{Setting, practice_for},
    sound,
};

/// How long the account may take to come up. Opening a connection takes ten seconds at most, registering a few more.
const COME_UP: Duration = Duration::from_secs(20);

/// Runs the verb.
pub(crate) async fn run(setting: &Setting, arguments: CallArguments, printer: Printer) -> Result<Exit, Failure> {
    let (mut settings, trouble) = setting.load();
    if let Some(trouble) = trouble {
        printer.line(&trouble);
    }
    let account = account::choose(&mut settings, &arguments.source, &setting.secrets)?;
    settings.calls.allow_transfers = match (arguments.allow_transfer, settings.calls.allow_transfers) {
        // Nobody is there to be asked: whoever calls wants to be connected.
        (Some(Switch::On), _) | (None, AllowTransfers::Ask) => AllowTransfers::Always,
        (Some(Switch::Off), _) => AllowTransfers::Never,
        (None, set) => set,
    };
    // No option of the user's goes before what others have set.
    settings.calls.allow_transfers = setting.provisioned.impose(settings.clone()).calls.allow_transfers;
    setting.log.set_accounts(&settings);
    let sound = sound::choose(&arguments.sound, &mut settings)?;
    let running = setting.world(sound.host.clone())?;
    let world = running.world();
    let practice = practice_for(&settings, world).await?;
    let practice_account = practice.as_ref().map(|practice| practice.account().clone());
    let options = PhoneOptions {
        settings,
        practice: practice_account,
        instance: world.instance(&setting.folder),
        // One call for a test is no part of anybody's history.
        folder: None,
        settings_file: None,
        provisioned: setting.provisioned.clone(),
        troubles: Vec::new(),
    };
    let (phone, events) = Phone::start(world.clone(), options);
    let mut talk = Talk {
        events,
        phone,
        printing: Printing::new(printer, Arc::clone(&setting.clock)),
        arguments: &arguments,
        sound: &sound,
        clock: &*setting.clock,
        call: None,
        successor: None,
        hang_up_at: None,
    };
    let ended = talk.run(account, &mut Interruptions::new().map_err(|error| Failure::new(Exit::Failed, error))?).await;
    talk.phone.stop().await;
    talk.last_words();
    talk.printing.finish().await;
    sound.finish()?;
    ended
}

/// The course of the call.
struct Talk<'a> {
    phone: Phone,
    events: Follower,
    printing: Printing,
    arguments: &'a CallArguments,
    sound: &'a sound::Chosen,
    clock: &'a dyn Clock,
    /// The call, from its first event on. There may be others: whoever is registered can be called.
    call: Option<CallId>,
    /// Where the far end transfers it, until that answers.
    successor: Option<CallId>,
    hang_up_at: Option<Instant>,
}

impl Talk<'_> {
    async fn run(&mut self, account: model::AccountId, interruptions: &mut Interruptions) -> Result<Exit, Failure> {
        timeout(COME_UP, self.come_up(interruptions))
            .await
            .map_err(|_| Failure::new(Exit::Unreachable, "the server did not answer in time"))??;
        let dial = DialOptions {
            target: self.arguments.target.clone(),
            account: Some(account),
            headers: self.arguments.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect(),
        };
        self.send(match account::caller_id(&self.arguments.source) {
            Some(caller_id) => Command::DialAs { caller_id, dial },
            None => Command::Dial(dial),
        })?;
        // Both are needed to talk, and either may come first: early media connects before the answer.
        let (mut answered, mut connected) = (false, false);
        let (mut given_up, mut device_went) = (false, false);
        loop {
            let left = self.hang_up_at.map(|at| at.since(self.clock.now()));
            let over = over(left, self.sound, self.arguments.length.is_none());
            let event = tokio::select! {
                event = self.next() => event?,
                () = over => {
                    self.hang_up_at = None;
                    self.hang_up()?;
                    continue;
                }
                () = interruptions.next() => {
                    given_up = true;
                    self.hang_up()?;
                    continue;
                }
            };
            match event {
                Event::Dialing { call, .. } if self.call.is_none() => {
                    self.call = Some(call);
                    if given_up {
                        self.hang_up()?;
                    }
                }
                Event::Dialing { call, .. } => self.successor = Some(call),
                Event::Incoming { call, replaces, .. } if replaces.is_some() && replaces == self.call => {
                    self.successor = Some(call);
                }
                Event::Answered { call, .. } if self.successor == Some(call) => self.call = self.successor.take(),
                Event::Answered { call, .. } if self.call == Some(call) => {
                    self.hang_up_at = self.arguments.length.map(|length| self.clock.now() + length);
                    answered = true;
                    if connected || self.is_elsewhere(call) {
                        self.begin(call)?;
                    }
                }
                Event::MediaConnected { call, .. } if self.call == Some(call) && !connected => {
                    connected = true;
                    if answered {
                        self.begin(call)?;
                    }
                }
                Event::Ended { call, cause, message, .. } if self.call == Some(call) => match self.successor.take() {
                    Some(successor) if goes_on(&cause) => self.call = Some(successor),
                    Some(_) | None => return self.ended(&cause, message),
                },
                Event::Ended { call, .. } if self.successor == Some(call) => self.successor = None,
                Event::Failed { call: None, trouble, message } if self.sound.needs_devices => {
                    let Trouble::Device { fault } = *trouble else { continue };
                    // Another one takes its place, or it is plugged in again.
                    device_went |= matches!(fault, DeviceFault::Gone { .. });
                    let is_missing =
                        matches!(fault, DeviceFault::None { .. } | DeviceFault::NoneAtAll | DeviceFault::Unusable { .. });
                    if is_missing && !device_went {
                        self.hang_up()?;
                        return Err(Failure::new(Exit::NoSound, message));
                    }
                }
                _ => {}
            }
        }
    }

    /// Waits until calls can be placed.
    async fn come_up(&mut self, interruptions: &mut Interruptions) -> Result<(), Failure> {
        loop {
            let event = tokio::select! {
                event = self.next() => event?,
                () = interruptions.next() => {
                    return Err(Failure::new(Exit::Failed, "interrupted before the call was placed"));
                }
            };
            match event {
                Event::Registered { .. } | Event::Ready { .. } => return Ok(()),
                // One more try may succeed where a server is just starting; a caller wants to know now.
                Event::Unregistered { cause, message, .. } => return Err(Failure::new(Exit::of_offline(&cause), message)),
                _ => {}
            }
        }
    }

    /// What the account's service told until the end, whose own word for the end of the call comes after ours; and the end of a
    /// call that was sent on and is still there.
    fn last_words(&mut self) {
        while let Ok(event) = self.events.try_recv() {
            if let Event::Service { .. } | Event::Ended { .. } = event.event {
                self.printing.event(event);
            }
        }
    }

    async fn next(&mut self) -> Result<Event, Failure> {
        loop {
            match self.events.recv().await {
                Ok(event) => {
                    self.printing.event(event.clone());
                    return Ok(event.event);
                }
                Err(RecvError::Lagged(missed)) => self.printing.left_out(missed),
                Err(RecvError::Closed) => return Err(Failure::new(Exit::Failed, "the phone has stopped")),
            }
        }
    }

    fn begin(&self, call: CallId) -> Result<(), Failure> {
        self.sound.begin();
        match &self.arguments.dtmf {
            Some(digits) => self.send(Command::SendDtmf { call, digits: digits.0.clone() }),
            None => Ok(()),
        }
    }

    /// Whether it is at another telephone, so that there is no audio of it to wait for.
    fn is_elsewhere(&self, call: CallId) -> bool {
        self.phone.snapshot().calls.iter().any(|view| view.id == call && view.elsewhere)
    }

    fn hang_up(&self) -> Result<(), Failure> {
        self.call.map_or(Ok(()), |call| self.send(Command::HangUp { call }))
    }

    fn ended(&self, cause: &Cause, message: String) -> Result<Exit, Failure> {
        match Exit::of_cause(cause) {
            Exit::Done => Ok(Exit::Done),
            exit => Err(Failure::new(exit, message)),
        }
    }

    fn send(&self, command: Command) -> Result<(), Failure> {
        self.phone.send(command).map_err(|error| Failure::new(Exit::Failed, error))
    }
}

/// Whether the far end has sent us on: many hang up as soon as they have asked for the other call.
fn goes_on(cause: &Cause) -> bool {
    matches!(cause, Cause::Transferred | Cause::HungUp { by: EndedBy::Remote })
}

/// Until it is time to hang up: after what is `left` of the time that was asked for, else a moment after the file has been spoken.
async fn over(left: Option<Duration>, sound: &sound::Chosen, when_spoken: bool) {
    match left {
        Some(left) => sleep(left).await,
        None if when_spoken => {
            while !sound.is_spoken() {
                sleep(Duration::from_millis(100)).await;
            }
            // What was said last is still on its way back.
            sleep(Duration::from_secs(1)).await;
        }
        None => std::future::pending().await,
    }
}
