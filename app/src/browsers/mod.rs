//! Connects browsers to Lanes: writes the extension's files, and for each browser the manifest by which the
//! extension starts `lanes native-host`.
//!
//! | file | holds |
//! |---|---|
//! | [`browser`] | the browsers, and the folders of their settings |
//! | [`host_manifest`] | the manifest of the native messaging host |
//! | [`extension_files`] | the extension of `app/browser`, within the program |
//! | [`integration`] | writes and removes all of it |

mod browser;
mod extension_files;
mod host_manifest;
mod integration;

pub(crate) use browser::Browser;
pub(crate) use host_manifest::is_call_of_browser;
pub(crate) use integration::{Connected, Integration};
