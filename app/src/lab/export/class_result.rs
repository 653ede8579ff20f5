//! An experiment as the result that is sent to the server of a class.

use lanes_engine::{Mode, ServerName};
use lanes_shared::class_result::{ClassMode, ClassPoint, ClassResult, MAX_POINTS, Varied};
use lanes_shared::link::profile_name;

use crate::lab::analysis::experiment::Experiment;
use crate::lab::analysis::summary::Summary;
use crate::lab::plan::sweep::Sweep;
use crate::lab::run::experiment_state::ExperimentState;

/// Returns the server of a finished experiment and the result to send to it; `None` without good runs, or if
/// the file came from an HTTP server.
pub fn to_class_result(experiment: &Experiment, name: &str) -> Option<(ServerName, ClassResult)> {
    let plan = &experiment.plan;
    let server = plan.source.lanes_server()?.clone();
    let is_finished = experiment.state == ExperimentState::Finished;
    if !is_finished || experiment.summaries.is_empty() {
        return None;
    }
    let varied = varied(&plan.sweep);
    let unless = |quantity, value: u64| if varied == quantity { 0 } else { value };
    let points = experiment.summaries.iter().take(MAX_POINTS);
    let result = ClassResult {
        name: name.to_owned(),
        file: match varied {
            Varied::FileSize => String::new(),
            _ => plan.source.name().into_owned(),
        },
        file_len: unless(Varied::FileSize, experiment.len.unwrap_or(0)),
        mode: match plan.mode {
            Mode::Stream => ClassMode::Stream,
            Mode::Packets => ClassMode::Packets,
            Mode::Parallel => ClassMode::Parallel,
        },
        varied,
        connections: unless(Varied::Connections, plan.connections.into()) as u16,
        packet_len: unless(Varied::PacketLen, plan.packet_len.into()) as u32,
        link: plan.link.as_ref().map_or_else(String::new, profile_name),
        points: points.map(|one| point(one, &plan.sweep)).collect(),
    };
    Some((server, result.cleaned()))
}

fn varied(sweep: &Sweep) -> Varied {
    match sweep {
        Sweep::Connections(_) => Varied::Connections,
        Sweep::PacketLen(_) => Varied::PacketLen,
        Sweep::FileSize(_) => Varied::FileSize,
        Sweep::Link(_) => Varied::Link,
    }
}

fn point(summary: &Summary, sweep: &Sweep) -> ClassPoint {
    // A float that is out of range becomes the nearest integer.
    let micros = |secs: f64| (secs * 1e6).round() as u64;
    let link = sweep.link(summary.value);
    ClassPoint {
        value: summary.value,
        label: link.map_or_else(String::new, profile_name),
        runs: u32::try_from(summary.runs).unwrap_or(u32::MAX),
        failed: u32::try_from(summary.failed).unwrap_or(u32::MAX),
        median_us: micros(summary.median_secs),
        min_us: micros(summary.min_secs),
        max_us: micros(summary.max_secs),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::experiment;
    use super::*;

    #[test]
    fn a_finished_experiment_has_its_medians_and_nothing_of_this_machine() {
        let finished = experiment();
        let (server, result) = to_class_result(&finished, "Ada\u{202e}").unwrap();
        assert_eq!(Some(&server), finished.plan.source.lanes_server());
        assert_eq!((result.check(), result.name.as_str()), (Ok(()), "Ada"));
        let points: Vec<_> = result
            .points
            .iter()
            .map(|one| {
                (
                    one.value,
                    one.runs,
                    one.failed,
                    one.median_us,
                    one.min_us,
                    one.max_us,
                )
            })
            .collect();
        assert_eq!(
            points,
            [
                (1, 2, 0, 8_625_000, 8_250_000, 9_000_000),
                (10, 2, 1, 1_375_000, 1_250_000, 1_500_000)
            ]
        );
        let text = format!("{result:?}");
        assert!(
            !text.contains("gone") && !text.contains(&server.host),
            "{text}"
        );
    }

    #[test]
    fn other_experiments_are_not_sent() {
        let mut cancelled = experiment();
        cancelled.state = ExperimentState::Cancelled;
        assert!(to_class_result(&cancelled, "").is_none());
        let mut http = experiment();
        http.plan.source = "https://h.example/f".parse().unwrap();
        assert!(to_class_result(&http, "").is_none());
    }
}
