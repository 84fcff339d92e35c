//! Two computers in network namespaces of their own, joined by a virtual cable: one with the practice exchange, one for a phone.
//!
//! What happens to the cable happens in the kernel, so that phones are tried as they are. Only root can make such computers,
//! and only Linux has them.
#![expect(clippy::disallowed_methods, reason = "real machines take real time")]

use std::{
    fs::File,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::fd::AsFd as _,
    process::Command,
    sync::mpsc::{Sender, channel},
    thread,
    time::Duration,
};

use model::SipAccount;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tokio::net::{TcpListener, TcpStream};

use crate::practice::practice;

/// The port of the exchange.
const PORT: u16 = 5066;

/// Longest wait for the exchange.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the cable carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpVersion {
    /// IPv4; IPv6 has link-local addresses only.
    V4,
    /// IPv6, and the phone's computer has no IPv4 at all.
    V6,
}

/// The two computers; gone when dropped.
pub struct Machines {
    /// The name of the exchange's computer.
    pub far: String,
    /// The name of the phone's.
    pub here: String,
    /// The account at the exchange. No certificate of the exchange can be had: the connection is a plain one.
    pub account: SipAccount,
    version: IpVersion,
    /// The exchange lives as long as somebody might still end it.
    _exchange: Sender<()>,
}

impl Machines {
    /// Joins two new ones; `name` tells them from others of this process.
    ///
    /// # Errors
    /// Says why no namespaces can be had here.
    ///
    /// # Panics
    /// When a machine that can be had cannot be set up.
    pub fn join(name: &str, version: IpVersion) -> Result<Self, String> {
        let named = |end: &str| format!("sidetone-{}-{name}-{end}", std::process::id());
        let (far, here) = (named("far"), named("here"));
        if let Err(why) = ip(&["netns", "add", &far]).and_then(|()| ip(&["netns", "add", &here])) {
            // The first may be there without the second.
            let _gone = ip(&["netns", "del", &far]);
            return Err(format!("no network namespaces can be made: {why}"));
        }
        let lay = |arguments: &[&str]| ip(arguments).unwrap_or_else(|why| panic!("ip {arguments:?}: {why}"));
        lay(&["-n", &far, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", &here]);
        for (space, address) in [(&far, version.far()), (&here, version.here())] {
            lay(&[&["-n", space.as_str()], &version.adds(&version.with_prefix(address))[..]].concat());
            lay(&["-n", space, "link", "set", "lo", "up"]);
            lay(&["-n", space, "link", "set", "cable", "up"]);
        }
        if version == IpVersion::V6 {
            lay(&["-n", &here, "address", "del", "127.0.0.1/8", "dev", "lo"]);
        }
        let (account, exchange) = exchange_in(&far, SocketAddr::new(version.far(), PORT));
        Ok(Self { far, here, account, version, _exchange: exchange })
    }

    /// The address of the exchange's computer.
    pub fn far_address(&self) -> IpAddr {
        self.version.far()
    }

    /// Changes the addresses or the cable of one of them: what `ip` is told there.
    ///
    /// # Panics
    /// When `ip` refuses.
    pub fn change(&self, space: &str, arguments: &[&str]) {
        let whole = [&["-n", space], arguments].concat();
        ip(&whole).unwrap_or_else(|why| panic!("ip {whole:?}: {why}"));
    }

    /// Takes the cable out, or puts it in again.
    pub fn plug(&self, is_in: bool) {
        self.change(&self.far, &["link", "set", "cable", if is_in { "up" } else { "down" }]);
    }

    /// Gives the phone's computer another address in the place of its own.
    ///
    /// # Panics
    /// When it had another before.
    pub fn move_here(&self) {
        let (old, new) = (self.version.with_prefix(self.version.here()), self.version.with_prefix(self.version.elsewhere()));
        self.change(&self.here, &["address", "del", &old, "dev", "cable"]);
        self.change(&self.here, &self.version.adds(&new));
    }

    /// Loses so many percent of the packets of each direction, whatever they are.
    ///
    /// # Errors
    /// Says why there is no packet filter here.
    pub fn lose(&self, percent: u32) -> Result<(), String> {
        let share = format!("{:.2}", f64::from(percent) / 100.0);
        // Where they arrive: a sender is not to know.
        [&self.far, &self.here].into_iter().try_for_each(|space| {
            let chance = ["-m", "statistic", "--mode", "random", "--probability", &share, "-j", "DROP"];
            self.filter(space, &[&["-A", "INPUT", "-i", "cable"], &chance[..]].concat())
        })
    }

    /// Adds a rule to the packet filter of one of them.
    ///
    /// # Errors
    /// Says why there is none here.
    pub fn filter(&self, space: &str, rule: &[&str]) -> Result<(), String> {
        let program = match self.version {
            IpVersion::V4 => "iptables",
            IpVersion::V6 => "ip6tables",
        };
        done(self.inside(space, program).arg("-w").args(rule))
    }

    /// A program on one of them.
    pub fn inside(&self, space: &str, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", space, program]);
        command
    }
}

impl Drop for Machines {
    fn drop(&mut self) {
        for space in [&self.far, &self.here] {
            // What is left of a failed test ends with the machine.
            let _gone = ip(&["netns", "del", space]);
        }
    }
}

impl IpVersion {
    fn address(self, last: u8) -> IpAddr {
        match self {
            Self::V4 => Ipv4Addr::new(10, 97, 0, last).into(),
            Self::V6 => Ipv6Addr::new(0xfd97, 0, 0, 0, 0, 0, 0, last.into()).into(),
        }
    }

    fn far(self) -> IpAddr {
        self.address(1)
    }

    fn here(self) -> IpAddr {
        self.address(2)
    }

    fn elsewhere(self) -> IpAddr {
        self.address(3)
    }

    /// What adds an address to the cable's end.
    fn adds(self, address: &str) -> Vec<&str> {
        let mut words = vec!["address", "add", address, "dev", "cable"];
        // Nobody else is there who could have it: it need not be looked for (RFC 4862 section 5.4).
        words.extend((self == Self::V6).then_some("nodad"));
        words
    }

    fn with_prefix(self, address: IpAddr) -> String {
        let length = match self {
            Self::V4 => 24,
            Self::V6 => 64,
        };
        format!("{address}/{length}")
    }
}

fn ip(arguments: &[&str]) -> Result<(), String> {
    done(Command::new("ip").args(arguments))
}

/// Runs a program to its end; what it says when it fails.
fn done(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()) }
}

/// The practice exchange on a computer of its own, and the account of its user. It ends with the sender.
fn exchange_in(space: &str, at: SocketAddr) -> (SipAccount, Sender<()>) {
    let space = File::open(format!("/run/netns/{space}")).expect("the namespace was made");
    let (told, account) = channel();
    let (exchange, ended) = channel::<()>();
    thread::spawn(move || {
        // Whatever this thread opens or starts from now on is over there.
        move_into_link_name_space(space.as_fd(), Some(LinkNameSpaceType::Network)).expect("we may go there");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let practice = runtime.block_on(practice());
        let inside = practice.account().server.trim_start_matches("ws://").trim_end_matches('/').to_owned();
        runtime.spawn(async move {
            let door = TcpListener::bind(at).await.expect("the port is free there");
            while let Ok((mut guest, _)) = door.accept().await {
                let inside = inside.clone();
                tokio::spawn(async move {
                    let mut room = TcpStream::connect(inside).await?;
                    tokio::io::copy_bidirectional(&mut guest, &mut room).await
                });
            }
        });
        let account = SipAccount { server: format!("ws://{at}/"), allow_plain_ws: true, ..practice.account().clone() };
        told.send(account).expect("whoever made the machine waits for it");
        // An error says that the test is over.
        let _over = ended.recv();
    });
    (account.recv_timeout(PATIENCE).expect("the exchange starts"), exchange)
}
