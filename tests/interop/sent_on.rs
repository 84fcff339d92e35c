//! A call of the verb `call` that the far end sends to somebody else (REFER): it is followed, and the exit status is that of the
//! call in which it ends.

use std::{sync::Arc, time::Duration};

use audio::HubThread;
use exchange::{Exchange, ExchangeWorld};
use media::WebrtcRuntime;
use model::{Password, SipAccount};
use phone::{Randomness as _, SystemClock, SystemRandomness};
use tokio::runtime::{Builder, Runtime};

use super::phone::{Over, Phone, at};

/// A practice exchange for two.
pub(crate) struct Office {
    exchange: Exchange,
    _hub: HubThread,
    _runs: Runtime,
}

impl Office {
    pub(crate) fn open() -> Self {
        let runs = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("threads");
        let clock: Arc<dyn model::Clock> = Arc::new(SystemClock::start());
        let (hub_thread, hub) = audio::start(Arc::clone(&clock)).expect("a thread");
        let rtc = Arc::new(WebrtcRuntime::new().expect("a certificate"));
        let world = ExchangeWorld { clock, rtc, hub, seed: SystemRandomness.seed() };
        let exchange = runs.block_on(Exchange::start(world, &["alice", "bob"])).expect("loopback has a free port");
        Self { exchange, _hub: hub_thread, _runs: runs }
    }

    pub(crate) fn account(&self, user: &str) -> SipAccount {
        let mut account = SipAccount::at_server(self.exchange.url(), user);
        account.domain = self.exchange.domain().to_owned();
        account.password = self.exchange.password(user).cloned().map_or(Password::Unknown, Password::Known);
        account
    }

    /// A far end that answers, and a `call` to it.
    fn talk(&self, arguments: &[&str]) -> (Phone, Phone) {
        let far = at(&self.account("bob"), &["run", "--auto-answer"]).humming().start().once_registered();
        let near = at(&self.account("alice"), &["call", "bob"]).with(arguments).humming().start();
        near.wait("media-connected");
        far.wait("media-connected");
        (near, far)
    }
}

/// The ends of calls, as who or what ended them.
fn ends(over: &Over) -> Vec<(u64, String)> {
    let ended = over.events.iter().filter(|event| event["event"] == "ended");
    let word = |event: &serde_json::Value| event["cause"]["by"].as_str().or(event["cause"]["kind"].as_str()).map(str::to_owned);
    ended.map(|event| (event["call"].as_u64().expect("a call"), word(event).expect("a cause"))).collect()
}

#[test]
fn a_call_that_is_sent_on_ends_where_it_was_sent() {
    let office = Office::open();
    let (mut near, far) = office.talk(&[]);
    far.tell(&["transfer", "607"]);
    assert_eq!(far.ended(0, 1)["cause"]["kind"], "transferred");
    near.ended(0, 1);
    std::thread::sleep(Duration::from_secs(1));
    let over = near.stop();
    assert_eq!(over.exit, Some(0), "{}", over.sentence());
    over.came_in_order(&["dialing", "answered", "dialing", "answered", "ended", "ended"]);
    assert_eq!(ends(&over), [(1, "remote".to_owned()), (2, "local".to_owned())]);
}

#[test]
fn who_sends_a_call_on_may_hang_up_at_once() {
    let office = Office::open();
    let (mut near, far) = office.talk(&[]);
    far.tell(&["transfer", "608"]);
    near.wait_for(0, "the other call", |event| event["event"] == "dialing" && event["call"] == 2);
    far.tell(&["hangup"]);
    near.ended(0, 1);
    near.wait_for(0, "the other answer", |event| event["event"] == "answered" && event["call"] == 2);
    let over = near.stop();
    assert_eq!((over.exit, ends(&over).last()), (Some(0), Some(&(2, "local".to_owned()))), "{}", over.sentence());
}

#[test]
fn a_call_that_is_sent_to_a_busy_number_goes_on_as_it_was() {
    let office = Office::open();
    let (mut near, far) = office.talk(&[]);
    far.tell(&["transfer", "603"]);
    near.ended(0, 2);
    far.wait_for(0, "the failure", |event| event["transfer"]["step"] == "failed");
    far.tell(&["hangup"]);
    let over = near.finish(super::phone::SOON);
    assert_eq!(over.exit, Some(0), "{}", over.sentence());
    assert_eq!(ends(&over), [(2, "busy".to_owned()), (1, "remote".to_owned())]);
}

#[test]
fn a_call_is_not_sent_on_where_that_is_forbidden() {
    let office = Office::open();
    let (mut near, far) = office.talk(&["--allow-transfer", "off"]);
    far.tell(&["transfer", "607"]);
    far.wait_for(0, "the failure", |event| event["transfer"]["step"] == "failed");
    far.tell(&["hangup"]);
    let over = near.finish(super::phone::SOON);
    assert_eq!((over.exit, ends(&over)), (Some(0), vec![(1, "remote".to_owned())]), "{}", over.sentence());
}
