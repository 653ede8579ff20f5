//! Experiments that are kept.

use eframe::egui::{Key, Modifiers};

use crate::harness::*;

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
    click(&mut window, "Save…");
    window.step();
    type_into(&mut window, "Name", "the first");
    click(&mut window, "Save");
    until(&mut window, "its name", |window| {
        says(window, "Saved as the first")
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
    click(&mut window, "Overlay the first");
    until(&mut window, "both", |window| {
        says(window, "Medians of current: 1: ") && says(window, "Medians of the first: 1: ")
    });
    click(&mut window, "Remove overlay the first");
    until(&mut window, "one", |window| says(window, "Medians: 1: "));
    let json = folder.path().join("lanes-compare.json");
    type_into(
        &mut window,
        "Experiment file (JSON)",
        &json.display().to_string(),
    );
    click(&mut window, "Import");
    window.step();
    until(&mut window, "it", |window| says(window, "Medians: 1: "));
    click(&mut window, &format!("Remove {second}"));
    assert!(shows(&window, second), "one click removes nothing");
    let for_good = format!("Remove permanently {second}");
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
