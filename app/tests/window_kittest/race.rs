//! Tests of the race: offered on the first start, run for real, left and compared.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use lanes::ui::Options;

use crate::harness::*;

const OFFER: &str = "New here? Watch two downloads race";

/// Opens the help and waits until it has its size.
fn open_help(window: &mut Window<'_>) {
    window.key_press(Key::F1);
    for _ in 0..4 {
        window.step();
    }
}

fn start_from_help(window: &mut Window<'_>) {
    open_help(window);
    click(window, "Watch 1 and 8 connections race");
}

/// Opens a window with these stored settings.
fn open_with(folder: &std::path::Path, stored: Option<String>) -> Window<'static> {
    open(Options {
        stored,
        ..options(folder)
    })
}

fn until_over(window: &mut Window<'_>) {
    until(window, "the end of the race", |window| {
        shows(window, "Race again")
    });
}

#[test]
fn one_click_on_the_first_start_races_for_real_and_another_compares() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    assert!(says(&window, OFFER), "{:?}", all_words(&window));
    click(&mut window, "Race");
    until(&mut window, "a picture with holes", |window| {
        let shares = all_words(window).into_iter().filter_map(|words| {
            let share = words.strip_prefix("Picture over 1 connection: ")?;
            share.strip_suffix(" %")?.trim().parse::<u32>().ok()
        });
        shares.into_iter().any(|share| (1..100).contains(&share))
    });
    until_over(&mut window);
    // Both were verified, and the sentence says what was seen and what limits.
    let verified = window.query_all_by_label("4.77 MB, verified (BLAKE3)");
    assert_eq!(verified.count(), 2, "{:?}", all_words(&window));
    assert!(says(&window, "8 connections were"));
    assert!(says(
        &window,
        "A window of 64 KiB over 70 ms limits each connection to 7.5 Mbit/s"
    ));
    assert!(shows(&window, "Picture over 1 connection: 100 %"));
    assert!(shows(&window, "Picture over 8 connections: 100 %"));
    assert_eq!(
        file_names(folder.path()),
        [] as [String; 0],
        "nothing is kept"
    );
    window.try_run().expect("a race that is over repaints");
    window.set_size(vec2(900.0, 600.0));
    window.step();
    window.step();
    for node in window.root().children_recursive() {
        let kind = node.accesskit_node().role();
        if !matches!(kind, Role::Button | Role::Label | Role::Image) {
            continue;
        }
        let rect = node.rect();
        assert!(
            rect.left() >= 0.0 && rect.right() <= 900.5 && rect.bottom() <= 600.5,
            "{:?} is outside of the window: {rect:?}",
            node.accesskit_node().label()
        );
    }
    click(&mut window, "Compare 1 to 50 connections");
    until(&mut window, "the prediction", |window| {
        says(window, "Slow motion")
    });
    let name = window.get_by_role_and_label(Role::TextInput, "File or link");
    assert_eq!(name.accesskit_node().value().as_deref(), Some("Data.jpg"));
    go_to(&mut window, Key::Num1);
    assert!(!says(&window, OFFER));
    assert!(rows(&window).is_empty());
}

#[test]
fn the_race_is_offered_once_and_only_to_new_users() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = window(folder.path());
    assert!(says(&first, OFFER));
    let seen = stored(&mut first);
    drop(first);
    let mut second = open_with(folder.path(), seen);
    assert!(!says(&second, OFFER), "it was seen before");
    let seen = stored(&mut second);
    drop(second);
    assert!(!says(&open_with(folder.path(), seen), OFFER));
    let earlier = r#"{"theme":"dark","count":{"auto":true,"most":16}}"#.to_owned();
    assert!(!says(&open_with(folder.path(), Some(earlier)), OFFER));
    let mut dismissed = window(folder.path());
    click(&mut dismissed, "No, thanks");
    until(&mut dismissed, "the offer to go", |window| {
        !says(window, OFFER)
    });
    // The first download stays one click away.
    click(&mut dismissed, "Download Data.jpg, 4.77 MB");
    until(&mut dismissed, "the download", |window| {
        rows(window) == ["Data.jpg, Finished"]
    });
}

#[test]
fn the_help_starts_a_race_that_can_be_cancelled_and_left() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = open_with(folder.path(), Some("{}".to_owned()));
    window.set_size(vec2(900.0, 600.0));
    window.step();
    open_help(&mut window);
    let button = "Watch 1 and 8 connections race";
    let button = window.get_by_role_and_label(Role::Button, button).rect();
    assert!(button.bottom() < 590.0, "{button:?}");
    click(&mut window, "Watch 1 and 8 connections race");
    until(&mut window, "the race", |window| shows(window, "Racing…"));
    click(&mut window, "Cancel race");
    until(&mut window, "the end of the race", |window| {
        shows(window, "Start the race")
    });
    let cancelled = window.query_all_by_label("Cancelled").count();
    assert!(cancelled >= 2, "{:?}", all_words(&window));
    // One that is left ends too.
    click(&mut window, "Start the race");
    until(&mut window, "the race", |window| shows(window, "Racing…"));
    window.key_press(Key::Escape);
    until(&mut window, "the Downloads screen", |window| {
        says(window, "Paste a link, or try Data.jpg")
    });
    until(&mut window, "an idle window", |window| {
        !shows(window, "Racing…")
    });
    window.try_run().expect("a race that was left repaints");
    assert_eq!(file_names(folder.path()), [] as [String; 0]);
}

#[test]
fn without_the_local_server_the_race_says_so_and_can_start_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num3);
    click(&mut window, "Stop");
    until(&mut window, "the server to stop", |window| {
        shows(window, "Stopped")
    });
    start_from_help(&mut window);
    until(&mut window, "the reason", |window| {
        shows(window, "The local server is stopped")
    });
    click(&mut window, "Start server");
    until(&mut window, "the server", |window| {
        shows(window, "Start the race")
    });
    click(&mut window, "Start the race");
    until_over(&mut window);
}

#[test]
fn a_server_without_the_picture_fails_the_race_with_a_reason() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num3);
    click(&mut window, "Stop");
    until(&mut window, "the server to stop", |window| {
        shows(window, "Stopped")
    });
    type_into(&mut window, "Folder", &root.path().display().to_string());
    click(&mut window, "Start");
    until(&mut window, "the server to start", |window| {
        says(window, "Running on")
    });
    start_from_help(&mut window);
    until(&mut window, "the failure", |window| {
        shows(window, "The race failed") && says(window, "Data.jpg")
    });
}
