//! The cause that limits a download, in situations whose cause is known.
//!
//! A few run always. `cargo test -p lanes-engine --release --test bottleneck -- --ignored --nocapture` runs all
//! of them, for some minutes. `LANES_SLOW_FOLDER` names a folder on a slow disk, `LANES_NGINX` the URL of a
//! file on an nginx with `limit_rate`, `LANES_FACTS` a file for the measured facts.
#![cfg(unix)]

mod all;
#[path = "../common/mod.rs"]
mod common;
mod fact_log;
mod servers;
mod shared_limits;
mod situations;

use std::io::Write as _;

use situations::{Situation, run};

/// Prints a line that the test runner does not capture.
pub fn print(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Runs a situation. Returns whether its cause was named; `None` if it could not run.
fn is_right(situation: &Situation) -> Option<bool> {
    let (cause, share) = run(&situation.setting)?;
    let is_right = situation.expected.contains(&cause.name());
    let mark = if is_right { "right" } else { "WRONG" };
    let percent = share * 100.0;
    print(&format!(
        "{mark} {}: {percent:.0} % {cause:?}",
        situation.name
    ));
    Some(is_right)
}

#[test]
fn clear_causes_are_named() {
    let clear = all::situations().into_iter().filter(|situation| {
        [
            "own limit, 8 connections",
            "server limit 1 MB/s × 8",
            "whole file only, 8 asked",
        ]
        .contains(&situation.name)
    });
    std::thread::scope(|scope| {
        let threads: Vec<_> = clear
            .map(|situation| scope.spawn(move || is_right(&situation)))
            .collect();
        for thread in threads {
            assert_eq!(thread.join().expect("no panic"), Some(true));
        }
    });
}

#[test]
#[ignore = "takes minutes"]
fn causes_are_named_in_nine_of_ten_situations() {
    fact_log::start();
    let only = std::env::var("LANES_ONLY").unwrap_or_default();
    let all = all::situations().into_iter();
    let all: Vec<Situation> = all.filter(|one| one.name.contains(&only)).collect();
    let parallel = std::env::var("LANES_PARALLEL").ok();
    let parallel = parallel.and_then(|count| count.parse().ok()).unwrap_or(4);
    let mut results = Vec::new();
    let (alone, together): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|one| one.name.starts_with("alone:"));
    let batches = together.chunks(parallel).chain(alone.chunks(1));
    for batch in batches {
        std::thread::scope(|scope| {
            let threads: Vec<_> = batch
                .iter()
                .map(|one| {
                    let thread = std::thread::Builder::new().name(one.name.to_owned());
                    thread
                        .spawn_scoped(scope, || is_right(one))
                        .expect("a thread")
                })
                .collect();
            let ended = threads.into_iter().map(|one| one.join().expect("no panic"));
            results.extend(ended.flatten());
        });
    }
    let right = results.iter().filter(|is_right| **is_right).count();
    print(&format!("{right} of {} right", results.len()));
    assert!(right * 10 >= results.len() * 9);
}
