//! The numbers beneath the plot.

use eframe::egui::{Align, Layout, Ui};
use egui_extras::{Column, TableBuilder, TableRow};

use crate::lab::words;
use crate::lab::{Experiment, Summary};
use crate::ui::tokens::ROW;
use crate::ui::widgets::controls;

/// How the columns share the width.
const SHARES: [f32; 6] = [0.13, 0.15, 0.23, 0.23, 0.14, 0.12];

pub(super) fn ui(ui: &mut Ui, experiment: &Experiment) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let label = match experiment.plan.variable.label() {
        "connections" => "Connections",
        "packet size" => "Packet size",
        _ => "File size",
    };
    let gaps = ui.spacing().item_spacing.x * (SHARES.len() - 1) as f32;
    let room = ui.available_width() - gaps;
    let mut table = TableBuilder::new(ui)
        .id_salt("summaries")
        .vscroll(false)
        .cell_layout(Layout::left_to_right(Align::Center))
        .auto_shrink(false);
    for share in SHARES {
        table = table.column(Column::exact((room * share).floor()).clip(true));
    }
    table
        .header(ROW, |mut row| {
            for words in [label, "Median", "Min–max", "Speed-up", "Throughput", "Runs"] {
                row.col(|ui| controls::head(ui, words, true));
            }
        })
        .body(|body| {
            let summaries = &experiment.summaries;
            body.rows(ROW, summaries.len(), |mut row| {
                if let Some(summary) = summaries.get(row.index()) {
                    cells(&mut row, experiment, summary);
                }
            });
        });
}

fn cells(row: &mut TableRow<'_, '_>, experiment: &Experiment, summary: &Summary) {
    let value = words::value(&experiment.plan.variable, summary.value);
    row.col(|ui| controls::number(ui, value));
    row.col(|ui| controls::number(ui, words::time(summary.median_secs)));
    row.col(|ui| {
        controls::number(ui, words::times(summary.min_secs, summary.max_secs));
    });
    row.col(|ui| {
        // The first is what the others are compared with: there is no doubt about it.
        let interval = summary
            .speed_up_interval
            .filter(|(low, high)| low < high)
            .map(|interval| format!(" ({})", words::interval(interval)))
            .unwrap_or_default();
        controls::number(
            ui,
            format!("{} ×{interval}", words::ratio(summary.speed_up)),
        );
    });
    row.col(|ui| controls::number(ui, words::rate(summary.throughput)));
    row.col(|ui| {
        let failed = match summary.failed {
            0 => String::new(),
            n => format!(", {n} failed"),
        };
        controls::number(ui, format!("{}{failed}", summary.runs));
    });
}
