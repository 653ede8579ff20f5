//! The list of downloads, the newest first.

use eframe::egui::{Align, Color32, Layout, Role, Sense, Ui, WidgetInfo, vec2};
use egui_extras::{Column, TableBuilder};
use lanes_shared::size;

use crate::engine::{DownloadId, DownloadSnapshot, DownloadState, Snapshot};
use crate::ui::format;
use crate::ui::tokens::{LIST_ROW, Palette, ROW};
use crate::ui::widgets::bar::bar;
use crate::ui::widgets::controls;

pub(super) fn ui(ui: &mut Ui, selected: &mut Option<DownloadId>, snapshot: &Snapshot, height: f32) {
    let downloads = &snapshot.downloads;
    let bar_width = (ui.available_width() * 0.24).clamp(120.0, 280.0);
    ui.allocate_ui(vec2(ui.available_width(), height), |ui| {
        ui.spacing_mut().item_spacing = vec2(16.0, 0.0);
        TableBuilder::new(ui)
            .id_salt("list")
            .auto_shrink([false, true])
            .max_scroll_height(height - ROW)
            .min_scrolled_height(0.0)
            .sense(Sense::click())
            .cell_layout(Layout::left_to_right(Align::Center))
            .column(Column::remainder().clip(true))
            .column(Column::exact(80.0))
            .column(Column::exact(bar_width))
            .column(Column::exact(80.0))
            .column(Column::exact(96.0))
            .column(Column::exact(80.0))
            .column(Column::exact(64.0))
            .header(ROW, |mut row| {
                for (words, right) in [
                    ("Name", false),
                    ("Size", true),
                    ("Progress", false),
                    ("", false),
                    ("Rate", true),
                    ("Left", true),
                    ("Conn.", true),
                ] {
                    row.col(|ui| controls::head(ui, words, right));
                }
            })
            .body(|body| {
                body.rows(LIST_ROW, downloads.len(), |mut row| {
                    let newest_first = downloads.len() - 1 - row.index();
                    let Some(download) = downloads.get(newest_first) else {
                        return;
                    };
                    let chosen = *selected == Some(download.id);
                    row.set_selected(chosen);
                    cells(&mut row, download);
                    let response = row.response();
                    let name = format!("{}, {}", download.name, download.state.word());
                    response.widget_info(|| {
                        WidgetInfo::selected(Role::ListBoxOption, true, chosen, name.as_str())
                    });
                    if response.clicked() {
                        *selected = Some(download.id);
                    }
                });
            });
    });
}

fn cells(row: &mut egui_extras::TableRow<'_, '_>, download: &DownloadSnapshot) {
    let active = download.state.is_active();
    row.col(|ui| {
        controls::truncated(ui, download.name.as_str());
    });
    row.col(|ui| {
        controls::number(
            ui,
            download
                .len
                .map_or_else(|| format::NONE.to_owned(), size::si),
        );
    });
    row.col(|ui| {
        let colour = colour_of(ui, &download.state);
        let name = format!("Progress of {}", download.name);
        bar(ui, &name, download.progress(), colour);
    });
    row.col(|ui| {
        let words = match (&download.state, download.progress()) {
            (DownloadState::Running, Some(share)) => format::percent(share),
            (state, _) => state.word().to_owned(),
        };
        let colour = match download.state {
            DownloadState::Failed(_) => Palette::of(ui).bad,
            DownloadState::Finished => Palette::of(ui).good,
            _ => Palette::of(ui).text,
        };
        ui.colored_label(colour, words);
    });
    row.col(|ui| controls::number(ui, format::rate(download.rate)));
    row.col(|ui| controls::number(ui, format::left(download.left.filter(|_| active))));
    row.col(|ui| {
        let words = if active {
            format!("{}/{}", download.alive(), download.asked)
        } else {
            format::NONE.to_owned()
        };
        controls::number(ui, words);
    });
}

/// The colour of a download's bar: running is alive, the rest is calm.
pub(super) fn colour_of(ui: &Ui, state: &DownloadState) -> Color32 {
    let palette = Palette::of(ui);
    match state {
        DownloadState::Starting | DownloadState::Running | DownloadState::Checking => {
            palette.accent
        }
        DownloadState::Finished => palette.good,
        DownloadState::Failed(_) => palette.bad,
        DownloadState::Paused | DownloadState::Cancelled => palette.weak,
    }
}
