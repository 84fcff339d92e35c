//! The exchange as every face of the phone starts it: one user, a hub of its own.

use std::{io, sync::Arc};

use audio::HubThread;
use media::RtcRuntime;
use model::{Clock, Password, SipAccount};

use crate::{Exchange, ExchangeWorld};

/// The user name of the practice account.
const USER: &str = "practice";

/// What the practice exchange shares with the phone beside it.
pub struct PracticeWorld {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Peer connections.
    pub rtc: Arc<dyn RtcRuntime>,
    /// Randomness.
    pub seed: [u8; 32],
}

/// The running practice exchange; dropping it ends it and all its calls.
pub struct Practice {
    account: SipAccount,
    _exchange: Exchange,
    _hub: HubThread,
}

/// The practice exchange could not be started.
#[derive(Debug, thiserror::Error)]
#[error("the practice exchange cannot start: {0}")]
pub struct NoPractice(#[from] io::Error);

impl Practice {
    /// Starts it on a free port of 127.0.0.1; must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When no threads or no port can be had.
    pub async fn start(world: PracticeWorld) -> Result<Self, NoPractice> {
        let PracticeWorld { clock, rtc, seed } = world;
        let (hub_thread, hub) = audio::start(Arc::clone(&clock))?;
        let exchange = Exchange::start(ExchangeWorld { clock, rtc, hub, seed }, &[USER]).await?;
        let mut account = SipAccount::at_server(exchange.url(), USER);
        // Nobody leaves messages there.
        account.mwi = false;
        account.domain = exchange.domain().to_owned();
        account.password = exchange.password(USER).cloned().map_or(Password::Unknown, Password::Known);
        Ok(Self { account, _exchange: exchange, _hub: hub_thread })
    }

    /// The account that registers with it.
    pub fn account(&self) -> &SipAccount {
        &self.account
    }
}
