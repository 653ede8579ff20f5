//! Opens a file or folder with the system's program for it.

use std::path::Path;

/// Reason why nothing was opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// The desktop has no command that opens files.
    #[cfg(all(unix, not(target_vendor = "apple")))]
    #[error("no program for it was found; install xdg-utils")]
    NoOpener,
    /// The command found no program, or the program failed.
    #[cfg(all(unix, not(target_vendor = "apple")))]
    #[error("no program opens it (`{command}` ended with {status})")]
    Refused {
        /// Name of the command.
        command: String,
        /// Exit status of the command.
        status: std::process::ExitStatus,
    },
    /// The command could not be started.
    #[cfg(all(unix, not(target_vendor = "apple")))]
    #[error("{0}")]
    Start(std::io::Error),
    /// The system refused.
    #[cfg(not(all(unix, not(target_vendor = "apple"))))]
    #[error("{0}")]
    System(#[from] opener::OpenError),
}

/// Opens `path`. Blocks for a few seconds at most.
///
/// # Errors
/// [`OpenError`] if there is no program for it.
#[cfg(not(all(unix, not(target_vendor = "apple"))))]
pub(crate) fn open(path: &Path) -> Result<(), OpenError> {
    opener::open(path).map_err(OpenError::System)
}

/// Opens `path`. Blocks for a few seconds at most.
///
/// # Errors
/// [`OpenError`] if there is no program for it.
#[cfg(all(unix, not(target_vendor = "apple")))]
pub(crate) fn open(path: &Path) -> Result<(), OpenError> {
    unix::open_with(&[&["xdg-open"], &["gio", "open"]], path)
}

/// The opener crate does not report that the desktop has no program: it leaves the command alone.
#[cfg(all(unix, not(target_vendor = "apple")))]
mod unix {
    use std::io::ErrorKind;
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::thread;
    use std::time::{Duration, Instant};

    use super::OpenError;

    /// Time within which a command that finds no program ends. One that still runs has opened the file.
    const ENDS_WITHIN: Duration = Duration::from_secs(3);
    const POLL: Duration = Duration::from_millis(20);

    /// Opens `path` with the first of the commands that exists.
    pub(super) fn open_with(commands: &[&[&str]], path: &Path) -> Result<(), OpenError> {
        for command in commands {
            let [name, arguments @ ..] = command else {
                continue;
            };
            let started = Command::new(name)
                .args(arguments)
                .arg(path)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn();
            let mut child = match started {
                Ok(child) => child,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(OpenError::Start(error)),
            };
            let deadline = Instant::now() + ENDS_WITHIN;
            while Instant::now() < deadline {
                match child.try_wait().map_err(OpenError::Start)? {
                    Some(status) if status.success() => return Ok(()),
                    Some(status) => {
                        let command = (*name).to_owned();
                        return Err(OpenError::Refused { command, status });
                    }
                    None => thread::sleep(POLL),
                }
            }
            return Ok(());
        }
        Err(OpenError::NoOpener)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_missing_or_failing_opener_is_reported() {
            let open = |commands: &[&[&str]]| open_with(commands, Path::new("/"));
            let missing: &[&str] = &["no-such-command-of-lanes"];
            assert!(matches!(open(&[missing]), Err(OpenError::NoOpener)));
            assert!(open(&[missing, &["true"]]).is_ok());
            let refused = open(&[&["false"]]);
            assert!(
                matches!(refused, Err(OpenError::Refused { .. })),
                "{refused:?}"
            );
        }
    }
}
