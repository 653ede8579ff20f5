//! Reads and writes files of cookies (`cookies.txt`).

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::model::cookie_byte_escapes;
use crate::model::cookie_jar::CookieJar;
use crate::model::cookies_txt::{self, CookieLineError, FileCookie};
use crate::storage::private_file::create_private_file;

/// Largest file that is read, in bytes.
const MAX_LEN: u64 = 16 << 20;

/// Error of a file of cookies. The texts never show a cookie.
#[derive(Debug, thiserror::Error)]
pub enum CookieFileError {
    /// The file cannot be read.
    #[error("cannot read the cookies in {}: {error}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Reason.
        error: io::Error,
    },
    /// The file is longer than 16 MiB.
    #[error("cannot read the cookies in {}: the file is longer than {} MiB", .0.display(), MAX_LEN >> 20)]
    TooLong(PathBuf),
    /// A line is not a cookie.
    #[error("{}, line {line}: no cookie: {reason}", .path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Reason.
        reason: CookieLineError,
    },
    /// The domain of a cookie is no host name.
    #[error("{}: `{domain}` is no host name", .path.display())]
    Domain {
        /// The file.
        path: PathBuf,
        /// The domain.
        domain: String,
    },
    /// The file cannot be written.
    #[error("cannot write the cookies to {}: {error}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Reason.
        error: io::Error,
    },
}

/// Adds the cookies of a file, in the format of Netscape, to `jar`. Returns the numbers of the lines that are
/// no cookies, from 1; they are skipped.
///
/// # Errors
/// Every [`CookieFileError`] but [`CookieFileError::Write`]; one about a line only if no line is a cookie.
pub fn load(path: &Path, jar: &CookieJar) -> Result<Vec<usize>, CookieFileError> {
    let owned = || path.to_owned();
    let mut content = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_LEN + 1).read_to_end(&mut content));
    match read {
        Ok(len) if len as u64 > MAX_LEN => return Err(CookieFileError::TooLong(owned())),
        Ok(_) => {}
        Err(error) => {
            let path = owned();
            return Err(CookieFileError::Read { path, error });
        }
    }
    let lines = cookies_txt::parse(&cookie_byte_escapes::to_text(&content));
    let (count, mut skipped, mut first) = (lines.len(), Vec::new(), None);
    for (line, cookie) in lines {
        let path = owned();
        let error = match cookie {
            Ok(cookie) if jar.add(&cookie) => continue,
            Ok(FileCookie { domain, .. }) => CookieFileError::Domain { path, domain },
            Err(reason) => CookieFileError::Line { path, line, reason },
        };
        first.get_or_insert(error);
        skipped.push(line);
    }
    match first {
        Some(error) if skipped.len() == count => Err(error),
        _ => Ok(skipped),
    }
}

/// Writes the cookies of `jar` to a file for this user only, in the format of Netscape. Overwrites the
/// file.
///
/// # Errors
/// [`CookieFileError::Write`].
pub fn save(path: &Path, jar: &CookieJar) -> Result<(), CookieFileError> {
    let text = cookies_txt::format(&jar.to_file());
    let bytes = cookie_byte_escapes::to_bytes(&text);
    let written = create_private_file(path).and_then(|mut file| file.write_all(&bytes));
    written.map_err(|error| CookieFileError::Write {
        path: path.to_owned(),
        error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saved_cookies_are_loaded_again_and_only_this_user_can_read_them() {
        let folder = tempfile::tempdir().unwrap();
        let [from, to] = ["from.txt", "to.txt"].map(|name| folder.path().join(name));
        let line = "#HttpOnly_.site.org\tTRUE\t/\tTRUE\t0\tsid\tsecret\n";
        std::fs::write(&from, line).unwrap();
        let jar = CookieJar::default();
        load(&from, &jar).unwrap();
        save(&to, &jar).unwrap();
        assert!(std::fs::read_to_string(&to).unwrap().ends_with(line));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&to).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        save(&to, &jar).unwrap();
        load(&to, &CookieJar::default()).unwrap();
    }

    #[test]
    fn lines_that_are_no_cookies_are_skipped_and_bytes_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let [from, to] = ["from.txt", "to.txt"].map(|name| folder.path().join(name));
        let good = &b"site.org\tFALSE\t/\tFALSE\t0\tsid\t\xe9\x80\n"[..];
        for (before, after, skipped) in [
            (&b"garbage\n"[..], &b""[..], vec![1]),
            (b"a b\tFALSE\t/\tFALSE\t0\tz\t1\n", b"", vec![1]),
            (
                b"# x\n",
                b"h\tFALSE\t/\tFALSE\tsoon\tz\t1\n\xff\n",
                vec![3, 4],
            ),
            (b"", b"", vec![]),
        ] {
            std::fs::write(&from, [before, good, after].concat()).unwrap();
            let jar = CookieJar::default();
            assert_eq!(load(&from, &jar).unwrap(), skipped);
            save(&to, &jar).unwrap();
            assert!(std::fs::read(&to).unwrap().ends_with(good));
        }
    }

    #[test]
    fn errors_name_the_file_and_the_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.txt");
        let error = |content: &[u8]| {
            std::fs::write(&path, content).unwrap();
            load(&path, &CookieJar::default()).unwrap_err().to_string()
        };
        for (content, word) in [
            (&b"#x\nh\tTRUE\t/\tTRUE\tsecret\n"[..], "line 2"),
            (b"[{}]", "JSON"),
            (b"h\xff", "line 1"),
            (
                b"a b\tTRUE\t/\tTRUE\t0\tsid\tsecret\n",
                "`a b` is no host name",
            ),
        ] {
            let error = error(content);
            assert!(error.contains(word) && error.contains("c.txt"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
        let missing = load(&folder.path().join("none"), &CookieJar::default());
        assert!(matches!(missing, Err(CookieFileError::Read { .. })));
    }
}
