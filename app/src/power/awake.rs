//! Keeps the machine from sleeping while a program runs.
//!
//! On Linux `systemd-inhibit` holds logind's lock, on macOS `caffeinate` holds an assertion, for as long as a
//! program runs that ends when its standard input is closed. So the lock ends with this program, also when this
//! program is killed.

use std::io;
use std::process::{Child, Command, Stdio};

/// The program that keeps the machine awake, with its arguments, as long as its standard input is open.
fn command() -> Option<Command> {
    if cfg!(target_os = "macos") {
        let mut command = Command::new("caffeinate");
        command.args(["-i", "cat"]);
        return Some(command);
    }
    if cfg!(target_os = "linux") {
        let mut command = Command::new("systemd-inhibit");
        command.args([
            "--what=sleep:idle",
            "--who=Lanes",
            "--why=Downloads are running",
            "--mode=block",
            "cat",
        ]);
        return Some(command);
    }
    if cfg!(windows) {
        // Sets the state of its own thread until its input ends.
        let script = "$m = '[DllImport(\"kernel32.dll\")] public static extern uint SetThreadExecutionState(uint f);'; \
             $t = Add-Type -MemberDefinition $m -Name Awake -Namespace Lanes -PassThru; \
             [void]$t::SetThreadExecutionState(2147483649); [void][Console]::In.ReadToEnd()";
        let mut command = Command::new("powershell");
        command.args(["-NoProfile", "-NonInteractive", "-Command", script]);
        return Some(command);
    }
    None
}

/// Keeps the machine awake until it is dropped.
#[derive(Debug)]
pub(crate) struct KeepAwake(Child);

impl KeepAwake {
    /// Starts the program that keeps the machine awake.
    ///
    /// # Errors
    /// The program cannot be started, or the system has none.
    pub(crate) fn start() -> io::Result<Self> {
        Self::run(command().ok_or(io::ErrorKind::Unsupported)?)
    }

    fn run(mut command: Command) -> io::Result<Self> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.spawn().map(Self)
    }

    /// Returns whether the program still runs: without logind it ends at once.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for KeepAwake {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_lock_lasts_until_it_is_dropped_and_no_longer() {
        let temp = tempfile::tempdir().unwrap();
        let held = temp.path().join("held");
        // Holds the lock as the real program does: while the program that it runs reads its input.
        let script = "touch \"$0\"; cat; rm \"$0\"";
        let mut command = Command::new("sh");
        command.args(["-c", script]).arg(&held);
        let mut awake = KeepAwake::run(command).unwrap();
        while !held.exists() {
            std::thread::yield_now();
        }
        assert!(awake.is_running());
        drop(awake.0.stdin.take());
        // This is what happens when this program is killed.
        while held.exists() {
            std::thread::yield_now();
        }
        drop(awake);
        let ended = KeepAwake::run(Command::new("true")).map(|mut awake| {
            while awake.is_running() {
                std::thread::yield_now();
            }
        });
        assert!(ended.is_ok());
        assert!(KeepAwake::run(Command::new("/none/such")).is_err());
    }
}
