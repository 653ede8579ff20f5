//! Secrets of the command line. Arguments can be read by every user of the machine for as long as the
//! program runs, so each secret can also come from a file, an environment variable or the terminal.

use std::env;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;

use lanes_engine::one_line;

/// Longest file that is read, in bytes.
const MAX_LEN: u64 = 64 << 10;

/// Why a secret cannot be used. The texts never show it.
#[derive(Debug, thiserror::Error)]
pub(super) enum SecretError {
    /// The file cannot be read.
    #[error("cannot read the file of {option}: {error}: {}", .path.display())]
    Read {
        /// The option.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// Reason.
        error: io::Error,
    },
    /// The text is empty, too long or has several lines.
    #[error("the value of {0} must be one line of at most {max} KiB", max = MAX_LEN >> 10)]
    NotOneLine(&'static str),
    /// The text is not a header field.
    #[error("the value of --header is not a header field: write NAME: VALUE")]
    Header,
    /// There is no terminal on which the password could be asked for.
    #[error(
        "cannot ask for the password of {user} on the terminal: {error}; use --user @FILE, LANES_USER or --netrc"
    )]
    NoTerminal {
        /// The user name.
        user: String,
        /// Reason.
        error: io::Error,
    },
    /// Two environment variables contradict each other.
    #[error("set only one of LANES_USER and LANES_BEARER")]
    TwoVariables,
}

/// A text with secrets in an argument.
#[derive(Clone)]
pub struct SecretText(pub String);

impl std::fmt::Debug for SecretText {
    /// Leaves out the text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretText(…)")
    }
}

impl std::str::FromStr for SecretText {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

/// Returns the value of an option: the content of the file if it is `@FILE`, of the standard input if it
/// is `@-`, else the text itself.
pub(super) fn value(option: &'static str, text: &str) -> Result<String, SecretError> {
    let Some(path) = text.strip_prefix('@') else {
        return Ok(text.to_owned());
    };
    let mut content = String::new();
    let read = if path == "-" {
        io::stdin().take(MAX_LEN + 1).read_to_string(&mut content)
    } else {
        File::open(path).and_then(|file| file.take(MAX_LEN + 1).read_to_string(&mut content))
    };
    match read {
        Ok(len) if len as u64 > MAX_LEN => Err(SecretError::NotOneLine(option)),
        Ok(_) => Ok(content),
        Err(error) => Err(SecretError::Read {
            option,
            path: path.into(),
            error,
        }),
    }
}

/// Returns the value of an option as [`value`] does, without the line end behind it.
pub(super) fn line(option: &'static str, text: &str) -> Result<String, SecretError> {
    let value = value(option, text)?;
    let line = value.trim_end_matches(['\r', '\n']);
    if line.is_empty() || line.contains(['\r', '\n']) {
        return Err(SecretError::NotOneLine(option));
    }
    Ok(line.to_owned())
}

/// Returns the header fields of an option: one, or one for each line of its file.
pub(super) fn headers(
    option: &'static str,
    text: &str,
) -> Result<Vec<(String, String)>, SecretError> {
    let value = value(option, text)?;
    let lines = value.lines().filter(|line| !line.trim().is_empty());
    let fields = lines.map(|line| {
        let (name, value) = line.split_once(':').ok_or(SecretError::Header)?;
        Ok((name.trim().to_owned(), value.trim().to_owned()))
    });
    let fields: Vec<_> = fields.collect::<Result<_, _>>()?;
    if fields.is_empty() {
        return Err(SecretError::Header);
    }
    Ok(fields)
}

/// Splits `NAME:PASSWORD`. The password of a name alone is asked for on the terminal, without echo.
pub(super) fn login(text: &str) -> Result<(String, String), SecretError> {
    if let Some((name, password)) = text.split_once(':') {
        return Ok((name.to_owned(), password.to_owned()));
    }
    let prompt = format!("Password of {}: ", one_line(text));
    match rpassword::prompt_password(prompt) {
        Ok(password) => Ok((text.to_owned(), password)),
        Err(error) => Err(SecretError::NoTerminal {
            user: one_line(text).into_owned(),
            error,
        }),
    }
}

/// Returns the value of an environment variable that is set and not empty.
pub(super) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(content: &str) -> (tempfile::NamedTempFile, String) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        let arg = format!("@{}", file.path().display());
        (file, arg)
    }

    #[test]
    fn at_sign_names_a_file() {
        assert_eq!(line("--bearer", "abc").unwrap(), "abc");
        for content in ["abc", "abc\n", "abc\r\n"] {
            let (_file, arg) = file(content);
            assert_eq!(line("--bearer", &arg).unwrap(), "abc");
        }
        for content in ["", "\n", "SECRET\nb\n", &"SECRET".repeat(20_000)] {
            let (_file, arg) = file(content);
            let error = line("--bearer", &arg).unwrap_err().to_string();
            assert!(
                error.contains("--bearer") && !error.contains("SECRET"),
                "{error}"
            );
        }
        let error = line("--bearer", "@/no/such/file").unwrap_err().to_string();
        assert!(error.contains("/no/such/file"), "{error}");
    }

    #[test]
    fn header_files_have_a_field_on_each_line() {
        let (_file, arg) = file("X-Token: a:b\r\n\nCookie:  sid=1\n");
        let fields = headers("--header", &arg).unwrap();
        let expected = [("X-Token", "a:b"), ("Cookie", "sid=1")];
        assert_eq!(
            fields,
            expected.map(|(name, value)| (name.into(), value.into()))
        );
        let (_file, arg) = file("SECRET\n");
        let error = headers("--header", &arg).unwrap_err().to_string();
        assert!(
            error.contains("NAME: VALUE") && !error.contains("SECRET"),
            "{error}"
        );
        assert!(headers("--header", "").is_err());
    }

    #[test]
    fn login_is_split_at_the_first_colon() {
        assert_eq!(login("me:a:b").unwrap(), ("me".into(), "a:b".into()));
        assert_eq!(login("me:").unwrap(), ("me".into(), String::new()));
    }
}
