//! A window to test, and what a person would click, type and read in it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use lanes::ui::{LanesApp, Options};

/// How long a test waits for what must happen, on a machine that may be very busy.
pub const PATIENCE: Duration = Duration::from_secs(90);

pub type Window<'a> = Harness<'a, LanesApp>;

/// A window with its own server, which saves downloads in `folder`.
pub fn window(folder: &Path) -> Window<'static> {
    open(options(folder))
}

/// How the window of a test starts.
pub fn options(folder: &Path) -> Options {
    Options {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        folder: Some(folder.to_owned()),
        // Nobody is disturbed by tests.
        notifications: Some(crossbeam_channel::bounded(0).0),
        ..Options::default()
    }
}

/// A window that starts so.
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

/// The rows of the table of downloads that are in sight, from the top: name and state.
pub fn rows(window: &Window<'_>) -> Vec<String> {
    let all = window.root().children_recursive();
    all.filter(|node| node.accesskit_node().role() == Role::ListBoxOption)
        .filter_map(|node| node.accesskit_node().label())
        .collect()
}

/// Downloads these files one after the other.
pub fn download_all(window: &mut Window<'_>, names: &[&str]) {
    for name in names {
        type_into(window, "File or link", name);
        click(window, "Download");
        until(window, name, |window| {
            rows(window).contains(&format!("{name}, Finished"))
        });
    }
}

/// Takes the keyboard out of every field, so that keys are for the table.
pub fn leave_fields(window: &mut Window<'_>) {
    let focused = window.ctx.memory(eframe::egui::Memory::focused);
    if let Some(id) = focused {
        window.ctx.memory_mut(|memory| memory.surrender_focus(id));
    }
    window.step();
}

/// Steps the window until the condition holds.
pub fn until(window: &mut Window<'_>, what: &str, condition: impl Fn(&Window<'_>) -> bool) {
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
pub fn says(window: &Window<'_>, words: &str) -> bool {
    window.query_all_by_label_contains(words).next().is_some()
}

/// Whether exactly this text is on the screen.
pub fn shows(window: &Window<'_>, words: &str) -> bool {
    window.query_all_by_label(words).next().is_some()
}

/// Everything on the screen that has a name.
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

pub fn click(window: &mut Window<'_>, button: &str) {
    window.get_by_role_and_label(Role::Button, button).click();
    window.step();
}

pub fn choose(window: &mut Window<'_>, chip: &str) {
    window
        .get_by_role_and_label(Role::RadioButton, chip)
        .click();
    window.step();
}

pub fn go_to(window: &mut Window<'_>, key: Key) {
    window.key_press_modifiers(Modifiers::COMMAND, key);
    window.step();
    window.step();
}

/// Replaces what stands in a text field.
pub fn type_into(window: &mut Window<'_>, field: &str, text: &str) {
    let field = |window: &Window<'_>| window.get_by_role_and_label(Role::TextInput, field).focus();
    field(window);
    window.step();
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.step();
    window.event(eframe::egui::Event::Text(text.to_owned()));
    window.step();
}

/// Types a number into a field that can be dragged too.
pub fn type_number(window: &mut Window<'_>, field: &str, number: &str) {
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

/// Each value is run once.
pub fn one_run(window: &mut Window<'_>) {
    window
        .get_by_role_and_label(Role::SpinButton, "Runs")
        .set_value_accesskit(1.0);
    window.step();
}

/// Runs the smallest comparison there is to its end.
pub fn compare_briefly(window: &mut Window<'_>) {
    type_into(window, "File or link", "Data-50KB.jpg");
    type_into(window, "Values", "1, 2");
    one_run(window);
    click(window, "Run");
    until(window, "its end", |window| shows(window, "Export…"));
}

pub fn asset(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../assets")
        .join(name);
    std::fs::read(path).expect("a picture that comes with Lanes")
}

/// What a folder holds, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
