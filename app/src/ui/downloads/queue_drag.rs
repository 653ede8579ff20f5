//! Drags queued rows to another place in the queue.

use eframe::egui::{Response, Ui};

use super::State;
use super::table_filter::Column;
use crate::ui::message::Action;
use crate::ui::tokens::Palette;
use lanes_engine::{Command, DownloadSnapshot, QueuePlace};

/// Marks a drag of the selected rows.
struct DraggedRows;

/// Lets a queued row be dragged in the queue while the rows stand in its order: before the row on which it is
/// dropped.
pub(super) fn ui(
    ui: &Ui,
    state: &mut State,
    response: &Response,
    download: &DownloadSnapshot,
    actions: &mut Vec<Action>,
) {
    let is_in_order = state.filter.order_in_force().0 == Column::Queue;
    if !is_in_order || state.table.queue_place(download.id).is_none() {
        return;
    }
    if response.drag_started() && !state.selection.has(download.id) {
        state.selection.choose(download.id);
    }
    response.dnd_set_drag_payload(DraggedRows);
    if response.dnd_hover_payload::<DraggedRows>().is_some() {
        let stroke = (2.0, Palette::of(ui).accent);
        let (rect, top) = (response.rect, response.rect.top());
        ui.painter().hline(rect.x_range(), top, stroke);
    }
    if response.dnd_release_payload::<DraggedRows>().is_some() {
        let rows = state.table.rows().iter();
        let dragged = rows.filter(|row| state.selection.has(row.id));
        let ids = dragged.map(|row| row.id).collect();
        let place = QueuePlace::Before(download.id);
        actions.push(Action::Engine(Command::MoveInQueue(ids, place)));
    }
}
