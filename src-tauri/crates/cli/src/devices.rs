//! `sidetone-cli devices`: the sound devices, and trials of them.

use std::sync::Arc;

use audio::{CpalHost, Device, DeviceRole, SoundError, SoundHost, find_device};
use clap::{Args, Subcommand, ValueEnum};
use model::{Command, DeviceTrial, Settings, TrialStage, TrialView};
use phone::{Phone, PhoneOptions};

use crate::{
    exit::{Exit, Failure},
    print::Printer,
    setting::Setting,
};

#[derive(Debug, Subcommand)]
pub(crate) enum DevicesVerb {
    /// Try them as in a call: music on the speaker, a ring, and the microphone recorded and played back.
    Test(TestArguments),
}

#[derive(Debug, Args)]
pub(crate) struct TestArguments {
    /// What to try; all three when missing.
    pub(crate) what: Vec<Role>,
    /// Microphone, by id or name.
    #[arg(long, value_name = "NAME")]
    pub(crate) microphone: Option<String>,
    /// Speaker, by id or name.
    #[arg(long, value_name = "NAME")]
    pub(crate) speaker: Option<String>,
    /// Device to ring on, by id or name.
    #[arg(long, value_name = "NAME")]
    pub(crate) ringer: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    Speaker,
    Ringer,
    Microphone,
}

impl Role {
    const ALL: [Self; 3] = [Self::Speaker, Self::Ringer, Self::Microphone];

    fn trial(self) -> DeviceTrial {
        match self {
            Self::Speaker => DeviceTrial::Speaker,
            Self::Ringer => DeviceTrial::Ringer { ringtone: None },
            Self::Microphone => DeviceTrial::Microphone,
        }
    }
}

/// Lists or tries the sound devices.
pub(crate) async fn run(setting: &Setting, verb: Option<DevicesVerb>, printer: Printer) -> Result<Exit, Failure> {
    let host = Arc::new(CpalHost::new());
    match verb {
        None => list(&*host, printer),
        Some(DevicesVerb::Test(arguments)) => test(setting, host, arguments, printer).await,
    }
}

fn list(host: &dyn SoundHost, printer: Printer) -> Result<Exit, Failure> {
    let devices = host.devices().map_err(no_sound)?;
    for device in &devices {
        match printer {
            Printer::Json => printer.value(device),
            Printer::People => {
                let default = if device.default { " (system default)" } else { "" };
                printer.line(&format!("{:<10} {}  {}{default}", device.role.to_string(), device.id, device.name));
            }
        }
    }
    if devices.is_empty() {
        printer.line("this computer has no sound devices");
    }
    Ok(Exit::Done)
}

async fn test(setting: &Setting, host: Arc<CpalHost>, arguments: TestArguments, printer: Printer) -> Result<Exit, Failure> {
    let present = host.devices().map_err(no_sound)?;
    let (of_user, trouble) = setting.load();
    if let Some(trouble) = trouble {
        printer.line(&trouble);
    }
    // No account comes up for a trial of devices.
    let mut settings = Settings { accounts: Vec::new(), ..of_user };
    choose(&mut settings, &present, &arguments)?;
    let running = setting.world(host)?;
    let (phone, _events) = Phone::start(running.world().clone(), PhoneOptions::passing(settings));
    let roles = if arguments.what.is_empty() { Role::ALL.to_vec() } else { arguments.what };
    let mut all_work = true;
    for role in roles {
        all_work &= try_one(&phone, role.trial(), printer).await?;
    }
    phone.stop().await;
    Ok(if all_work { Exit::Done } else { Exit::NoSound })
}

/// Notes the named devices as those to use.
fn choose(settings: &mut Settings, present: &[Device], arguments: &TestArguments) -> Result<(), Failure> {
    let devices = &mut settings.devices;
    for (name, role, preferred) in [
        (&arguments.microphone, DeviceRole::Microphone, &mut devices.microphones),
        (&arguments.speaker, DeviceRole::Speaker, &mut devices.speakers),
        (&arguments.ringer, DeviceRole::Speaker, &mut devices.ringers),
    ] {
        if let Some(name) = name {
            *preferred = vec![find_device(present, role, name).map_err(no_sound)?.id.as_str().to_owned()];
        }
    }
    Ok(())
}

/// One trial to its end; whether the device works.
async fn try_one(phone: &Phone, trial: DeviceTrial, printer: Printer) -> Result<bool, Failure> {
    let stopped = |_| Failure::new(Exit::Failed, "the phone has stopped");
    let mut snapshots = phone.snapshots();
    phone.send(Command::StartTrial { trial: trial.clone() }).map_err(|error| Failure::new(Exit::Failed, error))?;
    let mut told = None;
    loop {
        let view = snapshots.borrow_and_update().trial.clone().filter(|view| view.trial == trial);
        if let Some(view) = view
            && told.as_ref() != Some(&view)
        {
            match printer {
                Printer::Json => printer.value(&view),
                Printer::People => printer.line(&words(&view)),
            }
            if let TrialStage::Over { trouble } = &view.stage {
                return Ok(trouble.is_none());
            }
            told = Some(view);
        }
        snapshots.changed().await.map_err(stopped)?;
    }
}

fn words(view: &TrialView) -> String {
    let device = match view.trial {
        DeviceTrial::Microphone => "microphone",
        DeviceTrial::Speaker => "speaker",
        DeviceTrial::Ringer { .. } => "ringer",
    };
    let stage = match (&view.stage, &view.trial) {
        (TrialStage::Over { trouble: Some(trouble) }, _) => return format!("{device:<11} {trouble}"),
        (TrialStage::Opening, _) => "being opened",
        (TrialStage::Recording, _) => "say something: you are recorded for three seconds",
        (TrialStage::Playing, DeviceTrial::Microphone) => "this is what was heard",
        (TrialStage::Playing, DeviceTrial::Speaker) => "music plays",
        (TrialStage::Playing, DeviceTrial::Ringer { .. }) => "it rings",
        (TrialStage::Over { trouble: None }, _) => "works",
    };
    format!("{device:<11} {stage}")
}

fn no_sound(error: SoundError) -> Failure {
    Failure::new(Exit::NoSound, error)
}
