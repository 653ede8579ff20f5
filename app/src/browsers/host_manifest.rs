//! The manifest of the native messaging host: which program a browser starts for which extension.

use std::ffi::OsString;
use std::path::Path;

use serde_json::{Value, json};

use super::browser::Browser;

/// Name of the host, as the extension calls it.
pub(super) const NAME: &str = "io.github.lanesapp.lanes";
/// Origin of the extension in Chromium: derived from the `key` in its manifest.
const CHROMIUM_ORIGIN: &str = "chrome-extension://fkojfljmhjpikaakjmjajadojfgkceek/";
/// Id of the extension in Firefox.
const FIREFOX_ID: &str = "lanes@lanesapp.github.io";

/// Returns the manifest for a browser.
pub(super) fn manifest(browser: Browser, program: &Path) -> Value {
    let mut manifest = json!({
        "name": NAME,
        "description": "Hands downloads to Lanes",
        "path": program,
        "type": "stdio",
    });
    let (field, extension) = match browser {
        Browser::Firefox => ("allowed_extensions", FIREFOX_ID),
        _ => ("allowed_origins", CHROMIUM_ORIGIN),
    };
    manifest[field] = json!([extension]);
    manifest
}

/// Returns whether a browser started this program as a host: a manifest names a program without arguments, and
/// the browser adds the origin of the extension, or the path of the manifest and the id of the extension.
pub(crate) fn is_call_of_browser(args: &[OsString]) -> bool {
    let is = |at: usize, text: &str| args.get(at).is_some_and(|arg| arg == text);
    is(1, CHROMIUM_ORIGIN) || is(2, FIREFOX_ID)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_has_the_ids_that_the_manifest_allows() {
        let text = include_str!("../../browser/manifest.json");
        let manifest: Value = serde_json::from_str(text).unwrap();
        let gecko = &manifest["browser_specific_settings"]["gecko"];
        assert_eq!(gecko["id"], FIREFOX_ID);
        assert!(include_str!("../../browser/lanes.js").contains(&format!("\"{NAME}\"")));
        // Chromium derives the id from the first 16 bytes of the SHA-256 of the key: a letter from a on each
        // four bits.
        use base64::Engine as _;
        use sha2::Digest as _;
        let key = manifest["key"].as_str().unwrap();
        let key = base64::engine::general_purpose::STANDARD
            .decode(key)
            .unwrap();
        let digest = sha2::Sha256::digest(key);
        let nibbles = digest
            .iter()
            .take(16)
            .flat_map(|byte| [byte >> 4, byte & 15]);
        let id: String = nibbles.map(|nibble| char::from(b'a' + nibble)).collect();
        assert_eq!(CHROMIUM_ORIGIN, format!("chrome-extension://{id}/"));
        assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn calls_of_browsers_are_recognised() {
        let is = |args: &[&str]| {
            let args: Vec<OsString> = args.iter().map(OsString::from).collect();
            is_call_of_browser(&args)
        };
        assert!(is(&["lanes", CHROMIUM_ORIGIN]));
        assert!(is(&["lanes", CHROMIUM_ORIGIN, "--parent-window=7"]));
        assert!(is(&["lanes", "/home/me/x.json", FIREFOX_ID]));
        assert!(!is(&["lanes"]) && !is(&["lanes", "https://h/", "https://i/"]));
        assert!(!is(&["lanes", "chrome-extension://other/"]));
    }
}
