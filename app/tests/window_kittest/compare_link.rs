//! Tests of the emulated link of a comparison: presets, the editor, TOML files.

use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};

use crate::compare::pick_link;
use crate::harness::*;

#[test]
fn preset_link_is_predicted_measured_and_explained() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    pick_link(&mut window, "Long fat pipe: ");
    assert!(says(&window, "A small window and a long round trip"));
    type_into(&mut window, "File or link", "sample-200kB.bin");
    type_into(&mut window, "Values", "1, 2");
    set_single_run(&mut window);
    click(&mut window, "Run");
    until(&mut window, "the comparison to finish", |window| {
        shows(window, "Export…")
    });
    for text in [
        "predicted",
        "limit of the link",
        "ideal (N × one)",
        "Limit",
        "Predicted",
        "Link model: Long fat pipe",
    ] {
        assert!(shows(&window, text), "{text}: {:?}", all_words(&window));
    }
    // The limit in the table: the window, or slow start since the file is short.
    assert!(shows(&window, "window") || shows(&window, "slow start"));
    assert!(says(&window, "The file is over") || says(&window, "A window of"));
    assert!(says(&window, "To go faster: a "));
    assert!(says(&window, "Predicted: 1: "), "{:?}", all_words(&window));
    window.try_run().expect("an idle window repaints");
}

#[test]
fn open_link_has_no_prediction() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    pick_link(&mut window, "Open loopback: ");
    type_into(&mut window, "Values", "1, 2");
    set_single_run(&mut window);
    click(&mut window, "Run");
    until(&mut window, "the comparison to finish", |window| {
        shows(window, "Export…")
    });
    assert!(!shows(&window, "predicted") && !says(&window, "Link model"));
}

#[test]
fn invalid_link_value_names_its_field_and_nothing_runs() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    click(&mut window, "Edit the link…");
    for (field, text, parts) in [
        (
            "Link rate (Mbit/s)",
            "-5",
            ["rate_mbit must be 0.01", "not -5"],
        ),
        ("RTT (ms)", "1e12", ["rtt_ms must be 0 to 5000 ms", "1e12"]),
        (
            "Random loss (%)",
            "much",
            ["loss_percent must be a number", "much"],
        ),
    ] {
        type_into(&mut window, field, text);
        click(&mut window, "Run");
        until(&mut window, field, |window| {
            let has_parts = parts.iter().all(|part| says(window, part));
            has_parts && shows(window, "Dismiss")
        });
        assert!(shows(&window, "Run") && !shows(&window, "Cancel"));
        type_into(&mut window, field, "1");
        until(&mut window, "the corrected field", |window| {
            // The message stays until it is dismissed; the line below the form disappears.
            let labels = all_words(window).into_iter();
            labels
                .filter(|text| text.contains("Cannot emulate"))
                .count()
                == 1
        });
        click(&mut window, "Dismiss");
    }
}

#[test]
fn values_of_the_link_editor_are_used_by_the_experiment() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    click(&mut window, "Edit the link…");
    type_into(&mut window, "Limit (Mbit/s)", "7.5");
    until(&mut window, "the changed name", |window| {
        says(window, "Set every part of the path yourself")
    });
    click(&mut window, "Close the link editor");
    run_short_comparison(&mut window);
    let profile = "rate_mbit = 50.0, rtt_ms = 40.0, per_connection_mbit = 7.5";
    let model = format!("Link model: {profile}");
    assert!(shows(&window, &model), "{:?}", all_words(&window));
}

#[test]
fn slider_sets_its_text_field() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    click(&mut window, "Edit the link…");
    window
        .get_by_role_and_label(Role::Slider, "Window (KiB)")
        .set_value_accesskit(256.0);
    until(&mut window, "the field", |window| {
        let field = window.get_by_role_and_label(Role::TextInput, "Window (KiB)");
        field.accesskit_node().value().as_deref() == Some("256")
    });
    assert!(says(&window, "Set every part of the path yourself"));
}

#[test]
fn profile_is_loaded_from_a_file_and_errors_name_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    click(&mut window, "Edit the link…");
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, "rate_mbit = 0\n").unwrap();
    type_into(&mut window, "TOML file", &file.display().to_string());
    click(&mut window, "Load");
    until(&mut window, "the error message", |window| {
        says(window, "mine.toml: rate_mbit must be")
    });
    std::fs::write(&file, "rate_mbit = 5\nrtt_ms = 28\n").unwrap();
    click(&mut window, "Load");
    until(&mut window, "the profile", |window| {
        says(window, "One connection fills the link")
    });
}
