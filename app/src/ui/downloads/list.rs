//! The list of downloads, the newest first.
//!
//! Drawn by hand rather than as a table: a row is one thing to click, with one name, and not one
//! thing a cell.

use eframe::egui::{
    Align, Color32, Layout, Rect, Response, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo,
    pos2, vec2,
};
use lanes_shared::size;

use crate::engine::{DownloadId, DownloadSnapshot, DownloadState, Snapshot};
use crate::ui::format;
use crate::ui::tokens::{LIST_ROW, Palette, RADIUS, ROW};
use crate::ui::widgets::bar::bar;
use crate::ui::widgets::controls;

/// Heads of the columns; whether numbers stand beneath.
const HEADS: [(&str, bool); 7] = [
    ("Name", false),
    ("Size", true),
    ("Progress", false),
    ("", false),
    ("Rate", true),
    ("Left", true),
    ("Conn.", true),
];
/// The room between columns.
const GAP: f32 = 16.0;

/// The columns of a row, from left to right.
fn columns(row: Rect) -> [Rect; 7] {
    let bar = (row.width() * 0.24).clamp(112.0, 280.0);
    let fixed = [0.0, 72.0, bar, 72.0, 88.0, 88.0, 56.0];
    let name = row.width() - fixed.iter().sum::<f32>() - GAP * 8.0;
    let mut left = row.left() + GAP;
    let mut widths = fixed;
    widths[0] = name.max(64.0);
    widths.map(|width| {
        let cell = Rect::from_min_max(pos2(left, row.top()), pos2(left + width, row.bottom()));
        left += width + GAP;
        cell
    })
}

/// Lays out what stands in one cell.
fn cell(ui: &mut Ui, rect: Rect, add: impl FnOnce(&mut Ui)) {
    let layout = Layout::left_to_right(Align::Center);
    let mut cell = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout));
    cell.set_clip_rect(rect.intersect(ui.clip_rect()));
    add(&mut cell);
}

pub(super) fn ui(
    ui: &mut Ui,
    selected: &mut Option<DownloadId>,
    snapshot: &Snapshot,
    most_rows: usize,
) {
    let downloads = &snapshot.downloads;
    ui.spacing_mut().item_spacing.y = 0.0;
    let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    for ((words, right), rect) in HEADS.into_iter().zip(columns(head)) {
        cell(ui, rect, |ui| controls::head(ui, words, right));
    }
    ScrollArea::vertical()
        .id_salt("list")
        .auto_shrink([false, true])
        .max_height(most_rows as f32 * LIST_ROW)
        .show_rows(ui, LIST_ROW, downloads.len(), |ui, rows| {
            for index in rows {
                let newest_first = downloads.len() - 1 - index;
                if let Some(download) = downloads.get(newest_first)
                    && row(ui, download, *selected == Some(download.id)).clicked()
                {
                    *selected = Some(download.id);
                }
            }
        });
}

fn row(ui: &mut Ui, download: &DownloadSnapshot, chosen: bool) -> Response {
    let room = vec2(ui.available_width(), LIST_ROW);
    let (rect, response) = ui.allocate_exact_size(room, Sense::click());
    let palette = Palette::of(ui);
    if chosen || response.hovered() {
        let fill = if chosen {
            palette.chosen
        } else {
            palette.field
        };
        ui.painter().rect_filled(rect, f32::from(RADIUS), fill);
    }
    cells(ui, columns(rect), download);
    controls::focus_ring(ui, &response);
    let name = format!("{}, {}", download.name, download.state.word());
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, chosen, name.as_str()));
    response
}

fn cells(ui: &mut Ui, columns: [Rect; 7], download: &DownloadSnapshot) {
    let active = download.state.is_active();
    let [name, len, progress, state, rate, left, alive] = columns;
    cell(ui, name, |ui| {
        controls::truncated(ui, download.name.as_str());
    });
    cell(ui, len, |ui| {
        controls::number(
            ui,
            download
                .len
                .map_or_else(|| format::NONE.to_owned(), size::si),
        );
    });
    cell(ui, progress, |ui| {
        let colour = colour_of(ui, &download.state);
        let name = format!("Progress of {}", download.name);
        bar(ui, &name, download.progress(), colour);
    });
    cell(ui, state, |ui| {
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
    cell(ui, rate, |ui| {
        controls::number(ui, format::rate(download.rate));
    });
    cell(ui, left, |ui| {
        controls::number(ui, format::left(download.left.filter(|_| active)));
    });
    cell(ui, alive, |ui| {
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
        DownloadState::Waiting | DownloadState::Paused | DownloadState::Cancelled => palette.weak,
    }
}
