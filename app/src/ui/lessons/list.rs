//! The list of lessons, and the field that opens one from a file.

use eframe::egui::{Button, Label, RichText, Role, Ui, WidgetInfo, vec2};

use super::State;
use crate::ui::message::{Action, LessonAction, Purpose};
use crate::ui::tokens::{self, CONTROL, Palette, STEP};
use crate::ui::widgets::controls;
use crate::ui::widgets::icon::Icon;

/// Draws the list.
pub(super) fn ui(ui: &mut Ui, state: &mut State, dialog_is_open: bool, actions: &mut Vec<Action>) {
    tokens::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.label(RichText::new("Lessons").heading());
        ui.add_space(STEP);
        for index in 0..state.lessons.len() {
            entry_ui(ui, state, index);
        }
        ui.add_space(2.0 * STEP);
        file_ui(ui, state, dialog_is_open, actions);
    });
}

fn entry_ui(ui: &mut Ui, state: &mut State, index: usize) {
    let palette = Palette::of(ui);
    let (lesson, is_shown) = (&state.lessons[index], state.current == index);
    let (title, is_done) = (&lesson.lesson.title, lesson.is_answered());
    let number = index + 1;
    let fill = match is_shown {
        true => palette.chosen,
        false => palette.surface,
    };
    let words = RichText::new(format!("{number}  {title}"));
    let button = Button::new(words)
        .fill(fill)
        .truncate()
        .min_size(vec2(ui.available_width(), CONTROL));
    let response = ui.add(button);
    let name = match is_done {
        true => format!("Lesson {number}: {title}, done"),
        false => format!("Lesson {number}: {title}"),
    };
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_shown, &name));
    if is_done {
        let at = response.rect.right_center() - vec2(10.0, 0.0);
        ui.painter().circle_filled(at, 4.5, palette.good);
    }
    if response.clicked() {
        state.current = index;
    }
}

fn file_ui(ui: &mut Ui, state: &mut State, dialog_is_open: bool, actions: &mut Vec<Action>) {
    controls::group(ui, "A lesson of your own", |ui, label| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let width = ui.available_width() - CONTROL - 4.0;
            let field = controls::field(ui, &mut state.file, label, "lesson.toml", width);
            let is_entered =
                field.lost_focus() && ui.input(|input| input.key_pressed(eframe::egui::Key::Enter));
            if is_entered && !state.file.trim().is_empty() {
                actions.push(Action::Lesson(LessonAction::Open(state.file.clone())));
            }
            ui.add_enabled_ui(!dialog_is_open, |ui| {
                if controls::icon_button(ui, Icon::Folder, "Choose a lesson…").clicked() {
                    actions.push(Action::OpenDialog(Purpose::Lesson));
                }
            });
        });
    });
    if !state.refusal.is_empty() {
        let words = RichText::new(&state.refusal).small();
        ui.add(Label::new(words.color(Palette::of(ui).bad)).wrap());
    }
}
