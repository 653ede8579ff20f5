//! The table of downloads.
//!
//! Drawn by hand instead of with a table widget: each row is one clickable element with one
//! accessible name. Only visible rows are drawn. The table is a single Tab stop; the arrow keys
//! move within it.

use eframe::egui::{
    Align, Color32, EventFilter, Id, Layout, Rect, Response, Role, ScrollArea, Sense, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};

use super::State;
use super::download_action::DownloadAction;
use super::file_category::FileCategory;
use super::queue_drag;
use super::selection::Touch;
use super::steady_rate;
use super::table_filter::{Column, TableFilter};
use crate::ui::bidi::visual;
use crate::ui::format;
use crate::ui::message::Action;
use crate::ui::tokens::{LIST_ROW, Palette, RADIUS, ROW, SMALL};
use crate::ui::widgets::bar::thin_bar;
use crate::ui::widgets::controls;
use crate::ui::widgets::sort_head::SortHead;
use lanes_engine::{DownloadSnapshot, DownloadState};

/// A column: heading, sort key, and right alignment for numbers.
const HEADS: [(&str, Column, bool); 7] = [
    ("Name", Column::Name, false),
    ("Size", Column::Size, true),
    ("Progress", Column::Progress, false),
    ("Rate", Column::Rate, true),
    ("Time left", Column::Left, true),
    ("Conn.", Column::Connections, true),
    ("Added", Column::Added, true),
];

/// The widget id of the table, which has the keyboard focus as a whole.
pub(super) fn id() -> Id {
    Id::unique("downloads table")
}

/// Side of a button in a row.
const BUTTON: f32 = 26.0;
/// Width of the buttons at the end of a row.
const ACTIONS: f32 = 2.0 * BUTTON + 8.0;

/// Returns the height of the table with this many rows.
pub(super) fn height(rows: usize) -> f32 {
    ROW + rows as f32 * LIST_ROW
}

/// Returns the cells of a row from left to right. In a narrow window the last columns have no width
/// and are not drawn.
fn columns(whole: Rect) -> [Rect; 7] {
    let row = whole.with_max_x(whole.right() - ACTIONS);
    let (widths, gap) = match row.width() {
        width if width > 960.0 => ([0.0, 80.0, 240.0, 96.0, 96.0, 56.0, 88.0], 16.0),
        width if width > 640.0 => ([0.0, 72.0, 112.0, 84.0, 64.0, 48.0, 52.0], 8.0),
        _ => ([0.0, 72.0, 120.0, 84.0, 0.0, 0.0, 0.0], 12.0),
    };
    let shown = widths.iter().filter(|width| **width > 0.0).count() as f32 + 1.0;
    let name = row.width() - widths.iter().sum::<f32>() - gap * (shown + 1.0);
    let mut left = row.left() + gap;
    let mut index = 0;
    widths.map(|width| {
        let width = if index == 0 { name.max(64.0) } else { width };
        index += 1;
        let cell = Rect::from_min_max(pos2(left, row.top()), pos2(left + width, row.bottom()));
        left += width + if width > 0.0 { gap } else { 0.0 };
        cell
    })
}

/// Lays out the content of one cell.
fn cell(ui: &mut Ui, rect: Rect, add: impl FnOnce(&mut Ui)) {
    if rect.width() <= 0.0 {
        return;
    }
    let layout = Layout::left_to_right(Align::Center);
    let mut cell = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout));
    cell.set_clip_rect(rect.intersect(ui.clip_rect()));
    add(&mut cell);
}

/// Draws the table; its rows take at most `rows_height`.
pub(super) fn ui(ui: &mut Ui, state: &mut State, rows_height: f32, actions: &mut Vec<Action>) {
    ui.spacing_mut().item_spacing.y = 0.0;
    heads_ui(ui, &mut state.filter);
    let room = vec2(ui.available_width(), rows_height);
    let table = ui.interact(
        Rect::from_min_size(ui.cursor().min, room),
        id(),
        Sense::focusable_noninteractive(),
    );
    let count = state.table.rows().len();
    table.widget_info(|| {
        let words = format!("Downloads, {}", format::count(count, "row"));
        WidgetInfo::labeled(Role::ListBox, true, words)
    });
    let keeps = EventFilter {
        vertical_arrows: true,
        ..EventFilter::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id(), keeps));
    let mut area = ScrollArea::vertical()
        .id_salt("list")
        .auto_shrink([false, false])
        .max_height(rows_height);
    if let Some(offset) = state.offset_for_cursor(rows_height) {
        area = area.vertical_scroll_offset(offset);
    }
    let shown = area.show_rows(ui, LIST_ROW, count, |ui, rows| {
        for index in rows {
            row_ui(ui, state, index, actions);
        }
    });
    state.offset = shown.state.clamped_offset().y;
    controls::focus_ring(ui, &table);
}

/// Draws the headings, which sort on click.
fn heads_ui(ui: &mut Ui, filter: &mut TableFilter) {
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    for ((words, column, right), rect) in HEADS.into_iter().zip(columns(row)) {
        let (sorted_by, is_descending) = filter.order_in_force();
        let name = match column {
            Column::Left => "Sort by time left".to_owned(),
            Column::Connections => "Sort by connections".to_owned(),
            _ => format!("Sort by {}", words.to_lowercase()),
        };
        let head = SortHead {
            words,
            name: &name,
            right,
            sorted: (sorted_by == column).then_some(is_descending),
        };
        cell(ui, rect, |ui| {
            if head.ui(ui).clicked() {
                filter.sort_by(column);
            }
        });
    }
}

fn row_ui(ui: &mut Ui, state: &mut State, index: usize, actions: &mut Vec<Action>) {
    let Some(download) = state.table.rows().get(index).cloned() else {
        return;
    };
    let chosen = state.selection.has(download.id);
    let place = state.table.queue_place(download.id);
    let response = row(ui, &download, chosen, place);
    queue_drag::ui(ui, state, &response, &download, actions);
    buttons_ui(ui, response.rect, &download, actions);
    if response.clicked() || response.secondary_clicked() {
        let modifiers = ui.input(|input| input.modifiers);
        let touch = match () {
            // A menu for the whole selection keeps the selection.
            () if response.secondary_clicked() && chosen => None,
            () if modifiers.command => Some(Touch::Toggle),
            () if modifiers.shift => Some(Touch::Extend),
            () => Some(Touch::Plain),
        };
        if let Some(touch) = touch {
            state
                .selection
                .touch(state.table.rows(), download.id, touch);
        }
        ui.memory_mut(|memory| memory.request_focus(id()));
    }
    if response.double_clicked() && download.state == DownloadState::Finished {
        DownloadAction::Open.run(ui, &download, actions);
    }
    response.context_menu(|ui| {
        ui.set_min_width(160.0);
        for action in DownloadAction::available_for(&download) {
            if ui.button(action.label()).clicked() {
                if action.is_bulk() && state.selection.len() > 1 {
                    let rows = state.table.rows().iter();
                    for other in rows.filter(|row| state.selection.has(row.id)) {
                        if DownloadAction::available_for(other).contains(&action) {
                            action.run(ui, other, actions);
                        }
                    }
                } else {
                    action.run(ui, &download, actions);
                }
                ui.close();
            }
        }
    });
}

/// Draws the buttons at the end of a row: each in a place of its own.
fn buttons_ui(ui: &Ui, row: Rect, download: &DownloadSnapshot, actions: &mut Vec<Action>) {
    let available = DownloadAction::available_for(download);
    let toggle = available.iter().find(|action| action.is_toggle());
    let folder = available
        .iter()
        .find(|action| **action == DownloadAction::OpenFolder);
    for (place, action) in [(2.0, toggle), (1.0, folder)] {
        let Some((action, icon)) = action.and_then(|action| Some((*action, action.icon()?))) else {
            continue;
        };
        let centre = pos2(row.right() - 4.0 - (place - 0.5) * BUTTON, row.center().y);
        let rect = Rect::from_center_size(centre, vec2(BUTTON, BUTTON));
        // Not a Tab stop: the table is one, and has keys for these actions.
        let id = id().with((download.id, action.label()));
        let response = ui.interact(rect, id, Sense::CLICK);
        let palette = Palette::of(ui);
        if response.hovered() {
            ui.painter()
                .rect_filled(rect, f32::from(RADIUS), palette.field_hover);
        }
        let colour = if response.hovered() {
            palette.text
        } else {
            palette.weak
        };
        icon.paint(ui.painter(), rect.shrink(8.0), colour);
        let name = format!("{} {}", action.label(), download.name);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        if response.on_hover_text(action.label()).clicked() {
            action.run(ui, download, actions);
        }
    }
}

fn row(ui: &mut Ui, download: &DownloadSnapshot, chosen: bool, place: Option<usize>) -> Response {
    let room = vec2(ui.available_width(), LIST_ROW);
    // Not a Tab stop: the table is one as a whole.
    let sense = match place {
        Some(_) => Sense::CLICK | Sense::DRAG,
        None => Sense::CLICK,
    };
    let (rect, response) = ui.allocate_exact_size(room, sense);
    let palette = Palette::of(ui);
    if chosen || response.hovered() {
        let fill = if chosen {
            palette.chosen
        } else {
            palette.field
        };
        ui.painter().rect_filled(rect, f32::from(RADIUS), fill);
    }
    cells(ui, columns(rect), download, place);
    let name = format!("{}, {}", download.name, download.state.label());
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, chosen, name.as_str()));
    response
}

fn cells(ui: &mut Ui, columns: [Rect; 7], download: &DownloadSnapshot, place: Option<usize>) {
    let active = download.state.is_active();
    let [name, len, progress, rate, left, alive, added] = columns;
    cell(ui, name, |ui| {
        let (mark, _) = ui.allocate_exact_size(vec2(16.0, 16.0), Sense::hover());
        let colour = Palette::of(ui).weak;
        FileCategory::of(&download.name)
            .icon()
            .paint(ui.painter(), mark, colour);
        controls::truncated(ui, visual(&download.name));
    });
    let none = || format::NONE.to_owned();
    cell(ui, len, |ui| {
        controls::number(ui, download.len.map_or_else(none, format::size));
    });
    if let DownloadState::Failed(reason) = &download.state {
        // The reason is of more use than figures that are zero.
        cell(
            ui,
            progress.with_max_x(alive.right().max(rate.right())),
            |ui| {
                let words = format!("Failed: {reason}");
                let text = controls::small(ui, visual(&words)).color(Palette::of(ui).bad);
                controls::truncated(ui, text);
            },
        );
        added_ui(ui, added, download);
        return;
    }
    progress_ui(ui, progress, download, place);
    cell(ui, rate, |ui| {
        controls::number(ui, format::rate(steady_rate::rate(download)));
    });
    cell(ui, left, |ui| {
        let left = steady_rate::time_left(download).filter(|_| active);
        controls::number(ui, format::left(left));
    });
    cell(ui, alive, |ui| {
        let words = if active {
            format!(
                "{}/{}",
                download.open_connections(),
                download.target_connections
            )
        } else {
            none()
        };
        controls::number(ui, words);
    });
    added_ui(ui, added, download);
}

fn added_ui(ui: &mut Ui, rect: Rect, download: &DownloadSnapshot) {
    cell(ui, rect, |ui| {
        let now = std::time::SystemTime::now();
        controls::number(ui, format::day(download.added, now));
    });
}

/// Draws the state above a thin progress bar.
fn progress_ui(ui: &mut Ui, rect: Rect, download: &DownloadSnapshot, place: Option<usize>) {
    let words = match (&download.state, download.progress()) {
        (DownloadState::Running, Some(share)) => format::percent(share),
        (DownloadState::Paused, Some(share)) if share > 0.0 => {
            format!("Paused at {}", format::percent(share))
        }
        (DownloadState::Queued, _) => match place {
            Some(place) => format!("Queued, number {}", place + 1),
            None => "Queued".to_owned(),
        },
        (state, _) => state.label().to_owned(),
    };
    let outage = download.outage.as_ref().map(ToString::to_string);
    let words = outage.unwrap_or(words);
    let palette = Palette::of(ui);
    let colour = match download.state {
        DownloadState::Failed(_) => palette.bad,
        DownloadState::Finished => palette.good,
        _ => palette.text,
    };
    let (upper, lower) = rect.split_top_bottom_at_y(rect.top() + 20.0);
    cell(ui, upper, |ui| {
        let text = controls::small(ui, words).color(colour).size(SMALL);
        ui.add(eframe::egui::Label::new(text).truncate());
    });
    cell(ui, lower.with_max_y(lower.top() + 6.0), |ui| {
        let colour = colour_of(ui, &download.state);
        let name = format!("Progress of {}", download.name);
        thin_bar(ui, &name, download.progress(), colour);
    });
}

/// Returns the colour of the progress bar.
pub(super) fn colour_of(ui: &Ui, state: &DownloadState) -> Color32 {
    let palette = Palette::of(ui);
    match state {
        DownloadState::Starting | DownloadState::Running | DownloadState::Verifying => {
            palette.accent
        }
        DownloadState::Finished => palette.good,
        DownloadState::Failed(_) => palette.bad,
        DownloadState::Queued
        | DownloadState::Pausing
        | DownloadState::Cancelling
        | DownloadState::Paused
        | DownloadState::Cancelled => palette.weak,
    }
}
