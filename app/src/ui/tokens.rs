//! Design tokens: colours, sizes and spacing in both themes.
//!
//! Screens use the purpose of a colour; only this file defines its value.

use eframe::egui::style::{HandleShape, TextCursorStyle, WidgetVisuals, Widgets};
use eframe::egui::{
    self, Color32, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle,
    Theme, Visuals, vec2,
};

/// Minimum size of the window.
pub(crate) const MIN_WINDOW: egui::Vec2 = vec2(900.0, 600.0);
/// Step of the layout grid.
pub(crate) const STEP: f32 = 8.0;
/// Size of secondary text.
pub(crate) const SMALL: f32 = 12.0;
/// Size of body text.
pub(crate) const BODY: f32 = 14.0;
/// Size of headings.
pub(crate) const HEADING: f32 = 18.0;
/// Size of the headline of a card.
pub(crate) const BIG: f32 = 28.0;
/// Height of fields, buttons and chips.
pub(crate) const CONTROL: f32 = 32.0;
/// Height of table rows.
pub(crate) const ROW: f32 = 24.0;
/// Height of a row in the list of downloads.
pub(crate) const LIST_ROW: f32 = 32.0;
/// Width of the navigation rail.
pub(crate) const RAIL: f32 = 88.0;
/// Corner radius of cards.
pub(crate) const CARD_RADIUS: u8 = 10;
/// Corner radius of fields and buttons.
pub(crate) const RADIUS: u8 = 6;
/// Number of connection colours before they repeat.
pub(crate) const LANES: usize = 12;

/// The colours of a theme, named by purpose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Palette {
    /// Window background.
    pub canvas: Color32,
    /// Background of the navigation rail and the status line.
    pub rail: Color32,
    /// Background of cards.
    pub surface: Color32,
    /// Background of fields and plain buttons.
    pub field: Color32,
    /// Hovered field or button.
    pub field_hover: Color32,
    /// Selected row or chip.
    pub chosen: Color32,
    /// Body text.
    pub text: Color32,
    /// Secondary text.
    pub weak: Color32,
    /// Interactive elements and progress.
    pub accent: Color32,
    /// Hovered accent.
    pub accent_hover: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// Empty part of a bar or map.
    pub track: Color32,
    /// Grid lines.
    pub line: Color32,
    /// Success.
    pub good: Color32,
    /// Waiting or retrying.
    pub warn: Color32,
    /// Failure.
    pub bad: Color32,
    /// Predictions of the link model.
    pub predicted: Color32,
    /// Background of error messages.
    pub bad_surface: Color32,
    /// Background of informational messages.
    pub note_surface: Color32,
    /// Connection colours; neighbours differ strongly in lightness.
    pub lanes: [Color32; LANES],
}

/// Creates a colour from six hexadecimal digits.
#[expect(clippy::disallowed_methods, reason = "this is where colours are made")]
const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

const LIGHT: Palette = Palette {
    canvas: rgb(0xF1_F4_F8),
    rail: rgb(0xE4_E9_F0),
    surface: rgb(0xFF_FF_FF),
    field: rgb(0xED_F1_F6),
    field_hover: rgb(0xDF_E6_EF),
    chosen: rgb(0xD6_E5_FC),
    text: rgb(0x18_20_2C),
    weak: rgb(0x54_60_71),
    accent: rgb(0x1B_66_DB),
    accent_hover: rgb(0x15_55_BC),
    on_accent: rgb(0xFF_FF_FF),
    track: rgb(0xDC_E2_EA),
    line: rgb(0xE3_E8_EE),
    good: rgb(0x16_77_45),
    warn: rgb(0x8F_5A_00),
    bad: rgb(0xB9_23_28),
    predicted: rgb(0x84_3F_A8),
    bad_surface: rgb(0xFC_E6_E5),
    note_surface: rgb(0xE2_EC_FB),
    lanes: [
        rgb(0x1D_5F_BF),
        rgb(0xF2_A0_3D),
        rgb(0x0B_6B_63),
        rgb(0xF0_8D_B3),
        rgb(0x6B_3F_A8),
        rgb(0x9C_C5_3B),
        rgb(0xA8_32_1F),
        rgb(0x5F_C0_EA),
        rgb(0x5F_62_15),
        rgb(0xBF_A2_F0),
        rgb(0x9C_1F_73),
        rgb(0x55_CF_A0),
    ],
};

const DARK: Palette = Palette {
    canvas: rgb(0x11_15_1B),
    rail: rgb(0x0B_0E_13),
    surface: rgb(0x1A_20_29),
    field: rgb(0x27_30_3C),
    field_hover: rgb(0x33_3E_4D),
    chosen: rgb(0x1F_3B_63),
    text: rgb(0xE8_ED_F4),
    weak: rgb(0x9D_AA_BB),
    accent: rgb(0x5A_A2_FF),
    accent_hover: rgb(0x7C_B6_FF),
    on_accent: rgb(0x06_14_28),
    track: rgb(0x2D_36_43),
    line: rgb(0x2A_32_3D),
    good: rgb(0x55_C9_90),
    warn: rgb(0xE9_B2_4E),
    bad: rgb(0xFF_83_7A),
    predicted: rgb(0xCF_9B_F2),
    bad_surface: rgb(0x40_1F_21),
    note_surface: rgb(0x1C_2E_4A),
    lanes: [
        rgb(0x4F_8D_F0),
        rgb(0xFF_C9_7A),
        rgb(0x1F_9C_8E),
        rgb(0xFF_B9_D3),
        rgb(0x9A_6B_E0),
        rgb(0xC6_E8_6B),
        rgb(0xDD_5B_45),
        rgb(0xA2_E0_FA),
        rgb(0x8F_92_3A),
        rgb(0xDA_C9_FF),
        rgb(0xCF_4F_A3),
        rgb(0x8F_F0_C8),
    ],
};

impl Palette {
    /// Returns the palette of the current theme.
    pub(crate) fn of(ui: &egui::Ui) -> &'static Self {
        if ui.visuals().dark_mode {
            &DARK
        } else {
            &LIGHT
        }
    }

    /// Returns the colour of a connection, counted from 1.
    pub(crate) fn lane(&self, number: u16) -> Color32 {
        self.lanes[usize::from(number.saturating_sub(1)) % LANES]
    }
}

/// Returns the shade over what is behind a dialog.
pub(crate) fn shade() -> Color32 {
    Color32::from_black_alpha(88)
}

/// Returns the frame of a card.
pub(crate) fn card(ui: &egui::Ui) -> egui::Frame {
    egui::Frame::new()
        .fill(Palette::of(ui).surface)
        .corner_radius(CARD_RADIUS)
        .inner_margin(16)
}

/// Returns the frame of a dialog's title.
pub(crate) fn title(ui: &egui::Ui) -> egui::Frame {
    egui::Frame::new()
        .fill(Palette::of(ui).surface)
        .corner_radius(CARD_RADIUS)
        .inner_margin(Margin::symmetric(16, 8))
}

/// Applies the style of both themes.
pub(crate) fn apply(ctx: &egui::Context) {
    ctx.set_style_of(Theme::Light, style(&LIGHT, &Visuals::light()));
    ctx.set_style_of(Theme::Dark, style(&DARK, &Visuals::dark()));
    // The app handles the zoom keys: they change a setting that is saved.
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
}

fn style(palette: &Palette, base: &Visuals) -> Style {
    let mut style = Style {
        visuals: visuals(palette, base),
        // Animations keep repainting: an idle window must draw no frames, and with software
        // rendering each frame takes processor time from the downloads.
        animation_time: 0.0,
        ..Style::default()
    };
    let font = |size, family| FontId::new(size, family);
    style.text_styles = [
        (TextStyle::Small, font(SMALL, FontFamily::Proportional)),
        (TextStyle::Body, font(BODY, FontFamily::Proportional)),
        (TextStyle::Button, font(BODY, FontFamily::Proportional)),
        (TextStyle::Heading, font(HEADING, FontFamily::Proportional)),
        (TextStyle::Monospace, font(SMALL, FontFamily::Monospace)),
    ]
    .into();
    style.drag_value_text_style = TextStyle::Monospace;
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(STEP, STEP);
    spacing.button_padding = vec2(12.0, 6.0);
    spacing.interact_size = vec2(40.0, CONTROL);
    spacing.menu_margin = Margin::same(8);
    spacing.window_margin = Margin::same(16);
    spacing.combo_height = 320.0;
    spacing.icon_width = 18.0;
    spacing.icon_width_inner = 10.0;
    spacing.tooltip_width = 420.0;
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.3;
    style
}

fn visuals(palette: &Palette, base: &Visuals) -> Visuals {
    let widget = |fill, text, ring: Option<Color32>| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: ring.map_or(Stroke::NONE, |colour| Stroke::new(1.0, colour)),
        corner_radius: CornerRadius::same(RADIUS),
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    let mut visuals = Visuals {
        widgets: Widgets {
            noninteractive: WidgetVisuals {
                bg_stroke: Stroke::new(1.0, palette.line),
                ..widget(palette.surface, palette.text, None)
            },
            inactive: widget(palette.field, palette.text, None),
            hovered: widget(palette.field_hover, palette.text, Some(palette.track)),
            active: widget(palette.chosen, palette.text, Some(palette.accent)),
            open: widget(palette.field_hover, palette.text, None),
        },
        override_text_color: None,
        weak_text_color: Some(palette.weak),
        hyperlink_color: palette.accent,
        faint_bg_color: palette.field,
        extreme_bg_color: palette.field,
        text_edit_bg_color: Some(palette.field),
        code_bg_color: palette.field,
        warn_fg_color: palette.warn,
        error_fg_color: palette.bad,
        window_fill: palette.surface,
        panel_fill: palette.canvas,
        window_stroke: Stroke::new(1.0, palette.track),
        window_corner_radius: CornerRadius::same(CARD_RADIUS),
        menu_corner_radius: CornerRadius::same(RADIUS),
        handle_shape: HandleShape::Circle,
        striped: false,
        // A blinking cursor would repaint the window while a field has the focus.
        text_cursor: TextCursorStyle {
            blink: false,
            stroke: Stroke::new(2.0, palette.accent),
            ..base.text_cursor.clone()
        },
        ..base.clone()
    };
    visuals.selection.bg_fill = palette.chosen;
    visuals.selection.stroke = Stroke::new(1.5, palette.accent);
    visuals.popup_shadow = Shadow {
        offset: [0, 4],
        blur: 16,
        spread: 0,
        color: Color32::from_black_alpha(48),
    };
    visuals
}

#[cfg(test)]
mod tests;
