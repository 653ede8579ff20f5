//! Deletes a finished file with its download, and takes both back. The trash is that of a process with a home of its
//! own.

use std::process::Command;

use eframe::egui::{Key, Modifiers};

use crate::harness::*;

const FILE: &str = "Data-50KB.jpg";
/// Set in the process with a home of its own.
const INNER: &str = "LANES_TEST_TRASH";

#[cfg(target_os = "linux")]
#[test]
fn a_deleted_file_goes_to_the_trash_and_comes_back() {
    if std::env::var_os(INNER).is_none() {
        let home = tempfile::tempdir().unwrap();
        let test = std::env::current_exe().unwrap();
        let mut inner = Command::new(test);
        inner.args([
            "--exact",
            "trash::a_deleted_file_goes_to_the_trash_and_comes_back",
        ]);
        inner.args(["--nocapture", "--test-threads=1"]);
        inner.env(INNER, "1").env("HOME", home.path());
        inner.env("XDG_DATA_HOME", home.path().join("data"));
        let output = inner.output().unwrap();
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{log}");
        let left = home.path().join("data/Trash/files");
        assert_eq!(
            file_names(&left),
            ["Data-50KB.jpg"],
            "the file of the last deletion"
        );
        return;
    }
    // On the file system of the home, whose trash is used then.
    let home = std::env::var_os("HOME").unwrap();
    let folder = tempfile::tempdir_in(home).unwrap();
    let mut window = window(folder.path());
    download_all(&mut window, &[FILE]);
    clear_focus(&mut window);
    window.key_press_modifiers(Modifiers::SHIFT, Key::Delete);
    until(&mut window, "the deletion", |window| {
        rows(window).is_empty() && says(window, "Moved Data-50KB.jpg to the trash")
    });
    assert!(file_names(folder.path()).is_empty());
    click(&mut window, "Undo");
    until(&mut window, "the file", |window| {
        rows(window) == ["Data-50KB.jpg, Finished"]
    });
    assert!(std::fs::read(folder.path().join(FILE)).unwrap() == asset(FILE));
    clear_focus(&mut window);
    window.key_press_modifiers(Modifiers::SHIFT, Key::Delete);
    until(&mut window, "the deletion", |window| {
        rows(window).is_empty()
    });
}
