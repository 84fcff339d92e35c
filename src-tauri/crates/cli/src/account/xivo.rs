//! An account at a XiVO from the command line.

use clap::Args;
use model::{Password, Secret, XivoAccount};

use super::from_environment;
use crate::exit::Failure;

/// What describes one, beside what all accounts have.
#[derive(Clone, Debug, Args)]
pub(crate) struct XivoAccountArguments {
    /// A XiVO, https://host[:port], in the place of a SIP server.
    #[arg(long, value_name = "URL", group = "service", requires = "login")]
    pub(crate) xivo: Option<String>,
    /// Who signs in there.
    #[arg(long, value_name = "LOGIN", requires = "xivo")]
    login: Option<String>,
    /// Environment variable that holds the password of that login.
    #[arg(long, value_name = "VARIABLE", requires = "xivo")]
    login_password_env: Option<String>,
    /// Allow http:// to other machines: anyone on the way can read along.
    #[arg(long, requires = "xivo")]
    allow_plain: bool,
    /// Host of the SIP WebSocket, instead of the one the server names.
    #[arg(long, value_name = "HOST", requires = "xivo")]
    sip_host: Option<String>,
    /// Port of it.
    #[arg(long, value_name = "PORT", requires = "xivo")]
    sip_port: Option<u16>,
}

/// The account they describe; none without a XiVO.
pub(super) fn described(arguments: &XivoAccountArguments) -> Result<Option<XivoAccount>, Failure> {
    let (Some(server), Some(login)) = (&arguments.xivo, &arguments.login) else { return Ok(None) };
    let mut xivo = XivoAccount::at_server(server.clone(), login);
    if let Some(variable) = &arguments.login_password_env {
        xivo.password = Password::Known(Secret::new(from_environment(variable, "a password")?));
    }
    xivo.allow_plain = arguments.allow_plain;
    xivo.sip_host = arguments.sip_host.clone().unwrap_or_default();
    xivo.sip_port = arguments.sip_port.unwrap_or_default();
    Ok(Some(xivo))
}
