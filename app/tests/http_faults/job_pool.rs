//! A bounded number of runs beside each other: most of them wait for a time-out, not for a core.

use std::sync::Mutex;
use std::thread::{Builder, scope};

/// Does every job, `workers` at a time, in order; what came of them is in no order.
pub fn run<T: Send, R: Send>(jobs: Vec<T>, workers: usize, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let jobs = Mutex::new(jobs.into_iter());
    let results = Mutex::new(Vec::new());
    scope(|scope| {
        for number in 0..workers {
            let one_after_another = || {
                loop {
                    let job = jobs.lock().unwrap().next();
                    let Some(job) = job else { break };
                    let result = work(job);
                    results.lock().unwrap().push(result);
                }
            };
            let thread = Builder::new().name(format!("run-{number}"));
            thread.spawn_scoped(scope, one_after_another).unwrap();
        }
    });
    results.into_inner().unwrap()
}
