//! A download that has ended is replayed, also after a restart.

use std::path::{Path, PathBuf};

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use lanes::ui::Options;

use crate::harness::*;

fn window_at(folder: &Path) -> Window<'static> {
    open(Options {
        history: Some(folder.join("history.json")),
        ..options(&folder.join("files"))
    })
}

/// Returns the number in front of `after` in the first label that contains `before`.
fn number(window: &Window<'_>, before: &str, after: &str) -> Option<u64> {
    let words = all_words(window);
    let word = words.iter().find(|word| word.contains(before))?;
    let (_, rest) = word.split_once(before)?;
    let digits = rest.split(after).next()?;
    digits.replace(' ', "").trim().parse().ok()
}

/// Returns the shares in percent that the map and the picture show.
fn shares(window: &Window<'_>, name: &str) -> (Option<u64>, Option<u64>) {
    (
        number(window, &format!("Map of {name}: "), "%"),
        number(window, &format!("Picture {name}: "), "%"),
    )
}

/// Moves the playhead to this share of the recording.
fn scrub(window: &mut Window<'_>, share: f64) {
    let slider = window.get_by_role_and_label(Role::Slider, "Time of the replay");
    let end = slider.accesskit_node().max_numeric_value();
    let end = end.expect("the end of the slider");
    slider.set_value_accesskit(end * share);
    window.step();
    window.step();
}

/// Returns the files of the recordings.
fn recordings(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder.join("recordings"));
    let files = files.into_iter().flatten().flatten();
    files.map(|entry| entry.path()).collect()
}

#[test]
fn map_picture_plots_and_table_follow_one_playhead() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    click(&mut window, "Download");
    until(&mut window, "the picture", |window| {
        shows(window, "Finished") && says(window, "Picture Data.jpg")
    });
    click(&mut window, "Replay");
    until(&mut window, "the replay", |window| {
        shares(window, "Data.jpg")
            .0
            .is_some_and(|share| (1..100).contains(&share))
    });
    click(&mut window, "Pause the replay");
    // A paused replay draws no frames.
    window.try_run().expect("a paused replay repaints");
    scrub(&mut window, 0.0);
    assert_eq!(shares(&window, "Data.jpg"), (Some(0), Some(0)));
    assert!(shows(&window, "Connecting"), "{:?}", all_words(&window));
    choose(&mut window, "Packets");
    let dots = |window: &Window<'_>| number(window, "packets of Data.jpg over time: ", "dot");
    let mut before = dots(&window).unwrap();
    assert_eq!(before, 0);
    for _ in 0..10 {
        click(&mut window, "Step by a packet");
        window.step();
        let now = dots(&window).unwrap();
        assert!(now > before, "{now} dots after {before}");
        before = now;
    }
    click(&mut window, "Step back by a packet");
    window.step();
    assert!(dots(&window).unwrap() < before);
    let (map, picture) = shares(&window, "Data.jpg");
    assert!(
        (1..50).contains(&map.unwrap()) && map == picture,
        "{map:?}, {picture:?}"
    );
    // It ends as the download ended.
    window.key_press_modifiers(Modifiers::COMMAND, Key::R);
    until(&mut window, "the end of the replay", |window| {
        shares(window, "Data.jpg").0 == Some(100) && says(window, "verified (BLAKE3)")
    });
    window.try_run().expect("a replay that has ended repaints");
}

#[test]
fn a_replay_survives_a_restart_and_goes_with_its_entry() {
    let folder = tempfile::tempdir().unwrap();
    {
        let mut window = window_at(folder.path());
        download_all(&mut window, &["Data-50KB.jpg", "Data.jpg"]);
    }
    assert_eq!(recordings(folder.path()).len(), 2);
    let mut window = window_at(folder.path());
    until(&mut window, "the list", |window| rows(window).len() == 2);
    clear_focus(&mut window);
    window.key_press(Key::Home);
    until(&mut window, "the recording", |window| {
        shows(window, "Replay") && says(window, "Map of Data.jpg: 100 % complete")
    });
    assert!(says(&window, "connections in "), "{:?}", all_words(&window));
    scrub(&mut window, 0.0);
    click(&mut window, "Step by a packet");
    window.step();
    let (map, _) = shares(&window, "Data.jpg");
    assert!(map.is_some_and(|share| (1..50).contains(&share)), "{map:?}");
    choose(&mut window, "Log");
    assert!(says(&window, "First byte after"), "the log is kept too");
    window.key_press(Key::Delete);
    until(&mut window, "the removal", |window| rows(window).len() == 1);
    drop(window);
    assert_eq!(recordings(folder.path()).len(), 1);
}

#[test]
fn a_damaged_recording_is_told_and_everything_else_works() {
    let folder = tempfile::tempdir().unwrap();
    {
        let mut window = window_at(folder.path());
        download_all(&mut window, &["Data.jpg"]);
    }
    let file = &recordings(folder.path())[0];
    let mut bytes = std::fs::read(file).unwrap();
    assert!(bytes.len() < 20_000, "{}", bytes.len());
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(file, bytes).unwrap();
    let mut window = window_at(folder.path());
    until(&mut window, "the list", |window| rows(window).len() == 1);
    clear_focus(&mut window);
    window.key_press(Key::Home);
    until(&mut window, "the notice", |window| {
        says(window, "cannot be read: it is damaged")
    });
    assert!(!shows(&window, "Replay"));
    until(&mut window, "the picture", |window| {
        says(window, "Picture Data.jpg")
    });
}
