//! Writes and removes what browsers need to reach Lanes.

use std::io;
use std::path::PathBuf;

use super::browser::Browser;
use super::{extension_files, host_manifest};
use crate::own_program;

/// Reason why browsers cannot be connected.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IntegrationError {
    /// The user has no home.
    #[error("no home folder to find browsers in: set HOME")]
    NoHome,
    /// No browser has run.
    #[error("no browser was found: start one first, or name it: {}", names())]
    NoBrowser,
    /// The path of the program is not known, or is no text.
    #[error("cannot find the path of this program: {0}")]
    Program(io::Error),
    /// A file cannot be written or removed.
    #[error("cannot change {path}: {error}", path = .path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Reason.
        error: io::Error,
    },
}

fn names() -> String {
    Browser::ALL
        .map(|browser| browser.name().to_lowercase())
        .join(", ")
}

/// The browsers that reach Lanes now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Connected {
    /// The browsers.
    pub browsers: Vec<Browser>,
    /// Folder of the extension, to load it from.
    pub extension: PathBuf,
}

/// The folders of the user.
pub(crate) struct Integration {
    #[cfg_attr(
        windows,
        expect(dead_code, reason = "the registry names the browsers there")
    )]
    home: PathBuf,
    /// Folder of the extension.
    extension: PathBuf,
}

impl Integration {
    /// Finds the folders of this user.
    ///
    /// # Errors
    /// [`IntegrationError::NoHome`].
    pub(crate) fn of_user() -> Result<Self, IntegrationError> {
        let base = directories::BaseDirs::new().ok_or(IntegrationError::NoHome)?;
        let own = directories::ProjectDirs::from("", "", "lanes");
        let own = own.ok_or(IntegrationError::NoHome)?;
        Ok(Self {
            home: base.home_dir().to_owned(),
            extension: own.data_dir().join("browser"),
        })
    }

    /// Connects these browsers, or all that have run if none is named.
    ///
    /// # Errors
    /// See [`IntegrationError`].
    pub(crate) fn connect(&self, named: &[Browser]) -> Result<Connected, IntegrationError> {
        let browsers = match named {
            [] => Browser::ALL
                .into_iter()
                .filter(|browser| self.has_run(*browser))
                .collect(),
            named => named.to_vec(),
        };
        if browsers.is_empty() {
            return Err(IntegrationError::NoBrowser);
        }
        let program = own_program::path().map_err(IntegrationError::Program)?;
        extension_files::write(&self.extension).map_err(at(&self.extension))?;
        for browser in &browsers {
            let manifest = host_manifest::manifest(*browser, &program);
            self.write(*browser, manifest.to_string().as_bytes())?;
        }
        Ok(Connected {
            browsers,
            extension: self.extension.clone(),
        })
    }

    /// Disconnects all browsers and removes the extension's files. Returns the browsers that were connected.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub(crate) fn disconnect(&self) -> Result<Vec<Browser>, IntegrationError> {
        let mut connected = Vec::new();
        for browser in Browser::ALL {
            if self.remove(browser)? {
                connected.push(browser);
            }
        }
        extension_files::remove(&self.extension).map_err(at(&self.extension))?;
        Ok(connected)
    }
}

#[cfg(not(windows))]
impl Integration {
    fn has_run(&self, browser: Browser) -> bool {
        browser.settings_folder(&self.home).is_dir()
    }

    fn manifest_path(&self, browser: Browser) -> PathBuf {
        let folder = browser.manifest_folder(&self.home);
        folder.join(format!("{}.json", host_manifest::NAME))
    }

    fn write(&self, browser: Browser, manifest: &[u8]) -> Result<(), IntegrationError> {
        let folder = browser.manifest_folder(&self.home);
        std::fs::create_dir_all(&folder).map_err(at(&folder))?;
        let path = self.manifest_path(browser);
        lanes_engine::replace_private(&path, manifest).map_err(at(&path))
    }

    fn remove(&self, browser: Browser) -> Result<bool, IntegrationError> {
        let path = self.manifest_path(browser);
        extension_files::remove_file(&path).map_err(at(&path))
    }
}

#[cfg(windows)]
impl Integration {
    fn has_run(&self, browser: Browser) -> bool {
        windows_registry::CURRENT_USER
            .open(browser.settings_key())
            .is_ok()
    }

    /// Returns the path of the manifest, which the registry names: Chromium's browsers share one.
    fn manifest_path(&self, browser: Browser) -> PathBuf {
        let name = match browser {
            Browser::Firefox => "host-firefox.json",
            _ => "host-chromium.json",
        };
        self.extension.with_file_name(name)
    }

    fn registry_key(browser: Browser) -> String {
        format!("{}\\{}", browser.registry_key(), host_manifest::NAME)
    }

    fn write(&self, browser: Browser, manifest: &[u8]) -> Result<(), IntegrationError> {
        let path = self.manifest_path(browser);
        lanes_engine::replace_private(&path, manifest).map_err(at(&path))?;
        windows_registry::CURRENT_USER
            .create(Self::registry_key(browser))
            .and_then(|key| key.set_string("", path.display().to_string()))
            .map_err(|error| at(&path)(io::Error::other(error)))
    }

    fn remove(&self, browser: Browser) -> Result<bool, IntegrationError> {
        let path = self.manifest_path(browser);
        extension_files::remove_file(&path).map_err(at(&path))?;
        Ok(windows_registry::CURRENT_USER
            .remove_tree(Self::registry_key(browser))
            .is_ok())
    }
}

fn at(path: &std::path::Path) -> impl Fn(io::Error) -> IntegrationError {
    let path = path.to_owned();
    move |error| IntegrationError::File {
        path: path.clone(),
        error,
    }
}

#[cfg(all(test, not(windows)))]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn browsers_that_have_run_are_connected_and_disconnected_again() {
        let home = tempfile::tempdir().unwrap();
        let integration = Integration {
            home: home.path().to_owned(),
            extension: home.path().join("data/lanes/browser"),
        };
        assert!(matches!(
            integration.connect(&[]),
            Err(IntegrationError::NoBrowser)
        ));
        assert_eq!(
            fs::read_dir(home.path()).unwrap().count(),
            0,
            "nothing is written"
        );
        for browser in [Browser::Chromium, Browser::Firefox] {
            fs::create_dir_all(browser.settings_folder(home.path())).unwrap();
        }
        let connected = integration.connect(&[]).unwrap();
        assert_eq!(connected.browsers, [Browser::Chromium, Browser::Firefox]);
        assert!(connected.extension.join("manifest.json").exists());
        integration.connect(&[Browser::Brave]).unwrap();
        for browser in [Browser::Chromium, Browser::Firefox, Browser::Brave] {
            let manifest = fs::read(integration.manifest_path(browser)).unwrap();
            let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
            assert_eq!(manifest["name"], "io.github.lanesapp.lanes");
            assert!(PathBuf::from(manifest["path"].as_str().unwrap()).exists());
        }
        let disconnected = integration.disconnect().unwrap();
        assert_eq!(
            disconnected,
            [Browser::Chromium, Browser::Brave, Browser::Firefox]
        );
        assert!(!connected.extension.exists());
        assert!(integration.disconnect().unwrap().is_empty());
    }
}
