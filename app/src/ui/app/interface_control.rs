//! Keeps the interface for other programs as the settings say.

use std::sync::Arc;

use super::{LanesApp, Screen};
use crate::rpc::window::{Config, WindowSettings};
use crate::ui::other_programs::Step;

impl LanesApp {
    /// Starts, stops or moves the interface, and exchanges settings with it.
    pub(super) fn update_interface(&mut self) {
        let wanted = self.interface_config();
        match self.interface.step(wanted) {
            Some(Step::Start(config)) => self.start_interface(config),
            Some(Step::Stop(interface)) => self.background.stop_interface(interface),
            None => {}
        }
        let Some(interface) = self.interface.running() else {
            return;
        };
        if let Some(limits) = interface.take_limits() {
            self.settings.set_limits(limits);
        }
        interface.set_settings(self.shared_settings());
    }

    fn start_interface(&mut self, config: Config) {
        let Some(engine) = &self.engine else {
            return;
        };
        let waker = self.repaint.waker();
        let settings = self.shared_settings();
        let (engine, slot) = (Arc::clone(engine), self.wake_slot.clone());
        self.background
            .start_interface(config, engine, settings, waker, slot);
    }

    /// Returns the configuration that the settings ask for; `None` for off.
    fn interface_config(&mut self) -> Option<Config> {
        let settings = &self.settings.interface;
        if !settings.enabled || self.engine.is_none() {
            return None;
        }
        // A folder is wrong until its last character is typed.
        if self.screen != Screen::Settings || self.interface_root.is_none() {
            self.interface_root = Some(self.folder_for(""));
        }
        let token = settings.token.trim();
        Some(Config {
            port: settings.port,
            secret: (!token.is_empty()).then(|| token.to_owned()),
            root: self.interface_root.clone().unwrap_or_default(),
        })
    }

    fn shared_settings(&self) -> WindowSettings {
        let settings = &self.settings;
        WindowSettings {
            limits: settings.limits(),
            connections: settings.count.number(),
            auto: settings.count.auto,
            finds_checksums: settings.finds_checksums,
        }
    }
}
