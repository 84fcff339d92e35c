//! What is said on the command line.

use std::path::PathBuf;

use tests::{AmiDoor, Upstream};

pub(crate) const USAGE: &str = "fake aculab [--port N]: a fake of Aculab Cloud on this computer, until Ctrl+C
fake xuc [--port N] [--ca FILE] [--json]: one of a XiVO
  --json            print everything that is said by CTI, one object a line
  --in-front-of ws://HOST:PORT/PATH --user USER --secret SECRET [--domain NAME]
                    in front of a real SIP server, at which the line is registered
  --manager HOST:PORT --manager-user USER --manager-secret SECRET
                    the manager interface (AMI) of that server, where it is an Asterisk that carries out orders";

/// Where they listen when nobody says otherwise: the same port each time, so that settings can be kept.
const CLOUD_PORT: u16 = 8443;
const XUC_PORT: u16 = 8444;
/// The media server of those that have only one.
const USUAL_DOMAIN: &str = "default";

/// What is to be run.
pub(crate) enum Fake {
    Cloud { port: u16 },
    Xuc(OfXuc),
}

/// How a XiVO is faked.
pub(crate) struct OfXuc {
    pub(crate) port: u16,
    /// Where its authority is written to, instead of the usual place.
    pub(crate) ca: Option<PathBuf>,
    pub(crate) upstream: Option<Upstream>,
    /// Whether what is said is printed, instead of words for people.
    pub(crate) json: bool,
}

impl Fake {
    /// Reads the arguments.
    ///
    /// # Errors
    /// When they say nothing that can be done.
    pub(crate) fn read(arguments: &[String]) -> Result<Self, String> {
        let (name, rest) = arguments.split_first().ok_or("which one?")?;
        let mut options = Options::read(rest)?;
        let fake = match name.as_str() {
            "aculab" => Self::Cloud { port: options.port(CLOUD_PORT)? },
            "xuc" => Self::Xuc(OfXuc {
                port: options.port(XUC_PORT)?,
                ca: options.take("ca").map(PathBuf::from),
                json: options.take_flag("json"),
                upstream: options.upstream()?,
            }),
            other => return Err(format!("there is no fake {other}")),
        };
        options.end().map(|()| fake)
    }
}

/// `--NAME VALUE` each, or `--NAME`.
struct Options(Vec<(String, Option<String>)>);

impl Options {
    fn read(arguments: &[String]) -> Result<Self, String> {
        let mut options = Vec::new();
        let mut rest = arguments.iter().peekable();
        while let Some(argument) = rest.next() {
            let name = argument.strip_prefix("--").ok_or_else(|| format!("{argument} is no option"))?;
            options.push((name.to_owned(), rest.next_if(|next| !next.starts_with("--")).cloned()));
        }
        Ok(Self(options))
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, value)| known == name && value.is_some())?;
        self.0.remove(at).1
    }

    fn take_flag(&mut self, name: &str) -> bool {
        let at = self.0.iter().position(|(known, value)| known == name && value.is_none());
        at.map(|at| self.0.remove(at)).is_some()
    }

    fn needed(&mut self, name: &str) -> Result<String, String> {
        self.take(name).ok_or_else(|| format!("--{name} is missing"))
    }

    fn port(&mut self, usual: u16) -> Result<u16, String> {
        self.take("port").map_or(Ok(usual), |port| port.parse().map_err(|_| format!("{port} is no port")))
    }

    fn upstream(&mut self) -> Result<Option<Upstream>, String> {
        let Some(socket) = self.take("in-front-of") else { return Ok(None) };
        let manager = match self.take("manager") {
            Some(address) => {
                let (user, secret) = (self.needed("manager-user")?, self.needed("manager-secret")?);
                Some(AmiDoor { address, user, secret })
            }
            None => None,
        };
        Ok(Some(Upstream {
            socket,
            user: self.needed("user")?,
            secret: self.needed("secret")?,
            media_server: self.take("domain").unwrap_or_else(|| USUAL_DOMAIN.to_owned()),
            manager,
        }))
    }

    fn end(self) -> Result<(), String> {
        self.0.first().map_or(Ok(()), |(name, _)| Err(format!("--{name} is not known, or lacks its value")))
    }
}
