//! The prediction of the form's experiments before they run.
//!
//! The model is computed on a thread of its own whenever the form changes: first one simulated run for each
//! value, which is there within a frame or two, then the band. A new change cancels the computation of
//! the one before.

use std::sync::Arc;

use super::form::Form;
use crate::lab::{Experiment, Plan};
use crate::ui::message::Action;
use lanes_engine::CancelToken;

/// The prediction of the form.
#[derive(Default)]
pub(crate) struct Preview {
    /// The plans and the file length of the last request.
    asked: Option<(Vec<Plan>, u64)>,
    /// Number of the last request.
    number: u64,
    cancel: CancelToken,
    /// The planned experiments, without runs.
    planned: Vec<Arc<Experiment>>,
}

impl Preview {
    /// Requests the prediction if the form has changed.
    pub(super) fn update(&mut self, form: &Form, actions: &mut Vec<Action>) {
        // The order of the runs is drawn for each request, and plays no part.
        let unseeded = |plan| Plan { seed: 0, ..plan };
        let plans: Option<Vec<Plan>> = form
            .plans()
            .ok()
            .map(|plans| plans.into_iter().map(unseeded).collect());
        let Some(plans) = plans else {
            self.clear();
            return;
        };
        let len = form.len.unwrap_or_default();
        if self
            .asked
            .as_ref()
            .is_some_and(|(asked, of)| *asked == plans && *of == len)
        {
            return;
        }
        self.cancel.cancel();
        self.cancel = CancelToken::default();
        self.number += 1;
        let planned = |plan: &Plan| {
            Arc::new(Experiment {
                len: form.len,
                ..Experiment::new(plan.clone())
            })
        };
        self.planned = plans.iter().map(planned).collect();
        self.asked = Some((plans, len));
        if len > 0 {
            let planned = self.planned.clone();
            actions.push(Action::Predict(self.number, planned, self.cancel.clone()));
        }
    }

    /// Shows a prediction, unless it is that of an earlier request.
    pub(crate) fn show(&mut self, number: u64, planned: Vec<Arc<Experiment>>) {
        if number == self.number {
            self.planned = planned;
        }
    }

    /// Returns the planned experiments with their predictions so far.
    pub(super) fn planned(&self) -> &[Arc<Experiment>] {
        &self.planned
    }

    /// Returns whether any of them has a prediction.
    pub(super) fn has_predictions(&self) -> bool {
        self.planned.iter().any(|one| !one.predictions.is_empty())
    }

    fn clear(&mut self) {
        self.cancel.cancel();
        (self.asked, self.planned) = (None, Vec::new());
        self.number += 1;
    }
}

impl Drop for Preview {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}
