//! The Compare screen.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};

use crate::harness::*;

#[test]
fn a_comparison_ends_in_a_plot_a_table_and_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    type_into(&mut window, "File or link", "Data-50KB.jpg");
    type_into(&mut window, "Values", "1, 2");
    window
        .get_by_role_and_label(Role::SpinButton, "Runs")
        .set_value_accesskit(1.0);
    window.step();
    click(&mut window, "Run");
    until(&mut window, "its end", |window| shows(window, "Export…"));
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
        says(window, "`900` cannot be compared")
    });
}

/// Picks a link from the list; `begins` is the beginning of its entry.
pub fn pick_link(window: &mut Window<'_>, begins: &str) {
    window.get_by_role_and_label(Role::ComboBox, "Link").click();
    until(window, "the list of links", |window| says(window, begins));
    window.get_by_label_contains(begins).click();
    window.step();
    window.step();
}

fn one_run(window: &mut Window<'_>) {
    window
        .get_by_role_and_label(Role::SpinButton, "Runs")
        .set_value_accesskit(1.0);
    window.step();
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
        shows(window, "predicted") && says(window, "warming up")
    });
    for words in ["limit of the link", "N × one connection", "knee"] {
        assert!(shows(&window, words), "{words}");
    }
    assert!(says(&window, "Each connection is capped at 2"));
    click(&mut window, "Cancel");
    until(&mut window, "its end", |window| shows(window, "Run"));
}

#[test]
fn a_link_is_picked_foreseen_measured_and_explained() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    pick_link(&mut window, "Long fat pipe: ");
    assert!(says(&window, "A small window and a long round trip"));
    type_into(&mut window, "File or link", "sample-200kB.bin");
    type_into(&mut window, "Values", "1, 2");
    one_run(&mut window);
    click(&mut window, "Run");
    until(&mut window, "its end", |window| shows(window, "Export…"));
    for words in [
        "predicted",
        "limit of the link",
        "N × one connection",
        "Limit",
        "Predicted",
        "By the model of the link: Long fat pipe",
    ] {
        assert!(shows(&window, words), "{words}: {:?}", all_words(&window));
    }
    // In the table; the file is too short for the window to be what holds it.
    assert!(shows(&window, "window") || shows(&window, "slow start"));
    assert!(says(&window, "The file is over") || says(&window, "A window of"));
    assert!(says(&window, "What would help instead: a "));
    assert!(says(&window, "Predicted: 1: "), "{:?}", all_words(&window));
    window.try_run().expect("an idle window repaints");
}

#[test]
fn the_open_link_is_not_foreseen() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    pick_link(&mut window, "Open loopback: ");
    type_into(&mut window, "Values", "1, 2");
    one_run(&mut window);
    click(&mut window, "Run");
    until(&mut window, "its end", |window| shows(window, "Export…"));
    assert!(!shows(&window, "predicted") && !says(&window, "By the model"));
}

#[test]
fn a_wrong_value_of_the_link_is_refused_by_name_and_nothing_runs() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    click(&mut window, "Edit the link…");
    for (field, text, parts) in [
        ("All, Mbit/s", "-5", ["rate_mbit must be 0.01", "not -5"]),
        (
            "Round trip, ms",
            "1e12",
            ["rtt_ms must be 0 to 5000 ms", "1e12"],
        ),
        ("Loss, %", "much", ["loss_percent must be a number", "much"]),
    ] {
        type_into(&mut window, field, text);
        click(&mut window, "Run");
        until(&mut window, field, |window| {
            let said = parts.iter().all(|part| says(window, part));
            said && shows(window, "Dismiss")
        });
        assert!(shows(&window, "Run") && !shows(&window, "Cancel"));
        type_into(&mut window, field, "1");
        until(&mut window, "it to be mended", |window| {
            // The message stays until it is dismissed, the line beneath the form goes.
            let words = all_words(window).into_iter();
            words
                .filter(|words| words.contains("cannot be emulated"))
                .count()
                == 1
        });
        click(&mut window, "Dismiss");
    }
}

#[test]
fn the_editors_values_reach_the_experiment() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    click(&mut window, "Edit the link…");
    type_into(&mut window, "Each, Mbit/s", "7.5");
    until(&mut window, "another name", |window| {
        says(window, "Values of your own")
    });
    click(&mut window, "Close the link editor");
    type_into(&mut window, "File or link", "Data-50KB.jpg");
    type_into(&mut window, "Values", "1, 2");
    one_run(&mut window);
    click(&mut window, "Run");
    until(&mut window, "its end", |window| shows(window, "Export…"));
    let profile = "rate_mbit = 50.0, rtt_ms = 40.0, per_connection_mbit = 7.5";
    let model = format!("By the model of the link: {profile}");
    assert!(shows(&window, &model), "{:?}", all_words(&window));
}

#[test]
fn a_slider_sets_its_field() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    click(&mut window, "Edit the link…");
    window
        .get_by_role_and_label(Role::Slider, "Window, KiB")
        .set_value_accesskit(256.0);
    until(&mut window, "the field", |window| {
        let field = window.get_by_role_and_label(Role::TextInput, "Window, KiB");
        field.accesskit_node().value().as_deref() == Some("256")
    });
    assert!(says(&window, "Values of your own"));
}

#[test]
fn a_profile_is_read_from_a_file_and_a_bad_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    click(&mut window, "Edit the link…");
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, "rate_mbit = 0\n").unwrap();
    type_into(&mut window, "TOML file", &file.display().to_string());
    click(&mut window, "Load");
    until(&mut window, "the answer", |window| {
        says(window, "mine.toml: rate_mbit must be")
    });
    std::fs::write(&file, "rate_mbit = 5\nrtt_ms = 28\n").unwrap();
    click(&mut window, "Load");
    until(&mut window, "the profile", |window| {
        says(window, "One connection fills the link")
    });
}

/// Runs the smallest comparison there is to its end.
fn compare_briefly(window: &mut Window<'_>) {
    type_into(window, "File or link", "Data-50KB.jpg");
    type_into(window, "Values", "1, 2");
    one_run(window);
    click(window, "Run");
    until(window, "its end", |window| shows(window, "Export…"));
}

fn switch(window: &mut Window<'_>, entry: &str) {
    window.get_by_role_and_label(Role::CheckBox, entry).click();
    window.step();
    window.step();
}

#[test]
fn the_plot_is_seen_in_seven_ways_and_zoomed() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    compare_briefly(&mut window);
    for (view, begins) in [
        (
            "throughput",
            "Plot of throughput over connections. Medians: 1: ",
        ),
        (
            "speed-up",
            "Plot of speed-up over connections. Medians: 1: 1.00 ×, 2: ",
        ),
        (
            "efficiency",
            "Plot of efficiency over connections. Medians: 1: 100 %, 2: ",
        ),
        (
            "box plots",
            "Box plots of completion time over connections. 1 connection: ",
        ),
        (
            "over time",
            "Plot of throughput over time. 1 connection: up to ",
        ),
        ("lanes", "Time lines of "),
        (
            "time",
            "Plot of completion time over connections. Medians: 1: ",
        ),
    ] {
        choose(&mut window, &format!("View {view}"));
        until(&mut window, view, |window| says(window, begins));
        click(&mut window, "Zoom in");
        window.step();
        click(&mut window, "Reset the zoom");
        window.step();
        window.try_run().expect("an idle window repaints");
    }
    choose(&mut window, "View speed-up");
    until(&mut window, "the diagonal", |window| shows(window, "ideal"));
    let scale = |window: &Window<'_>| {
        window
            .get_by_role_and_label(Role::ComboBox, "Scale of the horizontal axis")
            .click();
    };
    scale(&window);
    until(&mut window, "the scales", |window| shows(window, "Log"));
    click(&mut window, "Log");
    window.step();
    assert!(says(&window, "Plot of speed-up over connections"));
    for entry in ["a run", "median", "predicted"] {
        for is_on in [false, true] {
            switch(&mut window, entry);
            let node = window.get_by_role_and_label(Role::CheckBox, entry);
            let toggled = node.accesskit_node().toggled();
            assert_eq!(toggled, Some(is_on.into()), "{entry}");
        }
    }
}

#[test]
fn links_and_modes_are_compared_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    choose(&mut window, "Mode packets");
    click(&mut window, "1 link…");
    until(&mut window, "the links", |window| {
        shows(window, "Clean cable")
    });
    switch(&mut window, "Clean cable");
    window.key_press(Key::Escape);
    until(&mut window, "two", |window| shows(window, "2 links…"));
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
    until(&mut window, "the links", |window| shows(window, "7 links…"));
    one_run(&mut window);
    click(&mut window, "Run");
    until(&mut window, "its end", |window| shows(window, "Export…"));
    let spoken = "Plot of completion time over link. Medians: Throttled mirror: ";
    assert!(says(&window, spoken), "{:?}", all_words(&window));
    assert!(says(&window, "Grumpy server: "));
}

#[test]
fn experiments_are_kept_named_opened_laid_over_and_imported() {
    let folder = tempfile::tempdir().unwrap();
    let kept = tempfile::tempdir().unwrap();
    let options = || lanes::ui::Options {
        experiments: Some(kept.path().join("experiments")),
        ..options(folder.path())
    };
    let mut window = open(options());
    go_to(&mut window, Key::Num2);
    compare_briefly(&mut window);
    click(&mut window, "Keep…");
    window.step();
    type_into(&mut window, "Name", "the first");
    click(&mut window, "Keep");
    until(&mut window, "its name", |window| {
        says(window, "Kept as the first")
    });
    compare_briefly(&mut window);
    window.key_press_modifiers(Modifiers::COMMAND, Key::S);
    until(&mut window, "its files", |window| {
        says(window, "lanes-compare.json")
    });
    // At the next start both are there.
    drop(window);
    let mut window = open(options());
    go_to(&mut window, Key::Num2);
    click(&mut window, "Experiments…");
    let second = "Data-50KB.jpg by connections, Throttled mirror";
    until(&mut window, "the list", |window| {
        shows(window, "the first") && shows(window, second)
    });
    click(&mut window, &format!("Open {second}"));
    until(&mut window, "the plot", |window| {
        says(window, "Medians: 1: ")
    });
    click(&mut window, "Lay over the first");
    until(&mut window, "both", |window| {
        says(window, "Medians of this one: 1: ") && says(window, "Medians of the first: 1: ")
    });
    click(&mut window, "Take away the first");
    until(&mut window, "one", |window| says(window, "Medians: 1: "));
    let json = folder.path().join("lanes-compare.json");
    type_into(
        &mut window,
        "Experiment as JSON",
        &json.display().to_string(),
    );
    click(&mut window, "Import");
    window.step();
    until(&mut window, "it", |window| says(window, "Medians: 1: "));
    click(&mut window, &format!("Remove {second}"));
    assert!(shows(&window, second), "one click removes nothing");
    let for_good = format!("Remove for good {second}");
    until(&mut window, "the question", |window| {
        shows(window, &for_good)
    });
    click(&mut window, &for_good);
    until(&mut window, "its end", |window| !shows(window, second));
    assert_eq!(names(&kept.path().join("experiments")).len(), 1);
    std::fs::write(&json, "{}").unwrap();
    click(&mut window, "Import");
    until(&mut window, "the answer", |window| {
        says(window, "lanes-compare.json")
    });
    window.key_press(Key::Escape);
    window.step();
    window.try_run().expect("an idle window repaints");
}
