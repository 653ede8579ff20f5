//! The servers that refused further connections, each with a button that forgets it.

use eframe::egui::Ui;

use crate::ui::message::Action;
use crate::ui::widgets::controls;
use lanes_engine::{Command, HostConnectionLimit};

/// Draws the list.
pub(super) fn ui(ui: &mut Ui, hosts: &[HostConnectionLimit], actions: &mut Vec<Action>) {
    if hosts.is_empty() {
        let words = "No server has refused connections in the last day";
        ui.label(controls::small(ui, words));
        return;
    }
    let words = "Downloads open no more connections to these servers for a day";
    ui.label(controls::small(ui, words));
    for host in hosts {
        ui.horizontal(|ui| {
            let name = format!("Forget {}", host.server);
            if controls::named_button(ui, "Forget", &name).clicked() {
                actions.push(Action::Engine(Command::ForgetHost(host.server.clone())));
            }
            let most = match host.connections {
                1 => "1 connection".to_owned(),
                most => format!("{most} connections"),
            };
            controls::truncated(ui, format!("{}: at most {most}", host.server));
        });
    }
}
