//! The welcome view before the first download: sample pictures and the server's other files.

use eframe::egui::{
    Align, Align2, Button, FontId, Layout, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2,
};
use lanes_shared::catalog::Entry;

use super::{ScreenContext, State};
use crate::ui::bidi::visual;
use crate::ui::format;
use crate::ui::message::Action;
use crate::ui::race;
use crate::ui::tokens::{HEADING, Palette, RADIUS, SMALL};
use crate::ui::widgets::controls;
use lanes_engine::{Catalogue, Command, one_line};

pub(super) fn ui(
    ui: &mut Ui,
    state: &mut State,
    context: &ScreenContext<'_>,
    actions: &mut Vec<Action>,
) {
    let snapshot = context.snapshot;
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let above = if context.race_offer.is_some() {
            0.04
        } else {
            0.14
        };
        ui.add_space((ui.available_height() * above).min(96.0));
        ui.vertical_centered(|ui| {
            if let Some(can_start) = context.race_offer {
                // The race starts with its pixels.
                if !context.sample.is_requested() {
                    actions.push(Action::ReadSample);
                }
                race::offer_ui(ui, 3.0 * TILE + 16.0, can_start, actions);
                ui.add_space(24.0);
            }
            ui.label(controls::big("Paste a link, or try Data.jpg"));
            ui.add_space(16.0);
            match state.source.catalogue(snapshot).cloned() {
                Some(Catalogue::Ready(entries)) => files_ui(ui, state, &entries, actions),
                Some(Catalogue::Failed(words)) => {
                    ui.label(words);
                    if let Some(server) = state.source.server()
                        && controls::button(ui, "Refresh").clicked()
                    {
                        actions.push(Action::Engine(Command::Browse(server)));
                    }
                }
                Some(Catalogue::Loading) => {
                    ui.label(controls::small(ui, "Requesting the file list"));
                }
                None => {
                    ui.label(controls::small(ui, "Waiting for the local server"));
                }
            }
        });
    });
}

fn files_ui(ui: &mut Ui, state: &mut State, entries: &[Entry], actions: &mut Vec<Action>) {
    let is_picture =
        |entry: &&Entry| entry.name.starts_with("Data") && entry.name.ends_with(".jpg");
    let mut pictures: Vec<&Entry> = entries.iter().filter(is_picture).collect();
    pictures.sort_by_key(|entry| std::cmp::Reverse(entry.len));
    row(ui, &pictures, |ui, entry| {
        if tile(ui, entry) {
            state.source.name.clone_from(&entry.name);
            state.download(actions);
        }
    });
    let mut others: Vec<&Entry> = entries.iter().filter(|entry| !is_picture(entry)).collect();
    others.sort_by_key(|entry| entry.len);
    others.truncate(12);
    if others.is_empty() {
        return;
    }
    ui.add_space(16.0);
    ui.label(controls::small(ui, "Also on this server"));
    for others in others.chunks(3) {
        row(ui, others, |ui, entry| {
            let size = controls::small(ui, format::size(entry.len)).monospace();
            let button = Button::new(visual(&one_line(&entry.name)))
                .right_text(size)
                .fill(Palette::of(ui).surface)
                .truncate();
            if ui.add_sized(vec2(TILE, 36.0), button).clicked() {
                state.source.name.clone_from(&entry.name);
            }
        });
    }
}

/// Width of a tile.
const TILE: f32 = 216.0;

/// Draws a centred row of tiles.
fn row(ui: &mut Ui, entries: &[&Entry], mut add: impl FnMut(&mut Ui, &Entry)) {
    let count = entries.len() as f32;
    let width = count * TILE + (count - 1.0).max(0.0) * 8.0;
    ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::left_to_right(Align::Min), |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        for entry in entries {
            add(ui, entry);
        }
    });
}

/// Draws the tile of a picture; returns whether it was clicked.
fn tile(ui: &mut Ui, entry: &Entry) -> bool {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(TILE, 72.0), Sense::click());
    if ui.is_rect_visible(rect) {
        let fill = if response.hovered() {
            palette.field_hover
        } else {
            palette.surface
        };
        let painter = ui.painter();
        painter.rect_filled(rect, f32::from(RADIUS), fill);
        let line = |words: &str, y: f32, size: f32, colour| {
            let at = rect.center() + vec2(0.0, y);
            painter.text(
                at,
                Align2::CENTER_CENTER,
                words,
                FontId::proportional(size),
                colour,
            );
        };
        line(&one_line(&entry.name), -10.0, HEADING, palette.accent);
        let words = format!("{} · download", format::size(entry.len));
        line(&words, 14.0, SMALL, palette.weak);
        controls::focus_ring(ui, &response);
    }
    let name = format!(
        "Download {}, {}",
        one_line(&entry.name),
        format::size(entry.len)
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name.as_str()));
    response.clicked()
}
