//! Short names of Windows (`GIT~1`), which a file system may give a file beside its own name.
//!
//! A rule about names, such as the one for names that start with a dot, looks at the requested name only.
//! So a name that may be a short one counts only if its folder lists it.

use cap_std::fs::Dir;

/// Maximum length of a short name without its extension, in characters.
const MAX_STEM: usize = 8;
/// Maximum number of directory entries that are read, which bounds the time.
const MAX_VISITED: usize = 200_000;

/// Returns whether `name` in `root` has no segment that is only a short name of a file. Folders are read for
/// segments that look like one; others cost nothing.
pub(super) fn is_listed(root: &Dir, name: &str) -> bool {
    let mut folder = ".";
    let mut start = 0;
    for segment in name.split('/') {
        if may_be_short(segment) && !lists(root, folder, segment) {
            return false;
        }
        start += segment.len() + 1;
        folder = &name[..start.min(name.len())];
    }
    true
}

/// Returns whether a name has the form of a short name: a tilde in at most eight characters before the
/// extension.
fn may_be_short(segment: &str) -> bool {
    let stem = segment.split('.').next().unwrap_or_default();
    stem.contains('~') && stem.chars().count() <= MAX_STEM
}

/// Returns whether a folder has an entry of exactly this name. A listing has no short names.
fn lists(root: &Dir, folder: &str, name: &str) -> bool {
    root.read_dir(folder).is_ok_and(|entries| {
        let mut entries = entries.flatten().take(MAX_VISITED);
        entries.any(|entry| entry.file_name().to_str() == Some(name))
    })
}

#[cfg(test)]
mod tests {
    use cap_std::ambient_authority;

    use super::*;

    #[test]
    fn names_with_the_form_of_a_short_name() {
        for name in ["GIT~1", "_GIT~IBP", "AB1234~1.TXT", "~", "a~1.b.c"] {
            assert!(may_be_short(name), "{name}");
        }
        for name in ["git", "Data.jpg", "long-name~1", "backup.txt~", "a.b~1"] {
            assert!(!may_be_short(name), "{name}");
        }
    }

    #[test]
    fn a_short_name_counts_only_if_it_is_the_name_of_the_file() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("real~1/inner~2")).unwrap();
        std::fs::write(dir.path().join("real~1/inner~2/file~3.txt"), "x").unwrap();
        let root = Dir::open_ambient_dir(dir.path(), ambient_authority()).unwrap();
        for name in ["real~1/inner~2/file~3.txt", "real~1", "a/b.txt"] {
            assert!(is_listed(&root, name), "{name}");
        }
        for name in [
            "GIT~1",
            "GIT~1/config",
            "real~1/x~1",
            "real~1/inner~2/file~4.txt",
        ] {
            assert!(!is_listed(&root, name), "{name}");
        }
    }
}
