//! Who carries out what an XUC has done with calls: the exchange, or an Asterisk by its manager interface, as a real one does.

use std::{collections::BTreeMap, io};

use exchange::{Operator, Order};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    sync::mpsc,
};
use tracing::{info_span, warn};

/// Orders that may wait.
const WAITING: usize = 64;
/// How far it is followed from one call to the next to who is at its other end.
const FARTHEST: usize = 4;

/// The one who carries out orders. Clones are the same one.
#[derive(Clone, Debug)]
pub(crate) enum Switchboard {
    Exchange(Operator),
    Asterisk(mpsc::Sender<Order>),
    /// There is none: orders come to nothing.
    Nobody,
}

/// The manager interface (AMI) of an Asterisk, whose dial plan calls users in the context `originate`, with the headers that the
/// variables `HDR1`, … name, and has its numbers in `from-phones`.
#[derive(Clone, Debug)]
pub struct AmiDoor {
    /// `HOST:PORT`.
    pub address: String,
    /// Who signs in.
    pub user: String,
    /// By which secret.
    pub secret: String,
}

impl Switchboard {
    /// Gives an order.
    pub(super) fn give(&self, order: Order) {
        match self {
            Self::Exchange(operator) => operator.give(order),
            Self::Asterisk(orders) => {
                if orders.try_send(order).is_err() {
                    warn!("an order to Asterisk was lost");
                }
            }
            Self::Nobody => warn!("nobody carries out orders"),
        }
    }

    /// An Asterisk. It is signed in at for each order, of which there are few.
    pub(super) fn asterisk(manager: AmiDoor) -> Self {
        let (orders, mut queue) = mpsc::channel(WAITING);
        phone::spawn("manager", info_span!("manager"), async move {
            while let Some(order) = queue.recv().await {
                if let Err(error) = carry_out(&manager, &order).await {
                    warn!(%error, ?order, "Asterisk did not do it");
                }
            }
        });
        Self::Asterisk(orders)
    }
}

async fn carry_out(manager: &AmiDoor, order: &Order) -> io::Result<()> {
    let mut ami = Ami::sign_in(manager).await?;
    match order {
        Order::Call { user, to, headers } => {
            let headers = headers.iter().enumerate();
            let variables: Vec<String> =
                headers.map(|(at, (name, value))| format!("__HDR{}={name}: {}", at + 1, value.expose())).collect();
            let channel = format!("Local/{user}@originate/n");
            let mut fields = vec![
                ("Channel", channel.as_str()),
                ("Context", "from-phones"),
                ("Exten", to),
                ("Priority", "1"),
                ("CallerID", to),
                ("Timeout", "30000"),
                ("Async", "true"),
            ];
            fields.extend(variables.iter().map(|variable| ("Variable", variable.as_str())));
            ami.ask("Originate", &fields).await
        }
        Order::HangUp { call } => {
            let channel = ami.channel_of(call.expose()).await?;
            ami.ask("Hangup", &[("Channel", &channel)]).await
        }
        Order::SendOn { call, to } => {
            let channel = ami.channel_of(call.expose()).await?;
            ami.ask("BlindTransfer", &[("Channel", &channel), ("Context", "from-phones"), ("Exten", to)]).await
        }
        Order::Connect { one, other } => {
            let own = [ami.channel_of(one.expose()).await?, ami.channel_of(other.expose()).await?];
            let ends = [ami.far_end(&own[0]).await?, ami.far_end(&own[1]).await?];
            ami.ask("Bridge", &[("Channel1", &ends[0]), ("Channel2", &ends[1])]).await?;
            for channel in own {
                // It may have gone by itself.
                let _gone = ami.ask("Hangup", &[("Channel", &channel)]).await;
            }
            Ok(())
        }
    }
}

/// A block of lines: what is said in one piece.
type Block = BTreeMap<String, String>;

/// Somebody signed in at the manager interface.
struct Ami {
    stream: BufReader<TcpStream>,
    asked: u32,
}

impl Ami {
    async fn sign_in(manager: &AmiDoor) -> io::Result<Self> {
        let mut ami = Self { stream: BufReader::new(TcpStream::connect(&manager.address).await?), asked: 0 };
        // It says what it is first.
        ami.line().await?;
        ami.ask("Login", &[("Username", &manager.user), ("Secret", &manager.secret), ("Events", "off")]).await?;
        Ok(ami)
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }

    async fn block(&mut self) -> io::Result<Block> {
        let mut block = Block::new();
        loop {
            let line = self.line().await?;
            match line.split_once(':') {
                None if line.is_empty() && !block.is_empty() => return Ok(block),
                None => {}
                Some((name, value)) => drop(block.insert(name.to_owned(), value.trim().to_owned())),
            }
        }
    }

    /// Has something done.
    async fn ask(&mut self, action: &str, fields: &[(&str, &str)]) -> io::Result<()> {
        self.answer(action, fields).await.map(drop)
    }

    /// Asks for something; what is answered at once.
    async fn answer(&mut self, action: &str, fields: &[(&str, &str)]) -> io::Result<Block> {
        self.asked += 1;
        let id = self.asked.to_string();
        let fields = [("Action", action), ("ActionID", id.as_str())].into_iter().chain(fields.iter().copied());
        let lines: String = fields.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        self.stream.get_mut().write_all(format!("{lines}\r\n").as_bytes()).await?;
        loop {
            let block = self.block().await?;
            if block.get("ActionID") != Some(&id) || !block.contains_key("Response") {
                continue;
            }
            return match block["Response"].as_str() {
                "Error" => Err(io::Error::other(block.get("Message").cloned().unwrap_or_default())),
                _ => Ok(block),
            };
        }
    }

    /// All channels, `(name, bridge)`; the bridge is empty where there is none.
    async fn channels(&mut self) -> io::Result<Vec<(String, String)>> {
        self.answer("CoreShowChannels", &[]).await?;
        let mut channels = Vec::new();
        loop {
            let mut block = self.block().await?;
            match block.get("Event").map(String::as_str) {
                Some("CoreShowChannel") => {
                    let mut field = |name| block.remove(name).unwrap_or_default();
                    channels.push((field("Channel"), field("BridgeId")));
                }
                Some("CoreShowChannelsComplete") => return Ok(channels),
                _ => {}
            }
        }
    }

    /// The channel of the leg with this Call-ID.
    async fn channel_of(&mut self, call_id: &str) -> io::Result<String> {
        for (channel, _) in self.channels().await? {
            if !channel.starts_with("PJSIP/") {
                continue;
            }
            let asked = self.answer("Getvar", &[("Channel", &channel), ("Variable", "CHANNEL(pjsip,call-id)")]).await;
            // Another call may be over by now.
            if asked.is_ok_and(|answer| answer.get("Value").is_some_and(|value| value == call_id)) {
                return Ok(channel);
            }
        }
        Err(io::Error::other("there is no channel with that Call-ID"))
    }

    /// Who is at the other end of a leg, through the halves of calls that Asterisk itself has made.
    async fn far_end(&mut self, of: &str) -> io::Result<String> {
        let channels = self.channels().await?;
        let peer = |of: &str| {
            let bridge = &channels.iter().find(|(channel, bridge)| channel == of && !bridge.is_empty())?.1;
            channels.iter().find(|(channel, other)| channel != of && other == bridge).map(|(channel, _)| channel.clone())
        };
        let mut at = of.to_owned();
        for _ in 0..FARTHEST {
            match peer(&at) {
                Some(next) => at = other_half(&next).unwrap_or(next),
                None => break,
            }
            if !at.starts_with("Local/") {
                break;
            }
        }
        if at == of { Err(io::Error::other("nobody is at its other end")) } else { Ok(at) }
    }
}

/// The other half of a call from Asterisk to itself.
fn other_half(channel: &str) -> Option<String> {
    let name = channel.strip_prefix("Local/")?;
    let (name, half) = name.rsplit_once(';')?;
    Some(format!("Local/{name};{}", if half == "1" { "2" } else { "1" }))
}
