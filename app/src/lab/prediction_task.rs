//! Computes the predictions of one plan on a thread of its own, during the warm-up.
//!
//! The computation starts as soon as the length of the file is known and may take a second. It must
//! end before the first timed run: load on the processor would make the emulated link lag.

use std::thread::{Builder, Scope, ScopedJoinHandle};

use super::analysis::prediction::{self, Prediction};
use super::plan::experiment_plan::Plan;

/// Computes the predictions of one plan, once.
pub(super) struct PredictionTask<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    plan: &'env Plan,
    sink: &'env (dyn PredictionSink + Sync),
    thread: Option<ScopedJoinHandle<'scope, ()>>,
    is_started: bool,
}

/// Receives the predictions.
pub(super) trait PredictionSink {
    /// Stores the predictions for a file of `len` bytes.
    fn set_predictions(&self, len: u64, predictions: Vec<Prediction>);
    /// Returns whether the predictions are no longer needed.
    fn is_cancelled(&self) -> bool;
}

impl<'scope, 'env> PredictionTask<'scope, 'env> {
    /// Creates a task for `plan` that passes its result to `sink`.
    pub(super) fn new(
        scope: &'scope Scope<'scope, 'env>,
        plan: &'env Plan,
        sink: &'env (dyn PredictionSink + Sync),
    ) -> Self {
        Self {
            scope,
            plan,
            sink,
            thread: None,
            is_started: false,
        }
    }

    /// Starts the computation for a file of `len` bytes. Later calls do nothing.
    pub(super) fn start(&mut self, len: u64) {
        if std::mem::replace(&mut self.is_started, true) {
            return;
        }
        let (plan, sink) = (self.plan, self.sink);
        let compute = move || {
            let keep_running = || !sink.is_cancelled();
            sink.set_predictions(len, prediction::predictions(plan, len, &keep_running));
        };
        let thread = Builder::new().name("prediction".to_owned());
        match thread.spawn_scoped(self.scope, compute) {
            Ok(thread) => self.thread = Some(thread),
            Err(error) => tracing::warn!("cannot start the prediction thread: {error}"),
        }
    }

    /// Waits for the end of the computation, if it was started.
    pub(super) fn wait(&mut self) {
        if let Some(thread) = self.thread.take() {
            // The panic hook has already reported a panic of the thread.
            let _ = thread.join();
        }
    }
}
