//! What an experiment found, as text: table, chart, verdict, warnings.

use crate::cli::chart::{Bar, bars};
use crate::cli::table::{Align, table};
use crate::lab::warnings::warnings;
use crate::lab::{Experiment, Summary, Variable, words};

/// Everything that is worth saying, at most 80 characters wide but for the sentences.
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
    parts.push(experiment.verdict.clone());
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

fn results(experiment: &Experiment) -> String {
    let variable = &experiment.plan.variable;
    let right = |heading| (heading, Align::Right);
    let columns = [
        right(variable.label()),
        right("runs"),
        right("median"),
        right("min"),
        right("max"),
        right("speed-up"),
        right("95 %"),
        right("throughput"),
    ];
    let rows: Vec<_> = experiment
        .summaries
        .iter()
        .map(|summary| row(variable, summary))
        .collect();
    table(columns, &rows)
}

fn row(variable: &Variable, summary: &Summary) -> [String; 8] {
    [
        words::value(variable, summary.value),
        summary.runs.to_string(),
        words::time(summary.median_secs),
        words::time(summary.min_secs),
        words::time(summary.max_secs),
        format!("{} ×", words::ratio(summary.speed_up)),
        summary
            .speed_up_interval
            .map_or_else(|| "–".to_owned(), words::interval),
        words::rate(summary.throughput),
    ]
}

fn chart(experiment: &Experiment) -> String {
    let bar = |summary: &Summary| Bar {
        label: words::value(&experiment.plan.variable, summary.value),
        value: summary.median_secs,
        text: words::time(summary.median_secs),
    };
    bars(&experiment.summaries.iter().map(bar).collect::<Vec<_>>())
}
