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
use crate::lab::analysis::prediction::Prediction;
use crate::lab::analysis::summary::Summary;
use crate::lab::plan::experiment_plan::Plan;
use crate::lab::plan::limits::MAX_SIDE_BY_SIDE;
use crate::lab::plan::plan_error::PlanError;
use crate::lab::plan::sweep::Sweep;
use crate::lab::report::warnings::warnings;
use crate::lab::run::experiment_state::ExperimentState;
use crate::lab::run::machine::Machine;
use crate::lab::run::timed_run::Run;
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
        state,
        reason,
        runs: &experiment.runs,
        summaries: &experiment.summaries,
        warnings: warnings(experiment),
        verdict: experiment.verdict(),
    }
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
    state: String,
    reason: Option<String>,
    runs: Vec<Run>,
}

fn experiment(json: Value) -> Result<Arc<Experiment>, ReadError> {
    let imported: Imported = serde_json::from_value(json)?;
    let plan = Plan {
        source: imported.url.parse()?,
        mode: imported.mode,
        sweep: imported.sweep,
        connections: imported.connections,
        packet_len: imported.packet_size,
        link: imported.link_profile,
        expected_path: None,
        rounds: imported.rounds,
        seed: imported.seed,
    };
    plan.check()?;
    let values = plan.sweep.values();
    if let Some(wrong) = imported.runs.iter().find(|run| !is_sound(run, &values)) {
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
mod tests {
    use lanes_shared::link::parse_profile;

    use super::*;
    use crate::lab::export::tests::{experiment, one};
    use crate::lab::plan::experiment_plan::tests::plan;
    use crate::lab::run::timed_run::tests::run;
    use crate::lab::run::trace::Trace;

    fn group(name: &str, experiments: Vec<Arc<Experiment>>) -> ExperimentGroup {
        let name = name.to_owned();
        ExperimentGroup { name, experiments }
    }

    #[test]
    fn json_contains_every_run_and_the_summaries() {
        let json = to_json(&group("", one())).unwrap();
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["variable"], "connections");
        assert_eq!(json["values"], serde_json::json!([1, 10]));
        assert_eq!(json["state"], "finished");
        assert_eq!(json["runs"].as_array().map(Vec::len), Some(5));
        assert_eq!(json["runs"][1]["seconds"], 8.25);
        assert_eq!(json["summaries"][1]["runs"], 2);
        assert_eq!(json["warnings"].as_array().map(Vec::len), Some(2));
        assert!(
            json["verdict"]
                .as_str()
                .unwrap()
                .starts_with("10 connections are fastest")
        );
    }

    #[test]
    fn a_written_experiment_reads_back_equal() {
        let mut with_all = experiment();
        with_all.plan.link = parse_profile("throttled-mirror").ok();
        with_all.made_secs = 1_795_467_908;
        with_all.machine = Machine::here();
        with_all.predictions = vec![Prediction {
            value: 10,
            median_secs: 1.4,
            low_secs: 1.3,
            high_secs: 1.6,
            limit: "cap per connection".to_owned(),
        }];
        let trace = Trace {
            micros: vec![50_000, 100_000],
            done: vec![1, 2],
            connections: Vec::new(),
        };
        with_all.runs[0].trace = Some(Arc::new(trace));
        let links = ["slow-4g", "loss_percent = 0.25"].map(|link| parse_profile(link).unwrap());
        let mut links = Experiment::new(plan(Sweep::Link(links.into())));
        links.push(run(1, 2.5));
        links.state = ExperimentState::Failed("gone".to_owned());
        let all = group("two of them", vec![Arc::new(with_all), Arc::new(links)]);
        let read = read(&to_json(&all).unwrap()).unwrap();
        assert_eq!(read.name, "two of them");
        for (read, written) in read.experiments.iter().zip(&all.experiments) {
            assert_eq!(read.plan, written.plan);
            assert_eq!((read.made_secs, read.len), (written.made_secs, written.len));
            assert_eq!(read.machine, written.machine);
            assert_eq!(read.runs, written.runs);
            assert_eq!(read.predictions, written.predictions);
            assert_eq!(read.summaries, written.summaries);
            assert_eq!(
                (&read.verdict(), &read.state),
                (&written.verdict(), &written.state)
            );
        }
    }

    #[test]
    fn a_running_experiment_reads_back_as_cancelled() {
        let mut running = experiment();
        running.state = ExperimentState::Running(Some(1));
        let json = to_json(&group("", vec![Arc::new(running)])).unwrap();
        assert_eq!(
            read(&json).unwrap().experiments[0].state,
            ExperimentState::Cancelled
        );
    }

    #[test]
    fn invalid_files_are_refused_with_the_reason() {
        let good = to_json(&group("", one())).unwrap();
        assert!(read(&good).is_ok());
        for (from, to, word) in [
            ("lanes://", "gopher://", "invalid"),
            ("\"rounds\": 3", "\"rounds\": 0", "rounds"),
            ("\"seconds\": 8.25", "\"seconds\": -8.25", "impossible"),
            ("\"value\": 10", "\"value\": 11", "impossible"),
            (
                "\"seconds\": 8.25",
                "\"seconds\": \"x\"",
                "does not contain",
            ),
            (
                "\"variable\": \"connections\"",
                "\"variable\": \"colour\"",
                "does not contain",
            ),
        ] {
            let broken = good.replacen(from, to, 1);
            assert_ne!(broken, good, "{from}");
            let error = read(&broken).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
        for none in ["", "[]", "null", "{}", "{\"experiments\": []}", "\u{0}"] {
            assert!(read(none).is_err(), "{none}");
        }
    }
}
