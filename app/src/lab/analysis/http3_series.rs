//! The runs over HTTP/3 beside those over TCP: one connection each, which multiplexes all that it carries.

use serde::{Deserialize, Serialize};

use super::summary::{Summary, summarise_other};
use crate::lab::plan::experiment_plan::Plan;
use crate::lab::run::timed_run::{HTTP3_VALUE, Run};

/// The runs over HTTP/3 of an experiment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Http3Series {
    /// The runs so far, in the order in which they were carried out.
    pub runs: Vec<Run>,
    /// Their summary, compared with the first number of TCP connections; `None` without a good run of both.
    #[serde(skip_deserializing)]
    pub summary: Option<Summary>,
    /// Why there are no runs, or no more: one sentence without a full stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absence: Option<String>,
}

impl Http3Series {
    /// Updates the summary; `tcp` are the runs over TCP.
    pub(super) fn summarise(&mut self, plan: &Plan, tcp: &[Run]) {
        self.summary = summarise_other(plan, tcp, &self.runs, HTTP3_VALUE);
    }
}
