//! A server by hand, and what must become of a download from it.

use std::io;
use std::sync::{Arc, Mutex};

use lanes_engine::{DownloadSpec as Wanted, Mode};
use lanes_shared::wire::DownloadSpec;

use super::common::{bytes, request};
use super::hostile_server::{Hostile, Script, Talk};
use super::job_pool;
use super::outcome::{self, NAME};

/// How many scenarios run beside each other: most of them wait.
const AT_A_TIME: usize = 80;
/// Length of the file that is fetched, in bytes.
pub const LEN: usize = 300_000;
/// Length of its packets, in bytes.
pub const PACKET_LEN: u32 = 4096;

/// How a scenario must end.
enum End {
    /// In the right bytes.
    Saved,
    /// In a failure that says one of these words.
    Fails(Vec<&'static str>),
    /// In the right bytes or any failure in words.
    Either,
}

/// A server, and what becomes of a download from it.
pub struct Scenario {
    name: String,
    script: Arc<Script>,
    end: End,
    mode: Mode,
}

impl Scenario {
    fn new(
        name: &str,
        end: End,
        script: impl Fn(&mut Talk, usize, &DownloadSpec) -> io::Result<bool> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.to_owned(),
            script: Arc::new(script),
            end,
            mode: Mode::Parallel,
        }
    }

    pub fn either(
        name: &str,
        script: impl Fn(&mut Talk, usize, &DownloadSpec) -> io::Result<bool> + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, End::Either, script)
    }

    pub fn saved(
        name: &str,
        script: impl Fn(&mut Talk, usize, &DownloadSpec) -> io::Result<bool> + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, End::Saved, script)
    }

    pub fn fails(
        name: &str,
        words: &[&'static str],
        script: impl Fn(&mut Talk, usize, &DownloadSpec) -> io::Result<bool> + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, End::Fails(words.to_vec()), script)
    }

    pub fn stream(mut self) -> Self {
        self.mode = Mode::Stream;
        self
    }

    fn run(&self) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let file: Arc<[u8]> = bytes(LEN, 7).into();
        let server = Hostile::start(Arc::clone(&file), Arc::clone(&self.script));
        let wanted = Wanted {
            connections: 3,
            mode: self.mode,
            packet_len: PACKET_LEN,
            ..request(server.addr(), NAME, folder.path())
        };
        let ended = outcome::get(&wanted)?;
        outcome::judge(&ended, folder.path(), &file)?;
        match (&self.end, ended.result) {
            (End::Either, _) | (End::Saved, Ok(_)) => Ok(()),
            (End::Saved, Err(error)) => Err(format!("not saved: {error}\n{}", ended.log)),
            (End::Fails(words), Err(error)) => {
                let said = error.to_string();
                match words.iter().any(|word| said.contains(word)) {
                    true => Ok(()),
                    false => Err(format!("the reason has none of {words:?}: {said}")),
                }
            }
            (End::Fails(_), Ok(_)) => Err("it was saved".into()),
        }
    }
}

/// Runs all of them, some at a time, and names those that ended wrongly.
pub fn check_all(scenarios: Vec<Scenario>) {
    let failures = Mutex::new(Vec::new());
    job_pool::run(scenarios, AT_A_TIME, |scenario| {
        if let Err(reason) = scenario.run() {
            let failure = format!("{}: {reason}", scenario.name);
            failures.lock().unwrap().push(failure);
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
