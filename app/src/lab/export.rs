//! An experiment as files: every single run as CSV or JSON, a picture as SVG.

mod axis;
mod svg;

use std::fmt::Write as _;

use lanes_shared::link::{LinkProfile, name_of};
use serde::Serialize;

use super::experiment::{Experiment, ExperimentState};
use super::plan::Variable;
use super::predicted::Predicted;
use super::run::Run;
use super::summary::Summary;
use super::warnings::warnings;
use crate::engine::Mode;

pub use svg::to_svg;

/// Why an experiment could not be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// There is nothing to draw.
    #[error("no run ended well: there is nothing to draw")]
    NoRuns,
    /// The JSON could not be written.
    #[error("the experiment could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The picture could not be drawn.
    #[error("the plot could not be drawn: {0}")]
    Draw(String),
}

/// Every run as one line of comma-separated values (RFC 4180, with plain line feeds), in the order
/// in which they were made, after one line of names. Values and sizes are in bytes, times in
/// seconds.
///
/// # Errors
/// None today; the type is that of the other exports.
pub fn to_csv(experiment: &Experiment) -> Result<String, ExportError> {
    let mut csv = String::from(
        "url,mode,variable,value,round,place,seconds,bytes,connections,retries,error,link,\
         predicted_secs,lateness_p99_us\n",
    );
    let plan = &experiment.plan;
    let url = field(&plan.source.to_string());
    let link = field(&plan.link.as_ref().map_or_else(String::new, name_of));
    let (mode, variable) = (plan.mode.name(), name(&plan.variable));
    for run in &experiment.runs {
        let Run {
            value,
            round,
            place,
            seconds,
            bytes,
            connections,
            retries,
            lateness_p99_us,
            error,
        } = run;
        let predicted = experiment.prediction(*value);
        let predicted = predicted.map_or_else(String::new, |one| one.median_secs.to_string());
        let late = lateness_p99_us.map_or_else(String::new, |late| late.to_string());
        let error = field(error.as_deref().unwrap_or_default());
        // Writing to a string cannot fail.
        let _ = writeln!(
            csv,
            "{url},{mode},{variable},{value},{round},{place},{seconds},{bytes},{connections},\
             {retries},{error},{link},{predicted},{late}"
        );
    }
    Ok(csv)
}

/// The plan, every run, the summaries, the warnings and the verdict as one JSON object.
///
/// # Errors
/// [`ExportError::Json`], which only a number that is none could cause.
pub fn to_json(experiment: &Experiment) -> Result<String, ExportError> {
    let plan = &experiment.plan;
    let (state, reason) = state(&experiment.state);
    let exported = Exported {
        lanes: env!("CARGO_PKG_VERSION"),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        processors: std::thread::available_parallelism().map_or(0, usize::from),
        url: plan.source.to_string(),
        mode: plan.mode,
        variable: &plan.variable,
        connections: plan.connections,
        packet_size: plan.packet_len,
        rounds: plan.rounds,
        seed: plan.seed,
        link: plan.link.as_ref().map(name_of),
        link_profile: plan.link.as_ref(),
        predictions: &experiment.predictions,
        state,
        reason,
        runs: &experiment.runs,
        summaries: &experiment.summaries,
        warnings: warnings(experiment),
        verdict: &experiment.verdict,
    };
    let mut json = serde_json::to_string_pretty(&exported)?;
    json.push('\n');
    Ok(json)
}

/// What a JSON export holds.
#[derive(Serialize)]
struct Exported<'a> {
    lanes: &'a str,
    system: String,
    processors: usize,
    url: String,
    mode: Mode,
    #[serde(flatten)]
    variable: &'a Variable,
    connections: u16,
    packet_size: u32,
    rounds: u32,
    seed: u64,
    link: Option<String>,
    link_profile: Option<&'a LinkProfile>,
    predictions: &'a [Predicted],
    state: &'a str,
    reason: Option<&'a str>,
    runs: &'a [Run],
    summaries: &'a [Summary],
    warnings: Vec<String>,
    verdict: &'a str,
}

fn state(state: &ExperimentState) -> (&str, Option<&str>) {
    match state {
        ExperimentState::WarmingUp | ExperimentState::Running(_) => ("running", None),
        ExperimentState::Finished => ("finished", None),
        ExperimentState::Cancelled => ("cancelled", None),
        ExperimentState::Failed(reason) => ("failed", Some(reason)),
    }
}

/// The name that serde gives the variable in JSON.
fn name(variable: &Variable) -> &'static str {
    match variable {
        Variable::Connections(_) => "connections",
        Variable::PacketLen(_) => "packet_len",
        Variable::FileSize(_) => "file_size",
    }
}

/// A text as a field of a CSV file.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::lab::plan::tests::plan;
    use crate::lab::summary::tests::run;

    /// An experiment of four good runs and a failed one.
    pub(super) fn experiment() -> Experiment {
        let mut experiment = Experiment::new(plan(Variable::Connections(vec![1, 10])));
        for (value, seconds) in [(10, 1.5), (1, 8.25), (1, 9.0), (10, 1.25)] {
            experiment.push(run(value, seconds));
        }
        let error = Some("no answer, \"gone\"".to_owned());
        experiment.push(Run {
            error,
            ..run(10, 3.0)
        });
        experiment.state = ExperimentState::Finished;
        experiment
    }

    #[test]
    fn csv_holds_every_run_and_quotes_what_must_be() {
        let csv = to_csv(&experiment()).unwrap();
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines.len(), 6);
        let url = "lanes://server.example:5115/Data.jpg";
        assert_eq!(
            lines[1],
            format!("{url},parallel,connections,10,1,1,1.5,1000000,1,0,,,,")
        );
        assert!(
            lines[5].ends_with(r#","no answer, ""gone""",,,"#),
            "{}",
            lines[5]
        );
    }

    #[test]
    fn json_holds_every_run_and_what_they_amount_to() {
        let json = to_json(&experiment()).unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["variable"], "connections");
        assert_eq!(json["values"], serde_json::json!([1, 10]));
        assert_eq!(json["state"], "finished");
        assert_eq!(json["runs"].as_array().map(Vec::len), Some(5));
        assert_eq!(json["runs"][1]["seconds"], 8.25);
        assert_eq!(json["summaries"][1]["runs"], 2);
        assert_eq!(json["warnings"].as_array().map(Vec::len), Some(2));
        assert!(json["verdict"].as_str().unwrap().starts_with("Best: 10"));
    }
}
