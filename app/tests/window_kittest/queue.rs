//! The queue in the window: its order by keys, menu and drag, adding without starting, and a stopped queue.

use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers, PointerButton, Pos2};
use egui_kittest::kittest::Queryable;
use lanes::ui::Options;

use crate::harness::*;

/// Pastes links of files of the own server into the Add dialog, and presses one of its buttons.
fn add(window: &mut Window<'_>, names: &[&str], button: &str) {
    let links: Vec<String> = names
        .iter()
        .map(|name| format!("lanes://{}/{name}", server(window)))
        .collect();
    clear_focus(window);
    window.event(Event::Paste(links.join("\n")));
    until(window, button, |window| shows(window, button));
    click(window, button);
}

fn server(window: &Window<'_>) -> String {
    use egui_kittest::kittest::NodeT as _;
    let field = window.get_by_role_and_label(Role::TextInput, "Server");
    field.accesskit_node().value().expect("an address")
}

/// Returns the names of the queued downloads in the order in which they are shown.
fn queued(window: &Window<'_>) -> Vec<String> {
    let rows = rows(window).into_iter();
    rows.filter_map(|row| Some(row.strip_suffix(", Queued")?.to_owned()))
        .collect()
}

fn until_queued(window: &mut Window<'_>, expected: &[&str]) {
    let what = expected.join(" ");
    until(window, &what, |window| queued(window) == expected);
}

fn centre(window: &Window<'_>, row: &str) -> Pos2 {
    let row = format!("{row}, Queued");
    window
        .get_by_role_and_label(Role::ListBoxOption, &row)
        .rect()
        .center()
}

fn drag(window: &mut Window<'_>, from: Pos2, to: Pos2) {
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    window.event(Event::PointerMoved(from));
    window.event(button(from, true));
    window.step();
    for part in 1..=5 {
        let at = from + (to - from) * (part as f32 / 5.0);
        window.event(Event::PointerMoved(at));
        window.step();
    }
    window.event(button(to, false));
    window.step();
    window.step();
}

#[test]
fn the_queue_is_ordered_by_keys_and_drag_and_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    download_all(&mut window, &["Data-50KB.jpg"]);
    click(&mut window, "Stop queue");
    until(&mut window, "the stopped queue", |window| {
        says(window, "the queue is stopped")
    });
    let names = [
        "Data.jpg",
        "sample-1GiB.bin",
        "Data-500KB.jpg",
        "Data-50KB.jpg",
    ];
    add(&mut window, &names, "Start 4");
    until(&mut window, "the list", |window| {
        shows(window, "Filter Queued 4")
    });
    choose(&mut window, "Filter Queued 4");
    until_queued(&mut window, &names);
    assert!(says(&window, "Queued, number 4"));
    // By key: the last one goes up, then to the start.
    let row = window.get_by_role_and_label(Role::ListBoxOption, "Data-50KB.jpg, Queued");
    row.click();
    window.step();
    window.key_press_modifiers(Modifiers::ALT, Key::ArrowUp);
    until_queued(
        &mut window,
        &[
            "Data.jpg",
            "sample-1GiB.bin",
            "Data-50KB.jpg",
            "Data-500KB.jpg",
        ],
    );
    window.key_press_modifiers(Modifiers::ALT, Key::Home);
    until_queued(
        &mut window,
        &[
            "Data-50KB.jpg",
            "Data.jpg",
            "sample-1GiB.bin",
            "Data-500KB.jpg",
        ],
    );
    // By drag: the last one before the second.
    let (from, to) = (
        centre(&window, "Data-500KB.jpg"),
        centre(&window, "Data.jpg"),
    );
    drag(&mut window, from, to);
    until_queued(
        &mut window,
        &[
            "Data-50KB.jpg",
            "Data-500KB.jpg",
            "Data.jpg",
            "sample-1GiB.bin",
        ],
    );
    assert_eq!(
        file_names(folder.path()),
        ["Data-50KB.jpg"],
        "nothing starts"
    );
    click(&mut window, "Start queue");
    until(&mut window, "all to finish", |window| {
        shows(window, "Filter Finished 5")
    });
}

#[test]
fn downloads_are_added_without_starting() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    add(&mut window, &["Data.jpg", "Data-50KB.jpg"], "Add paused");
    let paused = ["Data-50KB.jpg, Paused", "Data.jpg, Paused"];
    until(&mut window, "the paused downloads", |window| {
        rows(window) == paused
    });
    assert!(file_names(folder.path()).is_empty());
    click(&mut window, "Resume all");
    until(&mut window, "the downloads", |window| {
        rows(window) == ["Data-50KB.jpg, Finished", "Data.jpg, Finished"]
    });
}

#[test]
fn a_stopped_queue_is_stopped_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let restarted = |settings: Option<String>| {
        open(Options {
            stored: settings,
            history: Some(folder.path().join("history.json")),
            ..options(&folder.path().join("files"))
        })
    };
    let mut window = restarted(None);
    download_all(&mut window, &["Data-50KB.jpg"]);
    click(&mut window, "Stop queue");
    until(&mut window, "the stopped queue", |window| {
        says(window, "the queue is stopped")
    });
    let settings = stored(&mut window);
    drop(window);
    let mut window = restarted(settings);
    until(&mut window, "the stopped queue", |window| {
        says(window, "the queue is stopped")
    });
    click(&mut window, "Start queue");
    until(&mut window, "the queue", |window| {
        !says(window, "the queue is stopped")
    });
    let settings = stored(&mut window).unwrap();
    assert!(settings.contains(r#""stops_queue":false"#), "{settings}");
}
