//! Buttons, chips, fields and labels with the program's style and accessible names.

use eframe::egui::text::{CCursor, CCursorRange};
use eframe::egui::widgets::text_edit::TextEditState;
use eframe::egui::{
    Align, Button, Checkbox, Id, Label, Layout, Response, RichText, Role, Sense, Stroke, TextEdit,
    TextWrapMode, Ui, WidgetInfo, WidgetText, vec2,
};

use super::icon::Icon;
use crate::ui::tokens::{BIG, CONTROL, Palette, ROW};

/// Width of the primary button.
pub(crate) const PRIMARY: f32 = 112.0;

/// Draws the primary button of a screen.
pub(crate) fn primary(ui: &mut Ui, words: &str) -> Response {
    primary_of(ui, words, PRIMARY)
}

/// Draws a primary button of this width.
pub(crate) fn primary_of(ui: &mut Ui, words: &str, width: f32) -> Response {
    let palette = Palette::of(ui);
    ui.scope(|ui| {
        let widgets = &mut ui.visuals_mut().widgets;
        widgets.inactive.weak_bg_fill = palette.accent;
        widgets.hovered.weak_bg_fill = palette.accent_hover;
        widgets.active.weak_bg_fill = palette.accent_hover;
        for state in [
            &mut widgets.inactive,
            &mut widgets.hovered,
            &mut widgets.active,
        ] {
            state.fg_stroke.color = palette.on_accent;
            state.bg_stroke.color = palette.accent_hover;
        }
        // `add_sized` centres the text; a minimum size would not.
        ui.add_sized(vec2(width, CONTROL), Button::new(words))
    })
    .inner
}

/// Draws a button.
pub(crate) fn button(ui: &mut Ui, words: &str) -> Response {
    ui.add(Button::new(words).min_size(vec2(0.0, CONTROL)))
}

/// Draws a button whose name says more than its text, as one of several with the same text.
pub(crate) fn named_button(ui: &mut Ui, words: &str, name: &str) -> Response {
    let response = button(ui, words);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), name));
    response
}

/// Draws a button that may be disabled.
pub(crate) fn button_if(ui: &mut Ui, words: &str, enabled: bool) -> Response {
    ui.add_enabled(enabled, Button::new(words).min_size(vec2(0.0, CONTROL)))
}

/// Draws a toggle button of fixed width.
pub(crate) fn toggle(ui: &mut Ui, open: bool, words: &str, width: f32) -> Response {
    let palette = Palette::of(ui);
    let fill = if open { palette.chosen } else { palette.field };
    let response = ui.add_sized(vec2(width, CONTROL), Button::new(words).fill(fill));
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, open, words));
    response
}

/// Draws a button of fixed width.
pub(crate) fn wide_button(ui: &mut Ui, words: &str, width: f32, enabled: bool) -> Response {
    ui.add_enabled_ui(enabled, |ui| {
        ui.add_sized(vec2(width, CONTROL), Button::new(words))
    })
    .inner
}

/// Draws a square icon button with an accessible name.
pub(crate) fn icon_button(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    icon_button_of(ui, CONTROL, icon, name)
}

/// Draws an icon button of the height of a table row.
pub(crate) fn small_icon_button(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    icon_button_of(ui, ROW, icon, name)
}

fn icon_button_of(ui: &mut Ui, side: f32, icon: Icon, name: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::click());
    if ui.is_rect_visible(rect) {
        let visuals = ui.style().interact(&response);
        ui.painter()
            .rect_filled(rect, visuals.corner_radius, visuals.weak_bg_fill);
        let inner = rect.shrink(side * 0.3);
        icon.paint(ui.painter(), inner, visuals.text_color());
        focus_ring(ui, &response);
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    response.on_hover_text(name)
}

/// Draws a focus ring around a custom widget that has the keyboard focus.
pub(crate) fn focus_ring(ui: &Ui, response: &Response) {
    if response.has_focus() {
        ui.painter().rect_stroke(
            response.rect,
            f32::from(crate::ui::tokens::RADIUS),
            ui.visuals().selection.stroke,
            eframe::egui::StrokeKind::Inside,
        );
    }
}

/// Draws a radio button; `words` is its text, `name` its accessible name.
pub(crate) fn chip(ui: &mut Ui, chosen: bool, words: &str, name: &str) -> Response {
    let palette = Palette::of(ui);
    let text = RichText::new(words).color(if chosen { palette.accent } else { palette.text });
    let response = ui.add(
        Button::new(text)
            .fill(if chosen {
                palette.chosen
            } else {
                palette.field
            })
            .min_size(vec2(36.0, CONTROL)),
    );
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, name));
    response
}

/// Draws radio buttons for the values of an enum; returns whether the value changed.
pub(crate) fn chips<T: Copy + PartialEq>(
    ui: &mut Ui,
    value: &mut T,
    choices: impl IntoIterator<Item = (T, String, String)>,
) -> bool {
    let mut changed = false;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for (choice, words, name) in choices {
            if chip(ui, *value == choice, &words, &name).clicked() && *value != choice {
                *value = choice;
                changed = true;
            }
        }
    });
    changed
}

/// Draws a checkbox with a visible outline.
pub(crate) fn checkbox(ui: &mut Ui, ticked: &mut bool, words: &str) -> Response {
    ui.scope(|ui| {
        // Clip instead of wrapping if there is not enough space.
        ui.style_mut().wrap_mode = Some(TextWrapMode::Extend);
        tick(ui, Checkbox::new(ticked, words))
    })
    .inner
}

/// Draws a checkbox of the height of a list row, with a truncated text; `some` marks it as
/// partially selected.
pub(crate) fn row_checkbox(ui: &mut Ui, ticked: &mut bool, some: bool, words: &str) -> Response {
    ui.scope(|ui| {
        ui.style_mut().wrap_mode = Some(TextWrapMode::Truncate);
        ui.spacing_mut().interact_size.y = ROW;
        tick(ui, Checkbox::new(ticked, words).indeterminate(some))
    })
    .inner
}

fn tick(ui: &mut Ui, checkbox: Checkbox<'_>) -> Response {
    let edge = Stroke::new(1.0, Palette::of(ui).weak);
    let widgets = &mut ui.visuals_mut().widgets;
    widgets.inactive.bg_stroke = edge;
    widgets.hovered.bg_stroke = edge;
    ui.add(checkbox)
}

/// Draws a small label above its content, which receives the label's id.
pub(crate) fn group<R>(ui: &mut Ui, label: &str, add: impl FnOnce(&mut Ui, Id) -> R) -> R {
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        let id = ui.label(small(ui, label)).id;
        add(ui, id)
    })
    .inner
}

/// Draws content without a label, aligned with the controls of groups.
pub(crate) fn unlabelled<R>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> R) -> R {
    let label = ui.text_style_height(&eframe::egui::TextStyle::Small);
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.add_space(label + 4.0);
        add(ui)
    })
    .inner
}

/// Draws a text field of this width, labelled by `label`.
pub(crate) fn field(ui: &mut Ui, text: &mut String, label: Id, hint: &str, width: f32) -> Response {
    ui.add_sized(
        vec2(width, CONTROL),
        TextEdit::singleline(text)
            .hint_text(hint.to_owned())
            .margin(vec2(8.0, 4.0))
            .align(eframe::egui::Align2::LEFT_CENTER),
    )
    .labelled_by(label)
}

/// Places the cursor of the text field `id` after this many characters.
pub(crate) fn place_cursor(ui: &Ui, id: Id, at: usize) {
    select(ui, id, at..at);
}

/// Selects a range of characters of the text field `id`.
pub(crate) fn select(ui: &Ui, id: Id, range: std::ops::Range<usize>) {
    let mut state = TextEditState::load(ui.ctx(), id).unwrap_or_default();
    let (from, to) = (CCursor::new(range.start), CCursor::new(range.end));
    state
        .cursor
        .set_char_range(Some(CCursorRange::two(from, to)));
    state.store(ui.ctx(), id);
}

/// Returns secondary text.
pub(crate) fn small(ui: &Ui, words: impl Into<String>) -> RichText {
    RichText::new(words).small().color(Palette::of(ui).weak)
}

/// Returns the headline text of a card.
pub(crate) fn big(words: impl Into<String>) -> RichText {
    RichText::new(words).size(BIG)
}

/// Draws a text on one line, truncated if needed; the full text is in the tooltip.
pub(crate) fn truncated(ui: &mut Ui, words: impl Into<WidgetText>) -> Response {
    ui.add(Label::new(words).truncate())
}

/// Draws a number in a table cell: monospace, right-aligned.
pub(crate) fn number(ui: &mut Ui, words: impl Into<String>) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add(Label::new(RichText::new(words).monospace()).extend());
    });
}

/// Draws a column heading, right-aligned above numbers.
pub(crate) fn head(ui: &mut Ui, words: &str, right: bool) {
    let text = small(ui, words);
    let layout = if right {
        Layout::right_to_left(Align::Center)
    } else {
        Layout::left_to_right(Align::Center)
    };
    ui.with_layout(layout, |ui| ui.add(Label::new(text).extend()));
}
