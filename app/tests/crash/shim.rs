//! Compiles the library that catches the calls.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

/// The compiled library.
pub struct Shim {
    _folder: TempDir,
    pub library: PathBuf,
}

impl Shim {
    /// Compiles the library and tries it. Returns the reason if that is not possible.
    pub fn build() -> Result<Self, String> {
        let folder = tempfile::tempdir().unwrap();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/crash/shim.c");
        let library = folder.path().join("shim.so");
        let compiled = Command::new("cc")
            .args(["-O1", "-shared", "-fPIC", "-o"])
            .arg(&library)
            .arg(source)
            .output();
        let compiled = compiled.map_err(|error| format!("there is no C compiler: {error}"))?;
        if !compiled.status.success() {
            let reason = String::from_utf8_lossy(&compiled.stderr).into_owned();
            return Err(format!("the library cannot be compiled: {reason}"));
        }
        let shim = Self {
            _folder: folder,
            library,
        };
        let tried = Command::new(env!("CARGO_BIN_EXE_lanes"))
            .arg("--version")
            .env("LD_PRELOAD", &shim.library)
            .envs([("CRASH_AT", "0"), ("CRASH_ERRNO", "0")])
            .env("CRASH_FOLDER", shim._folder.path())
            .env("CRASH_LOG", shim._folder.path().join("log"))
            .output()
            .unwrap();
        match tried.status.success() {
            true => Ok(shim),
            false => Err(String::from_utf8_lossy(&tried.stderr).into_owned()),
        }
    }
}
