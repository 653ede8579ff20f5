//! The list of selectable links with their descriptions.

use eframe::egui::text::LayoutJob;
use eframe::egui::{
    Button, Color32, ComboBox, FontId, Label, Response, RichText, Role, TextFormat, Ui, WidgetInfo,
};

use super::form::{LinkChoice, LinkForm};
use crate::ui::tokens::{BODY, CONTROL, Palette, SMALL};
use crate::ui::widgets::controls;
use crate::ui::widgets::icon::Icon;

/// Width of the list with the edit button.
pub(crate) const WIDTH: f32 = LIST + 4.0 + CONTROL;
/// Width of the closed list.
const LIST: f32 = 176.0;
/// Width of the open list.
const OPEN: f32 = 520.0;

/// Draws the list and the edit button.
pub(crate) fn ui(ui: &mut Ui, form: &mut LinkForm) {
    controls::group(ui, "Link", |ui, label| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let list = ComboBox::from_id_salt("link")
                .width(LIST)
                .height(480.0)
                .truncate()
                .selected_text(form.choice.name());
            let list = list.show_ui(ui, |ui| {
                ui.set_min_width(OPEN);
                ui.spacing_mut().item_spacing.y = 0.0;
                ui.spacing_mut().button_padding.y = 4.0;
                for choice in form.choices() {
                    if choice_ui(ui, choice, form.choice == choice).clicked() {
                        form.choose(choice);
                    }
                }
            });
            list.response.labelled_by(label);
            let name = if form.is_edited {
                "Close the link editor"
            } else {
                "Edit the link…"
            };
            if controls::icon_button(ui, Icon::Edit, name).clicked() {
                form.is_edited = !form.is_edited;
            }
        });
    });
}

fn choice_ui(ui: &mut Ui, choice: LinkChoice, chosen: bool) -> Response {
    let palette = Palette::of(ui);
    let part = |size, color: Color32| TextFormat {
        font_id: FontId::proportional(size),
        color,
        ..TextFormat::default()
    };
    let mut words = LayoutJob::default();
    words.append(choice.name(), 0.0, part(BODY, palette.text));
    words.append("\n", 0.0, part(SMALL, palette.text));
    words.append(choice.description(), 0.0, part(SMALL, palette.weak));
    let response = ui.add(Button::selectable(chosen, words));
    let name = format!("{}: {}", choice.name(), choice.description());
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, chosen, &name));
    response
}

/// Draws the description of the selected link, or the reason why it cannot be emulated.
pub(crate) fn line_ui(ui: &mut Ui, form: &LinkForm) {
    let words = match form.requested_link() {
        Err(words) => RichText::new(words).small().color(Palette::of(ui).bad),
        Ok(_) => controls::small(ui, form.choice.description()),
    };
    ui.add(Label::new(words).wrap());
}
