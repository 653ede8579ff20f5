//! What the user set, and the screen to set it.

use std::path::Path;

use eframe::egui::{self, ThemePreference, Ui};
use serde::{Deserialize, Serialize};

use super::app::Action;
use super::background::Purpose;
use super::format::{self, Units};
use super::tokens;
use super::widgets::controls;
use crate::engine::{DEFAULT_CONNECTIONS, Limits, MAX_CONNECTIONS};

/// Under this name the settings are kept.
pub(crate) const KEY: &str = "settings";
/// The most downloads at once.
const MAX_DOWNLOADS: u16 = 64;
/// How many folders are remembered.
const MAX_RECENT: usize = 8;
/// The scales to choose from, in percent.
const SCALES: [u16; 5] = [90, 100, 110, 125, 150];

/// Light, dark, or as the system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    fn name(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }
}

/// What the user set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    /// Light or dark.
    pub theme: Theme,
    /// The size of everything, in percent.
    pub scale: u16,
    /// In which units sizes and rates are written.
    pub units: Units,
    /// Where downloads are saved; empty for the Desktop.
    pub folder: String,
    /// Over how many connections a file comes unless another number is said.
    pub connections: u16,
    /// How many downloads run at once; the others wait.
    pub downloads: u16,
    /// Folders that were typed for a download, the latest first.
    pub recent: Vec<String>,
    /// Whether the local server starts with the program.
    pub start_server: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            scale: 100,
            units: Units::Si,
            folder: String::new(),
            connections: DEFAULT_CONNECTIONS,
            downloads: 3,
            recent: Vec::new(),
            start_server: true,
        }
    }
}

impl Settings {
    /// Reads settings. Every value that cannot be read has its default; nothing stops the start.
    pub(crate) fn read(stored: Option<&str>) -> Self {
        let stored: serde_json::Value = stored
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        fn value<T: serde::de::DeserializeOwned>(
            stored: &serde_json::Value,
            key: &str,
        ) -> Option<T> {
            T::deserialize(stored.get(key)?).ok()
        }
        let default = Self::default();
        Self {
            theme: value(&stored, "theme").unwrap_or(default.theme),
            scale: value(&stored, "scale")
                .filter(|scale| SCALES.contains(scale))
                .unwrap_or(default.scale),
            units: value(&stored, "units").unwrap_or(default.units),
            folder: value(&stored, "folder").unwrap_or(default.folder),
            connections: value(&stored, "connections")
                .filter(|n| (1..=MAX_CONNECTIONS).contains(n))
                .unwrap_or(default.connections),
            downloads: value(&stored, "downloads")
                .filter(|n| (1..=MAX_DOWNLOADS).contains(n))
                .unwrap_or(default.downloads),
            recent: value(&stored, "recent").unwrap_or(default.recent),
            start_server: value(&stored, "start_server").unwrap_or(default.start_server),
        }
    }

    /// The settings as text to keep.
    pub(crate) fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What holds for all downloads together.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            downloads: self.downloads.into(),
            bytes_per_sec: None,
        }
    }

    /// A folder was used: it is offered again.
    pub(crate) fn used(&mut self, folder: &Path) {
        let folder = folder.display().to_string();
        self.recent.retain(|other| *other != folder);
        self.recent.insert(0, folder);
        self.recent.truncate(MAX_RECENT);
    }

    /// Makes the window look as set.
    pub(crate) fn apply(&self, ctx: &egui::Context) {
        ctx.set_theme(match self.theme {
            Theme::System => ThemePreference::System,
            Theme::Light => ThemePreference::Light,
            Theme::Dark => ThemePreference::Dark,
        });
        format::set_units(self.units);
        ctx.set_zoom_factor(f32::from(self.scale) / 100.0);
    }
}

/// The screen. `home` says where downloads go when nothing is set.
pub(crate) fn ui(
    ui: &mut Ui,
    settings: &mut Settings,
    home: &str,
    dialog_is_open: bool,
    actions: &mut Vec<Action>,
) {
    ui.heading("Settings");
    tokens::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 16.0;
        controls::group(ui, "Theme", |ui, _| {
            let themes =
                Theme::ALL.map(|t| (t, t.name().to_owned(), format!("{} theme", t.name())));
            controls::chips(ui, &mut settings.theme, themes);
        });
        controls::group(ui, "Scale", |ui, _| {
            let scales = SCALES.map(|s| (s, format!("{s} %"), format!("Scale {s} %")));
            controls::chips(ui, &mut settings.scale, scales);
        });
        controls::group(ui, "Save downloads in", |ui, label| {
            ui.horizontal(|ui| {
                let width = (ui.available_width() - 120.0).min(480.0);
                controls::field(ui, &mut settings.folder, label, home, width);
                if controls::button_if(ui, "Choose…", !dialog_is_open).clicked() {
                    actions.push(Action::Ask(Purpose::DownloadFolder));
                }
            });
        });
        controls::checkbox(
            ui,
            &mut settings.start_server,
            "Start the local server with the program",
        );
    });
    ui.label(controls::small(
        ui,
        "Changes take effect at once and are kept",
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_as_they_were() {
        let settings = Settings {
            theme: Theme::Dark,
            scale: 125,
            units: Units::Iec,
            folder: "/tmp/x".into(),
            connections: 20,
            downloads: 5,
            recent: vec!["/tmp/y".into()],
            start_server: false,
        };
        assert_eq!(Settings::read(Some(&settings.write())), settings);
    }

    #[test]
    fn one_broken_value_costs_only_itself() {
        let read = |text| Settings::read(Some(text));
        for broken in [
            "",
            "}{",
            "[]",
            "null",
            r#"{"theme":7,"scale":"x","folder":[]}"#,
        ] {
            assert_eq!(read(broken), Settings::default(), "{broken}");
        }
        let half = read(r#"{"theme":"dark","scale":1000000}"#);
        assert_eq!((half.theme, half.scale), (Theme::Dark, 100));
    }
}
