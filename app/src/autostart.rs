//! Starts the program when the user logs in: an entry of the XDG autostart folder, of the registry's `Run` key, or a
//! launch agent of macOS.

use std::io;
use std::path::Path;

use crate::own_program;

/// Argument with which the program starts without covering the screen.
pub(crate) const MINIMIZED: &str = "--minimized";

/// Starts the program at each login, or no longer.
///
/// # Errors
/// The entry cannot be written or removed, or the user has no home.
pub(crate) fn set(is_on: bool, is_minimized: bool) -> io::Result<()> {
    let program = own_program::path()?;
    system::set(is_on.then_some(&program), is_minimized)
}

/// Removes a file that may be missing.
#[cfg(unix)]
fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
mod system {
    use super::{MINIMIZED, Path, io, remove};

    const NAME: &str = "io.github.lanesapp.lanes.desktop";

    pub(super) fn set(program: Option<&Path>, is_minimized: bool) -> io::Result<()> {
        let folders = directories::BaseDirs::new().ok_or(io::ErrorKind::NotFound)?;
        let folder = folders.config_dir().join("autostart");
        let path = folder.join(NAME);
        let Some(program) = program else {
            return remove(&path);
        };
        std::fs::create_dir_all(&folder)?;
        lanes_engine::replace_private(&path, entry(program, is_minimized)?.as_bytes())
    }

    /// Returns the desktop entry.
    ///
    /// # Errors
    /// The path of the program is not a text, or has a line break.
    pub(super) fn entry(program: &Path, is_minimized: bool) -> io::Result<String> {
        let path = program.to_str().filter(|path| !path.contains('\n'));
        let path = path.ok_or(io::ErrorKind::InvalidInput)?;
        let option = if is_minimized { MINIMIZED } else { "" };
        let exec = format!("{} {option}", quoted(path));
        Ok(format!(
            "[Desktop Entry]\nType=Application\nName=Lanes\nExec={}\nIcon=lanes\nTerminal=false\n",
            exec.trim_end()
        ))
    }

    /// Quotes an argument of `Exec` (Desktop Entry Specification, The Exec key): within quotes, and the result as
    /// a value of the file, in which a backslash is written twice.
    fn quoted(path: &str) -> String {
        let mut argument = String::from("\"");
        for letter in path.chars() {
            match letter {
                '"' | '`' | '$' | '\\' => argument.extend(['\\', letter]),
                '%' => argument.push_str("%%"),
                _ => argument.push(letter),
            }
        }
        argument.push('"');
        argument.replace('\\', "\\\\")
    }
}

#[cfg(target_os = "macos")]
mod system {
    use super::{MINIMIZED, Path, io, remove};

    const LABEL: &str = "io.github.lanesapp.lanes";

    pub(super) fn set(program: Option<&Path>, is_minimized: bool) -> io::Result<()> {
        let folders = directories::BaseDirs::new().ok_or(io::ErrorKind::NotFound)?;
        let folder = folders.home_dir().join("Library/LaunchAgents");
        let path = folder.join(format!("{LABEL}.plist"));
        let Some(program) = program else {
            return remove(&path);
        };
        std::fs::create_dir_all(&folder)?;
        let escaped = program
            .to_string_lossy()
            .replace('&', "&amp;")
            .replace('<', "&lt;");
        let option = match is_minimized {
            true => format!("<string>{MINIMIZED}</string>"),
            false => String::new(),
        };
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <plist version=\"1.0\"><dict><key>Label</key><string>{LABEL}</string>\
             <key>ProgramArguments</key><array><string>{escaped}</string>{option}</array>\
             <key>RunAtLoad</key><true/></dict></plist>\n"
        );
        lanes_engine::replace_private(&path, text.as_bytes())
    }
}

#[cfg(windows)]
mod system {
    use super::{MINIMIZED, Path, io};

    const KEY: &str = r"Software\Microsoft\Windows\CurrentVersion\Run";
    const NAME: &str = "Lanes";

    pub(super) fn set(program: Option<&Path>, is_minimized: bool) -> io::Result<()> {
        let key = windows_registry::CURRENT_USER
            .create(KEY)
            .map_err(io::Error::other)?;
        let Some(program) = program else {
            // It may not be there.
            let _ = key.remove_value(NAME);
            return Ok(());
        };
        let option = if is_minimized { MINIMIZED } else { "" };
        let command = format!("\"{}\" {option}", program.display());
        key.set_string(NAME, command.trim_end())
            .map_err(io::Error::other)
    }
}

#[cfg(all(test, unix, not(target_os = "macos")))]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_the_program_is_one_argument() {
        let exec = |path: &str, is_minimized| {
            let entry = system::entry(Path::new(path), is_minimized).unwrap();
            let line = entry.lines().find_map(|line| line.strip_prefix("Exec="));
            line.unwrap().to_owned()
        };
        assert_eq!(exec("/opt/lanes", true), "\"/opt/lanes\" --minimized");
        assert_eq!(exec("/a b/100%", false), "\"/a b/100%%\"");
        assert_eq!(exec("/$x\"\\", false), r#""/\\$x\\"\\\\""#);
        assert!(system::entry(Path::new("/a\nExec=evil"), false).is_err());
    }
}
