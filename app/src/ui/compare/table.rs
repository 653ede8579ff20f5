//! The numbers beneath the plot.

use eframe::egui::{Align, Label, Layout, RichText, Ui};
use egui_extras::{Column, TableBuilder};

use crate::lab::words;
use crate::lab::{Experiment, Summary};
use crate::ui::format::NONE;
use crate::ui::tokens::ROW;
use crate::ui::widgets::controls;

/// The columns with their shares of the width; the third only where there is room for it.
const COLUMNS: [(&str, f32); 8] = [
    ("", 0.105),
    ("Median", 0.105),
    ("Predicted", 0.12),
    ("Min–max", 0.155),
    ("Speed-up", 0.19),
    ("Throughput", 0.12),
    ("Limit", 0.18),
    ("Runs", 0.075),
];
/// The column that is left out where there is no room.
const PREDICTED: usize = 2;
/// From which width on there is room for every column.
const WIDE: f32 = 880.0;

/// The columns that are shown in this width.
fn columns(width: f32) -> impl Iterator<Item = (usize, &'static str, f32)> {
    let shown = move |(at, _): &(usize, _)| *at != PREDICTED || width >= WIDE;
    let columns = COLUMNS.into_iter().enumerate().filter(shown);
    let sum: f32 = columns.clone().map(|(_, (_, share))| share).sum();
    columns.map(move |(at, (head, share))| (at, head, share / sum))
}

pub(super) fn ui(ui: &mut Ui, experiment: &Experiment) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let label = match experiment.plan.variable.label() {
        "connections" => "Connections",
        "packet size" => "Packet size",
        _ => "File size",
    };
    let width = ui.available_width();
    let shown: Vec<_> = columns(width).collect();
    let gaps = ui.spacing().item_spacing.x * (shown.len() - 1) as f32;
    let mut table = TableBuilder::new(ui)
        .id_salt("summaries")
        .vscroll(false)
        .cell_layout(Layout::left_to_right(Align::Center))
        .auto_shrink(false);
    for (_, _, share) in &shown {
        let width = ((width - gaps) * share).floor();
        table = table.column(Column::exact(width).clip(true));
    }
    table
        .header(ROW, |mut row| {
            for (at, head, _) in &shown {
                let words = if *at == 0 { label } else { head };
                row.col(|ui| controls::head(ui, words, true));
            }
        })
        .body(|body| {
            let summaries = &experiment.summaries;
            body.rows(ROW, summaries.len(), |mut row| {
                if let Some(summary) = summaries.get(row.index()) {
                    for (at, _, _) in &shown {
                        row.col(|ui| cell(ui, experiment, summary, *at));
                    }
                }
            });
        });
}

fn cell(ui: &mut Ui, experiment: &Experiment, summary: &Summary, column: usize) {
    let foreseen = experiment.prediction(summary.value);
    let text = match column {
        0 => words::value(&experiment.plan.variable, summary.value),
        1 => words::time(summary.median_secs),
        // Marked, for it is no measurement.
        PREDICTED => foreseen.map_or_else(
            || NONE.to_owned(),
            |one| format!("~{}", words::time(one.median_secs)),
        ),
        3 => words::times(summary.min_secs, summary.max_secs),
        4 => speed_up(summary),
        5 => words::rate(summary.throughput),
        6 => return limit_ui(ui, foreseen.map_or(NONE, |one| &one.limit)),
        _ => match summary.failed {
            0 => summary.runs.to_string(),
            failed => format!("{}, {failed} failed", summary.runs),
        },
    };
    controls::number(ui, text);
}

fn speed_up(summary: &Summary) -> String {
    // The first is what the others are compared with: there is no doubt about it.
    let interval = summary
        .speed_up_interval
        .filter(|(low, high)| low < high)
        .map(|interval| format!(" ({})", words::interval(interval)))
        .unwrap_or_default();
    format!("{} ×{interval}", words::ratio(summary.speed_up))
}

/// Words rather than a number, but in line with the numbers beside them.
fn limit_ui(ui: &mut Ui, limit: &str) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add(Label::new(RichText::new(limit).small()).truncate());
    });
}
