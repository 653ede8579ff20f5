//! Tests of the desktop entry, the `AppStream` metainfo and the Debian package.
//!
//! Each check needs a tool (`desktop-file-validate`, `appstreamcli`, `cargo-packager` with `dpkg-deb`); if it
//! is missing, the check prints a note and passes.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "test helpers may unwrap"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const ID: &str = lanes::ui::APP_ID;

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets")
}

fn metainfo() -> PathBuf {
    assets().join(format!("{ID}.metainfo.xml"))
}

fn desktop_entry() -> PathBuf {
    assets().join(format!("{ID}.desktop"))
}

/// Returns true if all tools are installed; otherwise prints that `what` is not tested.
fn has(tools: &[&str], what: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_installed =
        |tool: &str| std::env::split_paths(&path).any(|dir| dir.join(tool).is_file());
    let missing: Vec<&str> = tools
        .iter()
        .copied()
        .filter(|tool| !is_installed(tool))
        .collect();
    if !missing.is_empty() {
        eprintln!("{what} not tested: {} missing", missing.join(", "));
    }
    missing.is_empty()
}

/// Runs a command and returns its standard output; panics if the command fails.
fn output(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr),
    );
    assert!(status.success(), "{command:?}: {status}\n{out}{err}");
    out.into_owned()
}

/// Returns the value of a key in the desktop entry.
fn entry(key: &str) -> String {
    let entry = fs::read_to_string(desktop_entry()).unwrap();
    let value = |line: &str| {
        Some(
            line.split_once('=')
                .filter(|(name, _)| *name == key)?
                .1
                .to_owned(),
        )
    };
    entry
        .lines()
        .find_map(value)
        .unwrap_or_else(|| panic!("no {key}"))
}

#[test]
fn desktop_entry_names_program_icon_and_window_class() {
    // With the links that the desktop hands over.
    assert_eq!(entry("Exec"), "lanes %U");
    assert_eq!(entry("TryExec"), "lanes");
    assert_eq!(entry("Icon"), "lanes");
    // The window sets this class, so that the desktop groups it under this entry.
    assert_eq!(entry("StartupWMClass"), ID);
    if has(&["desktop-file-validate"], "the desktop entry is") {
        output(Command::new("desktop-file-validate").arg(desktop_entry()));
    }
}

#[test]
fn metainfo_lists_this_version() {
    let text = fs::read_to_string(metainfo()).unwrap();
    let release = format!("<release version=\"{}\"", env!("CARGO_PKG_VERSION"));
    for part in [
        &format!("<id>{ID}</id>"),
        &format!(">{ID}.desktop</launchable>"),
        &release,
    ] {
        assert!(text.contains(part), "{part} is missing");
    }
    assert!(include_str!("../Cargo.toml").contains(&format!("identifier = \"{ID}\"")));
    if has(&["appstreamcli"], "the metainfo is") {
        output(
            Command::new("appstreamcli")
                .args(["validate", "--no-net"])
                .arg(metainfo()),
        );
    }
}

#[test]
fn deb_contains_programs_icons_and_metadata() {
    if !has(&["cargo-packager", "dpkg-deb"], "the package for Debian is") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let deb = package(folder.path());

    let field = |name| {
        output(Command::new("dpkg-deb").arg("-f").arg(&deb).arg(name))
            .trim()
            .to_owned()
    };
    assert_eq!(field("Package"), "lanes");
    assert_eq!(field("Version"), env!("CARGO_PKG_VERSION"));
    let linked = [
        "libc6",
        "libgcc-s1",
        "libgl1",
        "libegl1",
        "libxkbcommon-x11-0",
    ];
    let depends = field("Depends");
    for library in linked {
        assert!(
            depends.split(", ").any(|package| package == library),
            "{library} in {depends}"
        );
    }

    let root = folder.path().join("root");
    output(Command::new("dpkg-deb").arg("-x").arg(&deb).arg(&root));
    for (path, original) in [
        (&format!("applications/{ID}.desktop")[..], desktop_entry()),
        (
            "icons/hicolor/256x256/apps/lanes.png",
            assets().join("icon.png"),
        ),
        (
            "icons/hicolor/scalable/apps/lanes.svg",
            assets().join("icon.svg"),
        ),
        (&format!("metainfo/{ID}.metainfo.xml"), metainfo()),
        (
            "doc/lanes/copyright",
            assets().join("../target/generated/doc/copyright"),
        ),
    ] {
        let packed = fs::read(root.join("usr/share").join(path)).unwrap_or_default();
        assert!(
            packed == fs::read(original).unwrap(),
            "{path} is missing or differs"
        );
    }
    let copyright = fs::read_to_string(root.join("usr/share/doc/lanes/copyright")).unwrap();
    let license = fs::read_to_string(assets().join("../LICENSE")).unwrap();
    assert!(copyright.starts_with(&license), "{copyright}");
    for path in [
        "man/man1/lanes.1.gz",
        "man/man1/lanes-get.1.gz",
        "man/man1/lanes-server.1.gz",
        "bash-completion/completions/lanes",
        "bash-completion/completions/lanes-server",
        "zsh/vendor-completions/_lanes",
        "fish/vendor_completions.d/lanes.fish",
        "doc/lanes/changelog.gz",
    ] {
        let len = fs::metadata(root.join("usr/share").join(path)).map_or(0, |meta| meta.len());
        assert!(len > 100, "{path} has {len} bytes");
    }
    for program in ["lanes", "lanes-server"] {
        let version = output(Command::new(root.join("usr/bin").join(program)).arg("--version"));
        assert_eq!(
            version.trim(),
            format!("{program} {}", env!("CARGO_PKG_VERSION"))
        );
    }
}

/// Packs the program of this build as a deb and returns its path. The server is built first because
/// a test of this crate does not build it.
fn package(folder: &Path) -> PathBuf {
    let built = Path::new(env!("CARGO_BIN_EXE_lanes")).parent().unwrap();
    let profile = built.file_name().unwrap().to_str().unwrap();
    let target = built.parent().unwrap();
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let name = if profile == "debug" { "dev" } else { profile };
    let mut server = Command::new(env!("CARGO"));
    server.args([
        "build",
        "--package",
        "lanes-server",
        "--profile",
        name,
        "--manifest-path",
    ]);
    output(server.arg(&manifest).arg("--target-dir").arg(target));

    let generate = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/generate");
    output(Command::new("bash").arg(generate).arg(built));

    let mut packager = Command::new("cargo-packager");
    // The first argument repeats the subcommand, as cargo passes it.
    packager.args([
        "packager",
        "--formats",
        "deb",
        "--profile",
        profile,
        "--manifest-path",
    ]);
    packager.arg(&manifest).arg("--out-dir").arg(folder);
    output(packager.env("CARGO_TARGET_DIR", target));
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .into_iter()
        .find(|path| path.extension().is_some_and(|end| end == "deb"))
        .expect("a deb in the output folder")
}
