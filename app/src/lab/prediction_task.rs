//! The model's answer while the warm-up runs.
//!
//! It is wanted as soon as the file's length is known, and it may take a second. So it has a thread of
//! its own, which is waited for before the first run that counts: a processor that computes would make
//! the emulated link late.

use std::thread::{Builder, Scope, ScopedJoinHandle};

use super::analysis::prediction;
use super::analysis::prediction::Prediction;
use super::plan::experiment_plan::Plan;

/// What asks the model, once.
pub(super) struct PredictionTask<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    plan: &'env Plan,
    news: &'env (dyn News + Sync),
    thread: Option<ScopedJoinHandle<'scope, ()>>,
    asked: bool,
}

/// Who waits for the answer.
pub(super) trait News {
    /// The file is `len` bytes long, and this is foreseen.
    fn foreseen(&self, len: u64, predictions: Vec<Prediction>);
    /// Whether nobody waits any more.
    fn is_over(&self) -> bool;
}

impl<'scope, 'env> PredictionTask<'scope, 'env> {
    /// Nothing is asked yet; `news` gets the answer.
    pub(super) fn new(
        scope: &'scope Scope<'scope, 'env>,
        plan: &'env Plan,
        news: &'env (dyn News + Sync),
    ) -> Self {
        Self {
            scope,
            plan,
            news,
            thread: None,
            asked: false,
        }
    }

    /// The file is this long. Asks the model at the first call.
    pub(super) fn len_is(&mut self, len: u64) {
        if std::mem::replace(&mut self.asked, true) {
            return;
        }
        let (plan, news) = (self.plan, self.news);
        let ask = move || {
            let go_on = || !news.is_over();
            news.foreseen(len, prediction::predictions(plan, len, &go_on));
        };
        let thread = Builder::new().name("prediction".to_owned());
        match thread.spawn_scoped(self.scope, ask) {
            Ok(thread) => self.thread = Some(thread),
            Err(error) => tracing::warn!("no thread for the prediction: {error}"),
        }
    }

    /// Waits until the model has answered, if it was asked.
    pub(super) fn wait(&mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported where it happened.
            let _ = thread.join();
        }
    }
}
