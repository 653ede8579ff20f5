//! Failures of commands: their output and exit codes.

use std::fmt::{Debug, Display};
use std::io;
use std::process::ExitCode;

use super::terminal;

/// Why a command did not succeed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The arguments are invalid; exit code 2.
    Usage(anyhow::Error),
    /// The command failed; exit code 1.
    Failed(anyhow::Error),
    /// The user or the system interrupted the command; exit code 130, as in shells.
    Interrupted(String),
    /// The reader closed the standard output, as in `lanes list … | head -1`; exit code 0.
    OutputClosed,
}

impl Failure {
    /// Creates a usage error.
    pub(super) fn usage(error: impl Display + Debug + Send + Sync + 'static) -> Self {
        Self::Usage(anyhow::Error::msg(error))
    }

    /// Creates a failure of the command.
    pub(super) fn failed(error: impl Display + Debug + Send + Sync + 'static) -> Self {
        Self::Failed(anyhow::Error::msg(error))
    }

    /// Returns the text of the failure.
    pub(super) fn message(&self) -> String {
        match self {
            Self::Usage(error) | Self::Failed(error) => format!("{error:#}"),
            Self::Interrupted(message) => message.clone(),
            Self::OutputClosed => String::new(),
        }
    }

    /// Prints the failure to the standard error and returns the exit code.
    pub(super) fn report(self) -> ExitCode {
        match self {
            Self::Usage(error) => {
                let help = "For more information, try '--help'.";
                terminal::print_error(&format!("error: {error:#}\n\n{help}"));
                ExitCode::from(2)
            }
            Self::Failed(error) => {
                terminal::print_error(&format!("error: {error:#}"));
                ExitCode::from(1)
            }
            Self::Interrupted(message) => {
                terminal::print_error(&message);
                ExitCode::from(130)
            }
            Self::OutputClosed => ExitCode::SUCCESS,
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::failed(format!("cannot write the output: {error}")),
        }
    }
}
