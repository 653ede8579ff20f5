//! Recognizes files that the system would start as a program instead of showing them.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Extensions of files that some system runs, installs or takes commands from when they are opened.
const EXTENSIONS: &[&str] = &[
    // Windows
    "appinstaller",
    "application",
    "appref-ms",
    "appx",
    "appxbundle",
    "bat",
    "chm",
    "cmd",
    "com",
    "cpl",
    "diagcab",
    "dll",
    "drv",
    "exe",
    "gadget",
    "hlp",
    "hta",
    "inf",
    "ins",
    "isp",
    "job",
    "js",
    "jse",
    "library-ms",
    "lnk",
    "mmc",
    "msc",
    "msi",
    "msix",
    "msixbundle",
    "msp",
    "mst",
    "ocx",
    "ops",
    "pif",
    "prf",
    "ps1",
    "ps1xml",
    "ps2",
    "psc1",
    "psd1",
    "psm1",
    "rdp",
    "reg",
    "scf",
    "scr",
    "sct",
    "search-ms",
    "settingcontent-ms",
    "shb",
    "shs",
    "sys",
    "theme",
    "themepack",
    "url",
    "vb",
    "vbe",
    "vbs",
    "vhd",
    "vhdx",
    "ws",
    "wsc",
    "wsf",
    "wsh",
    "xbap",
    "xll",
    "xnk",
    // macOS
    "action",
    "app",
    "applescript",
    "command",
    "dmg",
    "fileloc",
    "inetloc",
    "mobileconfig",
    "mpkg",
    "osx",
    "pkg",
    "prefpane",
    "scpt",
    "scptd",
    "service",
    "terminal",
    "tool",
    "webloc",
    "workflow",
    // Linux and others
    "apk",
    "appimage",
    "bash",
    "bundle",
    "csh",
    "deb",
    "desktop",
    "elf",
    "fish",
    "flatpak",
    "flatpakref",
    "jar",
    "jnlp",
    "ksh",
    "pl",
    "py",
    "pyc",
    "pyw",
    "pyz",
    "rb",
    "rpm",
    "run",
    "sh",
    "snap",
    "so",
    "tcl",
    "xpi",
    "zsh",
    // Documents with macros
    "docm",
    "dotm",
    "potm",
    "ppam",
    "ppsm",
    "pptm",
    "sldm",
    "xlam",
    "xlsm",
    "xltm",
];

/// Returns whether opening a file could start a program: by its extension, its first bytes, or because it
/// may be executed.
pub(super) fn is_program(path: &Path) -> bool {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().to_ascii_lowercase());
    let name = name.unwrap_or_default();
    // Windows ignores dots and blanks at the end.
    let name = name.trim_end_matches(['.', ' ']);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    EXTENSIONS.contains(&extension) || is_executable(path) || begins_as_program(path)
}

/// Returns whether the user may execute the file.
#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    let meta = std::fs::metadata(path);
    meta.is_ok_and(|meta| meta.is_dir() || meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| meta.is_dir())
}

/// Returns whether the first bytes are those of a program or a script.
fn begins_as_program(path: &Path) -> bool {
    let is_file = std::fs::metadata(path).is_ok_and(|meta| meta.is_file());
    let mut start = Vec::with_capacity(64);
    let read = |start: &mut Vec<u8>| File::open(path)?.take(64).read_to_end(start);
    if !is_file || read(&mut start).is_err() {
        return false;
    }
    // ELF, scripts, Windows, Mach-O of both byte orders and several architectures.
    let magic: [&[u8]; 8] = [
        b"\x7fELF",
        b"#!",
        b"MZ",
        &[0xfe, 0xed, 0xfa, 0xce],
        &[0xfe, 0xed, 0xfa, 0xcf],
        &[0xce, 0xfa, 0xed, 0xfe],
        &[0xcf, 0xfa, 0xed, 0xfe],
        &[0xca, 0xfe, 0xba, 0xbe],
    ];
    let text = start.trim_ascii_start();
    magic.iter().any(|magic| start.starts_with(magic)) || text.starts_with(b"[Desktop Entry]")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn programs_are_recognized_and_documents_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let is = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            is_program(&path)
        };
        for (name, content) in [
            ("setup.EXE", &b""[..]),
            ("photo.jpg.scr", b""),
            ("x.desktop", b""),
            ("x.AppImage", b""),
            ("x.msi. ", b""),
            ("x.docm", b""),
            ("photo.jpg", b"\x7fELF\x02"),
            ("notes", b"#!/bin/sh\n"),
            ("data", b"MZ\x90"),
            ("mach", b"\xcf\xfa\xed\xfe"),
            ("entry", b"\n[Desktop Entry]\nExec=x"),
        ] {
            assert!(is(name, content), "{name}");
        }
        for (name, content) in [
            ("Data.jpg", &b"\xff\xd8\xff"[..]),
            ("notes.txt", b"MY notes"),
            ("film.mkv", b"\x1aE\xdf\xa3"),
            ("archive.tar.gz", b"\x1f\x8b"),
            ("exe", b""),
            ("list.csv", b"a,b"),
        ] {
            assert!(!is(name, content), "{name}");
        }
        assert!(!is_program(&folder.path().join("missing.txt")));
        assert!(is_program(folder.path()));
    }

    #[cfg(unix)]
    #[test]
    fn an_executable_file_is_a_program() {
        use std::os::unix::fs::PermissionsExt as _;

        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(!is_program(file.path()));
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o755)).unwrap();
        assert!(is_program(file.path()));
    }
}
