//! Programs of the user's that are started when something happens to a call.
//!
//! They are the user's alone: kept in a file of their own, set by no provisioning, link or caller. A program is started without a
//! shell, and what a caller says of himself stands in its environment only, so that it is never a command, an option or a path.

mod moments;

#[cfg(windows)]
use std::os::windows::process::CommandExt;
use std::{
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

use model::{EventProgram, FieldFault, FieldProblem, Refusal};
use store::{DataFolder, EventProgramsFile, Page, SaveError};
use tokio::{
    sync::{Semaphore, broadcast::error::RecvError},
    task::spawn_blocking,
};
use tracing::{info_span, warn};

use self::moments::{Calls, Told};
use crate::{office::Office, phone::Phone, spawn::spawn};

/// Programs that run at a time: one that hangs shall not become hundreds, however many call.
const RUNNING: usize = 16;

/// The programs and their file. Clones are the same.
#[derive(Clone, Debug)]
pub struct EventPrograms {
    file: EventProgramsFile,
    office: Office,
    programs: Arc<Mutex<Arc<Vec<EventProgram>>>>,
}

impl EventPrograms {
    /// Reads those of `folder`. A file that is not understood starts nothing, and is left as it is.
    pub fn load(folder: &DataFolder, office: Office) -> Self {
        let file = EventProgramsFile::at(folder.event_programs_file());
        let programs = file.read().unwrap_or_else(|error| {
            warn!(%error, "the programs for what happens to calls cannot be read: none is started");
            Vec::new()
        });
        Self { file, office, programs: Arc::new(Mutex::new(Arc::new(programs))) }
    }

    /// Those in force.
    pub fn list(&self) -> Arc<Vec<EventProgram>> {
        Arc::clone(&self.programs.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Those of `programs` that are not in force: the user has to agree to each.
    pub fn new_ones(&self, programs: &[EventProgram]) -> Vec<EventProgram> {
        let known = self.list();
        programs.iter().filter(|program| !known.contains(program)).cloned().collect()
    }

    /// Keeps these and no others, and puts them in force.
    ///
    /// # Errors
    /// When one of them cannot work, an administrator has locked the page where they stand, or they cannot be kept.
    pub async fn save(&self, programs: Vec<EventProgram>) -> Result<(), Refusal> {
        let rules = self.office.provisioned().view();
        if rules.locked.iter().any(|page| page == Page::Calls.name()) {
            let fault = FieldFault::SetBy { source: rules.source, contact: rules.contact };
            return Err(Refusal::Fields { problems: vec![FieldProblem { field: "programs".into(), fault }] });
        }
        let (file, kept) = (self.file.clone(), programs.clone());
        let saved = spawn_blocking(move || file.save(&kept)).await.map_err(|failed| {
            warn!(%failed, "the programs could not be kept");
            Refusal::Broken
        })?;
        saved.map_err(|error| match error {
            SaveError::Invalid(problems) => Refusal::Fields { problems },
            SaveError::WouldLose(problem) => Refusal::FileUnread { fault: problem.fault() },
            SaveError::Unwritable(problem) => Refusal::FileUnwritten { detail: problem.to_string() },
        })?;
        *self.programs.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(programs);
        Ok(())
    }

    /// Starts them when their moments come, as long as the phone runs.
    pub async fn follow(self, phone: Phone) {
        let mut facts = phone.events();
        let mut calls = Calls::default();
        let places = Arc::new(Semaphore::new(RUNNING));
        loop {
            match facts.recv().await {
                Ok(fact) => {
                    for told in calls.hear(&fact.event) {
                        self.list().iter().filter(|program| program.on == told.moment).for_each(|it| start(it, &told, &places));
                    }
                }
                Err(RecvError::Lagged(missed)) => warn!(missed, "programs for what happens to calls were too slow"),
                Err(RecvError::Closed) => return,
            }
        }
    }
}

/// Starts one and lets it run; nothing of a call waits for it.
fn start(program: &EventProgram, told: &Told, places: &Arc<Semaphore>) {
    let moment = told.moment.name();
    let Ok(place) = Arc::clone(places).try_acquire_owned() else {
        return warn!(moment, "too many programs for what happens to calls run already: one was not started");
    };
    match command(program, told).spawn() {
        Ok(mut child) => {
            spawn("event program", info_span!("event program", moment), async move {
                if let Err(failed) = spawn_blocking(move || child.wait()).await {
                    warn!(%failed, "nobody knows what became of a program");
                }
                drop(place);
            });
        }
        Err(error) => warn!(%error, moment, "a program for what happens to calls cannot be started"),
    }
}

fn command(program: &EventProgram, told: &Told) -> Command {
    let mut command = Command::new(&program.program);
    command.args(&program.arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Nothing that the phone was started with passes for news of a call.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SIDETONE_") {
            command.env_remove(name);
        }
    }
    command.envs(told.variables.iter().map(|(name, value)| (name, value)));
    #[cfg(windows)]
    command.creation_flags(NO_WINDOW);
    command
}

/// `CREATE_NO_WINDOW`: a program of the console opens none.
#[cfg(windows)]
const NO_WINDOW: u32 = 0x0800_0000;

#[cfg(all(test, unix))]
mod tests {
    use model::{AccountId, CallId, CallMoment, Event, Remote, XHeaders};

    use super::*;

    #[test]
    fn what_a_caller_says_is_text_in_the_environment_and_nothing_is_run_of_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let (out, trap) = (folder.path().join("out"), folder.path().join("trap"));
        let name = format!("$(touch {0}) `touch {0}`; touch {0}", trap.display());
        let arrived = Event::Incoming {
            call: CallId(1),
            account: AccountId("desk".into()),
            remote: Remote { name: format!("{name}\nX=1").into(), number: "-rf".into(), uri: String::new().into() },
            caller: None,
            diverted_by: None,
            replaces: None,
            headers: XHeaders::default(),
        };
        let told = Calls::default().hear(&arrived).pop().expect("a moment");
        let script = "printf '%s|%s|%s|%s' \"$SIDETONE_EVENT\" \"$SIDETONE_NAME\" \"$SIDETONE_NUMBER\" \"$*\" > \"$0\"";
        let program = EventProgram {
            on: CallMoment::Incoming,
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into(), out.display().to_string(), "a b".into(), "$SIDETONE_NAME".into()],
        };
        let ended = command(&program, &told).status().expect("it runs");
        assert!(ended.success());
        let said = std::fs::read_to_string(&out).expect("it wrote");
        assert_eq!(said, format!("incoming|{name}X=1|-rf|a b $SIDETONE_NAME"));
        assert!(!trap.exists(), "a caller's name was run");
    }

    #[tokio::test]
    async fn no_more_programs_run_than_there_are_places() {
        let places = Arc::new(Semaphore::new(1));
        let told = Calls::default()
            .hear(&Event::Dialing { call: CallId(1), account: AccountId("desk".into()), target: "600".into() })
            .pop()
            .expect("a moment");
        let program = EventProgram { on: CallMoment::Dialing, program: "/bin/sleep".into(), arguments: vec!["0.2".into()] };
        start(&program, &told, &places);
        assert_eq!(places.available_permits(), 0);
        start(&program, &told, &places);
        let freed = places.acquire().await;
        assert!(freed.is_ok(), "its place is free when it has ended");
    }
}
