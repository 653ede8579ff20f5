//! The settings of the interface, and where it listens.

use eframe::egui::{DragValue, Id, Label, RichText, Ui, vec2};

use super::{InterfaceSettings, State};
use crate::ui::format;
use crate::ui::tokens::{CONTROL, Palette};
use crate::ui::widgets::controls;

/// Draws the settings.
pub(crate) fn ui(ui: &mut Ui, settings: &mut InterfaceSettings, state: &State) {
    let words = "Browser extensions, front ends and scripts for aria2 can add and control downloads, from this computer only";
    ui.add(Label::new(controls::small(ui, words)).wrap());
    controls::checkbox(ui, &mut settings.enabled, "Let other programs use Lanes");
    if !settings.enabled {
        return;
    }
    state_ui(ui, state);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 24.0;
        token_ui(ui, &mut settings.token);
        controls::group(ui, "Port", |ui, label| {
            let number = DragValue::new(&mut settings.port).range(1024..=u16::MAX);
            let number = number.speed(0.0).update_while_editing(false);
            ui.add_sized(vec2(72.0, CONTROL), number).labelled_by(label);
        });
    });
    let words = match settings.token.is_empty() {
        true => "Without a token Lanes asks you before it downloads anything for a program",
        false => "Programs that send this token download without a question; others are refused",
    };
    ui.add(Label::new(controls::small(ui, words)).wrap());
}

fn state_ui(ui: &mut Ui, state: &State) {
    match state {
        State::Off | State::Changing => {
            ui.label(controls::small(ui, "Starting…"));
        }
        State::Failed(reason, _) => {
            let words = format!("Other programs cannot reach Lanes: {reason}");
            let words = RichText::new(words).color(Palette::of(ui).bad);
            ui.add(Label::new(words).wrap());
        }
        State::Running(interface, _) => {
            let link = |address| format!("http://{address}/jsonrpc");
            let links: Vec<String> = interface.addresses().iter().map(link).collect();
            ui.horizontal_wrapped(|ui| {
                ui.label(format!("Listening at {}", links.join(" and ")));
                if controls::button(ui, "Copy address").clicked() {
                    ui.ctx().copy_text(links[0].clone());
                }
            });
            if let Some(remark) = interface.remark() {
                let words = RichText::new(format::capital(remark)).color(Palette::of(ui).warn);
                ui.add(Label::new(words).wrap());
            }
        }
    }
}

fn token_ui(ui: &mut Ui, token: &mut String) {
    controls::group(ui, "Token", |ui, label| {
        ui.horizontal(|ui| {
            token_field(ui, token, label);
            if controls::button(ui, "New token").clicked() {
                *token = random_token();
            }
            if controls::button_if(ui, "Copy token", !token.is_empty()).clicked() {
                ui.ctx().copy_text(token.clone());
            }
            if controls::button_if(ui, "No token", !token.is_empty()).clicked() {
                token.clear();
            }
        });
    });
}

/// Draws the field. A token is used when the field loses the focus: it is wrong until its last character.
fn token_field(ui: &mut Ui, token: &mut String, label: Id) {
    let key = ui.scope_id().with("typed token");
    let mut typed: String = ui
        .data(|data| data.get_temp(key))
        .unwrap_or_else(|| token.clone());
    let field = controls::field(ui, &mut typed, label, "none", 280.0);
    if field.has_focus() {
        ui.data_mut(|data| data.insert_temp(key, typed));
    } else {
        if field.lost_focus() {
            typed.trim().clone_into(token);
        }
        ui.data_mut(|data| data.remove::<String>(key));
    }
}

/// Returns a token that cannot be guessed.
fn random_token() -> String {
    let key = blake3::Hash::from_bytes(lanes_engine::random_key());
    // 128 bits, short enough to type.
    key.to_hex()[..32].to_owned()
}
