//! An account at a XiVO from the command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use model::{Password, Secret, XivoAccount, XivoGeneration};

use super::from_environment;
use crate::{exit::Failure, input::read_text};

/// Far above any line that a XiVO tells.
const LARGEST_MB: u64 = 1;

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
    /// File with the line as the XiVO would tell it (LineConfig, JSON), which is not asked for then.
    #[arg(long, value_name = "FILE", requires = "xivo")]
    line_config: Option<PathBuf>,
    /// Allow http:// to other machines: anyone on the way can read along.
    #[arg(long, requires = "xivo")]
    allow_plain: bool,
    /// Host of the SIP WebSocket, instead of the one the server names.
    #[arg(long, value_name = "HOST", requires = "xivo")]
    sip_host: Option<String>,
    /// Port of it.
    #[arg(long, value_name = "PORT", requires = "xivo")]
    sip_port: Option<u16>,
    /// Which generation of XiVO it is, where that cannot be told from the line: a (until 2020.07), b (2020.18) or c.
    #[arg(long, value_name = "GENERATION", requires = "xivo")]
    generation: Option<GenerationChoice>,
    /// What the program says it is when it signs in.
    #[arg(long, value_name = "WORD", requires = "xivo")]
    software_type: Option<String>,
    /// For what it says it is used.
    #[arg(long, value_name = "WORD", requires = "xivo")]
    application_type: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum GenerationChoice {
    A,
    B,
    C,
}

impl From<GenerationChoice> for XivoGeneration {
    fn from(choice: GenerationChoice) -> Self {
        match choice {
            GenerationChoice::A => Self::A,
            GenerationChoice::B => Self::B,
            GenerationChoice::C => Self::C,
        }
    }
}

/// The account they describe; none without a XiVO.
pub(super) fn described(arguments: &XivoAccountArguments) -> Result<Option<XivoAccount>, Failure> {
    let (Some(server), Some(login)) = (&arguments.xivo, &arguments.login) else { return Ok(None) };
    let mut xivo = XivoAccount::at_server(server.clone(), login);
    if let Some(variable) = &arguments.login_password_env {
        xivo.password = Password::Known(Secret::new(from_environment(variable, "a password")?));
    }
    if let Some(file) = &arguments.line_config {
        xivo.line = Secret::new(read_text(file, LARGEST_MB)?);
    }
    xivo.allow_plain = arguments.allow_plain;
    xivo.sip_host = arguments.sip_host.clone().unwrap_or_default();
    xivo.sip_port = arguments.sip_port.unwrap_or_default();
    xivo.generation = arguments.generation.map(Into::into).unwrap_or_default();
    xivo.software_type = arguments.software_type.clone().unwrap_or_default();
    xivo.application_type = arguments.application_type.clone().unwrap_or_default();
    Ok(Some(xivo))
}
