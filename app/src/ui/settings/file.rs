//! The file in which the window's settings are kept from one start to the next.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// Sets a settings file aside that cannot be read: whoever keeps the settings would write over it.
/// Returns what to say of it.
pub(crate) fn set_aside_if_broken(file: &Path) -> Option<String> {
    let bytes = fs::read(file).ok()?;
    // As eframe writes it: values under their names.
    if ron::de::from_bytes::<HashMap<String, String>>(&bytes).is_ok() {
        return None;
    }
    let aside = file.with_extension("ron.broken");
    Some(match fs::rename(file, &aside) {
        Ok(()) => format!(
            "The settings could not be read and are as at the first start; what was there is set aside as {}",
            aside.display()
        ),
        Err(error) => format!(
            "The settings could not be read and are as at the first start: {}: {error}",
            file.display()
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_file_is_set_aside_and_a_good_one_stays() {
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
