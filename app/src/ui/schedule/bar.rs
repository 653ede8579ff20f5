//! Tells above the screen that downloads wait for their hours, or what happens now that all are done.

use std::time::Duration;

use eframe::egui::{Align, Frame, Label, Layout, Margin, Panel, Ui};

use super::State;
use crate::ui::message::{Action, ScheduleAction};
use crate::ui::tokens::Palette;
use crate::ui::widgets::controls;

/// Draws the bar, if there is something to tell.
pub(crate) fn ui(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    if let Some(countdown) = &state.countdown {
        let left = countdown.left();
        ui.ctx().request_repaint_after(Duration::from_millis(500));
        let seconds = left.as_secs_f64().ceil();
        let words = format!("{} in {seconds} s", countdown.what.announcement());
        bar(ui, "countdown", &words, |ui| {
            if controls::button(ui, "Cancel countdown").clicked() {
                actions.push(Action::Schedule(ScheduleAction::StopCountdown));
            }
            if controls::button(ui, "Now").clicked() {
                actions.push(Action::Schedule(ScheduleAction::EndCountdown));
            }
        });
    } else if let Some(words) = &state.waits_until {
        bar(ui, "hours", words, |ui| {
            if controls::button(ui, "Download now").clicked() {
                actions.push(Action::Schedule(ScheduleAction::IgnoreHours));
            }
        });
    }
}

fn bar(ui: &mut Ui, id: &'static str, words: &str, buttons: impl FnOnce(&mut Ui)) {
    let frame = Frame::new()
        .fill(Palette::of(ui).chosen)
        .inner_margin(Margin::symmetric(16, 8));
    Panel::top(id)
        .resizable(false)
        .show_separator_line(false)
        .frame(frame)
        .show(ui, |ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                buttons(ui);
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add(Label::new(words).wrap());
                });
            });
        });
}
