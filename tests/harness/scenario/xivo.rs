//! Scenarios at a XiVO: the line of its user is one of the exchange.

use std::sync::Arc;

use exchange::{Exchange, ExchangeWorld};
use model::{Account, AccountId, AccountState, Password, Provider, Secret, XivoAccount};
use rand::RngExt;

use super::Scenario;
use crate::{
    network::{EXCHANGE, Server},
    rtc::FakeRtc,
    seat::{Seat, settings},
    time::seconds,
    xuc::{AT_DESK, Switchboard, Xuc},
};

/// The seat of a phone that takes alice's line.
pub const OTHER_PHONE: &str = "other phone";

/// The seat that plays a desk phone.
pub const DESK_PHONE: &str = "desk phone";

impl Scenario {
    /// An exchange; alice's phone has her account at a XiVO in front of it, and those of bob and
    /// carol are at the exchange itself. All are registered.
    #[must_use]
    pub fn with_xivo(self) -> Self {
        let mut scenario = self.with_unregistered_xivo();
        scenario.run_until("all phones are registered", seconds(5), |t| t.seats.iter().all(Seat::is_registered));
        scenario.begun = scenario.now();
        scenario
    }

    /// The same; the phones have just been started.
    #[must_use]
    pub fn with_unregistered_xivo(mut self) -> Self {
        let rtc = Arc::new(FakeRtc::new(self.air.clone(), "exchange"));
        let world = ExchangeWorld { clock: Arc::new(self.clock.clone()), rtc, hub: self.hub(), seed: self.random.random() };
        let inside = self.runtime.enter();
        let (exchange, door) = Exchange::behind_a_door(world, &["alice", "bob", "carol", "dave"]);
        drop(inside);
        let secret = |name: &str| exchange.password(name).expect("the exchange knows its users").clone();
        let xuc = Xuc::new("alice", secret("alice").expose(), exchange.domain(), Switchboard::Exchange(exchange.operator()));

        let of_login = |login: &str| {
            let mut xivo = XivoAccount::at_server("https://xivo.invalid".into(), login);
            xivo.password = Password::Known(Secret::new("pa55"));
            let mut settings = settings("alice", "wss://unused.invalid/", exchange.domain(), "");
            settings.accounts = vec![Account { id: AccountId("desk".into()), enabled: true, provider: Provider::Xivo(xivo) }];
            settings
        };
        let mut of_alice = of_login(if self.has_desk_phone { AT_DESK } else { "alice" });
        if self.has_sip_too {
            let of_dave = settings("dave", EXCHANGE, exchange.domain(), secret("dave").expose()).accounts;
            of_alice.accounts.extend(of_dave.into_iter().map(|dave| Account { id: AccountId("dave".into()), ..dave }));
        }
        (self.change)(&mut of_alice);
        self.seat("alice", Server::Xuc(xuc.clone(), door.clone()), of_alice);
        if self.has_desk_phone {
            self.seat(DESK_PHONE, Server::Xuc(xuc, door.clone()), of_login("alice"));
        }

        for name in ["bob", "carol"] {
            let of_other = settings(name, EXCHANGE, exchange.domain(), secret(name).expose());
            self.seat(name, Server::Exchange(door.clone()), of_other);
        }
        self.exchange = Some((exchange, door));
        self
    }

    /// As [`Scenario::with_xivo`], but alice's line is that of a desk phone, which her phone controls. What stands on the desk is
    /// one more seat, [`DESK_PHONE`]: it registers, and does what the XUC has it do.
    #[must_use]
    pub fn with_desk_phone(self) -> Self {
        let mut scenario = self.with_unready_desk_phone();
        scenario.run_until("the line is controlled and all others are registered", seconds(5), |t| {
            t.alice().account() == AccountState::Ready && t.seats.iter().skip(1).all(Seat::is_registered)
        });
        scenario.begun = scenario.now();
        scenario
    }

    /// The same; the phones have just been started.
    #[must_use]
    pub fn with_unready_desk_phone(mut self) -> Self {
        self.has_desk_phone = true;
        self.with_unregistered_xivo()
    }

    /// As [`Scenario::with_desk_phone`]; alice's phone has a second account as well, "dave" at the exchange.
    #[must_use]
    pub fn with_desk_phone_and_sip(mut self) -> Self {
        self.has_sip_too = true;
        self.with_desk_phone()
    }

    /// As [`Scenario::with_xivo`]; alice's phone has a second account as well, "dave" at the exchange.
    #[must_use]
    pub fn with_xivo_and_sip(mut self) -> Self {
        self.has_sip_too = true;
        self.with_xivo()
    }

    /// One more phone registers for alice's line, by SIP at the exchange itself, and takes it: her line has room for one. It is
    /// the seat [`OTHER_PHONE`].
    #[must_use]
    pub fn with_other_phone_on_the_line(mut self) -> Self {
        let (exchange, door) = self.exchange.as_ref().expect("a scenario with an exchange");
        let secret = exchange.password("alice").expect("the exchange knows its users").clone();
        let (server, of_other) = (door.clone(), settings("alice", EXCHANGE, exchange.domain(), secret.expose()));
        self.seat(OTHER_PHONE, Server::Exchange(server), of_other);
        self.run_until("the other phone is registered", seconds(5), |t| t.phone(OTHER_PHONE).is_registered());
        self
    }

    /// The XUC that alice's phone is signed in at.
    pub fn xuc(&self) -> &Xuc {
        self.alice().cable.xuc().expect("a scenario with a XiVO")
    }
}
