//! Logs: where they go, and changing their level while the phone runs.

use std::{
    io::{self, IsTerminal},
    sync::Arc,
};

use model::Settings;
use tokio::sync::watch;
use tracing::warn;
use tracing_subscriber::{EnvFilter, Registry, fmt, layer::SubscriberExt, reload, util::SubscriberInitExt};

/// Libraries that log what people say or send; they are heard from `warn` on, whatever the filter says of the rest.
const QUIET: &str = "webrtc=warn,rtc=warn,rtc_dtls=error,rustls=warn,tungstenite=warn,hickory_proto=warn,hickory_resolver=warn,reqwest=warn,zbus=warn";

/// Changes the level of the log of a running phone.
#[derive(Clone)]
pub struct LogLevel(reload::Handle<EnvFilter, Registry>);

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
        self.0.reload(parsed).map_err(|error| InvalidFilter { filter: filter.into(), reason: error.to_string() })
    }

    /// Follows what the settings say, until the phone stops.
    pub async fn follow(self, mut settings: watch::Receiver<Arc<Settings>>) {
        loop {
            let filter = settings.borrow_and_update().log.clone();
            if let Err(invalid) = self.set(&filter) {
                warn!(%invalid, "the log stays as it is");
            }
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
    let (filter_layer, handle) = reload::Layer::new(read(filter)?);
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal()).with_target(true);
    let installed = tracing_subscriber::registry().with(filter_layer).with(lines).try_init();
    installed.map_err(|error| InvalidFilter { filter: filter.into(), reason: error.to_string() })?;
    Ok(LogLevel(handle))
}

fn read(filter: &str) -> Result<EnvFilter, InvalidFilter> {
    let invalid = |reason: String| InvalidFilter { filter: filter.into(), reason };
    let filter = format!("{QUIET},{filter}");
    EnvFilter::try_new(filter).map_err(|error| invalid(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_means_nothing_is_named() {
        let error = read("sip==loud").expect_err("no filter").to_string();
        assert!(error.starts_with("\"sip==loud\" is no log filter"), "{error}");
    }

    #[tokio::test]
    async fn the_level_follows_the_settings_and_outlives_a_filter_that_means_nothing() {
        let (_layer, handle) = reload::Layer::<_, Registry>::new(read("info").expect("a filter"));
        let filter = || handle.with_current(EnvFilter::to_string).expect("the layer lives");
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
