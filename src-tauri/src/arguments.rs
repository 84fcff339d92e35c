//! The command line of the desktop program.

use std::path::PathBuf;

use clap::Parser;

/// The phone on the desktop.
#[derive(Debug, Parser)]
#[command(name = "sidetone", version)]
pub(crate) struct Arguments {
    /// Start in the tray, without a window
    #[arg(long, alias = "hidden")]
    pub(crate) minimized: bool,
    /// Start everything but the window, call the practice exchange for two seconds, and tell how it went
    #[arg(long)]
    pub(crate) self_test: bool,
    /// Serve people who do not know the phone, on the whole screen, as this profile says
    #[arg(long, value_name = "PROFILE", conflicts_with_all = ["minimized", "self_test", "link"])]
    pub(crate) kiosk: Option<PathBuf>,
    /// Folder of settings, history and contacts, instead of the user's own
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
    /// What to log (info, sip=debug); as the settings say when not given
    #[arg(long, value_name = "FILTER")]
    pub(crate) log: Option<String>,
    /// A link to call: sip:, sips:, tel: or callto:
    pub(crate) link: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_never_an_option() {
        let arguments = Arguments::try_parse_from(["sidetone", "tel:600"]).expect("it is a link");
        assert_eq!(arguments.link.as_deref(), Some("tel:600"));
        assert!(Arguments::try_parse_from(["sidetone", "--data=x", "tel:600", "tel:601"]).is_err());
        assert!(Arguments::try_parse_from(["sidetone", "--hidden"]).is_ok_and(|arguments| arguments.minimized));
    }
}
