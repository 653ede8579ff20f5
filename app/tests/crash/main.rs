//! Kills `lanes get` at its file system calls, and lets them fail one by one; then repeats the command.
//!
//! After a kill, the same command must end with exactly one file with the right bytes. After an error, the
//! run either saves the file or fails without a file under the final name, and the repeat saves it. Files of
//! others in the folder, some of them under names that look like the program's own, must stay as they are.
//!
//! [`shim`] compiles a library that catches the calls. The tests print a message and pass where there is no
//! C compiler, no seccomp, or another processor. They take a sample of the calls; all of them take some
//! minutes:
//!
//! ```text
//! LANES_CRASH_ALL=1 cargo test -p lanes --test crash -- --nocapture
//! ```
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "test helpers may panic and print"
)]

#[path = "../../engine/tests/common/mod.rs"]
mod common;
#[path = "../../engine/tests/common/job_pool.rs"]
mod job_pool;
mod run;
mod server;
mod shim;

use run::{Case, Fault, FileSystem};
use server::Files;
use shim::Shim;

/// Errors of calls, as Linux numbers them: EIO, ENOSPC, EDQUOT.
const ERRORS: [i32; 3] = [5, 28, 122];
/// A sample has one call of this many.
const SAMPLE: usize = 9;

/// Runs one download with a fault at each call, or at a sample of them. `offset` makes the samples of
/// different tests differ.
fn check_calls(case: &Case<'_>, faults: &[Fault], offset: usize) {
    let calls = case.count_calls();
    assert!(calls > 10, "the shim has caught {calls} calls only");
    let all = std::env::var_os("LANES_CRASH_ALL").is_some();
    let step = if all { 1 } else { SAMPLE };
    let mut jobs = Vec::new();
    for (index, fault) in faults.iter().enumerate() {
        let first = if all {
            1
        } else {
            1 + (offset + 4 * index) % SAMPLE
        };
        // The last calls vary from run to run; a number beyond the last is a run without a fault.
        jobs.extend((first..=calls + 2).step_by(step).map(|at| (*fault, at)));
    }
    let count = jobs.len();
    let found: Vec<String> = job_pool::run(jobs, 4, |(fault, at)| case.check(fault, at))
        .into_iter()
        .flatten()
        .collect();
    eprintln!("{case}: {calls} calls, {count} runs, {} wrong", found.len());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Kills one download at each of its last calls, at which the file gets its name.
fn check_last_calls(case: &Case<'_>) {
    /// Number of calls from the first step of naming to the end.
    const LAST: usize = 30;
    let calls = case.count_calls();
    let jobs = (calls.saturating_sub(LAST)..=calls + 2).collect();
    let found: Vec<String> = job_pool::run(jobs, 4, |at| case.check(Fault::Kill, at))
        .into_iter()
        .flatten()
        .collect();
    eprintln!(
        "{case}: the last {LAST} of {calls} calls, {} wrong",
        found.len()
    );
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn with_shim(check: impl FnOnce(&Shim, &Files)) {
    match Shim::build() {
        Ok(shim) => check(&shim, &Files::serve()),
        Err(reason) => eprintln!("skipped: {reason}"),
    }
}

fn faults(kills: bool) -> Vec<Fault> {
    match kills {
        true => vec![Fault::Kill],
        false => ERRORS.map(Fault::Error).to_vec(),
    }
}

/// A short file has no journal, and no name before it is complete.
#[test]
fn a_short_download_survives_a_fault_at_any_call() {
    with_shim(|shim, files| {
        for kills in [true, false] {
            let case = Case::new(shim, files, "short.bin", FileSystem::Usual);
            check_calls(&case, &faults(kills), 0);
        }
    });
}

#[test]
fn a_long_download_survives_a_kill_at_any_call() {
    with_shim(|shim, files| {
        let case = Case::new(shim, files, "long.bin", FileSystem::Usual);
        check_calls(&case, &faults(true), 1);
    });
}

#[test]
fn a_long_download_survives_an_error_at_any_call() {
    with_shim(|shim, files| {
        let case = Case::new(shim, files, "long.bin", FileSystem::Usual);
        check_calls(&case, &faults(false), 2);
    });
}

/// It takes two seconds, so that the journal is replaced meanwhile.
#[test]
fn a_slow_download_survives_a_fault_at_any_call() {
    with_shim(|shim, files| {
        let case = Case::new(shim, files, "long.bin", FileSystem::Usual).slow();
        check_calls(&case, &faults(true), 5);
        check_calls(&case, &[Fault::Error(ERRORS[0])], 7);
    });
}

#[test]
fn a_download_of_unknown_length_survives_a_fault_at_any_call() {
    with_shim(|shim, files| {
        let case = Case::new(shim, files, "chunked.bin", FileSystem::Usual);
        check_calls(&case, &faults(true), 3);
        check_calls(&case, &[Fault::Error(ERRORS[1])], 4);
    });
}

/// A file system that has neither unnamed files nor hard links nor renames that refuse to replace.
#[test]
fn a_download_to_a_bare_file_system_survives_a_fault_at_any_call() {
    with_shim(|shim, files| {
        for name in ["short.bin", "long.bin", "chunked.bin"] {
            let case = Case::new(shim, files, name, FileSystem::Bare);
            check_calls(&case, &faults(true), 6);
            check_calls(&case, &[Fault::Error(ERRORS[0])], 8);
        }
    });
}

/// With these umasks a finished file can be written by others, unlike a part file.
#[test]
fn a_download_with_an_open_umask_survives_a_kill_while_the_file_gets_its_name() {
    with_shim(|shim, files| {
        for umask in [0o002, 0o000] {
            let case = Case::new(shim, files, "long.bin", FileSystem::Usual).umask(umask);
            check_last_calls(&case);
        }
    });
}

#[test]
fn a_download_to_a_file_system_without_locks_is_saved() {
    with_shim(|shim, files| {
        for name in ["short.bin", "long.bin", "chunked.bin"] {
            let case = Case::new(shim, files, name, FileSystem::NoLocks);
            assert_eq!(case.check(Fault::Kill, usize::MAX), None);
        }
    });
}

/// The kernel drops the bytes and reports success the next time, so that only the program knows.
#[test]
fn bytes_that_a_failed_flush_has_lost_are_fetched_again() {
    with_shim(|shim, files| {
        for name in ["short.bin", "long.bin", "chunked.bin"] {
            let case = Case::new(shim, files, name, FileSystem::Usual);
            assert_eq!(case.check(Fault::Lose, 0), None);
        }
        let slow = Case::new(shim, files, "long.bin", FileSystem::Usual).slow();
        assert_eq!(slow.check(Fault::Lose, 0), None);
    });
}
