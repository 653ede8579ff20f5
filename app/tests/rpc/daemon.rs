//! A `lanes serve` process with folders of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use crate::client::Client;
use crate::common;

/// A running daemon. Dropping it kills the process.
pub struct Daemon {
    folder: TempDir,
    args: Vec<String>,
    process: Child,
    addr: SocketAddr,
}

impl Daemon {
    /// Starts a daemon on a free port.
    pub fn start(args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let (process, addr) = spawn(&folder, &args);
        Self {
            folder,
            args,
            process,
            addr,
        }
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub fn client(&self) -> Client {
        Client::new(self.addr)
    }

    /// Returns the folder for downloads.
    pub fn downloads(&self) -> PathBuf {
        self.folder.path().join("downloads")
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Sends a signal and waits for the end of the process. Returns its exit code.
    pub fn end(&mut self, signal: &str) -> Option<i32> {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
        self.process.wait().unwrap().code()
    }

    /// Starts the daemon again after it has ended, in the same folders.
    pub fn restart(&mut self) {
        (self.process, self.addr) = spawn(&self.folder, &self.args);
    }

    /// Runs another command of the program against this daemon.
    pub fn run(&self, args: &[&str]) -> Output {
        let state = self.state();
        lanes(&self.folder)
            .args(args)
            .arg("--state")
            .arg(state)
            .output()
            .unwrap()
    }

    /// Runs the program without a command and without a display, with this daemon as the user's own.
    pub fn run_links(&self, links: &[&str]) -> Output {
        self.as_own(links).output().unwrap()
    }

    /// Runs the native messaging host with this message, with this daemon as the user's own. Returns its answer.
    pub fn hand_over(&self, message: &serde_json::Value) -> serde_json::Value {
        let mut host = self
            .as_own(&["native-host"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let json = message.to_string();
        let framed = [&(json.len() as u32).to_ne_bytes()[..], json.as_bytes()].concat();
        host.stdin.take().unwrap().write_all(&framed).unwrap();
        let output = host.wait_with_output().unwrap();
        serde_json::from_slice(&output.stdout[4..]).unwrap()
    }

    /// Returns a command without a display, with this daemon as the user's own.
    fn as_own(&self, args: &[&str]) -> Command {
        let data = self.folder.path().join("home/.local/share/lanes");
        std::fs::create_dir_all(&data).unwrap();
        // It may be there from an earlier call.
        let _ = std::os::unix::fs::symlink(self.state(), data.join("serve"));
        let mut command = lanes(&self.folder);
        command
            .args(args)
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET");
        command
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn lanes(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lanes"));
    let home = folder.path().join("home");
    command
        .env("HOME", &home)
        .env("XDG_DATA_HOME", home.join(".local/share"))
        .env_remove("RUST_LOG")
        .env_remove("http_proxy")
        .env_remove("all_proxy")
        .env_remove("LANES_RPC_SECRET");
    command
}

fn spawn(folder: &TempDir, args: &[String]) -> (Child, SocketAddr) {
    let mut process = lanes(folder)
        .args(["serve", "--rpc-listen", "127.0.0.1:0"])
        .arg("--dir")
        .arg(folder.path().join("downloads"))
        .arg("--state")
        .arg(folder.path().join("state"))
        .args(args)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(process.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    let addr = line.trim().strip_prefix("rpc listening on ");
    let addr = addr.unwrap_or_else(|| panic!("the first line: {line:?}"));
    (process, addr.parse().unwrap())
}

/// Waits until a download has a status.
pub fn wait_for_status(client: &Client, gid: &str, status: &str) -> serde_json::Value {
    common::wait_for(&format!("{gid} to be {status}"), || {
        let found = client.result("aria2.tellStatus", serde_json::json!([gid]));
        let reason = &found["errorMessage"];
        assert!(status == "error" || found["status"] != "error", "{reason}");
        (found["status"] == status).then_some(found)
    })
}

/// Checks the fields that schemas of clients require, all of them texts.
pub fn assert_status(status: &serde_json::Value) {
    for name in [
        "gid",
        "status",
        "totalLength",
        "completedLength",
        "uploadLength",
        "downloadSpeed",
        "uploadSpeed",
        "connections",
        "numPieces",
        "pieceLength",
        "dir",
    ] {
        assert!(status[name].is_string(), "{name} in {status}");
    }
    let file = &status["files"][0];
    for name in ["index", "path", "length", "completedLength", "selected"] {
        assert!(file[name].is_string(), "{name} in {status}");
    }
    assert!(file["uris"][0]["uri"].is_string() && file["uris"][0]["status"].is_string());
    let known = [
        "active", "waiting", "paused", "error", "complete", "removed",
    ];
    assert!(
        known.iter().any(|name| status["status"] == *name),
        "{status}"
    );
}
