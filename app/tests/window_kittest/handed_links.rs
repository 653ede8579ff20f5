//! Links that a second program hands to the window.

use std::process::{Command, Output};

use lanes::ui::Options;

use crate::harness::*;

/// Runs the program as a user with this home folder, without a display.
fn lanes(home: &std::path::Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lanes"))
        .args(args)
        .env("HOME", home)
        .env("XDG_DATA_HOME", home.join("data"))
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("WAYLAND_SOCKET")
        .output()
        .expect("the program runs")
}

#[cfg(target_os = "linux")]
#[test]
fn second_program_hands_its_links_to_the_open_window() {
    let (home, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let options = Options {
        instance: Some(home.path().join("data/lanes")),
        ..options(folder.path())
    };
    let mut window = open(options);
    let ran = lanes(home.path(), &["https://127.0.0.1:9/first.iso"]);
    assert!(ran.status.success() && ran.stderr.is_empty(), "{ran:?}");
    until(&mut window, "the first link", |window| {
        shows(window, "Add downloads") && says(window, "first.iso")
    });
    // The next link is added to the same dialog; without links the window is only shown.
    let ran = lanes(
        home.path(),
        &[
            "https://127.0.0.1:9/second.iso",
            "https://127.0.0.1:9/third.iso",
        ],
    );
    assert!(ran.status.success(), "{ran:?}");
    assert!(lanes(home.path(), &[]).status.success());
    until(&mut window, "all links", |window| {
        ["first.iso", "second.iso", "third.iso"]
            .iter()
            .all(|name| says(window, name))
    });
    drop(window);
    let ran = lanes(home.path(), &["https://127.0.0.1:9/late.iso"]);
    let words = String::from_utf8_lossy(&ran.stderr);
    assert!(
        !ran.status.success() && words.contains("display"),
        "{ran:?}"
    );
}
