//! Export as JSON, and import.
//!
//! 1. An experiment is an object with its plan, its runs, their summaries, and the machine. Several
//!    experiments are a list under `experiments`.
//! 2. Imported files are not trusted: only plan, runs and predictions are taken from them, and
//!    checked; all else is computed again.

use std::sync::Arc;

use lanes_shared::link::{LinkProfile, profile_name};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ExportError;
use crate::lab::analysis::experiment::Experiment;
use crate::lab::analysis::http3_series::Http3Series;
use crate::lab::analysis::prediction::Prediction;
use crate::lab::analysis::summary::Summary;
use crate::lab::plan::experiment_plan::Plan;
use crate::lab::plan::http_runs::{Http3Choice, HttpRuns};
use crate::lab::plan::limits::MAX_SIDE_BY_SIDE;
use crate::lab::plan::plan_error::PlanError;
use crate::lab::plan::sweep::Sweep;
use crate::lab::report::warnings::warnings;
use crate::lab::run::experiment_state::ExperimentState;
use crate::lab::run::machine::Machine;
use crate::lab::run::timed_run::{HTTP3_VALUE, Run};
use lanes_engine::Mode;
use lanes_engine::SourceUrlError;

/// Experiments that ran side by side, with an optional name.
#[derive(Debug, Clone, Default)]
pub struct ExperimentGroup {
    /// The name given by the user; empty without one.
    pub name: String,
    /// At least one experiment.
    pub experiments: Vec<Arc<Experiment>>,
}

/// Why JSON could not be imported.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The text is not JSON, or lacks the fields of an experiment.
    #[error("the file does not contain an experiment: {0}")]
    Json(#[from] serde_json::Error),
    /// The file contains no experiment, or too many.
    #[error("the file contains {0} experiments: 1 to {MAX_SIDE_BY_SIDE} can be shown")]
    Count(usize),
    /// The URL is invalid.
    #[error("invalid experiment: {0}")]
    Url(#[from] SourceUrlError),
    /// The plan is invalid.
    #[error("invalid experiment: {0}")]
    Plan(#[from] PlanError),
    /// The run with this position has impossible values.
    #[error("invalid experiment: run {0} has impossible values")]
    Run(u32),
}

/// Returns the plans, all runs, summaries, warnings and verdicts as JSON.
///
/// # Errors
/// [`ExportError::Json`] if a figure is not a number.
pub fn to_json(group: &ExperimentGroup) -> Result<String, ExportError> {
    let all: Vec<Exported<'_>> = group.experiments.iter().map(|one| exported(one)).collect();
    let mut json = match &all[..] {
        [one] => serde_json::to_value(one)?,
        several => {
            serde_json::json!({ "lanes": env!("CARGO_PKG_VERSION"), "experiments": several })
        }
    };
    if !group.name.is_empty() {
        json["name"] = Value::from(group.name.as_str());
    }
    let mut json = serde_json::to_string_pretty(&json)?;
    json.push('\n');
    Ok(json)
}

fn exported(experiment: &Experiment) -> Exported<'_> {
    let plan = &experiment.plan;
    let (state, reason) = state(&experiment.state);
    Exported {
        lanes: env!("CARGO_PKG_VERSION"),
        machine: &experiment.machine,
        made_secs: experiment.made_secs,
        url: plan.source.to_string(),
        len: experiment.len,
        mode: plan.mode,
        sweep: &plan.sweep,
        connections: plan.connections,
        packet_size: plan.packet_len,
        rounds: plan.rounds,
        seed: plan.seed,
        link: plan.link.as_ref().map(profile_name),
        link_profile: plan.link.as_ref(),
        predictions: &experiment.predictions,
        http3: http3(experiment),
        state,
        reason,
        runs: &experiment.runs,
        summaries: &experiment.summaries,
        warnings: warnings(experiment),
        verdict: experiment.verdict(),
    }
}

/// Returns the part on HTTP/3, unless it was not to be compared.
fn http3(experiment: &Experiment) -> Option<ExportedHttp3<'_>> {
    let choice = experiment.plan.http.http3;
    (choice != Http3Choice::Never).then_some(ExportedHttp3 {
        choice,
        series: &experiment.http3,
    })
}

/// The runs over HTTP/3, and the choice that led to them.
#[derive(Serialize)]
struct ExportedHttp3<'a> {
    choice: Http3Choice,
    #[serde(flatten)]
    series: &'a Http3Series,
}

/// The JSON of an experiment.
#[derive(Serialize)]
struct Exported<'a> {
    lanes: &'a str,
    #[serde(flatten)]
    machine: &'a Machine,
    made_secs: u64,
    url: String,
    len: Option<u64>,
    mode: Mode,
    #[serde(flatten)]
    sweep: &'a Sweep,
    connections: u16,
    packet_size: u32,
    rounds: u32,
    seed: u64,
    link: Option<String>,
    link_profile: Option<&'a LinkProfile>,
    predictions: &'a [Prediction],
    #[serde(skip_serializing_if = "Option::is_none")]
    http3: Option<ExportedHttp3<'a>>,
    state: &'a str,
    reason: Option<&'a str>,
    runs: &'a [Run],
    summaries: &'a [Summary],
    warnings: Vec<String>,
    verdict: String,
}

fn state(state: &ExperimentState) -> (&str, Option<&str>) {
    match state {
        ExperimentState::WarmingUp | ExperimentState::Running(_) => ("running", None),
        ExperimentState::Finished => ("finished", None),
        ExperimentState::Cancelled => ("cancelled", None),
        ExperimentState::Failed(reason) => ("failed", Some(reason)),
    }
}

/// Reads experiments from JSON.
///
/// # Errors
/// [`ReadError::Json`] and [`ReadError::Count`] if the text is not that of experiments, else the
/// variant of the first invalid part.
pub fn read(text: &str) -> Result<ExperimentGroup, ReadError> {
    let mut json: Value = serde_json::from_str(text)?;
    let name = json["name"].as_str().unwrap_or_default().to_owned();
    let all = match json.get_mut("experiments").map(Value::take) {
        Some(Value::Array(all)) => all,
        _ => vec![json],
    };
    if !(1..=MAX_SIDE_BY_SIDE).contains(&all.len()) {
        return Err(ReadError::Count(all.len()));
    }
    let experiments = all.into_iter().map(experiment).collect::<Result<_, _>>()?;
    Ok(ExperimentGroup { name, experiments })
}

/// The parts of the JSON of an experiment that are imported.
#[derive(Deserialize)]
struct Imported {
    #[serde(flatten)]
    machine: Machine,
    #[serde(default)]
    made_secs: u64,
    url: String,
    #[serde(default)]
    len: Option<u64>,
    mode: Mode,
    #[serde(flatten)]
    sweep: Sweep,
    connections: u16,
    packet_size: u32,
    rounds: u32,
    seed: u64,
    link_profile: Option<LinkProfile>,
    #[serde(default)]
    predictions: Vec<Prediction>,
    #[serde(default)]
    http3: Option<ImportedHttp3>,
    state: String,
    reason: Option<String>,
    runs: Vec<Run>,
}

#[derive(Default, Deserialize)]
struct ImportedHttp3 {
    choice: Http3Choice,
    #[serde(flatten)]
    series: Http3Series,
}

fn experiment(json: Value) -> Result<Arc<Experiment>, ReadError> {
    let imported: Imported = serde_json::from_value(json)?;
    let http3 = imported.http3.unwrap_or_default();
    let plan = Plan {
        source: imported.url.parse()?,
        mode: imported.mode,
        sweep: imported.sweep,
        connections: imported.connections,
        packet_len: imported.packet_size,
        link: imported.link_profile,
        http: HttpRuns {
            http3: http3.choice,
            ..HttpRuns::default()
        },
        expected_path: None,
        rounds: imported.rounds,
        seed: imported.seed,
    };
    plan.check()?;
    let values = plan.sweep.values();
    if let Some(wrong) = imported.runs.iter().find(|run| !is_sound(run, &values)) {
        return Err(ReadError::Run(wrong.place));
    }
    let mut over_http3 = http3.series.runs.iter();
    if let Some(wrong) = over_http3.find(|run| !is_sound(run, &[HTTP3_VALUE])) {
        return Err(ReadError::Run(wrong.place));
    }
    let mut experiment = Experiment {
        made_secs: imported.made_secs,
        machine: imported.machine.checked(),
        len: imported.len,
        predictions: imported.predictions,
        ..Experiment::new(plan)
    };
    experiment.extend(imported.runs);
    experiment.extend_http3(http3.series.runs);
    if let Some(reason) = http3.series.absence {
        experiment.end_http3(reason);
    }
    experiment.state = match (&imported.state[..], imported.reason) {
        ("finished", _) => ExperimentState::Finished,
        ("failed", reason) => ExperimentState::Failed(reason.unwrap_or_default()),
        // An experiment that was running at the time of the export does not run now.
        _ => ExperimentState::Cancelled,
    };
    Ok(Arc::new(experiment))
}

fn is_sound(run: &Run, values: &[u64]) -> bool {
    let is_time = run.seconds.is_finite() && run.seconds >= 0.0;
    let is_traced_well = run.trace.as_ref().is_none_or(|trace| trace.is_sound());
    values.contains(&run.value) && is_time && is_traced_well
}

#[cfg(test)]
mod tests;
