//! Puts the machine to sleep or shuts it down.

use std::io;
use std::process::{Command, Stdio};

/// A change of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MachineAction {
    Sleep,
    ShutDown,
}

/// Reason why the machine does not change.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PowerError {
    /// The program cannot be started.
    #[error("cannot run {program}: {error}")]
    Start {
        /// The program.
        program: &'static str,
        /// Reason.
        error: io::Error,
    },
    /// The program has refused.
    #[error("{program} failed: {message}")]
    Refused {
        /// The program.
        program: &'static str,
        /// Its message, or its exit status.
        message: String,
    },
}

impl MachineAction {
    fn command(self) -> (&'static str, &'static [&'static str]) {
        if cfg!(windows) {
            return match self {
                Self::Sleep => ("rundll32.exe", &["powrprof.dll,SetSuspendState", "0,1,0"]),
                Self::ShutDown => ("shutdown.exe", &["/s", "/t", "0"]),
            };
        }
        if cfg!(target_os = "macos") {
            return match self {
                Self::Sleep => ("pmset", &["sleepnow"]),
                Self::ShutDown => (
                    "osascript",
                    &["-e", "tell application \"System Events\" to shut down"],
                ),
            };
        }
        match self {
            Self::Sleep => ("systemctl", &["suspend"]),
            Self::ShutDown => ("systemctl", &["poweroff"]),
        }
    }

    /// Makes the change. Returns when the system has taken it up.
    ///
    /// # Errors
    /// See [`PowerError`].
    pub(crate) fn run(self) -> Result<(), PowerError> {
        let (program, args) = self.command();
        let output = Command::new(program)
            .args(args)
            .stdin(Stdio::null())
            .output();
        let output = output.map_err(|error| PowerError::Start { program, error })?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        let message = match said.is_empty() {
            true => output.status.to_string(),
            false => said,
        };
        Err(PowerError::Refused { program, message })
    }
}
