//! The download list persists across restarts of the program.

use std::path::Path;

use eframe::egui::Key;
use lanes::ui::Options;

use crate::harness::*;

fn window_at(folder: &Path) -> Window<'static> {
    open(Options {
        history: Some(folder.join("history.json")),
        ..options(&folder.join("files"))
    })
}

#[test]
fn list_is_restored_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window_at(folder.path());
    download_all(&mut window, &["Data-50KB.jpg"]);
    type_into(&mut window, "File or link", "sample-8GiB.bin");
    click(&mut window, "Download");
    until(&mut window, "the first bytes", |window| {
        says(window, "of 8.59 GB ·")
    });
    drop(window);
    let mut window = window_at(folder.path());
    until(&mut window, "the list", |window| {
        rows(window) == ["sample-8GiB.bin, Paused", "Data-50KB.jpg, Finished"]
    });
    assert!(
        says(&window, "of 8.59 GB"),
        "the partial download is missing: {:?}",
        all_words(&window)
    );
    // A finished download from an earlier start is previewed like a new one.
    clear_focus(&mut window);
    window.key_press(Key::ArrowDown);
    until(&mut window, "the picture", |window| {
        says(window, "Picture Data-50KB.jpg")
    });
}

#[test]
fn unreadable_list_is_set_aside_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("history.json"), "}{").unwrap();
    let mut window = window_at(folder.path());
    until(&mut window, "the message", |window| {
        says(window, "renamed to")
    });
    assert_eq!(
        std::fs::read(folder.path().join("history.json.broken")).unwrap(),
        b"}{"
    );
    download_all(&mut window, &["Data-50KB.jpg"]);
}

#[test]
fn only_visible_rows_of_a_thousand_are_drawn() {
    let folder = tempfile::tempdir().unwrap();
    {
        let mut window = window_at(folder.path());
        download_all(&mut window, &["Data-50KB.jpg"]);
    }
    // Repeats one entry a thousand times under different names.
    let path = folder.path().join("history.json");
    let saved = std::fs::read(&path).unwrap();
    let mut list: serde_json::Value = serde_json::from_slice(&saved).unwrap();
    let entry = list["downloads"][0].clone();
    let entries = (0..1000).map(|number| {
        let mut entry = entry.clone();
        entry["name"] = format!("file-{number:04}.jpg").into();
        entry
    });
    list["downloads"] = entries.collect();
    std::fs::write(&path, list.to_string()).unwrap();
    let mut window = window_at(folder.path());
    until(&mut window, "the list", |window| {
        shows(window, "Filter All 1000")
    });
    let shown = rows(&window);
    assert_eq!(shown[0], "file-0999.jpg, Finished");
    assert!(shown.len() < 12, "{}", shown.len());
    clear_focus(&mut window);
    window.key_press(Key::End);
    until(&mut window, "the last row", |window| {
        rows(window)
            .last()
            .is_some_and(|row| row.starts_with("file-0000"))
    });
    assert!(rows(&window).len() < 12);
}

#[test]
fn a_program_is_not_opened_without_a_question() {
    let folder = tempfile::tempdir().unwrap();
    {
        let mut window = window_at(folder.path());
        download_all(&mut window, &["Data-50KB.jpg"]);
    }
    let program = folder.path().join("setup.sh");
    std::fs::write(&program, "#!/bin/sh\n").unwrap();
    let path = folder.path().join("history.json");
    let mut list: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    list["downloads"][0]["name"] = "setup.sh".into();
    list["downloads"][0]["path"] = program.to_string_lossy().into();
    std::fs::write(&path, list.to_string()).unwrap();
    let mut window = window_at(folder.path());
    until(&mut window, "the list", |window| {
        rows(window) == ["setup.sh, Finished"]
    });
    clear_focus(&mut window);
    window.key_press(Key::ArrowDown);
    window.key_press(Key::Enter);
    until(&mut window, "the question", |window| {
        says(window, "setup.sh may be a program") && says(window, "Open anyway")
    });
}
