//! Runs a child process with a deadline.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use lanes_shared::shuffle::Shuffle;

use super::sandbox::Sandbox;

/// Result of a child process.
#[derive(Debug)]
pub struct RunResult {
    /// Exit code; `None` if a signal ended the process.
    pub code: Option<i32>,
    /// True if the process was killed at the deadline.
    pub timed_out: bool,
    pub stdout: String,
    pub stderr: String,
    pub elapsed: Duration,
}

/// Returns the command `lanes get` of `url` into the sandbox.
pub fn lanes(sandbox: &Sandbox, url: &str, connections: u16) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lanes"));
    let number = connections.to_string();
    command
        .args(["get", url, "--json", "--connections", &number, "--output"])
        .arg(folder(&sandbox.download_dir()));
    isolate_environment(&mut command, sandbox);
    command
}

/// Returns the command `lanes` with these arguments, in the sandbox.
pub fn command(sandbox: &Sandbox, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lanes"));
    command.args(args);
    isolate_environment(&mut command, sandbox);
    command
}

/// Returns the `number`-th pseudo-random number below `below`; the same seed gives the same sequence.
pub fn seeded_below(seed: u64, number: u64, below: u64) -> u64 {
    Shuffle::new(u64::MAX, seed).at(number) % below
}

/// Removes the influence of the user's environment: settings, proxy, display.
pub fn isolate_environment(command: &mut Command, sandbox: &Sandbox) {
    command
        .current_dir(sandbox.download_dir())
        .env("HOME", sandbox.home())
        .env("TMPDIR", sandbox.temp_dir());
    for name in [
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_CACHE_HOME",
        "XDG_STATE_HOME",
        "RUST_LOG",
        "DISPLAY",
        "WAYLAND_DISPLAY",
    ] {
        command.env_remove(name);
    }
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
}

/// Formats a folder as an argument with a trailing slash.
fn folder(path: &Path) -> String {
    format!("{}/", path.display())
}

/// Runs a command and kills it after `limit`.
pub fn run(command: &mut Command, limit: Duration) -> RunResult {
    let began = Instant::now();
    let mut child = start(command);
    let (done, ended) = mpsc::sync_channel(2);
    let stdout = collect_output(child.stdout.take().unwrap(), done.clone());
    let stderr = collect_output(child.stderr.take().unwrap(), done);
    let in_time = (0..2).all(|_| {
        let left = limit.saturating_sub(began.elapsed());
        ended.recv_timeout(left) != Err(RecvTimeoutError::Timeout)
    });
    if !in_time {
        child.kill().unwrap();
    }
    let code = child.wait().unwrap().code();
    let elapsed = began.elapsed();
    let (stdout, stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
    RunResult {
        code,
        timed_out: !in_time,
        stdout,
        stderr,
        elapsed,
    }
}

/// Sends a signal, given by name without `SIG`.
pub fn signal(child: &Child, name: &str) {
    let mut kill = Command::new("kill");
    let sent = kill.arg(format!("-{name}")).arg(child.id().to_string());
    assert!(sent.status().unwrap().success());
}

/// Starts a command with stdout and stderr piped.
pub fn start(command: &mut Command) -> Child {
    let piped = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    piped.spawn().unwrap()
}

/// Collects a stream on its own thread and signals `done` at its end, which is when the process exits.
fn collect_output(
    mut from: impl Read + Send + 'static,
    done: mpsc::SyncSender<()>,
) -> JoinHandle<String> {
    let collect = move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        let _ = done.send(());
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Builder::new()
        .name("collect-output".to_owned())
        .spawn(collect)
        .unwrap()
}
