//! Registers one account, prints how it goes with the milliseconds since the start, and signs off.
//!
//! `PASSWORD=… cargo run -p providers --example register -- wss://host:port/ws USER [--auth-user A] [--realm R] [--ca FILE]
//! [--proxy URL] [--for SECONDS]`
#![expect(clippy::print_stdout, reason = "it is a command")]
#![expect(clippy::disallowed_methods, reason = "it is the driver: it has the clock and starts the one task")]

use std::{sync::Arc, time::Duration};

use calls::io::LineEvent;
use model::{AccountId, AccountState, Clock, Password, Secret, SipAccount};
use providers::{Line, LineInput, net::Sockets, sip::SipProvider};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

struct Watch(Instant);

impl Clock for Watch {
    fn now(&self) -> model::Instant {
        model::Instant::after_start(self.0.elapsed())
    }

    fn unix_seconds(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let clock = Arc::new(Watch(Instant::now()));
    let (account, seconds) = account(std::env::args().skip(1))?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    let (inbox, to_line) = mpsc::channel(8);
    let (outbox, mut from_line) = mpsc::channel(8);
    let line = Line {
        account: AccountId("example".into()),
        provider: Box::new(SipProvider::new(&account, "", seed)),
        network: Arc::new(Sockets::new(clock.clone())),
        clock: clock.clone(),
        inbox: to_line,
        outbox,
    };
    let running = tokio::spawn(line.run());
    let end = Instant::now() + Duration::from_secs(seconds);
    while let Ok(Some((_, event))) = timeout_at(end, from_line.recv()).await {
        let LineEvent::State(state) = event else { continue };
        match &state {
            AccountState::Offline { cause, retry_in_s } => {
                println!("{:>6} ms offline: {cause} (again in {retry_in_s:?} s)", clock.now().as_millis());
            }
            other => println!("{:>6} ms {other:?}", clock.now().as_millis()),
        }
    }
    // Both ends go on listening until the line has signed off.
    inbox.send(LineInput::Stop).await?;
    while from_line.recv().await.is_some() {}
    running.await?;
    println!("{:>6} ms signed off", clock.now().as_millis());
    Ok(())
}

fn account(mut arguments: impl Iterator<Item = String>) -> Result<(SipAccount, u64), String> {
    let mut next = |what: &str| arguments.next().ok_or_else(|| format!("{what} is missing"));
    let (server, user) = (next("the server's address")?, next("the user")?);
    let mut account = SipAccount {
        server,
        domain: String::new(),
        user: user.into(),
        display_name: "".into(),
        auth_user: "".into(),
        realm: String::new(),
        password: Password::Known(Secret::new(std::env::var("PASSWORD").map_err(|_| "PASSWORD is not set")?)),
        ca_file: String::new(),
        allow_plain_ws: false,
        proxy: String::new(),
        register: true,
        expires_s: 600,
        dtmf: model::DtmfMode::Automatic,
        ice_servers: Vec::new(),
        ice_policy: model::IcePolicy::All,
    };
    let mut seconds = 2;
    while let Ok(option) = next("") {
        let value = next(&option)?;
        match option.as_str() {
            "--auth-user" => account.auth_user = value.into(),
            "--realm" => account.realm = value,
            "--ca" => account.ca_file = value,
            "--proxy" => account.proxy = value,
            "--for" => seconds = value.parse().map_err(|_| "--for wants seconds")?,
            other => return Err(format!("{other} is not known")),
        }
    }
    Ok((account, seconds))
}
