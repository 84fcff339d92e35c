//! `sidetone-cli devices`.

use audio::{CpalHost, SoundHost};

use crate::{
    exit::{Exit, Failure},
    print::Printer,
};

/// Lists the sound devices.
pub(crate) fn run(printer: Printer) -> Result<Exit, Failure> {
    let devices = CpalHost::new().devices().map_err(|error| Failure::new(Exit::NoSound, error))?;
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
