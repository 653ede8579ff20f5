//! Paths as typed by the user.

use std::path::{Path, PathBuf};

/// Expands a leading `~` to the home directory.
pub(crate) fn expand_home(typed: &str) -> PathBuf {
    let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    expand(typed, home.as_deref())
}

/// Expands a leading `~` to `home`.
fn expand(typed: &str, home: Option<&Path>) -> PathBuf {
    match (typed.strip_prefix('~'), home) {
        (Some(""), Some(home)) => home.to_owned(),
        (Some(rest), Some(home)) if rest.starts_with(['/', '\\']) => home.join(&rest[1..]),
        _ => PathBuf::from(typed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leading_tilde_is_the_home_directory() {
        let home = Some(Path::new("/home/ada"));
        assert_eq!(expand("~", home), Path::new("/home/ada"));
        assert_eq!(expand("~/x.jpg", home), Path::new("/home/ada/x.jpg"));
        assert_eq!(expand("~x", home), Path::new("~x"));
        assert_eq!(expand("/tmp/~", home), Path::new("/tmp/~"));
        assert_eq!(expand("~/x", None), Path::new("~/x"));
    }
}
