//! A user with a home of their own, who runs the program.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lanes_server::Server;
use tempfile::TempDir;

use crate::common;

/// A picture's worth of bytes in the folder that the server serves.
pub const PICTURE: usize = 1_234_567;

/// A user, and a server nearby with `Data.jpg` and `Photo (1).jpg`.
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

    /// The link to a file of the server.
    pub fn url(&self, name: &str) -> String {
        format!("lanes://{}/{name}", self.addr())
    }

    pub fn desktop(&self) -> PathBuf {
        self.folder.path().join("home/Desktop")
    }

    /// The folder in which the program is run.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// The program, about to be run by this user.
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

    /// Runs the program to its end.
    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::from(self.lanes(args).output().unwrap())
    }

    /// What lies about in the temporary folder besides what the test itself put there.
    pub fn left_over(&self) -> Vec<String> {
        let mut names = common::names(self.folder.path());
        names.retain(|name| !["home", "root", "work"].contains(&name.as_str()));
        names
    }
}

/// How a run of the program ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let ran = Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        let controls = |text: &str| text.contains(|c: char| c.is_control() && c != '\n');
        assert!(!controls(&ran.out) && !controls(&ran.err), "{ran:?}");
        assert!(!ran.err.contains("panicked"), "{ran:?}");
        ran
    }
}

impl Ran {
    /// The one JSON value on the standard output.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Whether a file holds what `Data.jpg` of the server holds.
pub fn is_the_picture(path: &Path) -> bool {
    std::fs::read(path).is_ok_and(|bytes| bytes == common::bytes(PICTURE, 1))
}
