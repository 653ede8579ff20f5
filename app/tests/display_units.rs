//! The units setting applies to every size and rate in the window. The setting is global to the process, so
//! this test has its own process.

#[path = "window_kittest/harness.rs"]
#[allow(dead_code, reason = "used by other tests")]
mod harness;

use eframe::egui::Key;

use harness::*;

/// Returns the texts on the screen that contain one of these units.
fn texts_with_units(window: &Window<'_>, units: &[&str]) -> Vec<String> {
    let has = |words: &String| {
        let mut parts = words.split([' ', '\u{a0}', ',', '.', ')', '/']);
        parts.any(|part| units.contains(&part))
    };
    all_words(window).into_iter().filter(has).collect()
}

#[test]
fn every_size_and_rate_uses_the_selected_units() {
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
        assert_eq!(texts_with_units(&window, &si), [""; 0], "{tab}");
        assert!(!texts_with_units(&window, &iec).is_empty(), "{tab}");
    }
    go_to(&mut window, Key::Num2);
    run_short_comparison(&mut window);
    for view in ["throughput", "over time"] {
        choose(&mut window, &format!("View {view}"));
        until(&mut window, view, |window| {
            says(window, "Plot of throughput over")
        });
        assert_eq!(texts_with_units(&window, &si), [""; 0], "{view}");
        assert!(
            texts_with_units(&window, &["KiB", "MiB"]).len() > 2,
            "{view}"
        );
    }
    // Providers state the rate of a line in bits.
    go_to(&mut window, Key::Num4);
    choose(&mut window, "Units MB, rates in Mbit/s");
    go_to(&mut window, Key::Num2);
    choose(&mut window, "View throughput");
    window.step();
    let bits = texts_with_units(&window, &["Mbit", "Gbit"]);
    assert!(
        bits.iter().any(|words| words.starts_with("Plot of")),
        "{bits:?}"
    );
    assert!(
        !all_words(&window)
            .iter()
            .any(|words| words.contains("MB/s"))
    );
    // Switching back changes the texts that are already on the screen.
    go_to(&mut window, Key::Num4);
    choose(&mut window, "Units MB (1000)");
    go_to(&mut window, Key::Num2);
    window.step();
    let plot = texts_with_units(&window, &si);
    assert!(
        plot.iter().any(|words| words.starts_with("Plot of")),
        "{plot:?}"
    );
}
