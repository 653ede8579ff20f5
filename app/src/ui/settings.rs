//! The user's settings and their screen.

mod category_folders;
pub(crate) mod file;
mod hosts;
mod jobs;
mod proxy;
mod screen;

use std::path::Path;

use eframe::egui::{self, ThemePreference};
use serde::{Deserialize, Serialize};

use super::format::{self, Units};
use super::other_programs::InterfaceSettings;
use super::schedule::ScheduleSettings;
use super::widgets::count::Count;
use super::widgets::{interfaces, rate_limit};
use category_folders::CategoryFolders;
use lanes_engine::{DEFAULT_PER_HOST, Limits, MAX_CONNECTIONS};
use lanes_engine::{ProxyChoice, WayName};
use proxy::Proxy;
pub(crate) use screen::{ScreenContext, ui};

/// Storage key of the settings.
pub(crate) const KEY: &str = "settings";
/// Maximum number of parallel downloads.
const MAX_DOWNLOADS: u16 = 64;
/// Maximum number of recent folders.
const MAX_RECENT: usize = 8;
/// Range of the scale, in percent.
const SCALES: std::ops::RangeInclusive<u16> = 80..=200;

/// The colour theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Theme {
    /// The system's theme.
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

/// The settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    /// Colour theme.
    pub theme: Theme,
    /// Scale of the window, in percent.
    pub scale: u16,
    /// Units of sizes and rates.
    pub units: Units,
    /// Default download folder; empty for the Desktop.
    pub folder: String,
    /// Default number of connections per download.
    pub count: Count,
    /// Maximum number of parallel downloads; further ones are queued.
    pub downloads: u16,
    /// Maximum number of connections to one web server.
    pub per_host: u16,
    /// Recently typed download folders, the latest first.
    pub recent: Vec<String>,
    /// Total rate limit of all downloads, as typed.
    pub limit: String,
    /// Shows a desktop notification when a download ends in the background.
    pub notifies: bool,
    /// Asks before the window closes while downloads run.
    pub asks_to_close: bool,
    /// Looks for checksums beside each file of a web server.
    pub finds_checksums: bool,
    /// Proxy for web servers.
    pub proxy: Proxy,
    /// Network interfaces of downloads that name none, as typed.
    pub interfaces: String,
    /// Starts the local server with the program.
    pub start_server: bool,
    /// Port of the local server; `None` for the default.
    pub port: Option<u16>,
    /// Name of the student, for the results that are sent to a class.
    pub class_name: String,
    /// Interface for other programs.
    pub interface: InterfaceSettings,
    /// Folders by category of the file.
    pub category_folders: CategoryFolders,
    /// Starts the program at each login.
    pub autostart: bool,
    /// The program that starts at a login is minimized.
    pub starts_minimized: bool,
    /// The queue is stopped at the start of the program, as it was at its end.
    pub stops_queue: bool,
    /// Times of the queue, and what happens after downloads.
    pub schedule: ScheduleSettings,
    /// Height of the rows of the list of downloads, in points; `None` for half of the screen.
    pub list_height: Option<f32>,
    /// Offers the race to a new user, until it was offered in one session, started or dismissed.
    pub offers_race: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            scale: 100,
            units: Units::Si,
            folder: String::new(),
            count: Count::default(),
            downloads: 3,
            per_host: DEFAULT_PER_HOST,
            recent: Vec::new(),
            limit: String::new(),
            notifies: true,
            asks_to_close: true,
            finds_checksums: false,
            proxy: Proxy::default(),
            interfaces: String::new(),
            start_server: true,
            port: None,
            class_name: String::new(),
            interface: InterfaceSettings::default(),
            category_folders: CategoryFolders::default(),
            autostart: false,
            starts_minimized: true,
            stops_queue: false,
            schedule: ScheduleSettings::default(),
            list_height: None,
            offers_race: false,
        }
    }
}

impl Settings {
    /// Parses stored settings. An invalid value falls back to its default. Also returns whether the
    /// text as a whole could not be parsed.
    pub(crate) fn read(stored: Option<&str>) -> (Self, bool) {
        let value: Option<serde_json::Value> =
            stored.and_then(|text| serde_json::from_str(text).ok());
        let is_broken =
            stored.is_some() && !value.as_ref().is_some_and(serde_json::Value::is_object);
        let settings = Self {
            // Users of an earlier version, whose settings do not have the key, know the program.
            offers_race: stored.is_none() || is_offered(value.as_ref()),
            ..Self::of(&value.unwrap_or_default())
        };
        (settings, is_broken)
    }

    fn of(stored: &serde_json::Value) -> Self {
        fn value<T: serde::de::DeserializeOwned>(
            stored: &serde_json::Value,
            key: &str,
        ) -> Option<T> {
            T::deserialize(stored.get(key)?).ok()
        }
        let default = Self::default();
        Self {
            theme: value(stored, "theme").unwrap_or(default.theme),
            scale: value(stored, "scale")
                .filter(|scale| SCALES.contains(scale))
                .unwrap_or(default.scale),
            units: value(stored, "units").unwrap_or(default.units),
            folder: value(stored, "folder").unwrap_or(default.folder),
            count: value(stored, "count").map_or(default.count, Count::sanitized),
            downloads: value(stored, "downloads")
                .filter(|n| (1..=MAX_DOWNLOADS).contains(n))
                .unwrap_or(default.downloads),
            per_host: value(stored, "per_host")
                .filter(|n| (1..=MAX_CONNECTIONS).contains(n))
                .unwrap_or(default.per_host),
            recent: value(stored, "recent").unwrap_or(default.recent),
            limit: value(stored, "limit").unwrap_or(default.limit),
            notifies: value(stored, "notifies").unwrap_or(default.notifies),
            asks_to_close: value(stored, "asks_to_close").unwrap_or(default.asks_to_close),
            finds_checksums: value(stored, "finds_checksums").unwrap_or(default.finds_checksums),
            proxy: value(stored, "proxy").unwrap_or(default.proxy),
            interfaces: value(stored, "interfaces").unwrap_or(default.interfaces),
            start_server: value(stored, "start_server").unwrap_or(default.start_server),
            port: value(stored, "port").filter(|port| *port != 0),
            class_name: value(stored, "class_name").unwrap_or(default.class_name),
            interface: value(stored, "interface").unwrap_or(default.interface),
            category_folders: value(stored, "category_folders").unwrap_or(default.category_folders),
            autostart: value(stored, "autostart").unwrap_or(default.autostart),
            starts_minimized: value(stored, "starts_minimized").unwrap_or(default.starts_minimized),
            stops_queue: value(stored, "stops_queue").unwrap_or(default.stops_queue),
            schedule: value(stored, "schedule").unwrap_or(default.schedule),
            list_height: value(stored, "list_height"),
            offers_race: default.offers_race,
        }
    }

    /// Serialises the settings.
    pub(crate) fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Returns the limits over all downloads.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            downloads: self.downloads.into(),
            // An invalid limit is reported beside its field and means no limit.
            bytes_per_sec: rate_limit::parse(&self.limit).unwrap_or_default(),
            per_host: self.per_host,
        }
    }

    /// Returns the network interfaces of downloads that name none; none while the text is invalid.
    pub(crate) fn ways(&self) -> Vec<WayName> {
        interfaces::parse(&self.interfaces).unwrap_or_default()
    }

    /// Takes over limits that another program has set.
    pub(crate) fn set_limits(&mut self, limits: Limits) {
        let downloads = u16::try_from(limits.downloads).unwrap_or(MAX_DOWNLOADS);
        self.downloads = downloads.clamp(1, MAX_DOWNLOADS);
        self.per_host = limits.per_host.clamp(1, MAX_CONNECTIONS);
        let rate = limits.bytes_per_sec;
        self.limit = rate.map_or_else(String::new, rate_limit::typed);
    }

    /// Returns the proxy for HTTP downloads.
    pub(crate) fn proxy(&self) -> ProxyChoice {
        self.proxy.choice()
    }

    /// Adds a folder to the recent ones.
    pub(crate) fn used(&mut self, folder: &Path) {
        let folder = folder.display().to_string();
        self.recent.retain(|other| *other != folder);
        self.recent.insert(0, folder);
        self.recent.truncate(MAX_RECENT);
    }

    /// Applies theme and units.
    pub(crate) fn apply(&self, ctx: &egui::Context) {
        ctx.set_theme(match self.theme {
            Theme::System => ThemePreference::System,
            Theme::Light => ThemePreference::Light,
            Theme::Dark => ThemePreference::Dark,
        });
        format::set_units(self.units);
    }

    /// Changes the scale by this many percentage points, within its range.
    pub(crate) fn scale_by(&mut self, percent: i16) {
        let scale = self.scale.saturating_add_signed(percent);
        self.scale = scale.clamp(*SCALES.start(), *SCALES.end());
    }

    /// Applies the scale, reduced if the window would be smaller than `least` points: the screens
    /// need that size.
    pub(crate) fn apply_scale(&self, ctx: &egui::Context, least: egui::Vec2) {
        let room = ctx.content_rect().size() * ctx.zoom_factor();
        let fits = (room / least).min_elem();
        // A window below the minimum size scrolls instead of shrinking the text.
        let scale = (f32::from(self.scale) / 100.0).min(fits.max(1.0));
        if (scale - ctx.zoom_factor()).abs() > 0.001 {
            ctx.set_zoom_factor(scale);
        }
    }
}

fn is_offered(stored: Option<&serde_json::Value>) -> bool {
    let value = stored.and_then(|stored| stored.get("offers_race")?.as_bool());
    value.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::Hours;
    use lanes_engine::LastingId;

    #[test]
    fn settings_survive_a_round_trip() {
        let settings = Settings {
            theme: Theme::Dark,
            scale: 125,
            units: Units::Iec,
            folder: "/tmp/x".into(),
            count: Count::exactly(20),
            downloads: 5,
            per_host: 32,
            recent: vec!["/tmp/y".into()],
            limit: "2 MB".into(),
            notifies: false,
            asks_to_close: false,
            finds_checksums: true,
            interfaces: "eth0, wlan0".into(),
            proxy: Proxy {
                choice: proxy::ProxyMode::Custom,
                url: "socks5://h:1".into(),
            },
            start_server: false,
            port: Some(7000),
            class_name: "Ada".into(),
            interface: InterfaceSettings {
                enabled: true,
                token: "s3cret".into(),
                port: 6801,
            },
            category_folders: CategoryFolders::default(),
            autostart: true,
            starts_minimized: false,
            stops_queue: true,
            schedule: ScheduleSettings {
                only_in_hours: true,
                hours: vec![Hours::default()],
                limit: "1 MB".into(),
                command: "true {path}".into(),
                keeps_awake: true,
                held: [LastingId::random()].into(),
                ..ScheduleSettings::default()
            },
            list_height: Some(320.0),
            offers_race: true,
        };
        assert_eq!(
            Settings::read(Some(&settings.write())),
            (settings.clone(), false)
        );
        assert_eq!(settings.limits().bytes_per_sec, Some(2_000_000));
    }

    #[test]
    fn an_invalid_value_falls_back_to_its_default() {
        let read = |text| Settings::read(Some(text));
        for broken in ["", "}{", "[]", "null"] {
            assert_eq!(read(broken), (Settings::default(), true), "{broken}");
        }
        let wrong = r#"{"theme":7,"scale":"x","folder":[],"port":0,"proxy":3,"per_host":65,"count":{"most":900}}"#;
        assert_eq!(read(wrong), (Settings::default(), false));
        let (half, _) = read(r#"{"theme":"dark","scale":1000000}"#);
        assert_eq!((half.theme, half.scale), (Theme::Dark, 100));
        assert_eq!(read("{}"), (Settings::default(), false));
    }

    #[test]
    fn the_race_is_offered_to_new_users_only() {
        let first = Settings {
            offers_race: true,
            ..Settings::default()
        };
        assert_eq!(Settings::read(None), (first, false));
        for earlier in ["{}", r#"{"theme":"dark"}"#, r#"{"offers_race":7}"#, "}{"] {
            assert!(!Settings::read(Some(earlier)).0.offers_race, "{earlier}");
        }
    }
}
