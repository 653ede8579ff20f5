//! Runs a program that must be done by a certain time.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use lanes_shared::shuffle::Shuffle;

use super::sandbox::Sandbox;

/// How a run ended.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code; `None` when it had to be killed or died of a signal.
    pub code: Option<i32>,
    /// Whether it had to be killed because it did not end.
    pub hung: bool,
    pub out: String,
    pub err: String,
    pub took: Duration,
}

/// `lanes get` of this link into the sandbox.
pub fn lanes(sandbox: &Sandbox, url: &str, connections: u16) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lanes"));
    let number = connections.to_string();
    command
        .args(["get", url, "--json", "--connections", &number, "--output"])
        .arg(folder(&sandbox.out()));
    at_home(&mut command, sandbox);
    command
}

/// `number` below `below`, drawn by `seed`: a test that fails can be repeated.
pub fn drawn(seed: u64, number: u64, below: u64) -> u64 {
    Shuffle::new(u64::MAX, seed).at(number) % below
}

/// Nothing of the machine's user: no settings, no proxy, no display.
pub fn at_home(command: &mut Command, sandbox: &Sandbox) {
    command
        .current_dir(sandbox.out())
        .env("HOME", sandbox.home())
        .env("TMPDIR", sandbox.temporary());
    for name in [
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_CACHE_HOME",
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

/// A folder as an argument that ends in a slash.
fn folder(path: &Path) -> String {
    format!("{}/", path.display())
}

/// Runs a command to its end, or kills it when it takes longer than `limit`.
pub fn run(command: &mut Command, limit: Duration) -> Ran {
    let began = Instant::now();
    let mut child = start(command);
    let (done, both) = mpsc::sync_channel(2);
    let out = listen(child.stdout.take().unwrap(), done.clone());
    let err = listen(child.stderr.take().unwrap(), done);
    let in_time = (0..2).all(|_| {
        let left = limit.saturating_sub(began.elapsed());
        both.recv_timeout(left) != Err(RecvTimeoutError::Timeout)
    });
    if !in_time {
        child.kill().unwrap();
    }
    let code = child.wait().unwrap().code();
    let took = began.elapsed();
    let (out, err) = (out.join().unwrap(), err.join().unwrap());
    Ran {
        code,
        hung: !in_time,
        out,
        err,
        took,
    }
}

/// Sends a signal, by its name.
pub fn signal(child: &Child, name: &str) {
    let mut kill = Command::new("kill");
    let sent = kill.arg(format!("-{name}")).arg(child.id().to_string());
    assert!(sent.status().unwrap().success());
}

/// Starts a command whose output is of interest.
pub fn start(command: &mut Command) -> Child {
    let piped = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    piped.spawn().unwrap()
}

/// Collects an output, and tells when it has ended: then the program has, too.
fn listen(mut from: impl Read + Send + 'static, done: mpsc::SyncSender<()>) -> JoinHandle<String> {
    let listen = move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        let _ = done.send(());
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Builder::new()
        .name("listen".to_owned())
        .spawn(listen)
        .unwrap()
}
