//! How a command ends when it does not end well.

use std::io;
use std::process::ExitCode;

use super::terminal;

/// Why a command did not do what it was asked for.
#[derive(Debug)]
pub(super) enum Failure {
    /// It was asked for something that cannot be; exit code 2.
    Usage(String),
    /// It tried and failed; exit code 1.
    Failed(String),
    /// The user or the system stopped it; exit code 130, as shells have it for an interrupt.
    Interrupted(String),
    /// Nobody reads the output any more, as with `lanes list … | head -1`: all is well.
    Unread,
}

impl Failure {
    /// Says what happened on the standard error, and gives the exit code.
    pub(super) fn report(self) -> ExitCode {
        match self {
            Self::Usage(words) => {
                let help = "For more information, try '--help'.";
                terminal::say(&format!("error: {words}\n\n{help}"));
                ExitCode::from(2)
            }
            Self::Failed(words) => {
                terminal::say(&format!("error: {words}"));
                ExitCode::from(1)
            }
            Self::Interrupted(words) => {
                terminal::say(&words);
                ExitCode::from(130)
            }
            Self::Unread => ExitCode::SUCCESS,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Unread,
            _ => Self::Failed(format!("cannot write the output: {error}")),
        }
    }
}
