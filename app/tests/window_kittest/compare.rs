//! Tests of the Compare screen.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable;

use crate::harness::*;

#[test]
fn comparison_ends_with_a_plot_a_table_and_a_conclusion() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    run_short_comparison(&mut window);
    assert!(shows(&window, "Finding"));
    assert!(says(
        &window,
        "Data-50KB.jpg · Throttled mirror · parallel · 1 run each"
    ));
    let plot = all_words(&window)
        .into_iter()
        .find(|text| text.starts_with("Plot of completion time"))
        .unwrap();
    assert!(plot.contains("1: ") && plot.contains("2: "), "{plot}");
    for head in ["Median", "Min–max", "Speed-up (range)", "Throughput"] {
        assert!(shows(&window, head), "{head}");
    }
    let is_conclusion = |text: &String| text.ends_with('.') && text.contains("connection");
    assert!(
        all_words(&window).iter().any(is_conclusion),
        "{:?}",
        all_words(&window)
    );
    window.try_run().expect("an idle window repaints");
    // The folder can be typed because some systems have no file dialog.
    let exports = folder.path().join("exports");
    click(&mut window, "Export…");
    window.step();
    type_into(&mut window, "Export to", &exports.display().to_string());
    click(&mut window, "CSV");
    until(&mut window, "the CSV export", |window| {
        says(window, "lanes-compare.csv")
    });
    window.key_press_modifiers(Modifiers::COMMAND, Key::S);
    until(&mut window, "all exports", |window| {
        says(window, "lanes-result-card.png")
    });
    assert_eq!(
        file_names(&exports),
        [
            "lanes-compare (1).csv",
            "lanes-compare-completion-time.png",
            "lanes-compare-completion-time.svg",
            "lanes-compare.csv",
            "lanes-compare.json",
            "lanes-result-card.png"
        ]
    );
    let csv = std::fs::read_to_string(exports.join("lanes-compare.csv")).unwrap();
    assert_eq!(
        csv.lines().count(),
        3,
        "expected a header and two runs: {csv}"
    );
    let json = std::fs::read_to_string(exports.join("lanes-compare.json")).unwrap();
    serde_json::from_str::<serde_json::Value>(&json).unwrap();
    let svg = std::fs::read_to_string(exports.join("lanes-compare-completion-time.svg")).unwrap();
    assert!(svg.trim_end().ends_with("</svg>"));
    window.key_press(Key::Escape);
    until(&mut window, "the message to close", |window| {
        !says(window, "Exported to")
    });
}

#[test]
fn invalid_values_are_refused_with_a_message() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    type_into(&mut window, "Values", "1, 900");
    click(&mut window, "Run");
    until(&mut window, "the error message", |window| {
        says(window, "\"900\" is not a valid value (1 to 64)")
    });
}

#[test]
fn the_prediction_and_the_cost_follow_the_form_before_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    until(&mut window, "the prediction", |window| {
        says(window, "Predicted: 1: ") && says(window, "15 runs, about ")
    });
    type_into(&mut window, "Values", "1, 2");
    until(&mut window, "another prediction", |window| {
        says(window, "6 runs, about ") && says(window, "Predicted: 1: ") && !says(window, ", 50: ")
    });
    type_into(&mut window, "Values", "1, abc");
    until(&mut window, "the error before a run", |window| {
        says(window, "\"abc\" is not a valid value")
    });
    type_into(&mut window, "Values", "1, 2");
    until(&mut window, "the prediction", |window| {
        says(window, "6 runs, about ")
    });
    window.try_run().expect("an idle window repaints");
}

#[test]
fn first_comparison_starts_with_one_click() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    assert!(says(&window, "A cap per connection"));
    click(&mut window, "Run");
    // The prediction is shown before the first measured run ends.
    until(&mut window, "the prediction", |window| {
        shows(window, "predicted") && says(window, "Warm-up run")
    });
    for text in [
        "limit of the link",
        "ideal (N × one)",
        "link full from here",
    ] {
        assert!(shows(&window, text), "{text}");
    }
    assert!(says(&window, "Each connection is capped at 2"));
    click(&mut window, "Cancel");
    until(&mut window, "the cancellation", |window| {
        shows(window, "Run")
    });
}

#[test]
fn buttons_stay_visible_in_the_smallest_window() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    window.set_size(vec2(900.0, 600.0));
    go_to(&mut window, Key::Num2);
    run_short_comparison(&mut window);
    window.step();
    for button in ["Save…", "Export…"] {
        let rect = window.get_by_role_and_label(Role::Button, button).rect();
        assert!(rect.bottom() < 500.0, "{button}: {rect:?}");
    }
}

#[test]
fn controls_of_the_plot_do_not_overlap_in_the_smallest_window() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    window.set_size(vec2(900.0, 600.0));
    go_to(&mut window, Key::Num2);
    until(&mut window, "the prediction", |window| {
        shows(window, "View packets")
    });
    let rect =
        |window: &Window<'_>, role, name: &str| window.get_by_role_and_label(role, name).rect();
    let packets = rect(&window, Role::RadioButton, "View packets");
    let scale = rect(&window, Role::CheckBox, "Logarithmic vertical axis");
    assert!(!packets.intersects(scale), "{packets:?} {scale:?}");
    choose(&mut window, "View packets");
    until(&mut window, "the packets", |window| {
        shows(window, "Packets: path")
    });
    let path = rect(&window, Role::RadioButton, "Packets: path");
    let predicted = window.get_by_label("Predicted").rect();
    assert!(path.right() < predicted.left(), "{path:?} {predicted:?}");
    assert!(predicted.left() + 232.0 <= 900.0, "{predicted:?}");
}

#[test]
fn several_links_and_modes_are_compared_together() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    choose(&mut window, "Mode packets");
    click(&mut window, "Compare links…");
    until(&mut window, "the links", |window| {
        shows(window, "Clean cable")
    });
    toggle(&mut window, "Clean cable");
    window.key_press(Key::Escape);
    until(&mut window, "two links", |window| {
        shows(window, "Compare 2 links…")
    });
    run_short_comparison(&mut window);
    for name in [
        "Throttled mirror, Packets",
        "Throttled mirror, Parallel",
        "Clean cable, Packets",
        "Clean cable, Parallel",
    ] {
        let entry = window.query_all_by_role_and_label(Role::CheckBox, name);
        assert_eq!(entry.count(), 1, "{name} must be in the legend once");
    }
    assert!(shows(&window, "Fastest of all"));
    let labels = all_words(&window);
    let description = labels
        .iter()
        .find(|text| text.starts_with("Plot of"))
        .unwrap();
    assert!(
        description.contains("Medians of Clean cable, Parallel: 1: "),
        "{description}"
    );
    assert!(
        description.contains("Predicted of Throttled mirror, Packets: 1: "),
        "{description}"
    );
    window.try_run().expect("an idle window repaints");
}

#[test]
fn link_can_be_the_varied_quantity() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    type_into(&mut window, "File or link", "Data-50KB.jpg");
    window.get_by_role_and_label(Role::ComboBox, "Vary").click();
    until(&mut window, "the list of variables", |window| {
        let entry = window.query_all_by_role_and_label(Role::Button, "Link");
        entry.count() == 1
    });
    window.get_by_role_and_label(Role::Button, "Link").click();
    until(&mut window, "the links", |window| {
        shows(window, "Compare 7 links…")
    });
    set_single_run(&mut window);
    click(&mut window, "Run");
    until(&mut window, "the comparison to finish", |window| {
        shows(window, "Export…")
    });
    let description = "Plot of completion time over link. Medians: Throttled mirror: ";
    assert!(says(&window, description), "{:?}", all_words(&window));
    assert!(says(&window, "Grumpy server: "));
}

/// Selects a link from the list by a part of its entry, usually the beginning.
pub fn pick_link(window: &mut Window<'_>, entry: &str) {
    window.get_by_role_and_label(Role::ComboBox, "Link").click();
    until(window, "the list of links", |window| says(window, entry));
    window.get_by_label_contains(entry).click();
    window.step();
    window.step();
}

/// Toggles an entry of the legend or of a list.
pub fn toggle(window: &mut Window<'_>, entry: &str) {
    window.get_by_role_and_label(Role::CheckBox, entry).click();
    window.step();
    window.step();
}
