//! The confirmation before downloading much data from a public server.

use eframe::egui::{Align, Label, Layout, RichText, Ui};

use super::form::Form;
use crate::lab::plan::data_usage;
use crate::ui::message::Action;
use crate::ui::tokens::Palette;
use crate::ui::widgets::controls;

/// Draws the warning with its buttons. It disappears when the form no longer needs it.
pub(super) fn ui(ui: &mut Ui, form: &mut Form, actions: &mut Vec<Action>) {
    if !form.asks_confirmation {
        return;
    }
    let plans = form.plans().unwrap_or_default();
    let Some(words) = data_usage::warning(&plans, form.len) else {
        form.asks_confirmation = false;
        return;
    };
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if controls::button(ui, "Do not run").clicked() {
                form.asks_confirmation = false;
            }
            if controls::primary(ui, "Run anyway").clicked() {
                form.asks_confirmation = false;
                actions.push(Action::Run(plans));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let words = RichText::new(words).color(Palette::of(ui).warn);
                ui.add(Label::new(words).wrap());
            });
        });
    });
}
