//! The file that stores the window's settings.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// Renames a settings file that cannot be parsed, since eframe would overwrite it. Returns a
/// message for the user if it did.
pub(crate) fn set_aside_if_broken(file: &Path) -> Option<String> {
    let bytes = fs::read(file).ok()?;
    // The format of eframe: a map of strings.
    if ron::de::from_bytes::<HashMap<String, String>>(&bytes).is_ok() {
        return None;
    }
    let aside = file.with_extension("ron.broken");
    Some(match fs::rename(file, &aside) {
        Ok(()) => format!(
            "The settings could not be read; the defaults are used and the old file is set aside as {}",
            aside.display()
        ),
        Err(error) => format!(
            "The settings could not be read; the defaults are used: {}: {error}",
            file.display()
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_file_is_renamed_and_a_valid_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app.ron");
        assert_eq!(set_aside_if_broken(&file), None, "there is none");
        fs::write(&file, r#"{"settings":"{}","link":"x"}"#).unwrap();
        assert_eq!(set_aside_if_broken(&file), None);
        for broken in [&b"}{"[..], b"", b"\xff\xfe", b"{\"settings\":7}"] {
            fs::write(&file, broken).unwrap();
            let words = set_aside_if_broken(&file).unwrap();
            assert!(words.contains("app.ron.broken"), "{words}");
            assert!(!file.exists());
            assert_eq!(
                fs::read(folder.path().join("app.ron.broken")).unwrap(),
                broken
            );
        }
    }
}
