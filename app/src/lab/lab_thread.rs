//! An experiment in a thread of its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use super::experiment::{Experiment, Plan};
use super::schedule;
use crate::engine::{self, FetchError, Outcome, Stop, Waker};

/// An experiment in its own thread. Dropping it cancels and joins it.
pub struct Lab {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    current: Mutex<Arc<Experiment>>,
    cancelled: AtomicBool,
    stop: Stop,
}

impl Lab {
    /// Starts an experiment in a thread of its own. `waker` is called after each run and whenever
    /// the state changes; it is dropped when the thread ends.
    ///
    /// # Errors
    /// When the plan makes no sense (in words), or the system gives no thread.
    pub fn start(plan: Plan, waker: Waker) -> Result<Self, String> {
        plan.check()?;
        let shared = Arc::new(Shared {
            current: Mutex::new(Arc::new(Experiment::new(plan.clone()))),
            cancelled: AtomicBool::new(false),
            stop: Stop::default(),
        });
        let in_thread = Arc::clone(&shared);
        let thread = Builder::new()
            .name("lab".to_owned())
            .spawn(move || {
                let mut run = |value| in_thread.run(&plan, value);
                let mut publish = |experiment: &Experiment| in_thread.publish(experiment, &waker);
                schedule::carry_out(plan.clone(), &mut run, &mut publish);
            })
            .map_err(|error| format!("the system gives no thread for the experiment: {error}"))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// The experiment as it stands now.
    pub fn snapshot(&self) -> Option<Arc<Experiment>> {
        let current = self.shared.current.lock();
        Some(Arc::clone(&current.unwrap_or_else(PoisonError::into_inner)))
    }

    /// Stops it after the run at hand is given up; the runs made so far stand. Never waits.
    pub fn cancel(&self) {
        self.shared.cancelled.store(true, Ordering::Relaxed);
        self.shared.stop.stop();
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.cancel();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported where it happened.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// Downloads once, into a folder that is deleted when the time is taken.
    fn run(&self, plan: &Plan, value: u64) -> Result<Outcome, FetchError> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(FetchError::Stopped);
        }
        let folder = tempfile::Builder::new()
            .prefix("lanes-run-")
            .tempdir()
            .map_err(|error| {
                FetchError::Failed(format!("no temporary folder for the run: {error}"))
            })?;
        let request = plan.request(value, folder.path().to_owned());
        engine::fetch(&request, &self.stop, &mut |_| ())
    }

    fn publish(&self, experiment: &Experiment, waker: &Waker) {
        let news = Arc::new(experiment.clone());
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = news;
        waker();
    }
}
