//! Runs jobs on a bounded number of threads. Most jobs wait for a timeout, not for a core.

use std::sync::Mutex;
use std::thread::{Builder, scope};

/// Starts the jobs in order, `workers` at a time; the results are in order of completion.
pub fn run<T: Send, R: Send>(jobs: Vec<T>, workers: usize, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let jobs = Mutex::new(jobs.into_iter());
    let results = Mutex::new(Vec::new());
    scope(|scope| {
        for number in 0..workers {
            let worker = || {
                loop {
                    let job = jobs.lock().unwrap().next();
                    let Some(job) = job else { break };
                    let result = work(job);
                    results.lock().unwrap().push(result);
                }
            };
            let thread = Builder::new().name(format!("run-{number}"));
            thread.spawn_scoped(scope, worker).unwrap();
        }
    });
    results.into_inner().unwrap()
}
