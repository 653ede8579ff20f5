//! A script for the hostile server and the expected result of a download from it.

use std::io;
use std::sync::{Arc, Mutex};

use lanes_engine::{DownloadSpec, Mode};
use lanes_shared::wire::Request;

use super::common::{bytes, request};
use super::hostile_server::{Connection, HostileServer, Script};
use super::job_pool;
use super::outcome::{self, NAME};

/// Number of scenarios at the same time; most of them wait for a timeout.
const WORKERS: usize = 80;
/// Length of the served file in bytes.
pub const LEN: usize = 300_000;
/// Length of a packet in bytes.
pub const PACKET_LEN: u32 = 4096;

/// Expected result of a scenario.
enum Expect {
    /// The correct bytes.
    Saved,
    /// An error message that contains one of these words.
    Fails(Vec<&'static str>),
    /// The correct bytes or any readable error message.
    Either,
}

/// A server script and the expected result of a download.
pub struct Scenario {
    name: String,
    script: Arc<Script>,
    expect: Expect,
    mode: Mode,
}

impl Scenario {
    fn new(
        name: &str,
        expect: Expect,
        script: impl Fn(&mut Connection, usize, &Request) -> io::Result<bool> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.to_owned(),
            script: Arc::new(script),
            expect,
            mode: Mode::Parallel,
        }
    }

    pub fn either(
        name: &str,
        script: impl Fn(&mut Connection, usize, &Request) -> io::Result<bool> + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, Expect::Either, script)
    }

    pub fn saved(
        name: &str,
        script: impl Fn(&mut Connection, usize, &Request) -> io::Result<bool> + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, Expect::Saved, script)
    }

    pub fn fails(
        name: &str,
        words: &[&'static str],
        script: impl Fn(&mut Connection, usize, &Request) -> io::Result<bool> + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, Expect::Fails(words.to_vec()), script)
    }

    pub fn stream(mut self) -> Self {
        self.mode = Mode::Stream;
        self
    }

    fn run(&self) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let file: Arc<[u8]> = bytes(LEN, 7).into();
        let server = HostileServer::start(Arc::clone(&file), Arc::clone(&self.script));
        let wanted = DownloadSpec {
            connections: 3,
            mode: self.mode,
            packet_len: PACKET_LEN,
            ..request(server.addr(), NAME, folder.path())
        };
        let download = outcome::download(&wanted)?;
        outcome::check(&download, folder.path(), &file)?;
        match (&self.expect, download.result) {
            (Expect::Either, _) | (Expect::Saved, Ok(_)) => Ok(()),
            (Expect::Saved, Err(error)) => Err(format!("not saved: {error}\n{}", download.log)),
            (Expect::Fails(words), Err(error)) => {
                let message = error.to_string();
                match words.iter().any(|word| message.contains(word)) {
                    true => Ok(()),
                    false => Err(format!("the message has none of {words:?}: {message}")),
                }
            }
            (Expect::Fails(_), Ok(_)) => Err("saved, expected a failure".into()),
        }
    }
}

/// Runs all scenarios and fails with a list of those with an unexpected result.
pub fn check_all(scenarios: Vec<Scenario>) {
    let failures = Mutex::new(Vec::new());
    job_pool::run(scenarios, WORKERS, |scenario| {
        if let Err(reason) = scenario.run() {
            let failure = format!("{}: {reason}", scenario.name);
            failures.lock().unwrap().push(failure);
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
