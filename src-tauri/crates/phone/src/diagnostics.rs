//! Logs: where they go, and changing their level while the phone runs.

mod by_account;
mod unread;

use std::{
    io::{self, IsTerminal},
    sync::{Arc, Mutex},
};

use model::Settings;
use tokio::sync::watch;
use tracing::warn;
use tracing_subscriber::{
    Layer, Registry,
    filter::{ParseError, Targets},
    fmt,
    layer::SubscriberExt,
    reload,
    util::SubscriberInitExt,
};

pub(crate) use self::by_account::log_level;
use self::{by_account::ByAccount, unread::Unread};

/// Libraries that log what people say or send; they are heard from `warn` on, whatever the filter says of the rest. What asks for names
/// in this network is not heard at all: it tells what each device there is called, and whoever sends it nonsense writes a line.
const QUIET: &str = "error,webrtc=warn,rtc=warn,rtc_mdns=off,rtc_dtls=error,rtc_ice=error,rustls=warn,tungstenite=warn,hickory_proto=warn,hickory_resolver=warn,reqwest=warn,zbus=warn";

/// Changes the level of the log of a running phone.
#[derive(Clone)]
pub struct LogLevel(reload::Handle<ByAccount, Registry>);

/// A filter that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{filter:?} is no log filter: {reason}")]
pub struct InvalidFilter {
    filter: String,
    reason: String,
}

impl LogLevel {
    /// Puts another filter in force (`info`, `sip=debug`).
    ///
    /// # Errors
    /// When it cannot be read; the old one stays.
    pub fn set(&self, filter: &str) -> Result<(), InvalidFilter> {
        let parsed = read(filter)?;
        let put = self.0.modify(|by| by.filter = parsed);
        put.map_err(|error| InvalidFilter { filter: filter.into(), reason: error.to_string() })
    }

    /// Puts the levels in force that accounts have of their own.
    pub fn set_accounts(&self, settings: &Settings) {
        if let Err(gone) = self.0.modify(|by| by.set_accounts(settings)) {
            warn!(%gone, "the log stays as it is");
        }
    }

    /// Follows what the settings say, until the phone stops.
    pub async fn follow(self, mut settings: watch::Receiver<Arc<Settings>>) {
        loop {
            let filter = settings.borrow_and_update().log.clone();
            if let Err(invalid) = self.set(&filter) {
                warn!(%invalid, "the log stays as it is");
            }
            self.set_accounts(&settings.borrow());
            if settings.changed().await.is_err() {
                return;
            }
        }
    }

    /// Follows what the settings say of accounts only, until the phone stops.
    pub async fn follow_accounts(self, mut settings: watch::Receiver<Arc<Settings>>) {
        loop {
            let now = settings.borrow_and_update().clone();
            self.set_accounts(&now);
            if settings.changed().await.is_err() {
                return;
            }
        }
    }
}

/// What is wrong with a filter, in words; nothing when it can be used.
pub(crate) fn wrong_with(filter: &str) -> Option<String> {
    read(filter).err().map(|invalid| invalid.reason)
}

/// Sends the log to standard error, in colour where that is a terminal. Once per process.
///
/// # Errors
/// When the filter cannot be read, or a log is already followed.
pub fn follow_log(filter: &str) -> Result<LogLevel, InvalidFilter> {
    let (written, handle) = reload::Layer::new(ByAccount::new(read(filter)?));
    let unread = Mutex::new(Unread::new(io::stderr()));
    let lines = fmt::layer().with_writer(unread).with_ansi(io::stderr().is_terminal()).with_target(true);
    let installed = tracing_subscriber::registry().with(lines.with_filter(written)).try_init();
    installed.map_err(|error| InvalidFilter { filter: filter.into(), reason: error.to_string() })?;
    Ok(LogLevel(handle))
}

/// By rooms and levels only: a filter that also looks into spans brings regular expressions, half a megabyte of them.
fn read(filter: &str) -> Result<Targets, InvalidFilter> {
    let invalid = |reason: String| InvalidFilter { filter: filter.into(), reason };
    format!("{QUIET},{filter}").parse().map_err(|error: ParseError| invalid(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_means_nothing_is_named() {
        let error = read("sip==loud").expect_err("no filter").to_string();
        assert!(error.starts_with("\"sip==loud\" is no log filter"), "{error}");
    }

    #[test]
    fn names_of_devices_in_the_network_are_in_no_log() {
        use tracing::Level;
        for filter in ["info", "trace", "sip=debug"] {
            let filter = read(filter).expect("a filter");
            assert!(!filter.would_enable("rtc_mdns::proto", &Level::ERROR), "{filter}");
            assert!(filter.would_enable("phone", &Level::ERROR), "{filter}");
        }
    }

    #[tokio::test]
    async fn the_level_follows_the_settings_and_outlives_a_filter_that_means_nothing() {
        let (_layer, handle) = reload::Layer::<_, Registry>::new(ByAccount::new(read("info").expect("a filter")));
        let filter = || handle.with_current(|by| by.filter.to_string()).expect("the layer lives");
        let saying = |log: &str| Arc::new(Settings { log: log.into(), ..Settings::default() });
        let (sender, settings) = watch::channel(saying("calls=debug"));
        let changes = async {
            tokio::task::yield_now().await;
            assert!(filter().contains("calls=debug"), "{}", filter());
            sender.send_replace(saying("sip==loud"));
            tokio::task::yield_now().await;
            assert!(filter().contains("calls=debug"), "{}", filter());
            sender.send_replace(saying("sip=trace"));
            drop(sender);
        };
        tokio::join!(LogLevel(handle.clone()).follow(settings), changes);
        assert!(filter().contains("sip=trace"), "{}", filter());
    }
}
