//! What desktops and packages are told about the program.
//!
//! Each check needs a tool (`desktop-file-validate`, `appstreamcli`, `cargo-packager` with `dpkg-deb`); without
//! it the check says so and passes.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "helpers of tests are tests too"
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

/// Whether all the tools are there; says what is not tested where they are not.
fn has(tools: &[&str], what: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |tool: &str| std::env::split_paths(&path).any(|dir| dir.join(tool).is_file());
    let missing: Vec<&str> = tools
        .iter()
        .copied()
        .filter(|tool| !is_there(tool))
        .collect();
    if !missing.is_empty() {
        eprintln!("{what} not tested: {} missing", missing.join(", "));
    }
    missing.is_empty()
}

/// What a command says; fails with it when the command does.
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

/// The value of a key of the desktop entry.
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
fn the_desktop_finds_the_program_its_icon_and_its_window() {
    assert_eq!(entry("Exec"), "lanes");
    assert_eq!(entry("Icon"), "lanes");
    // By this, which the window says of itself, it stands under its own entry.
    assert_eq!(entry("StartupWMClass"), ID);
    if has(&["desktop-file-validate"], "the desktop entry is") {
        output(Command::new("desktop-file-validate").arg(desktop_entry()));
    }
}

#[test]
fn software_centres_are_told_of_this_version() {
    let words = fs::read_to_string(metainfo()).unwrap();
    let release = format!("<release version=\"{}\"", env!("CARGO_PKG_VERSION"));
    for part in [
        &format!("<id>{ID}</id>"),
        &format!(">{ID}.desktop</launchable>"),
        &release,
    ] {
        assert!(words.contains(part), "{part} is missing");
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
fn a_deb_holds_all_that_belongs_to_the_program() {
    if !has(&["cargo-packager", "dpkg-deb"], "the package for Debian is") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let deb = package(folder.path());

    let of = |field| {
        output(Command::new("dpkg-deb").arg("-f").arg(&deb).arg(field))
            .trim()
            .to_owned()
    };
    assert_eq!(of("Package"), "lanes");
    assert_eq!(of("Version"), env!("CARGO_PKG_VERSION"));
    let linked = [
        "libc6",
        "libgcc-s1",
        "libgl1",
        "libegl1",
        "libxkbcommon-x11-0",
    ];
    let depends = of("Depends");
    for library in linked {
        assert!(
            depends.split(", ").any(|one| one == library),
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
        ("doc/lanes/copyright", assets().join("../LICENSE")),
    ] {
        let packed = fs::read(root.join("usr/share").join(path)).unwrap_or_default();
        assert!(
            packed == fs::read(original).unwrap(),
            "{path} is missing or another"
        );
    }
    for program in ["lanes", "lanes-server"] {
        let says = output(Command::new(root.join("usr/bin").join(program)).arg("--version"));
        assert_eq!(
            says.trim(),
            format!("{program} {}", env!("CARGO_PKG_VERSION"))
        );
    }
}

/// Packs what this test was built with; the server, which is not, is built beside it.
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

    let mut packager = Command::new("cargo-packager");
    // As cargo would call it.
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
    let made = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    made.into_iter()
        .find(|path| path.extension().is_some_and(|end| end == "deb"))
        .expect("a package")
}
