//! Memory of a long list of downloads. A test binary of its own: the memory of a process is that of all its tests.
#![cfg(target_os = "linux")]

mod common;

use std::sync::Arc;

use common::wait_for;
use lanes_engine::{Command, DownloadSpec, Engine};

/// Number of links.
const LINKS: usize = 10_000;
/// Most memory that they may take, in bytes.
const MOST: u64 = 60_000_000;

fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("the state of this process");
    let pages: Option<u64> = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    pages.expect("a number of pages") * 4096
}

#[test]
fn ten_thousand_links_take_little_memory_and_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let history = folder.path().join("history.json");
    let engine = || Engine::with_history(Arc::new(|| {}), history.clone()).unwrap();
    let first = engine();
    let before = resident();
    for number in 0..LINKS {
        let link = format!("https://downloads.example.org/films/2026/film-number-{number:05}.mkv");
        let spec = DownloadSpec::new(link.parse().unwrap());
        first.send(Command::AddPaused(first.new_id(), Box::new(spec)));
    }
    let count = |engine: &Engine| engine.snapshot().downloads.len();
    wait_for("the list", || (count(&first) == LINKS).then_some(()));
    let growth = resident().saturating_sub(before);
    eprintln!("{growth} bytes of memory");
    assert!(growth < MOST, "{growth} bytes");
    drop(first);
    let second = engine();
    wait_for("the saved list", || (count(&second) == LINKS).then_some(()));
}
