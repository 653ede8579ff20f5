//! The folder that clients may save into.

use std::io;
use std::path::{Component, Path, PathBuf};

use lanes_engine::safe_name;

use super::options::OptionError;

/// A folder; nothing is written outside of it.
#[derive(Debug)]
pub(crate) struct SaveRoot {
    /// The path as it was given, made absolute.
    given: PathBuf,
    /// The path without symbolic links.
    real: PathBuf,
}

impl SaveRoot {
    /// Creates the folder if it does not exist.
    ///
    /// # Errors
    /// The folder cannot be created or resolved.
    pub(crate) fn new(path: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(path)?;
        Ok(Self {
            given: std::path::absolute(path)?,
            real: path.canonicalize()?,
        })
    }

    /// Returns the folder.
    pub(crate) fn path(&self) -> &Path {
        &self.given
    }

    /// Returns the folder that the option `dir` names, if it is this folder or within it. A relative one is
    /// within it. Symbolic links are followed as far as they exist.
    ///
    /// # Errors
    /// [`OptionError::Outside`].
    pub(crate) fn folder(&self, dir: Option<&str>) -> Result<PathBuf, OptionError> {
        let Some(dir) = dir else {
            return Ok(self.given.clone());
        };
        let outside = || OptionError::Outside {
            dir: dir.to_owned(),
            root: self.given.display().to_string(),
        };
        // A path of Windows, from a client whose settings are for another machine.
        let is_foreign = cfg!(unix) && dir.contains('\\');
        let path = Path::new(dir);
        let is_up = path.components().any(|part| part == Component::ParentDir);
        if is_foreign || is_up || dir.contains('\0') {
            return Err(outside());
        }
        let path = self.given.join(path);
        let is_within = path.starts_with(&self.given) || path.starts_with(&self.real);
        match is_within && self.is_really_within(&path) {
            true => Ok(path),
            false => Err(outside()),
        }
    }

    /// Returns whether the part of the path that exists is within the folder.
    fn is_really_within(&self, path: &Path) -> bool {
        let mut existing = path.ancestors().filter_map(|path| path.canonicalize().ok());
        existing
            .next()
            .is_some_and(|real| real.starts_with(&self.real))
    }

    /// Returns the path of the option `out` below `folder`, with names that are safe on every system.
    ///
    /// # Errors
    /// [`OptionError::Out`] for a path that is absolute or leads up, [`OptionError::Outside`] for one that
    /// a symbolic link leads out.
    pub(crate) fn file(&self, folder: &Path, out: &str) -> Result<PathBuf, OptionError> {
        let wrong = || OptionError::Out(out.to_owned());
        let names: Vec<&str> = out.split(['/', '\\']).collect();
        let is_wrong = |name: &&str| name.is_empty() || *name == "..";
        if names.iter().any(is_wrong) || out.contains('\0') {
            return Err(wrong());
        }
        let names = names.into_iter().filter(|name| *name != ".");
        let mut path = folder.to_owned();
        path.extend(names.map(safe_name));
        if path == folder {
            return Err(wrong());
        }
        let parent = path.parent().unwrap_or(folder);
        match self.is_really_within(parent) {
            true => Ok(path),
            false => Err(OptionError::Outside {
                dir: parent.display().to_string(),
                root: self.given.display().to_string(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_names_stay_within_the_root() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("downloads");
        let root = SaveRoot::new(&path).unwrap();
        assert_eq!(root.folder(None).unwrap(), path);
        assert_eq!(root.folder(Some("sub/new")).unwrap(), path.join("sub/new"));
        let inside = path.join("a").display().to_string();
        assert_eq!(root.folder(Some(&inside)).unwrap(), path.join("a"));
        let beside = format!("{}-other", path.display());
        for outside in ["/etc", "..", "a/../../x", "C:\\Users\\me", "/", &beside] {
            let error = root.folder(Some(outside)).unwrap_err().to_string();
            assert!(error.contains("outside of"), "{error}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("/", path.join("link")).unwrap();
            assert!(root.folder(Some("link/etc")).is_err());
            assert!(root.file(&path, "link/etc/x").is_err());
        }
        let file = |out: &str| root.file(&path, out);
        assert_eq!(file("a b.bin").unwrap(), path.join("a b.bin"));
        assert_eq!(file("./sub/x.part").unwrap(), path.join("sub/x.part_"));
        for wrong in ["../x", "/etc/x", "a/../../x", "..\\x", "", ".", "a/", "a\0"] {
            assert!(file(wrong).is_err(), "{wrong}");
        }
    }
}
