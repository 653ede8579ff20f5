//! The units of sizes and rates: one setting for all that the window says. It holds for the whole process, so
//! these tests have one of their own.

#[path = "window_kittest/harness.rs"]
#[allow(dead_code, reason = "what other tests click")]
mod harness;

use eframe::egui::Key;

use harness::*;

/// What is on the screen and has a unit of these.
fn in_units(window: &Window<'_>, units: &[&str]) -> Vec<String> {
    let has = |words: &String| {
        let mut parts = words.split([' ', '\u{a0}', ',', '.', ')', '/']);
        parts.any(|part| units.contains(&part))
    };
    all_words(window).into_iter().filter(has).collect()
}

#[test]
fn sizes_and_rates_are_in_the_units_that_are_set_wherever_they_stand() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let (si, iec) = (["kB", "MB", "GB"], ["KiB", "MiB", "GiB"]);
    go_to(&mut window, Key::Num4);
    choose(&mut window, "Units MiB (1024)");
    go_to(&mut window, Key::Num1);
    download_all(&mut window, &["sample-30MB.bin"]);
    for tab in ["Rate", "Log", "Details"] {
        choose(&mut window, tab);
        window.step();
        assert_eq!(in_units(&window, &si), [""; 0], "{tab}");
        assert!(!in_units(&window, &iec).is_empty(), "{tab}");
    }
    go_to(&mut window, Key::Num2);
    run_short_comparison(&mut window);
    for view in ["throughput", "over time"] {
        choose(&mut window, &format!("View {view}"));
        until(&mut window, view, |window| {
            says(window, "Plot of throughput over")
        });
        assert_eq!(in_units(&window, &si), [""; 0], "{view}");
        assert!(in_units(&window, &["KiB", "MiB"]).len() > 2, "{view}");
    }
    // And back, while all that was said of it is on the screen.
    go_to(&mut window, Key::Num4);
    choose(&mut window, "Units MB (1000)");
    go_to(&mut window, Key::Num2);
    window.step();
    let plot = in_units(&window, &si);
    assert!(
        plot.iter().any(|words| words.starts_with("Plot of")),
        "{plot:?}"
    );
}
