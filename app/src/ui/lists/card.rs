//! The buttons that open and write lists.

use eframe::egui::{Label, Ui};

use crate::ui::message::{Action, ListFormat, Purpose};
use crate::ui::widgets::controls;

/// Draws the buttons.
pub(crate) fn ui(ui: &mut Ui, dialog_is_open: bool, actions: &mut Vec<Action>) {
    let words = "Text with one link per line, input files of aria2, exports of Internet Download Manager (.ef2) and JSON";
    ui.add(Label::new(controls::small(ui, words)).wrap());
    ui.horizontal_wrapped(|ui| {
        if controls::button_if(ui, "Open a list…", !dialog_is_open).clicked() {
            actions.push(Action::OpenDialog(Purpose::LinkList));
        }
        let hint = "The file has the cookies and passwords of the downloads";
        let export = controls::button(ui, "Export for aria2").on_hover_text(hint);
        if export.clicked() {
            actions.push(Action::ExportList(ListFormat::Aria2));
        }
        let export = controls::button(ui, "Export as JSON").on_hover_text(hint);
        if export.clicked() {
            actions.push(Action::ExportList(ListFormat::Json));
        }
    });
}
