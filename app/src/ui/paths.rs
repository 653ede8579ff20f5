//! Paths as users type them.

use std::path::{Path, PathBuf};

/// A path as people type it.
pub(crate) fn expand_home(typed: &str) -> PathBuf {
    let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    expand(typed, home.as_deref())
}

/// A path as people type it: `~` is their home.
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
    fn a_tilde_is_the_home() {
        let home = Some(Path::new("/home/ada"));
        assert_eq!(expand("~", home), Path::new("/home/ada"));
        assert_eq!(expand("~/x.jpg", home), Path::new("/home/ada/x.jpg"));
        assert_eq!(expand("~x", home), Path::new("~x"));
        assert_eq!(expand("/tmp/~", home), Path::new("/tmp/~"));
        assert_eq!(expand("~/x", None), Path::new("~/x"));
    }
}
