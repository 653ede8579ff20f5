//! Tests of the Compare screen with a link to an HTTP server.

use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};

use crate::harness::*;

/// Opens the Server screen and returns the address of the local server.
pub fn local_server(window: &mut Window<'_>) -> String {
    go_to(window, Key::Num3);
    let running = |text: String| Some(text.strip_prefix("Running on ")?.to_owned());
    let addr = all_words(window).into_iter().find_map(running);
    addr.expect("the server runs")
}

#[test]
fn http_url_can_be_compared_and_few_values_are_proposed() {
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
    until(&mut window, "the comparison to finish", |window| {
        shows(window, "Export…")
    });
    assert!(
        says(&window, "Medians: 1: ") && says(&window, ", 16: "),
        "{:?}",
        all_words(&window)
    );
    assert!(!shows(&window, "predicted") && !says(&window, "Link model"));
    window.try_run().expect("an idle window repaints");
}

#[test]
fn large_downloads_from_other_servers_need_confirmation() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    type_into(
        &mut window,
        "File or link",
        "https://server.invalid/file.iso",
    );
    until(&mut window, "the choice of HTTP/3", |window| {
        shows(window, "Also over HTTP/3, one connection")
    });
    click(&mut window, "Run");
    until(&mut window, "the confirmation", |window| {
        says(window, "the whole file 11 times from server.invalid")
    });
    click(&mut window, "Do not run");
    until(&mut window, "the first confirmation to close", |window| {
        !shows(window, "Run anyway")
    });
    let tick = "Also over HTTP/3, one connection";
    window.get_by_role_and_label(Role::CheckBox, tick).click();
    window.step();
    click(&mut window, "Run");
    until(&mut window, "the confirmation without HTTP/3", |window| {
        says(window, "the whole file 9 times from server.invalid")
    });
    assert!(shows(&window, "Run anyway") && !shows(&window, "Cancel"));
    click(&mut window, "Do not run");
    until(&mut window, "the confirmation to close", |window| {
        !shows(window, "Run anyway")
    });
    // A sample file has its length in its name.
    type_into(
        &mut window,
        "File or link",
        "lanes://server.invalid/sample-1GB.bin",
    );
    click(&mut window, "Run");
    until(&mut window, "the total volume", |window| {
        says(
            window,
            "This downloads 16.0 GB in total from server.invalid",
        )
    });
    // The host name does not resolve, so the comparison fails.
    click(&mut window, "Run anyway");
    until(&mut window, "the failure", |window| {
        says(window, "The experiment failed")
    });
}
