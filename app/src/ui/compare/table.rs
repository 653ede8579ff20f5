//! The table of results below the plot.

use eframe::egui::{Align, Label, Layout, RichText, Ui};
use egui_extras::{Column, TableBuilder};

use super::legend;
use super::series::Series;
use crate::lab::analysis::statistics::MIN_INTERVAL_RUNS;
use crate::lab::report::http3::HTTP3_LABEL;
use crate::lab::report::{format as lab_format, label};
use crate::lab::{Summary, Sweep};
use crate::ui::format::{self, NONE, capital};
use crate::ui::tokens::ROW;
use crate::ui::widgets::controls;

/// A column of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Figure {
    /// The experiment, if there are several.
    Experiment,
    Value,
    Median,
    Predicted,
    Times,
    SpeedUp,
    Throughput,
    Limit,
    Runs,
}

/// The columns with their headings and relative widths.
const COLUMNS: [(Figure, &str, f32); 9] = [
    (Figure::Experiment, "", 0.18),
    (Figure::Value, "", 0.105),
    (Figure::Median, "Median", 0.105),
    (Figure::Predicted, "Predicted", 0.12),
    (Figure::Times, "Min–max", 0.155),
    (Figure::SpeedUp, "Speed-up", 0.19),
    (Figure::Throughput, "Throughput", 0.12),
    (Figure::Limit, "Limit", 0.18),
    (Figure::Runs, "Runs", 0.075),
];
/// Minimum width for all columns.
const WIDE: f32 = 880.0;

/// Returns the columns shown at this width with their relative widths.
fn columns(width: f32, several: bool, are_links: bool) -> Vec<(Figure, &'static str, f32)> {
    let is_shown = |figure: &Figure| match figure {
        Figure::Experiment => several,
        Figure::Predicted => width >= WIDE,
        // The widest column; the plot shows the same.
        Figure::Times => width >= WIDE || !several,
        _ => true,
    };
    let mut shown = COLUMNS.to_vec();
    shown.retain(|(figure, ..)| is_shown(figure));
    for (figure, _, share) in &mut shown {
        if *figure == Figure::Value && are_links {
            *share = 0.2;
        }
    }
    let sum: f32 = shown.iter().map(|(.., share)| share).sum();
    for (.., share) in &mut shown {
        *share /= sum;
    }
    shown
}

/// Draws the table: a row per value and experiment.
pub(super) fn ui(ui: &mut Ui, shown: &[Series<'_>]) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let label = shown
        .first()
        .map_or("", |one| one.experiment.plan.sweep.label());
    let rows: Vec<Row<'_>> = shown.iter().flat_map(rows_of).collect();
    let width = ui.available_width();
    let sweep = shown.first().map(|one| &one.experiment.plan.sweep);
    let are_links = matches!(sweep, Some(Sweep::Link(_)));
    let columns = columns(width, shown.len() > 1, are_links);
    let runs = rows.iter().map(|row| row.summary.runs);
    let spread = match runs.min() {
        Some(runs) if runs >= MIN_INTERVAL_RUNS => "Speed-up (95 %)",
        _ => "Speed-up (range)",
    };
    let gaps = ui.spacing().item_spacing.x * (columns.len() - 1) as f32;
    let mut table = TableBuilder::new(ui)
        .id_salt("summaries")
        .vscroll(false)
        .cell_layout(Layout::left_to_right(Align::Center))
        .auto_shrink([false, true]);
    for (.., share) in &columns {
        let width = ((width - gaps) * share).floor();
        table = table.column(Column::exact(width).clip(true));
    }
    table
        .header(ROW, |mut row| {
            for (figure, head, _) in &columns {
                let is_right = is_right(*figure, are_links);
                let words = match figure {
                    Figure::Value => capital(label),
                    Figure::SpeedUp => spread.to_owned(),
                    _ => (*head).to_owned(),
                };
                row.col(|ui| controls::head(ui, &words, is_right));
            }
        })
        .body(|body| {
            body.rows(ROW, rows.len(), |mut row| {
                if let Some(of) = rows.get(row.index()) {
                    for (figure, ..) in &columns {
                        row.col(|ui| cell(ui, of, *figure));
                    }
                }
            });
        });
}

/// A row: a value of an experiment, or HTTP/3.
struct Row<'a> {
    one: &'a Series<'a>,
    summary: &'a Summary,
    is_http3: bool,
}

/// Returns the rows of an experiment.
fn rows_of<'a>(one: &'a Series<'a>) -> impl Iterator<Item = Row<'a>> {
    let over_tcp = one
        .experiment
        .summaries
        .iter()
        .map(|summary| (summary, false));
    let http3 = one.experiment.http3.summary.iter();
    let rows = over_tcp.chain(http3.map(|summary| (summary, true)));
    rows.map(move |(summary, is_http3)| Row {
        one,
        summary,
        is_http3,
    })
}

fn cell(ui: &mut Ui, row: &Row<'_>, figure: Figure) {
    let Row { one, summary, .. } = row;
    let experiment = one.experiment;
    let prediction = experiment.prediction(summary.value);
    let text = match figure {
        Figure::Experiment => return legend::name_ui(ui, one),
        Figure::Value if row.is_http3 => HTTP3_LABEL.to_owned(),
        Figure::Value if matches!(experiment.plan.sweep, Sweep::Link(_)) => {
            let words = label::value(&experiment.plan.sweep, summary.value);
            controls::truncated(ui, RichText::new(words).small());
            return;
        }
        Figure::Value => label::value(&experiment.plan.sweep, summary.value),
        Figure::Median => lab_format::time(summary.median_secs),
        // Marked with a tilde, as it is not a measurement.
        Figure::Predicted => prediction.map_or_else(
            || NONE.to_owned(),
            |one| format!("~{}", lab_format::time(one.median_secs)),
        ),
        Figure::Times => lab_format::time_range(summary.min_secs, summary.max_secs),
        Figure::SpeedUp => speed_up(summary),
        Figure::Throughput => format::rate(summary.throughput),
        Figure::Limit => return limit_ui(ui, prediction.map_or(NONE, |one| &one.limit)),
        Figure::Runs => match summary.failed {
            0 => summary.runs.to_string(),
            failed => format!("{}, {failed} failed", summary.runs),
        },
    };
    controls::number(ui, text);
}

/// Numbers stand at the right, names at the left.
fn is_right(figure: Figure, are_links: bool) -> bool {
    match figure {
        Figure::Experiment => false,
        Figure::Value => !are_links,
        _ => true,
    }
}

fn speed_up(summary: &Summary) -> String {
    // The baseline has no interval.
    let interval = summary
        .speed_up_interval
        .filter(|(low, high)| low < high)
        .map(|interval| format!(" ({})", lab_format::interval(interval)))
        .unwrap_or_default();
    format!("{} ×{interval}", lab_format::ratio(summary.speed_up))
}

/// Draws the limiting factor, right-aligned like the numbers beside it.
fn limit_ui(ui: &mut Ui, limit: &str) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add(Label::new(RichText::new(limit).small()).truncate());
    });
}
