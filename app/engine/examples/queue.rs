//! Adds the links of a list to the engine as the window does, with its default settings, and waits until every
//! download has ended.
//!
//! Usage: `queue LIST FOLDER [CA-FILE]`, with one link a line. `app/bench/far_small.py --queue` compiles and
//! runs it. Fails if a download fails.

use std::path::PathBuf;
use std::sync::Arc;
use std::{env, fs, io};

use lanes_engine::{Command, Destination, DownloadSpec, DownloadState, Engine, Limits};

fn main() -> io::Result<()> {
    let args: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let (list, folder, ca_file) = match &args[..] {
        [list, folder] => (list, folder, None),
        [list, folder, ca_file] => (list, folder, Some(ca_file.clone())),
        _ => return Err(io::Error::other("usage: queue LIST FOLDER [CA-FILE]")),
    };
    let main_thread = std::thread::current();
    let waker = Arc::new(move || main_thread.unpark());
    let state = env::temp_dir().join(format!("lanes-queue-{}", std::process::id()));
    fs::create_dir_all(&state)?;
    let engine = Engine::with_history(waker, state.join("downloads.json"))?;
    engine.send(Command::Limit(Limits::default()));
    let mut count = 0;
    for link in fs::read_to_string(list)?.lines() {
        let source = link.parse().map_err(|_| io::Error::other("not a link"))?;
        let mut spec = DownloadSpec::new(source);
        spec.destination = Destination::Folder(folder.clone());
        spec.http.ca_file.clone_from(&ca_file);
        engine.add(spec);
        count += 1;
    }
    let failed = loop {
        let snapshot = engine.snapshot();
        let has_ended = |state: &DownloadState| {
            matches!(state, DownloadState::Finished | DownloadState::Failed(_))
        };
        let ended = snapshot
            .downloads
            .iter()
            .filter(|now| has_ended(&now.state));
        if ended.clone().count() == count {
            let failed = ended.filter(|now| now.state != DownloadState::Finished);
            break failed.count();
        }
        std::thread::park();
    };
    drop(engine);
    fs::remove_dir_all(&state)?;
    match failed {
        0 => Ok(()),
        _ => Err(io::Error::other(format!("{failed} downloads failed"))),
    }
}
