//! Scenarios at a XiVO: the line of its user is one of the exchange.

use model::{Account, AccountId, Password, Provider, Secret, XivoAccount};

use super::{Arc, EXCHANGE, Exchange, ExchangeWorld, FakeRtc, RngExt, Scenario, Seat, Server, seconds, settings};
use crate::xuc::Xuc;

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
        let xuc = Xuc::new("alice", secret("alice").expose(), exchange.domain(), exchange.operator());

        let mut xivo = XivoAccount::at_server("https://xivo.invalid".into(), "alice");
        xivo.password = Password::Known(Secret::new("pa55"));
        let mut of_alice = settings("alice", "wss://unused.invalid/", exchange.domain(), "");
        of_alice.accounts = vec![Account { id: AccountId("desk".into()), enabled: true, provider: Provider::Xivo(xivo) }];
        if self.has_sip_too {
            let of_dave = settings("dave", EXCHANGE, exchange.domain(), secret("dave").expose()).accounts;
            of_alice.accounts.extend(of_dave.into_iter().map(|dave| Account { id: AccountId("dave".into()), ..dave }));
        }
        (self.change)(&mut of_alice);
        self.seat("alice", Server::Xuc(xuc, door.clone()), of_alice);

        for name in ["bob", "carol"] {
            let of_other = settings(name, EXCHANGE, exchange.domain(), secret(name).expose());
            self.seat(name, Server::Exchange(door.clone()), of_other);
        }
        self.exchange = Some((exchange, door));
        self
    }

    /// As [`Scenario::with_xivo`]; alice's phone has a second account as well, "dave" at the exchange.
    #[must_use]
    pub fn with_xivo_and_sip(mut self) -> Self {
        self.has_sip_too = true;
        self.with_xivo()
    }

    /// The XUC that alice's phone is signed in at.
    pub fn xuc(&self) -> &Xuc {
        self.alice().cable.xuc().expect("a scenario with a XiVO")
    }
}
