//! The file that keeps the queue over restarts.
//!
//! Each change appends one line of JSON, so an answered call survives a kill of the process, and a queue of
//! thousands costs no more per change than a short one. The file is rewritten as a whole at the start and when
//! it has many outdated lines. It holds links and header fields, so only this user can read it.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use lanes_engine::{create_private_file, create_private_folder, make_private, replace_private};

use super::job::{Job, SavedJob};
use super::options::Options;

const NAME: &str = "queue.jsonl";
const LOCK: &str = "queue.lock";
/// Longest line that is read, in bytes.
const MAX_LINE: u64 = 16 << 20;
/// Number of outdated lines that are always allowed.
const SLACK: usize = 2000;

/// One line of the file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    /// A download as it is now.
    Job(Box<SavedJob>),
    /// A download that is forgotten.
    Gone(String),
    /// The order of those that wait.
    Order(Vec<String>),
    /// The options of the daemon.
    Global(Options),
}

/// Error that keeps the state from being opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StateError {
    /// Another daemon uses the folder.
    #[error("another lanes serve keeps its queue in {}; choose another folder with --state", .0.display())]
    Locked(PathBuf),
    /// The folder or a file in it cannot be used.
    #[error("cannot keep the queue in {}: {error}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Reason.
        error: io::Error,
    },
}

/// State of an earlier run.
#[derive(Default)]
pub(crate) struct Restored {
    /// The downloads: ended ones, then those that ran, then those that waited, in their order.
    pub jobs: Vec<Job>,
    pub global: Options,
    /// Notice about lines that could not be read.
    pub notice: Option<String>,
}

/// The open file.
pub(crate) struct StateFile {
    path: PathBuf,
    file: File,
    /// Number of lines.
    lines: usize,
    /// Set if the last write failed and may have left a part of a line.
    is_torn: bool,
    /// Locked while the daemon runs.
    _lock: File,
}

impl StateFile {
    /// Opens the state in `folder`, which is created if needed.
    ///
    /// # Errors
    /// See [`StateError`].
    pub(crate) fn open(folder: &Path) -> Result<(Self, Restored), StateError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| StateError::Io { path, error }
        };
        create_private_folder(folder).map_err(failed(folder))?;
        let lock_path = folder.join(LOCK);
        let lock = create_private_file(&lock_path).map_err(failed(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(StateError::Locked(folder.to_owned()));
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(failed(&lock_path)(error)),
        }
        let path = folder.join(NAME);
        make_private(&path).map_err(failed(&path))?;
        let restored = read(&path).map_err(failed(&path))?;
        let lines =
            rewrite(&path, restored.jobs.iter(), &restored.global).map_err(failed(&path))?;
        let file = append(&path).map_err(failed(&path))?;
        let state = Self {
            path,
            file,
            lines,
            is_torn: false,
            _lock: lock,
        };
        Ok((state, restored))
    }

    /// Saves a download as it is now.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn save(&mut self, job: &Job) -> io::Result<()> {
        self.write(&Line::Job(Box::new(SavedJob::new(job))))
    }

    /// Saves that a download is forgotten.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn forget(&mut self, gid: &impl ToString) -> io::Result<()> {
        self.write(&Line::Gone(gid.to_string()))
    }

    /// Saves the order of those that wait.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn save_order(&mut self, waiting: &[impl ToString]) -> io::Result<()> {
        self.write(&Line::Order(
            waiting.iter().map(ToString::to_string).collect(),
        ))
    }

    /// Saves the options of the daemon.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn save_global(&mut self, global: &Options) -> io::Result<()> {
        self.write(&Line::Global(global.clone()))
    }

    fn write(&mut self, line: &Line) -> io::Result<()> {
        let mut text = match self.is_torn {
            true => vec![b'\n'],
            false => Vec::new(),
        };
        serde_json::to_writer(&mut text, line)?;
        text.push(b'\n');
        let written = self.file.write_all(&text);
        self.is_torn = written.is_err();
        self.lines += 1;
        written
    }

    /// Returns whether so many lines are outdated that the file should be rewritten.
    pub(crate) fn is_long(&self, jobs: usize) -> bool {
        self.lines > 4 * jobs + SLACK
    }

    /// Rewrites the file with these downloads, in an order that a restart keeps, and flushes it to the disk.
    ///
    /// # Errors
    /// The file cannot be written; the old one is then kept.
    pub(crate) fn compact<'a>(
        &mut self,
        jobs: impl Iterator<Item = &'a Job>,
        global: &Options,
    ) -> io::Result<()> {
        self.lines = rewrite(&self.path, jobs, global)?;
        self.file = append(&self.path)?;
        self.is_torn = false;
        Ok(())
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).open(path)
}

fn rewrite<'a>(
    path: &Path,
    jobs: impl Iterator<Item = &'a Job>,
    global: &Options,
) -> io::Result<usize> {
    let mut text = Vec::new();
    let mut lines = 0;
    let of_jobs = jobs.map(|job| Line::Job(Box::new(SavedJob::new(job))));
    let of_daemon = (!global.is_empty()).then(|| Line::Global(global.clone()));
    for line in of_daemon.into_iter().chain(of_jobs) {
        serde_json::to_writer(&mut text, &line)?;
        text.push(b'\n');
        lines += 1;
    }
    replace_private(path, &text)?;
    Ok(lines)
}

fn read(path: &Path) -> io::Result<Restored> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Restored::default()),
        Err(error) => return Err(error),
    };
    let mut reader = BufReader::new(file);
    let mut replay = Replay::default();
    let mut wrong = 0;
    loop {
        let mut line = Vec::new();
        let len = io::Read::take(&mut reader, MAX_LINE).read_until(b'\n', &mut line)?;
        if len == 0 {
            break;
        }
        // A kill in the middle of a write leaves a last line without an end.
        let is_whole = line.ends_with(b"\n");
        match serde_json::from_slice(&line) {
            Ok(line) if is_whole => replay.apply(line),
            _ if is_whole && line.len() > 1 => wrong += 1,
            _ => {}
        }
    }
    let mut restored = replay.finish();
    if wrong > 0 {
        let broken = path.with_extension("jsonl.broken");
        std::fs::copy(path, &broken)?;
        make_private(&broken)?;
        restored.notice = Some(format!(
            "{wrong} lines of {} could not be read; a copy is kept in {}",
            path.display(),
            broken.display()
        ));
    }
    Ok(restored)
}

/// Replays the lines of the file.
#[derive(Default)]
struct Replay {
    jobs: HashMap<String, SavedJob>,
    order: Vec<String>,
    global: Options,
}

impl Replay {
    fn apply(&mut self, line: Line) {
        match line {
            Line::Job(job) => {
                let gid = job.gid.clone();
                if self.jobs.insert(gid.clone(), *job).is_none() {
                    self.order.push(gid);
                }
            }
            Line::Gone(gid) => {
                self.jobs.remove(&gid);
            }
            Line::Order(waiting) => {
                let listed: std::collections::HashSet<&String> = waiting.iter().collect();
                self.order.retain(|gid| !listed.contains(gid));
                self.order.extend(waiting);
            }
            Line::Global(options) => self.global = options,
        }
    }

    fn finish(mut self) -> Restored {
        let saved: Vec<SavedJob> = self
            .order
            .iter()
            .filter_map(|gid| self.jobs.remove(gid))
            .collect();
        // A stable sort keeps the order within each group.
        let mut ranked: Vec<(u8, Job)> = saved
            .into_iter()
            .filter_map(|saved| {
                let is_active = saved.active;
                let job = saved.restore()?;
                let rank = match (job.is_unfinished(), is_active) {
                    (false, _) => 0,
                    (true, true) => 1,
                    (true, false) => 2,
                };
                Some((rank, job))
            })
            .collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        Restored {
            jobs: ranked.into_iter().map(|(_, job)| job).collect(),
            global: self.global,
            notice: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::gid::Gid;
    use crate::rpc::job::{Phase, Progress};

    fn job(number: u8, phase: Phase) -> Job {
        Job {
            gid: Gid::parse(&format!("{number:016x}")).unwrap(),
            uris: vec![format!("https://h/{number}?signature=SECRET")],
            options: Options::default(),
            phase,
            progress: Progress::default(),
            folder: "/d".into(),
            expected_path: "/d/f".into(),
            attempt: None,
        }
    }

    fn numbers(restored: &Restored) -> Vec<String> {
        restored
            .jobs
            .iter()
            .map(|job| job.gid.to_string()[14..].to_owned())
            .collect()
    }

    #[test]
    fn lines_are_replayed_and_a_torn_one_is_ignored() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("state");
        let (mut state, restored) = StateFile::open(&folder).unwrap();
        assert!(restored.jobs.is_empty());
        assert!(matches!(
            StateFile::open(&folder),
            Err(StateError::Locked(_))
        ));
        let jobs: Vec<Job> = (1..=4).map(|number| job(number, Phase::Queued)).collect();
        for job in &jobs {
            state.save(job).unwrap();
        }
        state
            .save_order(&[jobs[2].gid, jobs[0].gid, jobs[1].gid, jobs[3].gid])
            .unwrap();
        state.save(&job(1, Phase::Paused)).unwrap();
        state.save(&job(2, Phase::Complete)).unwrap();
        state.forget(&jobs[3].gid).unwrap();
        state.save(&job(5, Phase::Queued)).unwrap();
        let mut global = Options::default();
        global.set("split", "3");
        state.save_global(&global).unwrap();
        drop(state);
        let path = folder.join(NAME);
        let mut torn = append(&path).unwrap();
        torn.write_all(b"{\"gone\":\"000000").unwrap();

        let (state, restored) = StateFile::open(&folder).unwrap();
        assert_eq!(numbers(&restored), ["02", "03", "01", "05"]);
        assert_eq!(
            (restored.jobs[2].phase.clone(), restored.global),
            (Phase::Paused, global)
        );
        assert_eq!(restored.notice, None);
        let text = std::fs::read_to_string(&path).unwrap();
        let ended = text.lines().find(|line| line.contains("complete")).unwrap();
        assert!(!ended.contains("SECRET") && text.contains("SECRET"));
        drop(state);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }

        append(&path).unwrap().write_all(b"garbage\n").unwrap();
        let (_state, restored) = StateFile::open(&folder).unwrap();
        assert_eq!(restored.jobs.len(), 4);
        assert!(restored.notice.unwrap().contains("jsonl.broken"));
    }
}
