//! One download with a fault at one call, and the repeat of the command.

use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use super::server::Files;
use super::shim::Shim;

/// Files of others in the download folder, and their content.
const OTHERS: [&str; 4] = ["notes.part", "x.lanes", "x.lanes.new", "archive.zip"];
const OTHERS_CONTENT: &str = "of the user";

/// A fault at one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The process is killed before the call.
    Kill,
    /// The call fails with this error.
    Error(i32),
    /// The first flush fails and the bytes of its file are lost, whatever the number of the call is.
    Lose,
}

/// The abilities of the file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileSystem {
    /// That of the temporary folder.
    Usual,
    /// One without unnamed files, hard links and renames that refuse to replace.
    Bare,
    /// One whose server keeps no locks, as NFS without a lock service.
    NoLocks,
}

/// A download that is run with faults.
pub struct Case<'a> {
    shim: &'a Shim,
    files: &'a Files,
    name: &'static str,
    file_system: FileSystem,
    is_slow: bool,
    /// The umask of the program; `None` for that of the tests.
    umask: Option<u32>,
}

impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slow = if self.is_slow { ", slow" } else { "" };
        let umask = self.umask.map(|mask| format!(", umask {mask:03o}"));
        let umask = umask.unwrap_or_default();
        write!(
            f,
            "{}{slow}{umask}, {:?} file system",
            self.name, self.file_system
        )
    }
}

/// Folders of one run.
struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    fn new() -> Self {
        let sandbox = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for folder in ["files/out", "files/home"] {
            fs::create_dir_all(sandbox.folder.path().join(folder)).unwrap();
        }
        for name in OTHERS {
            fs::write(sandbox.out().join(name), OTHERS_CONTENT).unwrap();
        }
        sandbox
    }

    /// Returns the folder below which calls count.
    fn counted(&self) -> PathBuf {
        self.folder.path().join("files")
    }

    fn out(&self) -> PathBuf {
        self.counted().join("out")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Returns the names in the download folder that are not of others, sorted.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.out()).unwrap();
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let mut names: Vec<String> = entries.flatten().map(name).collect();
        names.retain(|name| !OTHERS.contains(&name.as_str()));
        names.sort();
        names
    }

    fn mode(&self, name: &str) -> u32 {
        let meta = fs::metadata(self.out().join(name)).unwrap();
        meta.permissions().mode() & 0o777
    }
}

impl<'a> Case<'a> {
    pub fn new(
        shim: &'a Shim,
        files: &'a Files,
        name: &'static str,
        file_system: FileSystem,
    ) -> Self {
        Self {
            shim,
            files,
            name,
            file_system,
            is_slow: false,
            umask: None,
        }
    }

    /// Makes the download take two seconds.
    pub fn slow(mut self) -> Self {
        self.is_slow = true;
        self
    }

    /// Sets the umask of the program.
    pub fn umask(mut self, umask: u32) -> Self {
        self.umask = Some(umask);
        self
    }

    /// Returns the number of calls of a run without a fault.
    pub fn count_calls(&self) -> usize {
        let sandbox = Sandbox::new();
        let run = self.run(&sandbox, Fault::Kill, 0);
        let log = fs::read_to_string(sandbox.log()).unwrap();
        assert!(run.status.success() && log.contains("end"), "{run:?} {log}");
        let (calls, _) = log.split_once(' ').unwrap();
        calls.parse().unwrap()
    }

    fn run(&self, sandbox: &Sandbox, fault: Fault, at: usize) -> Output {
        let mut command = self.program();
        command.args(["get", &self.files.url(self.name), "-n", "3", "--output"]);
        command.arg(format!("{}/", sandbox.out().display()));
        if self.is_slow && fault_is_due(at) {
            command.args(["--limit-rate", "750KB"]);
        }
        for name in ["XDG_DATA_HOME", "RUST_LOG", "http_proxy", "all_proxy"] {
            command.env_remove(name);
        }
        let errno = match fault {
            Fault::Kill | Fault::Lose => 0,
            Fault::Error(errno) => errno,
        };
        command
            .env("HOME", sandbox.counted().join("home"))
            .env("CRASH_LIBRARY", &self.shim.library)
            .env("CRASH_FOLDER", sandbox.counted())
            .env("CRASH_AT", at.to_string())
            .env("CRASH_ERRNO", errno.to_string())
            .env("CRASH_LOG", sandbox.log());
        match self.file_system {
            FileSystem::Usual => &mut command,
            FileSystem::Bare => command.env("CRASH_BARE", "1"),
            FileSystem::NoLocks => command.env("CRASH_NO_LOCKS", "1"),
        };
        if fault == Fault::Lose {
            command.env("CRASH_LOSE", "1");
        }
        command.output().unwrap()
    }

    /// Returns the program, with the library. Only the shell of a case with a umask of its own starts without
    /// it: the filter of the calls outlives `exec`, the handler does not.
    fn program(&self) -> Command {
        let lanes = env!("CARGO_BIN_EXE_lanes");
        match self.umask {
            None => {
                let mut command = Command::new(lanes);
                command.env("LD_PRELOAD", &self.shim.library);
                command
            }
            Some(umask) => {
                let script = format!(
                    "umask {umask:03o}; export LD_PRELOAD=\"$CRASH_LIBRARY\"; exec \"$0\" \"$@\""
                );
                let mut command = Command::new("sh");
                command.args(["-c", &script, lanes]);
                command
            }
        }
    }

    /// Runs the download with a fault at call `at`, and repeats it. Returns what is wrong, if anything.
    pub fn check(&self, fault: Fault, at: usize) -> Option<String> {
        let sandbox = Sandbox::new();
        let first = self.run(&sandbox, fault, at);
        let hit = fs::read_to_string(sandbox.log()).unwrap_or_default();
        let left = sandbox.names();
        let mut wrong = self.judge(&sandbox, fault, &first, &left).err();
        if fault == Fault::Lose && !hit.contains("lost") {
            wrong = Some("nothing was flushed".to_owned());
        }
        let is_complete = self.is_complete(&sandbox, &left, &first);
        let mut second = None;
        if wrong.is_none() && !is_complete {
            let _ = fs::remove_file(sandbox.log());
            let run = self.run(&sandbox, Fault::Kill, usize::MAX);
            let names = sandbox.names();
            if !run.status.success() || !self.is_complete(&sandbox, &names, &run) {
                wrong = Some(format!("the repeat leaves {names:?}"));
            }
            second = Some(run);
        }
        let changed = OTHERS.iter().find(|name| {
            let content = fs::read_to_string(sandbox.out().join(name));
            content.is_ok_and(|content| content != OTHERS_CONTENT)
                || !sandbox.out().join(name).exists()
        });
        let wrong = changed
            .map(|name| format!("{name} has changed"))
            .or(wrong)?;
        Some(format!(
            "{self}, {fault:?} at {at} ({}): {wrong}; the first run left {left:?}: {first:?}, {second:?}",
            hit.trim()
        ))
    }

    /// Checks the run with the fault.
    fn judge(
        &self,
        sandbox: &Sandbox,
        fault: Fault,
        run: &Output,
        left: &[String],
    ) -> Result<(), String> {
        match (run.status.code(), fault) {
            (None, Fault::Kill) if run.status.signal() == Some(9) => Ok(()),
            (Some(0), _) if self.saved(sandbox, left).is_none() => {
                Err("it succeeded without the file".to_owned())
            }
            (Some(0), Fault::Lose) => Err("it succeeded after a failed flush".to_owned()),
            (Some(0), _) => Ok(()),
            (Some(1), Fault::Error(_) | Fault::Lose) if left.contains(&self.name.to_owned()) => {
                Err("it failed with a file under the final name".to_owned())
            }
            (Some(1), Fault::Error(_) | Fault::Lose) => Ok(()),
            (code, _) => Err(format!("exit code {code:?}")),
        }
    }

    /// Returns the name of the saved file: the requested one, or an alternative if a call to look at the
    /// name failed.
    fn saved<'n>(&self, sandbox: &Sandbox, names: &'n [String]) -> Option<&'n str> {
        let alternative = self.name.replace(".bin", " (1).bin");
        let mut names = names.iter().map(String::as_str);
        let content = self.files.content(self.name);
        names.find(|name| {
            [self.name, &alternative].contains(name)
                && has_content(&sandbox.out().join(name), content)
        })
    }

    /// Returns whether the only file is the saved one, with the mode of a new file or a notice about it.
    fn is_complete(&self, sandbox: &Sandbox, names: &[String], run: &Output) -> bool {
        let is_only = names.len() == 1 && self.saved(sandbox, names).is_some();
        let has_notice = String::from_utf8_lossy(&run.stderr).contains("by this user only");
        let usual = self.umask.map(|mask| 0o666 & !mask);
        let usual = usual.unwrap_or_else(|| sandbox.mode(OTHERS[0]));
        is_only && (has_notice || sandbox.mode(&names[0]) == usual)
    }
}

/// Returns whether a run has a fault, so that it is not the repeat.
fn fault_is_due(at: usize) -> bool {
    at != usize::MAX
}

fn has_content(path: &Path, content: &[u8]) -> bool {
    fs::read(path).is_ok_and(|bytes| bytes == content)
}
