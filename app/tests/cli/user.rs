//! A user account for tests: a home folder, a server with files, and the program to run.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use lanes_server::{ResultCollection, Server};
use tempfile::TempDir;

use crate::common;

/// Length of the server's `Data.jpg`, in bytes.
pub const PICTURE: usize = 1_234_567;

/// A user with an empty home folder, and a server with `Data.jpg` and `Photo (1).jpg`.
pub struct User {
    folder: TempDir,
    server: Server,
}

impl User {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home/Desktop", "root", "work"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let root = folder.path().join("root");
        std::fs::write(root.join("Data.jpg"), common::bytes(PICTURE, 1)).unwrap();
        std::fs::write(root.join("Photo (1).jpg"), common::bytes(1000, 2)).unwrap();
        let server = common::serve(&root);
        Self { folder, server }
    }

    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// Makes the server keep results.
    pub fn collect(&self) -> Arc<ResultCollection> {
        let results = Arc::new(ResultCollection::in_memory());
        self.server.set_results(Some(Arc::clone(&results)));
        results
    }

    /// Returns the link to a file on the server.
    pub fn url(&self, name: &str) -> String {
        format!("lanes://{}/{name}", self.addr())
    }

    pub fn desktop(&self) -> PathBuf {
        self.folder.path().join("home/Desktop")
    }

    /// Returns the working folder of the program.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// Returns a command that runs the program as this user.
    pub fn lanes(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lanes"));
        let home = self.folder.path().join("home");
        command
            .args(args)
            .current_dir(self.work())
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join(".config"))
            .env("XDG_DATA_HOME", home.join(".local/share"))
            .env("TMPDIR", self.folder.path())
            .env_remove("RUST_LOG")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET");
        command
    }

    /// Runs the program and waits for its exit.
    pub fn run(&self, args: &[&str]) -> RunResult {
        RunResult::from(self.lanes(args).output().unwrap())
    }

    /// Returns the names of temporary files that the program left behind.
    pub fn leftovers(&self) -> Vec<String> {
        let mut names = common::names(self.folder.path());
        names.retain(|name| !["home", "root", "work"].contains(&name.as_str()));
        names
    }
}

/// Exit code and output of one run of the program.
#[derive(Debug)]
pub struct RunResult {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for RunResult {
    fn from(output: Output) -> Self {
        let ran = Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        let has_control = |text: &str| text.contains(|c: char| c.is_control() && c != '\n');
        assert!(!has_control(&ran.out) && !has_control(&ran.err), "{ran:?}");
        assert!(!ran.err.contains("panicked"), "{ran:?}");
        ran
    }
}

impl RunResult {
    /// Parses the standard output as one JSON value.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Returns true if the file has the same content as the server's `Data.jpg`.
pub fn is_the_picture(path: &Path) -> bool {
    std::fs::read(path).is_ok_and(|bytes| bytes == common::bytes(PICTURE, 1))
}
