//! Opens a window for a test and drives it: clicks, types, waits and reads labels.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, vec2};
use eframe::{App, Storage};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use lanes::ui::{LanesApp, Options};

/// Time limit of every wait. It is long because the machine may be very busy.
pub const TIMEOUT: Duration = Duration::from_secs(90);

pub type Window<'a> = Harness<'a, LanesApp>;

/// Opens a window with its own server; downloads are saved in `folder`.
pub fn window(folder: &Path) -> Window<'static> {
    open(options(folder))
}

/// Returns the start options of a test window that saves in `folder`.
pub fn options(folder: &Path) -> Options {
    Options {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        folder: Some(folder.to_owned()),
        // Drops desktop notifications: tests must not show any.
        notifications: Some(crossbeam_channel::bounded(0).0),
        ..Options::default()
    }
}

/// Opens a window with these options and waits for its local server.
pub fn open(options: Options) -> Window<'static> {
    let mut window = Harness::builder()
        .with_size(vec2(1280.0, 800.0))
        .build_eframe(|creation| LanesApp::new(&creation.egui_ctx, options));
    until(&mut window, "the local server", |window| {
        says(window, "Local server on")
            && (says(window, "Data-500KB.jpg") || !rows(window).is_empty())
    });
    window
}

/// The settings on the disk.
#[derive(Default)]
struct Stored(BTreeMap<String, String>);

impl Storage for Stored {
    fn get_string(&self, key: &str) -> Option<String> {
        self.0.get(key).cloned()
    }

    fn set_string(&mut self, key: &str, value: String) {
        self.0.insert(key.to_owned(), value);
    }

    fn remove_string(&mut self, key: &str) {
        self.0.remove(key);
    }

    fn flush(&mut self) {}
}

/// Returns the settings that the window would store when it closes.
pub fn stored(window: &mut Window<'_>) -> Option<String> {
    let mut storage = Stored::default();
    window.state_mut().save(&mut storage);
    storage.get_string("settings")
}

/// Returns the visible rows of the download table from the top, as "name, state".
pub fn rows(window: &Window<'_>) -> Vec<String> {
    let all = window.root().children_recursive();
    all.filter(|node| node.accesskit_node().role() == Role::ListBoxOption)
        .filter_map(|node| node.accesskit_node().label())
        .collect()
}

/// Downloads these files one after another.
pub fn download_all(window: &mut Window<'_>, names: &[&str]) {
    for name in names {
        type_into(window, "File or link", name);
        click(window, "Download");
        until(window, name, |window| {
            rows(window).contains(&format!("{name}, Finished"))
        });
    }
}

/// Removes the keyboard focus from every field, so that keys act on the table.
pub fn clear_focus(window: &mut Window<'_>) {
    let focused = window.ctx.memory(eframe::egui::Memory::focused);
    if let Some(id) = focused {
        window.ctx.memory_mut(|memory| memory.surrender_focus(id));
    }
    window.step();
}

/// Steps the window until the condition holds; fails with `what` after [`TIMEOUT`].
pub fn until(window: &mut Window<'_>, what: &str, condition: impl Fn(&Window<'_>) -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        window.step();
        if condition(window) {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "timed out waiting for {what}; the window shows:\n{}",
            all_words(window).join("\n")
        );
        std::thread::sleep(Duration::from_millis(4));
    }
}

/// Returns true if a label on the screen contains this text.
pub fn says(window: &Window<'_>, text: &str) -> bool {
    window.query_all_by_label_contains(text).next().is_some()
}

/// Returns true if a label on the screen is exactly this text.
pub fn shows(window: &Window<'_>, text: &str) -> bool {
    window.query_all_by_label(text).next().is_some()
}

/// Returns the label, or else the value, of every node on the screen.
pub fn all_words(window: &Window<'_>) -> Vec<String> {
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

/// Clicks a button.
pub fn click(window: &mut Window<'_>, button: &str) {
    bring_into_view(window, Role::Button, button);
    window.get_by_role_and_label(Role::Button, button).click();
    window.step();
}

/// Scrolls to a control that is outside of the part that is shown; the page moves over several frames.
fn bring_into_view(window: &mut Window<'_>, role: Role, label: &str) {
    let place = window.get_by_role_and_label(role, label).rect();
    if window.ctx.content_rect().contains_rect(place) {
        return;
    }
    window.get_by_role_and_label(role, label).scroll_to_me();
    for _ in 0..30 {
        window.step();
    }
}

/// Selects a radio button.
pub fn choose(window: &mut Window<'_>, chip: &str) {
    window
        .get_by_role_and_label(Role::RadioButton, chip)
        .click();
    window.step();
}

/// Presses Ctrl (Cmd on macOS) and a key; the digits switch screens.
pub fn go_to(window: &mut Window<'_>, key: Key) {
    window.key_press_modifiers(Modifiers::COMMAND, key);
    window.step();
    window.step();
}

/// Replaces the content of a text field.
pub fn type_into(window: &mut Window<'_>, field: &str, text: &str) {
    let field = |window: &Window<'_>| window.get_by_role_and_label(Role::TextInput, field).focus();
    field(window);
    window.step();
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.step();
    window.event(eframe::egui::Event::Text(text.to_owned()));
    window.step();
}

/// Types a number into a spin button and confirms it.
pub fn type_number(window: &mut Window<'_>, field: &str, number: &str) {
    bring_into_view(window, Role::SpinButton, field);
    window
        .get_by_role_and_label(Role::SpinButton, field)
        .click();
    window.step();
    window.step();
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.step();
    window.event(eframe::egui::Event::Text(number.to_owned()));
    window.step();
    window.key_press(Key::Enter);
    window.step();
    window.step();
}

/// Sets the number of runs per value to 1.
pub fn set_single_run(window: &mut Window<'_>) {
    window
        .get_by_role_and_label(Role::SpinButton, "Runs")
        .set_value_accesskit(1.0);
    window.step();
}

/// Runs a small comparison of two values, one run each, to its end.
pub fn run_short_comparison(window: &mut Window<'_>) {
    type_into(window, "File or link", "Data-50KB.jpg");
    type_into(window, "Values", "1, 2");
    set_single_run(window);
    click(window, "Run");
    until(window, "the comparison to finish", |window| {
        shows(window, "Export…")
    });
}

/// Returns the content of a sample picture from `assets/`.
pub fn asset(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../assets")
        .join(name);
    std::fs::read(path).expect("a sample picture in assets")
}

/// Returns the sorted file names in a folder.
pub fn file_names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
