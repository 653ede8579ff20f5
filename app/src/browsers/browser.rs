//! The browsers, and the folders in which they look for native messaging hosts.

#[cfg(not(windows))]
use std::path::{Path, PathBuf};

use clap::ValueEnum;

/// A browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Browser {
    /// Google Chrome.
    Chrome,
    /// Chromium.
    Chromium,
    /// Microsoft Edge.
    Edge,
    /// Brave.
    Brave,
    /// Mozilla Firefox.
    Firefox,
}

impl Browser {
    /// All browsers.
    pub(crate) const ALL: [Self; 5] = [
        Self::Chrome,
        Self::Chromium,
        Self::Edge,
        Self::Brave,
        Self::Firefox,
    ];

    /// Returns the name as the user knows it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chrome => "Chrome",
            Self::Chromium => "Chromium",
            Self::Edge => "Edge",
            Self::Brave => "Brave",
            Self::Firefox => "Firefox",
        }
    }

    /// Returns the browser's own folder of settings in that of the system, which exists once the browser has run.
    ///
    /// `home` is the home folder of the user.
    #[cfg(not(windows))]
    pub(super) fn settings_folder(self, home: &Path) -> PathBuf {
        let is_apple = cfg!(target_vendor = "apple");
        let below = match (self, is_apple) {
            (Self::Chrome, false) => ".config/google-chrome",
            (Self::Chrome, true) => "Library/Application Support/Google/Chrome",
            (Self::Chromium, false) => ".config/chromium",
            (Self::Chromium, true) => "Library/Application Support/Chromium",
            (Self::Edge, false) => ".config/microsoft-edge",
            (Self::Edge, true) => "Library/Application Support/Microsoft Edge",
            (Self::Brave, false) => ".config/BraveSoftware/Brave-Browser",
            (Self::Brave, true) => "Library/Application Support/BraveSoftware/Brave-Browser",
            (Self::Firefox, false) => ".mozilla",
            (Self::Firefox, true) => "Library/Application Support/Mozilla",
        };
        home.join(below)
    }

    /// Returns the folder of manifests.
    #[cfg(not(windows))]
    pub(super) fn manifest_folder(self, home: &Path) -> PathBuf {
        let is_apple = cfg!(target_vendor = "apple");
        let name = match self {
            Self::Firefox if !is_apple => "native-messaging-hosts",
            _ => "NativeMessagingHosts",
        };
        self.settings_folder(home).join(name)
    }

    /// Returns the key of the user's registry that names manifests.
    #[cfg(windows)]
    pub(super) fn registry_key(self) -> &'static str {
        match self {
            Self::Chrome => "Software\\Google\\Chrome\\NativeMessagingHosts",
            Self::Chromium => "Software\\Chromium\\NativeMessagingHosts",
            Self::Edge => "Software\\Microsoft\\Edge\\NativeMessagingHosts",
            Self::Brave => "Software\\BraveSoftware\\Brave-Browser\\NativeMessagingHosts",
            Self::Firefox => "Software\\Mozilla\\NativeMessagingHosts",
        }
    }

    /// Returns the key of the user's registry that exists once the browser is installed.
    #[cfg(windows)]
    pub(super) fn settings_key(self) -> &'static str {
        match self {
            Self::Chrome => "Software\\Google\\Chrome",
            Self::Chromium => "Software\\Chromium",
            Self::Edge => "Software\\Microsoft\\Edge",
            Self::Brave => "Software\\BraveSoftware\\Brave-Browser",
            Self::Firefox => "Software\\Mozilla",
        }
    }
}
