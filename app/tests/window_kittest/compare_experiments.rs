//! Tests of saved experiments.

use eframe::egui::{Key, Modifiers};

use crate::harness::*;

#[test]
fn a_run_is_replayed_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = || lanes::ui::Options {
        experiments: Some(folder.path().join("experiments")),
        ..options(&folder.path().join("files"))
    };
    let mut window = open(options());
    go_to(&mut window, Key::Num2);
    run_short_comparison(&mut window);
    choose(&mut window, "View lanes");
    click(&mut window, "Replay this run");
    window.step();
    click(&mut window, "Replay");
    until(&mut window, "the replay", |window| {
        says(window, "Map of Data-50KB.jpg: ") && !says(window, "Map of Data-50KB.jpg: 100 %")
    });
    until(&mut window, "the end of the replay", |window| {
        says(window, "Map of Data-50KB.jpg: 100 %")
    });
    window.try_run().expect("a replay that has ended repaints");
    drop(window);
    let mut window = open(options());
    go_to(&mut window, Key::Num2);
    click(&mut window, "Experiments…");
    let saved = "Data-50KB.jpg by connections, Throttled mirror";
    until(&mut window, "the list", |window| shows(window, saved));
    click(&mut window, &format!("Open {saved}"));
    until(&mut window, "the plot", |window| {
        says(window, "Medians: 1: ")
    });
    choose(&mut window, "View lanes");
    click(&mut window, "Replay this run");
    window.step();
    choose(&mut window, "Packets");
    window.step();
    click(&mut window, "Step back by a packet");
    window.step();
    assert!(
        says(&window, "Arrival of packets of Data-50KB.jpg"),
        "{:?}",
        all_words(&window)
    );
}

#[test]
fn experiments_are_saved_named_opened_overlaid_imported_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let data = tempfile::tempdir().unwrap();
    let options = || lanes::ui::Options {
        experiments: Some(data.path().join("experiments")),
        ..options(folder.path())
    };
    let mut window = open(options());
    go_to(&mut window, Key::Num2);
    run_short_comparison(&mut window);
    click(&mut window, "Save…");
    window.step();
    type_into(&mut window, "Name", "the first");
    click(&mut window, "Save");
    until(&mut window, "the saved name", |window| {
        says(window, "Saved as the first")
    });
    run_short_comparison(&mut window);
    window.key_press_modifiers(Modifiers::COMMAND, Key::S);
    until(&mut window, "the export", |window| {
        says(window, "lanes-compare.json")
    });
    // Both experiments are listed after a restart.
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
    click(&mut window, "Overlay the first");
    until(&mut window, "both experiments", |window| {
        says(window, "Medians of current: 1: ") && says(window, "Medians of the first: 1: ")
    });
    click(&mut window, "Remove overlay the first");
    until(&mut window, "one experiment", |window| {
        says(window, "Medians: 1: ")
    });
    let json = folder.path().join("lanes-compare.json");
    type_into(
        &mut window,
        "Experiment file (JSON)",
        &json.display().to_string(),
    );
    click(&mut window, "Import");
    window.step();
    until(&mut window, "the imported experiment", |window| {
        says(window, "Medians: 1: ")
    });
    click(&mut window, &format!("Remove {second}"));
    assert!(shows(&window, second), "removing needs a second click");
    let confirm = format!("Remove permanently {second}");
    until(&mut window, "the confirmation", |window| {
        shows(window, &confirm)
    });
    click(&mut window, &confirm);
    until(&mut window, "the removal", |window| !shows(window, second));
    // The recordings of its runs have gone too.
    let left = file_names(&data.path().join("experiments"));
    let ends = |end: &str| left.iter().filter(|name| name.ends_with(end)).count();
    assert_eq!((left.len(), ends(".json"), ends(".replay")), (2, 1, 1));
    std::fs::write(&json, "{}").unwrap();
    click(&mut window, "Import");
    until(&mut window, "the error message", |window| {
        says(window, "lanes-compare.json")
    });
    window.key_press(Key::Escape);
    window.step();
    window.try_run().expect("an idle window repaints");
}

#[test]
fn a_saved_experiment_shows_http3_beside_tcp() {
    let folder = tempfile::tempdir().unwrap();
    let data = tempfile::tempdir().unwrap();
    let experiments = data.path().join("experiments");
    std::fs::create_dir(&experiments).unwrap();
    let run = |value: u64, place: u64, seconds: f64| {
        serde_json::json!({
            "value": value, "round": 1 + place % 2, "place": place, "seconds": seconds, "bytes": 1_000_000,
            "connections": value.max(1), "retries": 0, "lateness_p99_us": null, "error": null,
        })
    };
    let saved = serde_json::json!({
        "lanes": "0.1.0", "made_secs": 1_795_467_908, "url": "https://server.example/file.iso",
        "len": 1_000_000, "mode": "parallel", "variable": "connections", "values": [1, 8],
        "connections": 1, "packet_size": 65536, "rounds": 2, "seed": 1, "link": null,
        "link_profile": null, "state": "finished", "reason": null, "verdict": "",
        "runs": [run(1, 1, 4.0), run(8, 2, 1.0), run(8, 4, 1.02), run(1, 5, 4.1)],
        "http3": { "choice": "offered", "runs": [run(0, 3, 1.01), run(0, 6, 1.0)] },
    });
    std::fs::write(experiments.join("1.json"), saved.to_string()).unwrap();
    let mut window = open(lanes::ui::Options {
        experiments: Some(experiments),
        ..options(folder.path())
    });
    go_to(&mut window, Key::Num2);
    click(&mut window, "Experiments…");
    let name = "file.iso by connections";
    until(&mut window, "the list", |window| shows(window, name));
    click(&mut window, &format!("Open {name}"));
    until(&mut window, "the plot", |window| {
        says(window, "HTTP/3, one connection: 1.00 s")
    });
    for words in ["would have done: ", "Also over HTTP/3, one connection"] {
        assert!(says(&window, words), "{:?}", all_words(&window));
    }
    click(&mut window, "Hide experiments");
    until(&mut window, "the row of the table", |window| {
        shows(window, "HTTP/3")
    });
    choose(&mut window, "View efficiency");
    window.step();
    assert!(!says(&window, "HTTP/3, one connection: "));
}
