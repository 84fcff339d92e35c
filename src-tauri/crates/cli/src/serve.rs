//! `sidetone-cli run`: register and serve until interrupted.

use std::{pin::pin, sync::Arc, time::Duration};

use model::Event;
use phone::{Interruptions, Phone, PhoneOptions};
use store::SettingsFile;
use tokio::{sync::broadcast::error::RecvError, time::sleep};
use tracing::info_span;

use crate::{
    account,
    args::RunArguments,
    exit::{Exit, Failure},
    print::Printer,
    printing::Printing,
    remote,
    setting::{Setting, practice_for},
    sound,
};

/// Runs the verb.
pub(crate) async fn run(setting: &Setting, arguments: RunArguments, printer: Printer) -> Result<Exit, Failure> {
    let (mut settings, trouble) = match &arguments.config {
        Some(file) => (SettingsFile::at(file).read().map_err(Failure::usage)?, None),
        None => setting.load(),
    };
    if let Some(trouble) = trouble {
        printer.line(&trouble);
    }
    account::choose_to_serve(&mut settings, &arguments.source, &setting.secrets)?;
    settings.calls.auto_answer |= arguments.auto_answer;
    if let Some(limit) = arguments.limit {
        settings.calls.limit = limit;
    }
    // Neither a file nor an option of the user's goes before what others have set.
    settings = setting.provisioned.impose(settings);
    setting.log.set_accounts(&settings);
    let sound = sound::choose(&arguments.sound, &mut settings)?;
    let mut interruptions = Interruptions::new().map_err(|error| Failure::new(Exit::Failed, error))?;
    let running = setting.world(sound.host.clone())?;
    let world = running.world();
    let practice = practice_for(&settings, world).await?;
    let practice_account = practice.as_ref().map(|practice| practice.account().clone());
    let options = PhoneOptions {
        settings,
        practice: practice_account,
        instance: world.instance(&setting.folder),
        // A file that the user named is for this run; so is its book.
        folder: arguments.config.is_none().then(|| setting.folder.clone()),
        settings_file: None,
        provisioned: setting.provisioned.clone(),
        troubles: Vec::new(),
    };
    let (phone, mut events) = Phone::start(world.clone(), options);
    let controlled = remote::serve(setting, &phone).await?;
    phone::spawn("rest", info_span!("rest"), phone::hand_back_at_rest(phone.snapshots()));
    let mut over = pin!(after(arguments.length));
    let mut printing = Printing::new(printer, Arc::clone(&setting.clock));
    let ended = loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(event) => {
                    if matches!(event.event, Event::MediaConnected { .. }) {
                        sound.begin();
                    }
                    printing.event(event);
                }
                Err(RecvError::Lagged(missed)) => printing.left_out(missed),
                Err(RecvError::Closed) => break Err(Failure::new(Exit::Failed, "the phone has stopped")),
            },
            () = &mut over => break Ok(Exit::Done),
            () = interruptions.next() => break Ok(Exit::Done),
        }
    };
    drop(controlled);
    phone.stop().await;
    // What happened while it stopped: the ends of calls, and signing off.
    while let Ok(event) = events.try_recv() {
        printing.event(event);
    }
    printing.finish().await;
    sound.finish()?;
    ended
}

async fn after(length: Option<Duration>) {
    match length {
        Some(length) => sleep(length).await,
        None => std::future::pending().await,
    }
}
