//! The Compare screen.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable;

use crate::harness::*;

#[test]
fn a_comparison_ends_in_a_plot_a_table_and_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    compare_briefly(&mut window);
    assert!(shows(&window, "Best"));
    let plot = all_words(&window)
        .into_iter()
        .find(|words| words.starts_with("Plot of completion time"))
        .unwrap();
    assert!(plot.contains("1: ") && plot.contains("2: "), "{plot}");
    for head in ["Median", "Min–max", "Speed-up", "Throughput"] {
        assert!(shows(&window, head), "{head}");
    }
    let sentence = |words: &String| words.ends_with('.') && words.contains("connection");
    assert!(
        all_words(&window).iter().any(sentence),
        "{:?}",
        all_words(&window)
    );
    window.try_run().expect("an idle window repaints");
    // Not every system has a dialog, so the folder can be typed.
    let exports = folder.path().join("exports");
    click(&mut window, "Export…");
    window.step();
    type_into(&mut window, "Export to", &exports.display().to_string());
    click(&mut window, "CSV");
    until(&mut window, "the table", |window| {
        says(window, "lanes-compare.csv")
    });
    window.key_press_modifiers(Modifiers::COMMAND, Key::S);
    until(&mut window, "all of them", |window| {
        says(window, "lanes-compare.png")
    });
    assert_eq!(
        names(&exports),
        [
            "lanes-compare (1).csv",
            "lanes-compare.csv",
            "lanes-compare.json",
            "lanes-compare.png",
            "lanes-compare.svg"
        ]
    );
    let csv = std::fs::read_to_string(exports.join("lanes-compare.csv")).unwrap();
    assert_eq!(csv.lines().count(), 3, "a head and two runs: {csv}");
    let json = std::fs::read_to_string(exports.join("lanes-compare.json")).unwrap();
    serde_json::from_str::<serde_json::Value>(&json).unwrap();
    let svg = std::fs::read_to_string(exports.join("lanes-compare.svg")).unwrap();
    assert!(svg.trim_end().ends_with("</svg>"));
    window.key_press(Key::Escape);
    until(&mut window, "rest", |window| !says(window, "Exported to"));
}

#[test]
fn values_that_cannot_be_compared_are_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    type_into(&mut window, "Values", "1, 900");
    click(&mut window, "Run");
    until(&mut window, "the answer", |window| {
        says(window, "\"900\" is not valid")
    });
}

#[test]
fn the_first_look_needs_one_click() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    assert!(says(&window, "A cap per connection"));
    click(&mut window, "Run");
    // What is foreseen is there before anything was measured.
    until(&mut window, "the prediction", |window| {
        shows(window, "predicted") && says(window, "Warm-up run")
    });
    for words in [
        "limit of the link",
        "ideal (N × one)",
        "link full from here",
    ] {
        assert!(shows(&window, words), "{words}");
    }
    assert!(says(&window, "Each connection is capped at 2"));
    click(&mut window, "Cancel");
    until(&mut window, "its end", |window| shows(window, "Run"));
}

#[test]
fn in_the_smallest_window_the_words_do_not_push_the_buttons_out_of_sight() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    window.set_size(vec2(900.0, 600.0));
    go_to(&mut window, Key::Num2);
    compare_briefly(&mut window);
    window.step();
    for button in ["Save…", "Export…"] {
        let rect = window.get_by_role_and_label(Role::Button, button).rect();
        assert!(rect.bottom() < 500.0, "{button}: {rect:?}");
    }
}

#[test]
fn links_and_modes_are_compared_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    choose(&mut window, "Mode packets");
    click(&mut window, "Compare links…");
    until(&mut window, "the links", |window| {
        shows(window, "Clean cable")
    });
    switch(&mut window, "Clean cable");
    window.key_press(Key::Escape);
    until(&mut window, "two", |window| {
        shows(window, "Compare 2 links…")
    });
    compare_briefly(&mut window);
    for name in [
        "Throttled mirror, Packets",
        "Throttled mirror, Parallel",
        "Clean cable, Packets",
        "Clean cable, Parallel",
    ] {
        let entry = window.query_all_by_role_and_label(Role::CheckBox, name);
        assert_eq!(entry.count(), 1, "{name} in the legend");
    }
    assert!(shows(&window, "Best of all"));
    let plot = all_words(&window);
    let spoken = plot
        .iter()
        .find(|words| words.starts_with("Plot of"))
        .unwrap();
    assert!(
        spoken.contains("Medians of Clean cable, Parallel: 1: "),
        "{spoken}"
    );
    assert!(
        spoken.contains("Predicted of Throttled mirror, Packets: 1: "),
        "{spoken}"
    );
    window.try_run().expect("an idle window repaints");
}

#[test]
fn links_can_be_the_values() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    type_into(&mut window, "File or link", "Data-50KB.jpg");
    window.get_by_role_and_label(Role::ComboBox, "Vary").click();
    until(&mut window, "what can be varied", |window| {
        let entry = window.query_all_by_role_and_label(Role::Button, "Link");
        entry.count() == 1
    });
    window.get_by_role_and_label(Role::Button, "Link").click();
    until(&mut window, "the links", |window| {
        shows(window, "Compare 7 links…")
    });
    one_run(&mut window);
    click(&mut window, "Run");
    until(&mut window, "its end", |window| shows(window, "Export…"));
    let spoken = "Plot of completion time over link. Medians: Throttled mirror: ";
    assert!(says(&window, spoken), "{:?}", all_words(&window));
    assert!(says(&window, "Grumpy server: "));
}

/// Picks a link from the list; `begins` is the beginning of its entry.
pub fn pick_link(window: &mut Window<'_>, begins: &str) {
    window.get_by_role_and_label(Role::ComboBox, "Link").click();
    until(window, "the list of links", |window| says(window, begins));
    window.get_by_label_contains(begins).click();
    window.step();
    window.step();
}

/// Clicks an entry of the legend or of a list.
pub fn switch(window: &mut Window<'_>, entry: &str) {
    window.get_by_role_and_label(Role::CheckBox, entry).click();
    window.step();
    window.step();
}
