//! The window's screens on the program's real state: a real engine, a real server on a free port,
//! and what a person would click, type and read.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};

use eframe::egui::accesskit::{Action, Role};
use eframe::egui::{Key, Modifiers, Theme, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use lanes::ui::{LanesApp, Options};

/// How long a test waits for what must happen, on a machine that may be very busy.
const PATIENCE: Duration = Duration::from_secs(90);

type Window<'a> = Harness<'a, LanesApp>;

/// A window with its own server, which saves downloads in `folder`.
fn window(folder: &Path) -> Window<'static> {
    let options = Options {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        folder: Some(folder.to_owned()),
        ..Options::default()
    };
    let mut window = Harness::builder()
        .with_size(vec2(1280.0, 800.0))
        .build_eframe(|creation| LanesApp::new(&creation.egui_ctx, options));
    until(&mut window, "the catalogue of the local server", |window| {
        says(window, "Data-500KB.jpg")
    });
    window
}

/// Steps the window until the condition holds.
fn until(window: &mut Window<'_>, what: &str, condition: impl Fn(&Window<'_>) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        window.step();
        if condition(window) {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "waited too long for {what}; the window says:\n{}",
            all_words(window).join("\n")
        );
        std::thread::sleep(Duration::from_millis(4));
    }
}

/// Whether a text with these words is on the screen.
fn says(window: &Window<'_>, words: &str) -> bool {
    window.query_all_by_label_contains(words).next().is_some()
}

/// Whether exactly this text is on the screen.
fn shows(window: &Window<'_>, words: &str) -> bool {
    window.query_all_by_label(words).next().is_some()
}

/// Everything on the screen that has a name.
fn all_words(window: &Window<'_>) -> Vec<String> {
    window
        .root()
        .children_recursive()
        .filter_map(|node| {
            node.accesskit_node()
                .label()
                .or(node.accesskit_node().value())
        })
        .collect()
}

fn click(window: &mut Window<'_>, button: &str) {
    window.get_by_role_and_label(Role::Button, button).click();
    window.step();
}

fn choose(window: &mut Window<'_>, chip: &str) {
    window
        .get_by_role_and_label(Role::RadioButton, chip)
        .click();
    window.step();
}

fn go_to(window: &mut Window<'_>, key: Key) {
    window.key_press_modifiers(Modifiers::COMMAND, key);
    window.step();
    window.step();
}

/// Replaces what stands in a text field.
fn type_into(window: &mut Window<'_>, field: &str, text: &str) {
    let field = |window: &Window<'_>| window.get_by_role_and_label(Role::TextInput, field).focus();
    field(window);
    window.step();
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.step();
    window.event(eframe::egui::Event::Text(text.to_owned()));
    window.step();
}

fn asset(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../assets")
        .join(name);
    std::fs::read(path).expect("a picture that comes with Lanes")
}

#[test]
fn one_click_downloads_a_file_shows_it_and_then_rests() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    click(&mut window, "Download");
    until(&mut window, "the end of the download", |window| {
        shows(window, "Finished")
    });
    let saved = std::fs::read(folder.path().join("Data.jpg")).unwrap();
    assert!(saved == asset("Data.jpg"), "the bytes differ");
    until(&mut window, "the picture", |window| {
        says(window, "The picture Data.jpg")
    });
    assert!(says(&window, "Map of Data.jpg: 100 % there"));
    assert!(says(&window, "checked (BLAKE3)"));
    assert!(shows(&window, "Open folder"));
    // With nothing to do the window must come to rest: no frame asks for another.
    window.try_run().expect("an idle window repaints");
}

#[test]
fn the_newest_download_is_the_one_that_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    for name in ["Data-50KB.jpg", "Data.jpg", "Data-500KB.jpg"] {
        type_into(&mut window, "File or link", name);
        click(&mut window, "Download");
        until(&mut window, name, |window| {
            says(window, &format!("Map of {name}: 100 % there"))
        });
    }
}

#[test]
fn an_unknown_name_is_answered_and_another_can_be_tried() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    type_into(&mut window, "File or link", "no-such-file.jpg");
    window.key_press(Key::Enter);
    until(&mut window, "the answer", |window| shows(window, "Failed"));
    assert!(
        all_words(&window)
            .iter()
            .any(|words| words.len() > 24 && words.contains("no-such-file.jpg")),
        "no sentence names the file: {:?}",
        all_words(&window)
    );
    assert!(shows(&window, "Retry"));
    type_into(&mut window, "File or link", "Data-50KB.jpg");
    window.key_press(Key::Enter);
    until(&mut window, "the second try", |window| {
        shows(window, "Finished")
    });
    let saved = std::fs::read(folder.path().join("Data-50KB.jpg")).unwrap();
    assert!(saved == asset("Data-50KB.jpg"), "the bytes differ");
}

#[test]
fn what_is_no_link_is_refused_in_words_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    type_into(&mut window, "File or link", "gopher://old/file");
    click(&mut window, "Download");
    until(&mut window, "the answer", |window| {
        says(window, "gopher://old/file` is no link")
    });
    click(&mut window, "Dismiss");
    until(&mut window, "rest", |window| !says(window, "is no link"));
}

#[test]
fn a_server_that_is_gone_is_said_in_words_and_retried_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num3);
    click(&mut window, "Stop");
    until(&mut window, "the server's end", |window| {
        shows(window, "Stopped")
    });
    go_to(&mut window, Key::Num1);
    type_into(&mut window, "File or link", "Data-50KB.jpg");
    click(&mut window, "Download");
    until(&mut window, "the answer", |window| shows(window, "Failed"));
    go_to(&mut window, Key::Num3);
    click(&mut window, "Start");
    until(&mut window, "the server", |window| {
        says(window, "Running on")
    });
    go_to(&mut window, Key::Num1);
    click(&mut window, "Retry");
    until(&mut window, "the file", |window| shows(window, "Finished"));
    let saved = std::fs::read(folder.path().join("Data-50KB.jpg")).unwrap();
    assert!(saved == asset("Data-50KB.jpg"), "the bytes differ");
}

#[test]
fn a_download_is_paused_resumed_and_cancelled_by_its_buttons() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    // So large that it cannot end before it is paused.
    type_into(&mut window, "File or link", "sample-8GiB.bin");
    choose(&mut window, "5 connections");
    click(&mut window, "Download");
    until(&mut window, "its first bytes", |window| {
        shows(window, "Pause") && says(window, "of 8.59 GB over 5 connections")
    });
    click(&mut window, "Pause");
    until(&mut window, "the pause", |window| shows(window, "Resume"));
    assert!(shows(&window, "Paused"));
    click(&mut window, "Resume");
    until(&mut window, "the second start", |window| {
        shows(window, "Pause") && says(window, "of them from before")
    });
    click(&mut window, "Cancel");
    until(&mut window, "its end", |window| shows(window, "Cancelled"));
    drop(window);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn closing_with_a_download_running_keeps_what_came() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    type_into(&mut window, "File or link", "sample-8GiB.bin");
    choose(&mut window, "50 connections");
    click(&mut window, "Download");
    until(&mut window, "its first bytes", |window| {
        says(window, "of 8.59 GB over 50 connections")
    });
    assert!(cfg!(not(target_os = "linux")) || high_workers() > 0);
    drop(window);
    assert_eq!(
        names(folder.path()),
        ["sample-8GiB.bin.lanes", "sample-8GiB.bin.part"],
        "the journal and the bytes"
    );
    assert_eq!(high_workers(), 0, "threads that outlive the window");
}

/// Workers of this process with a number that only a download over more than ten connections gives.
fn high_workers() -> usize {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else {
        return 0;
    };
    let name = |thread: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(thread.ok()?.path().join("comm")).ok()
    };
    let number = |name: String| name.trim().strip_prefix("conn-")?.parse::<u16>().ok();
    threads
        .filter_map(name)
        .filter_map(number)
        .filter(|number| *number > 10)
        .count()
}

/// What a folder holds, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_typed_folder_is_kept_and_a_typed_file_is_for_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let with_a_dot = folder.path().join("pictures.d");
    std::fs::create_dir(&with_a_dot).unwrap();
    let made = folder.path().join("new");
    for (typed, saved, kept) in [
        (
            with_a_dot.display().to_string(),
            with_a_dot.join("Data-50KB.jpg"),
            true,
        ),
        (
            format!("{}/", made.display()),
            made.join("Data-50KB.jpg"),
            true,
        ),
        (
            folder.path().join("mine.jpg").display().to_string(),
            folder.path().join("mine.jpg"),
            false,
        ),
        (String::new(), folder.path().join("Data-50KB.jpg"), false),
    ] {
        type_into(&mut window, "File or link", "Data-50KB.jpg");
        if !typed.is_empty() {
            type_into(&mut window, "Save to", &typed);
        }
        click(&mut window, "Download");
        until(&mut window, &typed, |_| saved.is_file());
        let field = window.get_by_role_and_label(Role::TextInput, "Save to");
        let left = field.accesskit_node().value().unwrap_or_default();
        assert_eq!(left == typed && !typed.is_empty(), kept, "{typed}: {left}");
        assert!(std::fs::read(&saved).unwrap() == asset("Data-50KB.jpg"));
    }
}

#[test]
fn tab_goes_through_the_form_as_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let focused = |window: &Window<'_>| {
        let all = window.root().children_recursive();
        all.filter(|node| node.accesskit_node().is_focused())
            .find_map(|node| node.accesskit_node().label())
            .unwrap_or_default()
    };
    // What is pasted first goes into the field for links.
    assert_eq!(focused(&window), "File or link");
    let mut order = Vec::new();
    for _ in 0..12 {
        window.key_press(Key::Tab);
        window.step();
        window.step();
        order.push(focused(&window));
    }
    assert_eq!(
        order,
        [
            "Files of this server",
            "Save to",
            "Save as…",
            "Download",
            "Stream mode",
            "Packets mode",
            "Parallel mode",
            "1 connection",
            "5 connections",
            "10 connections",
            "20 connections",
            "50 connections",
        ]
    );
    // And back to it from anywhere.
    window.key_press_modifiers(Modifiers::COMMAND, Key::L);
    window.step();
    window.step();
    assert_eq!(focused(&window), "File or link");
    type_into(&mut window, "File or link", "Data-50KB.jpg");
    window.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    until(&mut window, "the download", |window| {
        shows(window, "Finished")
    });
}

#[test]
fn the_server_screen_shows_a_guest_of_another_program() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num3);
    let running = all_words(&window)
        .into_iter()
        .find_map(|words| Some(words.strip_prefix("Running on ")?.to_owned()))
        .unwrap();
    until(&mut window, "nobody", |window| {
        says(window, "Nobody is connected")
    });
    window.try_run().expect("a server without guests repaints");
    let guest = std::net::TcpStream::connect(running).unwrap();
    until(&mut window, "the guest", |window| {
        !says(window, "Nobody is connected")
    });
    drop(guest);
    until(&mut window, "its end", |window| {
        says(window, "Nobody is connected")
    });
}

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
    until(&mut window, "its end", |window| shows(window, "Export to"));
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
    type_into(&mut window, "Export to", &exports.display().to_string());
    click(&mut window, "CSV");
    until(&mut window, "the table", |window| {
        says(window, "lanes-compare.csv")
    });
    window.key_press_modifiers(Modifiers::COMMAND, Key::S);
    until(&mut window, "all three", |window| {
        says(window, "lanes-compare.svg")
    });
    assert_eq!(
        names(&exports),
        [
            "lanes-compare (1).csv",
            "lanes-compare.csv",
            "lanes-compare.json",
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

#[test]
fn the_theme_is_switched_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num4);
    for (chip, theme) in [("Dark theme", Theme::Dark), ("Light theme", Theme::Light)] {
        choose(&mut window, chip);
        until(&mut window, chip, |window| window.ctx.theme() == theme);
    }
}

#[test]
fn everything_that_can_be_used_has_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    click(&mut window, "Download");
    until(&mut window, "the end of the download", |window| {
        shows(window, "Finished")
    });
    for (screen, key) in [
        ("Downloads", Key::Num1),
        ("Compare", Key::Num2),
        ("Server", Key::Num3),
        ("Settings", Key::Num4),
    ] {
        go_to(&mut window, key);
        let mut used = 0;
        for node in window.root().children_recursive() {
            let node = node.accesskit_node();
            let usable = matches!(
                node.role(),
                Role::Button
                    | Role::CheckBox
                    | Role::RadioButton
                    | Role::TextInput
                    | Role::SpinButton
                    | Role::ComboBox
                    | Role::ListBoxOption
                    | Role::ProgressIndicator
                    | Role::Image
            ) || (node.data().supports_action(Action::Click)
                && node.role() != Role::ScrollBar);
            if usable {
                used += 1;
                let name = node.label().unwrap_or_default();
                assert!(
                    !name.trim().is_empty(),
                    "{screen}: a {:?} has no name: {:?}",
                    node.role(),
                    node.bounding_box()
                );
            }
        }
        assert!(used > 8, "{screen}: only {used} things to use");
    }
}

#[test]
fn every_screen_holds_in_the_smallest_window() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    window.set_size(vec2(900.0, 600.0));
    window.step();
    window.step();
    click(&mut window, "Download");
    until(&mut window, "the end of the download", |window| {
        shows(window, "Finished")
    });
    for key in [Key::Num1, Key::Num2, Key::Num3, Key::Num4] {
        go_to(&mut window, key);
        for node in window.root().children_recursive() {
            let kind = node.accesskit_node().role();
            if matches!(kind, Role::Button | Role::TextInput | Role::SpinButton) {
                let rect = node.rect();
                assert!(
                    rect.left() >= 0.0 && rect.right() <= 900.5,
                    "{:?} reaches out of the window: {rect:?}",
                    node.accesskit_node().label()
                );
            }
        }
    }
}
