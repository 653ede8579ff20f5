//! The form that starts a download.

use eframe::egui::{Align, Key, Label, Layout, Ui, vec2};

use super::transfer_options::mode_description;
use super::{ScreenContext, State};
use crate::ui::message::{Action, Purpose};
use crate::ui::tokens::{CONTROL, STEP};
use crate::ui::widgets::controls::{self, PRIMARY};
use lanes_engine::{Mode, Source};

/// Width of the Options button.
const OPTIONS: f32 = 88.0;
/// Least width of the description of a mode.
const EXPLANATION: f32 = 230.0;
/// Width of the list of links.
const LINK: f32 = 136.0;
/// Minimum window height at which the options are shown by default.
const ROOMY: f32 = 700.0;

pub(super) fn ui(
    ui: &mut Ui,
    state: &mut State,
    context: &ScreenContext<'_>,
    actions: &mut Vec<Action>,
) {
    let snapshot = context.snapshot;
    let wide = ui.available_width() > 1040.0;
    let roomy = ui.ctx().content_rect().height() >= ROOMY || snapshot.downloads.is_empty();
    let open = state.shows_options.unwrap_or(roomy);
    ui.horizontal(|ui| {
        let buttons = PRIMARY + OPTIONS + 2.0 * STEP;
        let save = if wide { 288.0 + STEP } else { 0.0 };
        let width = ui.available_width() - buttons - save;
        let name = state.source.ui(ui, width, snapshot, actions);
        if let Some(links) = state.source.pasted_links.take() {
            state.add_to_form(&links);
        }
        if wide {
            save_ui(ui, state, context, 288.0, actions);
        }
        let options = controls::unlabelled(ui, |ui| {
            controls::toggle(ui, open, "Options", OPTIONS).on_hover_text(state.options.summary())
        });
        if options.clicked() {
            state.shows_options = Some(!open);
        }
        let enter = name.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let clicked = controls::unlabelled(ui, |ui| controls::primary(ui, "Download")).clicked();
        if enter || clicked {
            state.download(actions);
        }
    });
    if !open {
        return;
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = if wide { 24.0 } else { 12.0 };
        state.options.mode_and_count_ui(ui);
        // Web servers send neither packets nor an emulated link.
        let is_web = matches!(state.source.source(), Ok(Source::Http(_)));
        ui.add_enabled_ui(!is_web, |ui| state.options.packets_ui(ui));
        if wide {
            ui.add_enabled_ui(!is_web, |ui| state.options.link_ui(ui, LINK));
            explanation_ui(ui, state.options.mode);
        }
    });
    if !wide {
        ui.horizontal(|ui| {
            let width = (ui.available_width() * 0.5).floor();
            save_ui(ui, state, context, width, actions);
            let is_web = matches!(state.source.source(), Ok(Source::Http(_)));
            ui.add_enabled_ui(!is_web, |ui| state.options.link_ui(ui, LINK));
            explanation_ui(ui, state.options.mode);
        });
    }
}

/// Describes the mode in the remaining width, if two lines are enough for it.
fn explanation_ui(ui: &mut Ui, mode: Mode) {
    if ui.available_width() < EXPLANATION {
        return;
    }
    controls::unlabelled(ui, |ui| {
        let room = vec2(ui.available_width(), CONTROL);
        let words = Label::new(controls::small(ui, mode_description(mode))).wrap();
        ui.allocate_ui_with_layout(room, Layout::left_to_right(Align::Center), |ui| {
            ui.add(words)
        });
    });
}

fn save_ui(
    ui: &mut Ui,
    state: &mut State,
    context: &ScreenContext<'_>,
    width: f32,
    actions: &mut Vec<Action>,
) {
    controls::group(ui, "Save to", |ui, label| {
        ui.horizontal(|ui| {
            let button = 88.0;
            let field = width - button - STEP;
            controls::field(ui, &mut state.save_to, label, context.default_folder, field);
            if controls::wide_button(ui, "Save as…", button, !context.dialog_is_open).clicked() {
                actions.push(Action::OpenDialog(Purpose::SaveAs));
            }
        });
    });
}
