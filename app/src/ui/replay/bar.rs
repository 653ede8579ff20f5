//! The bar of a replay: play, pause, scrub, speed, and steps by a packet.

use std::time::Duration;

use eframe::egui::style::HandleShape;
use eframe::egui::{ComboBox, Label, RichText, Role, Slider, Ui, WidgetInfo, vec2};

use super::playhead::{Playhead, SPEEDS};
use crate::ui::format;
use crate::ui::tokens::{CONTROL, Palette};
use crate::ui::widgets::controls;
use crate::ui::widgets::icon::Icon;
use lanes_engine::Timeline;

/// Width of the list of speeds.
const SPEED: f32 = 84.0;
/// Height of the slider.
const HANDLE: f32 = 20.0;
/// Width of the times.
const TIMES: f32 = 136.0;
/// Below this width of the bar, the times are left out: the axes of the views have them.
const NARROW: f32 = 520.0;

/// Draws the bar, and moves the playhead as long as it plays.
pub(crate) fn ui(ui: &mut Ui, playhead: &mut Playhead, timeline: &Timeline) {
    let until = timeline.until;
    playhead.advance(ui.input(|input| input.time), timeline);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let (icon, name) = match playhead.is_playing() {
            true => (Icon::Pause, "Pause the replay"),
            false => (Icon::Play, "Replay"),
        };
        if controls::icon_button(ui, icon, name).clicked() {
            playhead.toggle(ui.input(|input| input.time));
        }
        let is_narrow = ui.available_width() < NARROW;
        let times = if is_narrow { 0.0 } else { TIMES + 6.0 };
        let rest = 2.0 * (CONTROL + 6.0) + SPEED + 6.0 + times;
        scrubber_ui(ui, playhead, until, ui.available_width() - rest - 6.0);
        if !is_narrow {
            let at = playhead.at().unwrap_or(until);
            let words = format!("{} of {}", format::time(at), format::time(until));
            let words = Label::new(RichText::new(words).monospace()).extend();
            ui.add_sized(vec2(TIMES, CONTROL), words);
        }
        for (icon, name, is_forward) in [
            (Icon::StepBack, "Step back by a packet", false),
            (Icon::StepForward, "Step by a packet", true),
        ] {
            if controls::icon_button(ui, icon, name).clicked() {
                playhead.step(timeline, is_forward);
            }
        }
        speed_ui(ui, playhead, timeline);
    });
    if playhead.is_playing() {
        ui.ctx().request_repaint();
    }
}

/// Draws the slider of the time.
fn scrubber_ui(ui: &mut Ui, playhead: &mut Playhead, until: Duration, width: f32) {
    let mut secs = playhead.at().unwrap_or(until).as_secs_f64();
    let slider = Slider::new(&mut secs, 0.0..=until.as_secs_f64())
        .show_value(false)
        .handle_shape(HandleShape::Rect { aspect_ratio: 0.4 })
        .trailing_fill(true);
    let response = ui
        .scope(|ui| {
            ui.spacing_mut().slider_width = width.max(40.0);
            ui.spacing_mut().interact_size.y = HANDLE;
            ui.visuals_mut().selection.bg_fill = Palette::of(ui).accent;
            ui.visuals_mut().widgets.inactive.bg_fill = Palette::of(ui).track;
            ui.add(slider)
        })
        .inner;
    if response.changed() {
        // The end of the slider is the end, not a nanosecond before it.
        let at = Duration::from_secs_f64(secs.max(0.0)) + Duration::from_nanos(1);
        playhead.seek(at, until);
    }
    let at = playhead.at().unwrap_or(until).as_secs_f64();
    response.widget_info(|| WidgetInfo::slider(true, at, "Time of the replay"));
}

/// Draws the list of speeds.
fn speed_ui(ui: &mut Ui, playhead: &mut Playhead, timeline: &Timeline) {
    let mut speed = playhead.speed(timeline);
    let list = ComboBox::from_id_salt("replay speed")
        .width(SPEED)
        .selected_text(SPEEDS[speed].1)
        .show_ui(ui, |ui| {
            for (index, (_, name)) in SPEEDS.iter().enumerate() {
                if ui.selectable_value(&mut speed, index, *name).clicked() {
                    playhead.set_speed(index);
                }
            }
        });
    list.response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, true, "Speed of the replay");
        info.current_text_value = Some(SPEEDS[speed].1.to_owned());
        info
    });
    list.response.on_hover_text("Speed of the replay");
}
