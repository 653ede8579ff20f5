//! The table with its filters, and the details of the selection below it.

use eframe::egui::{self, ScrollArea, Ui, vec2};

use super::{ScreenContext, State, detail, list, side_list, toolbar};
use crate::ui::message::Action;
use crate::ui::tokens::{self, CONTROL, LIST_ROW, ROW};
use crate::ui::widgets::splitter::{self, Drag};

/// Width of the list from which the filters stand beside it.
const SIDE_LIST_FROM: f32 = 1000.0;
/// Number of downloads from which the filters stand beside the list: a shorter list is lower than they are.
const SIDE_LIST_ROWS: usize = 7;
/// Minimum height of the detail card.
const LEAST_DETAIL: f32 = 300.0;

/// Draws the table and the details of the selection below it; both scroll if the window is too low.
pub(super) fn ui(
    ui: &mut Ui,
    state: &mut State,
    context: &ScreenContext<'_>,
    actions: &mut Vec<Action>,
) {
    let snapshot = context.snapshot;
    let room = ui.available_height();
    ScrollArea::vertical()
        .id_salt("downloads")
        .auto_shrink(false)
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let above = ui.cursor().top();
            let mut shown = 0.0;
            tokens::card(ui).inner_margin(8).show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.spacing_mut().item_spacing.y = 8.0;
                let has_side_list = ui.available_width() > SIDE_LIST_FROM
                    && snapshot.downloads.len() >= SIDE_LIST_ROWS;
                if toolbar::ui(ui, state, snapshot, has_side_list, actions) {
                    state.open_add("");
                }
                let rows_height = rows_height(state, snapshot.downloads.len(), room);
                shown = rows_height;
                if !has_side_list {
                    return rows_ui(ui, state, rows_height, actions);
                }
                ui.horizontal_top(|ui| {
                    let height = list::height(0) + rows_height;
                    ui.vertical(|ui| {
                        ui.set_max_width(side_list::WIDTH);
                        side_list::ui(ui, &mut state.filter, state.table.counts(), height);
                    });
                    ui.vertical(|ui| rows_ui(ui, state, rows_height, actions));
                });
            });
            splitter_ui(ui, state, room, shown);
            let left = room - (ui.cursor().top() - above);
            detail_ui(ui, state, context, left.max(LEAST_DETAIL), actions);
        });
}

/// Draws the rows, or says that there are none.
fn rows_ui(ui: &mut Ui, state: &mut State, height: f32, actions: &mut Vec<Action>) {
    if state.table.rows().is_empty() {
        let room = vec2(ui.available_width(), list::height(1));
        ui.allocate_ui(room, |ui| ui.label("No downloads match the filter"));
    } else {
        list::ui(ui, state, height, actions);
    }
}

/// Height of the list without its rows: toolbar, headings, margins and the splitter.
const LIST_FRAME: f32 = CONTROL + ROW + 32.0 + splitter::GAP;

/// Returns the height of the rows: half of the screen for the list, as far as it has rows, and at least
/// three of them; or as the splitter was dragged.
fn rows_height(state: &State, count: usize, room: f32) -> f32 {
    let all = count.max(2) as f32 * LIST_ROW;
    let half = (room / 2.0 - LIST_FRAME).max(3.0 * LIST_ROW);
    all.min(state.rows_height.unwrap_or(half))
}

/// Draws the splitter between the table and the details.
fn splitter_ui(ui: &mut Ui, state: &mut State, room: f32, now: f32) {
    match splitter::ui(ui) {
        Some(Drag::By(by)) => {
            let most = (room - LEAST_DETAIL).max(3.0 * LIST_ROW);
            state.rows_height = Some((now + by).clamp(2.0 * LIST_ROW, most));
        }
        Some(Drag::Reset) => state.rows_height = None,
        None => {}
    }
}

fn detail_ui(
    ui: &mut Ui,
    state: &mut State,
    context: &ScreenContext<'_>,
    height: f32,
    actions: &mut Vec<Action>,
) {
    let chosen: Vec<_> = state.selection.of(context.snapshot).cloned().collect();
    let Some(first) = chosen.first() else {
        return;
    };
    let margin = if height < 320.0 { 12 } else { 16 };
    let frame = tokens::card(ui).inner_margin(egui::Margin::symmetric(16, margin));
    frame.show(ui, |ui| {
        // Less the card's margin above and below.
        let room = vec2(ui.available_width(), height - 2.0 * f32::from(margin));
        ui.allocate_ui(room, |ui| {
            ui.set_min_size(room);
            if chosen.len() > 1 {
                detail::many_ui(ui, &chosen, actions);
            } else {
                let State {
                    tab,
                    pictures,
                    replay,
                    ..
                } = state;
                let view = detail::View {
                    tab,
                    pictures,
                    replay,
                };
                detail::ui(ui, view, first, context, actions);
            }
        });
    });
}
