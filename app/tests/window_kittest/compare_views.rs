//! Tests of the views of a comparison: plots, axes, zoom and legend.

use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};

use crate::compare::toggle;
use crate::harness::*;

#[test]
fn plot_has_views_and_can_be_zoomed() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    run_short_comparison(&mut window);
    for (view, prefix) in [
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
        until(&mut window, view, |window| says(window, prefix));
        click(&mut window, "Zoom in");
        window.step();
        click(&mut window, "Reset the zoom");
        window.step();
        window.try_run().expect("an idle window repaints");
    }
    choose(&mut window, "View speed-up");
    until(&mut window, "the diagonal", |window| {
        shows(window, "ideal (N × one)")
    });
    let open_scales = |window: &Window<'_>| {
        window
            .get_by_role_and_label(Role::ComboBox, "Scale of the horizontal axis")
            .click();
    };
    open_scales(&window);
    until(&mut window, "the scales", |window| shows(window, "Log"));
    click(&mut window, "Log");
    window.step();
    assert!(says(&window, "Plot of speed-up over connections"));
    for entry in ["single run", "median", "predicted"] {
        for is_on in [false, true] {
            toggle(&mut window, entry);
            let node = window.get_by_role_and_label(Role::CheckBox, entry);
            let toggled = node.accesskit_node().toggled();
            assert_eq!(toggled, Some(is_on.into()), "{entry}");
        }
    }
}

/// Opens Compare, and the packets of its prediction.
fn view_packets(window: &mut Window<'_>) {
    go_to(window, Key::Num2);
    until(window, "the prediction", |window| says(window, "Predicted"));
    choose(window, "View packets");
    until(window, "the run", |window| {
        says(window, "One simulated run")
    });
}

/// The prediction alone suffices: no run is needed to see its packets.
#[test]
fn packets_of_a_simulated_run_are_drawn_and_exported() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    view_packets(&mut window);
    until(&mut window, "the windows of the senders", |window| {
        shows(window, "window")
    });
    for (chip, words) in [
        ("Packets: queue", "queue (bytes)"),
        ("Packets: sequence", "sequence number (bytes)"),
        ("Packets: round trip", "round trip (s)"),
        ("Packets: window", "congestion window (packets)"),
    ] {
        choose(&mut window, chip);
        until(&mut window, words, |window| {
            all_words(window)
                .iter()
                .any(|text| text.starts_with("Plot of ") && text.contains(words))
        });
    }
    choose(&mut window, "Packets: pacing");
    until(&mut window, "the reason", |window| {
        says(window, "Only senders with BBR pace")
    });
    choose(&mut window, "Packets: window");
    until(&mut window, "the windows", |window| shows(window, "window"));
    window
        .try_run()
        .expect("a simulated run that is shown repaints");
    run_short_comparison(&mut window);
    until(&mut window, "the packets", |window| {
        says(window, "One simulated run")
    });
    click(&mut window, "Export…");
    window.step();
    for format in ["CSV", "SVG", "PNG"] {
        if !shows(&window, format) {
            click(&mut window, "Export…");
            window.step();
        }
        click(&mut window, format);
        let name = format!("lanes-packets-window.{}", format.to_lowercase());
        until(&mut window, &name, |_| {
            file_names(folder.path()).contains(&name)
        });
    }
}

#[test]
fn packets_move_along_the_path_are_stepped_and_stop_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    view_packets(&mut window);
    choose(&mut window, "Packets: path");
    until(&mut window, "the path", |window| {
        says(window, "Path at 0.0000 s")
    });
    window.try_run().expect("a path at rest repaints");
    let path = |window: &Window<'_>| {
        let mut all = all_words(window).into_iter();
        all.rfind(|words| words.starts_with("Path at "))
    };
    let mut seen_on_the_way = false;
    for _ in 0..40 {
        click(&mut window, "Step to the next packet");
        window.step();
        seen_on_the_way |= path(&window).is_some_and(|words| !words.contains(" 0 on the way"));
    }
    assert!(seen_on_the_way, "{:?}", path(&window));
    assert!(!says(&window, "Path at 0.0000 s"));
    choose(&mut window, "Speed ×1");
    click(&mut window, "Play the packets");
    until(&mut window, "the end", |window| {
        shows(window, "Play the packets")
    });
    window.try_run().expect("a path at its end repaints");
}
