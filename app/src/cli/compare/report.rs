//! The results of an experiment as text: table, chart, warnings and conclusion.

use lanes_shared::link::profile_name;

use crate::cli::chart::{Bar, bars};
use crate::cli::table::{Align, table};
use crate::lab::analysis::statistics::MIN_INTERVAL_RUNS;
use crate::lab::report::conclusion::conclusion;
use crate::lab::report::http3::HTTP3_LABEL;
use crate::lab::report::warnings::warnings;
use crate::lab::report::{format, label};
use crate::lab::{Experiment, Summary, Sweep};

/// Returns the results; the table and the chart are at most 80 characters wide.
pub(super) fn report(experiment: &Experiment) -> String {
    let mut parts = vec![
        results(experiment),
        format!("median completion time\n{}", chart(experiment)),
    ];
    parts.extend(
        warnings(experiment)
            .into_iter()
            .map(|warning| format!("Note: {warning}")),
    );
    parts.push(link(experiment));
    parts.push(conclusion(experiment));
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

fn results(experiment: &Experiment) -> String {
    let sweep = &experiment.plan.sweep;
    let right = |heading| (heading, Align::Right);
    let runs = experiment.summaries.iter().map(|summary| summary.runs);
    let spread = match runs.min() {
        Some(runs) if runs >= MIN_INTERVAL_RUNS => "95 %",
        _ => "range",
    };
    let columns = [
        right(sweep.label()),
        right("runs"),
        right("median"),
        right("min"),
        right("max"),
        right("speed-up"),
        right(spread),
        right("throughput"),
    ];
    if !experiment.predictions.is_empty() {
        return with_predictions(experiment, columns);
    }
    let over_tcp = experiment.summaries.iter();
    let mut rows: Vec<_> = over_tcp.map(|summary| row(sweep, summary)).collect();
    if let Some(summary) = &experiment.http3.summary {
        let [_, rest @ ..] = row(sweep, summary);
        let [runs, median, min, max, speed_up, interval, throughput] = rest;
        let name = HTTP3_LABEL.to_owned();
        rows.push([name, runs, median, min, max, speed_up, interval, throughput]);
    }
    table(columns, &rows)
}

/// Returns the table with the predictions of the link model, marked with `~`.
fn with_predictions(experiment: &Experiment, columns: [(&str, Align); 8]) -> String {
    let [value, runs, median, rest @ ..] = columns;
    let [min, max, speed_up, interval, throughput] = rest;
    let predicted = ("predicted", Align::Right);
    let columns = [
        value, runs, median, predicted, min, max, speed_up, interval, throughput,
    ];
    let with_prediction = |summary: &Summary| {
        let [value, runs, median, rest @ ..] = row(&experiment.plan.sweep, summary);
        let [min, max, speed_up, interval, throughput] = rest;
        let predicted = experiment
            .prediction(summary.value)
            .map_or_else(String::new, |one| {
                format!("~{}", format::time(one.median_secs))
            });
        [
            value, runs, median, predicted, min, max, speed_up, interval, throughput,
        ]
    };
    let rows: Vec<_> = experiment.summaries.iter().map(with_prediction).collect();
    table(columns, &rows)
}

/// Names the emulated link.
fn link(experiment: &Experiment) -> String {
    let plan = &experiment.plan;
    let Some(profile) = plan.emulated() else {
        return String::new();
    };
    let name = profile_name(profile);
    format!("Emulated link: {name}; ~ marks predictions of its model.")
}

fn row(sweep: &Sweep, summary: &Summary) -> [String; 8] {
    [
        label::value(sweep, summary.value),
        summary.runs.to_string(),
        format::time(summary.median_secs),
        format::time(summary.min_secs),
        format::time(summary.max_secs),
        format!("{} ×", format::ratio(summary.speed_up)),
        summary
            .speed_up_interval
            .map_or_else(|| "–".to_owned(), format::interval),
        format::rate(summary.throughput),
    ]
}

fn chart(experiment: &Experiment) -> String {
    let bar = |summary: &Summary| Bar {
        label: label::value(&experiment.plan.sweep, summary.value),
        value: summary.median_secs,
        text: format::time(summary.median_secs),
    };
    let http3 = experiment.http3.summary.as_ref().map(|summary| Bar {
        label: HTTP3_LABEL.to_owned(),
        ..bar(summary)
    });
    let over_tcp = experiment.summaries.iter().map(bar);
    bars(&over_tcp.chain(http3).collect::<Vec<_>>())
}
