//! The file that stores the window's settings. They may have the password of a proxy.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write as _};
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

/// Makes the settings file and its folder readable for this user only. eframe creates a file that is
/// missing with the user's umask and keeps the mode of one that is there, so a missing one is created.
///
/// # Errors
/// That of the system; the settings may be readable for others then.
pub(crate) fn make_private(file: &Path) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        lanes_engine::create_private_folder(folder)?;
    }
    if !file.exists() {
        // An empty map in the format of eframe.
        lanes_engine::create_private_file(file)?.write_all(b"{}")?;
    }
    lanes_engine::make_private(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn other_users_cannot_read_the_settings() {
        use std::os::unix::fs::PermissionsExt as _;

        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("lanes");
        let file = folder.join("app.ron");
        make_private(&file).unwrap();
        assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
        assert_eq!(set_aside_if_broken(&file), None);
        let earlier = r#"{"settings":"{}"}"#;
        fs::write(&file, earlier).unwrap();
        for (path, mode) in [(&folder, 0o755), (&file, 0o644)] {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
        make_private(&file).unwrap();
        assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
        assert_eq!(fs::read_to_string(&file).unwrap(), earlier);
    }

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
