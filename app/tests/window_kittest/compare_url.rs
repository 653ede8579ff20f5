//! The Compare screen with a link to an HTTP server.

use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};

use crate::harness::*;

/// Where the local server is.
pub fn local_server(window: &mut Window<'_>) -> String {
    go_to(window, Key::Num3);
    let running = |words: String| Some(words.strip_prefix("Running on ")?.to_owned());
    let addr = all_words(window).into_iter().find_map(running);
    addr.expect("the server runs")
}

#[test]
fn any_url_can_be_compared_and_little_is_proposed() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let addr = local_server(&mut window);
    go_to(&mut window, Key::Num2);
    let url = format!("http://{addr}/Data-50KB.jpg");
    type_into(&mut window, "File or link", &url);
    until(&mut window, "the proposal", |window| {
        let values = window.get_by_role_and_label(Role::TextInput, "Values");
        values.accesskit_node().value().as_deref() == Some("1, 4, 8, 16")
    });
    assert!(says(&window, "No link emulation"));
    click(&mut window, "Run");
    until(&mut window, "its end", |window| shows(window, "Export…"));
    assert!(
        says(&window, "Medians: 1: ") && says(&window, ", 16: "),
        "{:?}",
        all_words(&window)
    );
    assert!(!shows(&window, "predicted") && !says(&window, "Link model"));
    window.try_run().expect("an idle window repaints");
}

#[test]
fn before_much_is_downloaded_from_others_it_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    type_into(
        &mut window,
        "File or link",
        "https://server.invalid/file.iso",
    );
    click(&mut window, "Run");
    until(&mut window, "the question", |window| {
        says(window, "the whole file 9 times from server.invalid")
    });
    assert!(shows(&window, "Run anyway") && !shows(&window, "Cancel"));
    click(&mut window, "Do not run");
    until(&mut window, "its end", |window| {
        !shows(window, "Run anyway")
    });
    // The name of a sample says how long it is.
    type_into(
        &mut window,
        "File or link",
        "lanes://server.invalid/sample-1GB.bin",
    );
    click(&mut window, "Run");
    until(&mut window, "the sum", |window| {
        says(window, "This downloads 16.0 GB in all from server.invalid")
    });
    // The name does not resolve, so this comes to nothing.
    click(&mut window, "Run anyway");
    until(&mut window, "its failure", |window| {
        says(window, "The experiment failed")
    });
}
