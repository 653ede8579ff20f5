//! The name of a download and its buttons.
//!
//! Each button has its own place, whatever the state: a button that appears where another one was is
//! clicked by mistake. The destructive buttons stand apart, at the right.

use eframe::egui::{Align, Layout, RichText, TextStyle, Ui, vec2};

use super::download_action::DownloadAction;
use super::running_limits;
use crate::ui::bidi::visual;
use crate::ui::message::Action;
use crate::ui::tokens::{CONTROL, Palette, STEP};
use crate::ui::widgets::controls;
use lanes_engine::DownloadSnapshot;

/// Width of the place of Pause, Resume and their like.
const TOGGLE: f32 = 96.0;
/// Widths of the places of the destructive buttons, in [`DownloadAction::DESTRUCTIVE`]'s order.
const DESTRUCTIVE: f32 = 80.0;

/// Draws the name, then the buttons: so does a screen reader read them, and the Tab key reach them.
pub(super) fn ui(ui: &mut Ui, download: &DownloadSnapshot, actions: &mut Vec<Action>) {
    let available = DownloadAction::available_for(download);
    let is_free = |action: &&DownloadAction| {
        action.is_prominent() && !action.is_toggle() && !action.is_destructive()
    };
    let free: Vec<DownloadAction> = available.iter().filter(is_free).copied().collect();
    let toggle = available.iter().find(|action| action.is_toggle()).copied();
    let widths: f32 = free.iter().map(|action| width(ui, *action) + STEP).sum();
    let limits = match running_limits::apply_to(download) {
        true => text_width(ui, running_limits::LABEL) + STEP,
        false => 0.0,
    };
    let places = limits + TOGGLE + 2.0 * (DESTRUCTIVE + STEP) + 2.0 * STEP;
    ui.horizontal(|ui| {
        let room = (ui.available_width() - widths - places - STEP).max(96.0);
        ui.allocate_ui_with_layout(
            vec2(room, CONTROL),
            Layout::left_to_right(Align::Center),
            |ui| {
                ui.set_width(room);
                controls::truncated(ui, RichText::new(visual(&download.name)).heading());
            },
        );
        running_limits::ui(ui, std::iter::once(download), actions);
        let mut run = |ui: &Ui, action: DownloadAction| action.run(ui, download, actions);
        for action in free {
            if controls::button(ui, action.label()).clicked() {
                run(ui, action);
            }
        }
        place_ui(ui, TOGGLE, toggle, &mut run);
        ui.add_space(STEP);
        for action in DownloadAction::DESTRUCTIVE {
            let action = Some(action).filter(|action| available.contains(action));
            place_ui(ui, DESTRUCTIVE, action, &mut run);
        }
    });
}

/// Draws a button in its place, or leaves the place empty.
fn place_ui(
    ui: &mut Ui,
    width: f32,
    action: Option<DownloadAction>,
    run: &mut impl FnMut(&Ui, DownloadAction),
) {
    let Some(action) = action else {
        ui.add_space(width + STEP);
        return;
    };
    let colour = if action.is_destructive() {
        Palette::of(ui).bad
    } else {
        Palette::of(ui).text
    };
    let clicked = ui
        .scope(|ui| {
            ui.visuals_mut().widgets.inactive.fg_stroke.color = colour;
            controls::wide_button(ui, action.label(), width, true)
        })
        .inner
        .clicked();
    if clicked {
        run(ui, action);
    }
}

/// Returns the width of a button.
fn width(ui: &Ui, action: DownloadAction) -> f32 {
    text_width(ui, action.label())
}

fn text_width(ui: &Ui, words: &str) -> f32 {
    let font = TextStyle::Button.resolve(ui.style());
    let text = ui
        .painter()
        .layout_no_wrap(words.to_owned(), font, Palette::of(ui).text);
    text.size().x + 2.0 * ui.spacing().button_padding.x
}
