//! `sidetone-cli provision`: what others have set here, and what a web server wants to set.

use std::{
    io::{self, IsTerminal, Write},
    sync::Arc,
};

use audio::NullHost;
use clap::Subcommand;
use model::{ProvisionOffer, Settings};
use phone::{Phone, PhoneOptions};

use crate::{
    exit::{Exit, Failure},
    input::read_line,
    print::Printer,
    setting::Setting,
};

#[derive(Debug, Subcommand)]
pub(crate) enum ProvisionVerb {
    /// What is set here, and by whom.
    Status,
    /// Say what a web server would change. Nothing is changed.
    Show {
        /// https://host/path
        url: String,
    },
    /// Say what a web server would change, and change it when that is agreed to.
    Apply {
        /// https://host/path
        url: String,
        /// Agree without being asked.
        #[arg(long)]
        yes: bool,
    },
    /// Let no web server set anything any more.
    Forget,
}

/// Runs the verb. A phone that runs takes the change at its next start.
pub(crate) async fn run(setting: &Setting, verb: ProvisionVerb, printer: Printer) -> Result<Exit, Failure> {
    let world = setting.world(Arc::new(NullHost))?;
    let (settings, trouble) = setting.load();
    if let Some(trouble) = trouble {
        printer.line(&trouble);
    }
    // None of its accounts goes online for this.
    let mut idle = settings;
    idle.accounts.iter_mut().for_each(|account| account.enabled = false);
    let phone = phone_with(setting, idle, world.world().clone());
    let office = phone.office().clone();
    let failed = |error: model::Refusal| Failure::new(Exit::Failed, error);
    let exit = match verb {
        ProvisionVerb::Status => {
            status(setting, printer);
            Exit::Done
        }
        ProvisionVerb::Show { url } => {
            show(&office.offer_provisioning(&url).await.map_err(failed)?, printer);
            Exit::Done
        }
        ProvisionVerb::Apply { url, yes } => {
            let offer = office.offer_provisioning(&url).await.map_err(failed)?;
            show(&offer, printer);
            if !yes && !agreed()? {
                return Err(Failure::usage("nothing was changed"));
            }
            office.accept_provisioning(&phone, &offer.url).await.map_err(failed)?;
            Exit::Done
        }
        ProvisionVerb::Forget => {
            setting.provisioned.forget(&setting.folder).map_err(|error| Failure::new(Exit::Failed, error))?;
            Exit::Done
        }
    };
    phone.stop().await;
    Ok(exit)
}

fn phone_with(setting: &Setting, settings: Settings, world: phone::World) -> Phone {
    let options = PhoneOptions {
        settings_file: Some(setting.file()),
        provisioned: setting.provisioned.clone(),
        ..PhoneOptions::passing(settings)
    };
    Phone::start(world, options).0
}

fn status(setting: &Setting, printer: Printer) {
    let view = setting.provisioned.view();
    match printer {
        Printer::Json => printer.value(&view),
        Printer::People if view.source.is_empty() => printer.line("nothing is set by anybody else"),
        Printer::People => {
            printer.line(&format!("set by {}", view.source));
            view.fixed.iter().for_each(|field| printer.line(&format!("  {field} is as it is")));
            view.locked.iter().for_each(|page| printer.line(&format!("  the page {page} is locked")));
        }
    }
}

fn show(offer: &ProvisionOffer, printer: Printer) {
    match printer {
        Printer::Json => printer.value(offer),
        Printer::People => {
            for change in &offer.changes {
                printer.line(&format!("{}: {:?} becomes {:?}", change.field, change.before.expose(), change.after.expose()));
            }
            for page in &offer.locked {
                printer.line(&format!("the page {page} of the settings is locked"));
            }
            if offer.changes.is_empty() && offer.locked.is_empty() {
                printer.line("nothing would be changed");
            }
        }
    }
}

fn agreed() -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("nobody is there to agree; --yes agrees"));
    }
    let failed = |error: io::Error| Failure::new(Exit::Failed, error);
    let mut err = io::stderr();
    write!(err, "Change this? [y/N] ").and_then(|()| err.flush()).map_err(failed)?;
    Ok(matches!(read_line()?.trim().to_lowercase().as_str(), "y" | "yes"))
}
