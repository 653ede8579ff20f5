//! Checks that hold on every screen: accessible names, window sizes, the theme.

use eframe::egui::accesskit::{Action, Role};
use eframe::egui::{Key, Theme, vec2};
use egui_kittest::kittest::{NodeT, Queryable};

use crate::harness::*;

#[test]
fn server_screen_shows_an_external_client() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num3);
    let running = all_words(&window)
        .into_iter()
        .find_map(|text| Some(text.strip_prefix("Running on ")?.to_owned()))
        .unwrap();
    until(&mut window, "an empty connection list", |window| {
        says(window, "No clients")
    });
    window.try_run().expect("an idle server must not repaint");
    let client = std::net::TcpStream::connect(running).unwrap();
    until(&mut window, "the client", |window| {
        !says(window, "No clients")
    });
    drop(client);
    until(&mut window, "the disconnect", |window| {
        says(window, "No clients")
    });
}

#[test]
fn theme_changes_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num4);
    for (chip, theme) in [("Dark theme", Theme::Dark), ("Light theme", Theme::Light)] {
        choose(&mut window, chip);
        until(&mut window, chip, |window| window.ctx.theme() == theme);
    }
}

#[test]
fn every_control_has_an_accessible_name() {
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
        ("Lessons", Key::Num5),
    ] {
        go_to(&mut window, key);
        if key == Key::Num2 {
            click(&mut window, "Edit the link…");
        }
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
                    | Role::Slider
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
        assert!(used > 8, "{screen}: only {used} controls");
    }
}

#[test]
fn extreme_window_sizes_do_not_panic() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    download_all(&mut window, &["Data-50KB.jpg"]);
    for size in [
        vec2(100.0, 60.0),
        vec2(450.0, 300.0),
        vec2(640.0, 400.0),
        vec2(3840.0, 2160.0),
    ] {
        window.set_size(size);
        for key in [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5] {
            go_to(&mut window, key);
            window.step();
        }
    }
}

#[test]
fn every_screen_fits_the_smallest_window() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    window.set_size(vec2(900.0, 600.0));
    window.step();
    window.step();
    // A label without enough width would wrap letter by letter and grow in height.
    let shuffled = window
        .get_by_role_and_label(Role::CheckBox, "Shuffled")
        .rect();
    assert!(
        shuffled.height() < 40.0 && shuffled.right() < 870.0,
        "{shuffled:?}"
    );
    click(&mut window, "Download");
    until(&mut window, "the end of the download", |window| {
        shows(window, "Finished")
    });
    for key in [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5] {
        go_to(&mut window, key);
        if key == Key::Num2 {
            click(&mut window, "Edit the link…");
        }
        for node in window.root().children_recursive() {
            let kind = node.accesskit_node().role();
            if matches!(
                kind,
                Role::Button
                    | Role::TextInput
                    | Role::SpinButton
                    | Role::ComboBox
                    | Role::Slider
                    | Role::Label
            ) {
                let rect = node.rect();
                assert!(
                    rect.left() >= 0.0 && rect.right() <= 900.5,
                    "{:?} extends beyond the window: {rect:?}",
                    node.accesskit_node().label()
                );
            }
        }
    }
}
