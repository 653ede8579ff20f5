//! Tests of the download table: sorting, filtering, selection, keys, and the detail tabs.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers, vec2};
use egui_kittest::kittest::{NodeT, Queryable};

use crate::harness::*;

/// Files to fill the table with.
const FILES: [&str; 3] = ["Data-500KB.jpg", "sample-3MB.bin", "Data-50KB.jpg"];

/// Selects the row of a finished download.
fn select_row(window: &mut Window<'_>, name: &str) {
    let name = format!("{name}, Finished");
    window
        .get_by_role_and_label(Role::ListBoxOption, &name)
        .click();
    window.step();
    window.step();
}

/// Returns the row labels of finished downloads.
fn finished(names: &[&str]) -> Vec<String> {
    names
        .iter()
        .map(|name| format!("{name}, Finished"))
        .collect()
}

/// Selects an entry of a drop-down list.
fn select_filter(window: &mut Window<'_>, filter: &str, choice: &str) {
    window.get_by_role_and_label(Role::ComboBox, filter).click();
    until(window, choice, |window| shows(window, choice));
    // The same text may appear elsewhere; the open list is drawn last.
    let entries: Vec<_> = window.query_all_by_label(choice).collect();
    entries[entries.len() - 1].click();
    window.step();
    window.step();
}

#[test]
fn table_is_sorted_and_filtered() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    download_all(&mut window, &FILES);
    assert_eq!(
        rows(&window),
        finished(&["Data-50KB.jpg", "sample-3MB.bin", "Data-500KB.jpg"])
    );
    click(&mut window, "Sort by name");
    window.step();
    assert_eq!(
        rows(&window),
        finished(&["Data-500KB.jpg", "Data-50KB.jpg", "sample-3MB.bin"])
    );
    click(&mut window, "Sort by size");
    window.step();
    assert_eq!(
        rows(&window),
        finished(&["sample-3MB.bin", "Data-500KB.jpg", "Data-50KB.jpg"])
    );
    type_into(&mut window, "Filter", "50kb");
    until(&mut window, "one row", |window| {
        rows(window) == finished(&["Data-50KB.jpg"])
    });
    assert!(shows(&window, "1 of 3"));
    click(&mut window, "Show all");
    until(&mut window, "all rows", |window| rows(window).len() == 3);
    select_filter(&mut window, "Type filter", "Other files");
    until(&mut window, "one row", |window| {
        rows(window) == finished(&["sample-3MB.bin"])
    });
    choose(&mut window, "Filter Paused 0");
    until(&mut window, "no row", |window| {
        shows(window, "No downloads match the filter")
    });
}

#[test]
fn several_rows_are_selected_and_removed_together() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    download_all(&mut window, &FILES);
    select_row(&mut window, "Data-50KB.jpg");
    window.key_press_modifiers(Modifiers::SHIFT, Key::ArrowDown);
    until(&mut window, "two rows", |window| {
        shows(window, "2 downloads selected")
    });
    click(&mut window, "Remove 2");
    until(&mut window, "one row", |window| {
        rows(window) == finished(&["Data-500KB.jpg"])
    });
    assert_eq!(
        file_names(folder.path()).len(),
        3,
        "removing rows must keep the files"
    );
    // The remaining download is selected.
    until(&mut window, "the detail view", |window| {
        says(window, "Map of Data-500KB.jpg")
    });
}

#[test]
fn keys_select_pause_resume_and_remove() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    download_all(&mut window, &["Data-50KB.jpg"]);
    type_into(&mut window, "File or link", "sample-8GiB.bin");
    click(&mut window, "Download");
    until(&mut window, "the first bytes", |window| {
        says(window, "of 8.59 GB ·")
    });
    clear_focus(&mut window);
    window.key_press(Key::Space);
    until(&mut window, "the pause", |window| {
        rows(window)[0] == "sample-8GiB.bin, Paused"
    });
    window.key_press(Key::Space);
    until(&mut window, "the resumed download", |window| {
        says(window, "from earlier")
    });
    window.key_press(Key::ArrowDown);
    until(&mut window, "the other download", |window| {
        says(window, "Map of Data-50KB.jpg")
    });
    window.key_press(Key::Delete);
    until(&mut window, "the row to be removed", |window| {
        rows(window).len() == 1
    });
    window.key_press(Key::Delete);
    until(&mut window, "the confirmation", |window| {
        says(window, "Cancel sample-8GiB.bin and delete")
    });
    // The messages take their places.
    window.step();
    click(&mut window, "Cancel download");
    until(&mut window, "the cancellation", |window| {
        rows(window) == ["sample-8GiB.bin, Cancelled"]
    });
}

#[test]
fn pasted_links_show_their_metadata_and_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    download_all(&mut window, &["Data-50KB.jpg"]);
    let field = window.get_by_role_and_label(Role::TextInput, "Server");
    let server = field.accesskit_node().value().unwrap();
    clear_focus(&mut window);
    let links =
        format!("lanes://{server}/Data.jpg\nlanes://{server}/Data-500KB.jpg lanes://{server}/none");
    window.event(Event::Paste(links));
    until(&mut window, "the metadata", |window| {
        says(window, "Data.jpg: 4.77 MB, resumable")
            && says(window, "none: no such file on the server")
    });
    // The missing one does not stop the others, and stays in the dialog.
    click(&mut window, "Start 2 · 1 cannot");
    until(&mut window, "the downloads to finish or fail", |window| {
        rows(window)
            == [
                "Data-500KB.jpg, Finished",
                "Data.jpg, Finished",
                "Data-50KB.jpg, Finished",
            ]
    });
}

#[test]
fn failed_download_continues_with_a_changed_link_folder_and_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    type_into(&mut window, "File or link", "Dta.jpg");
    click(&mut window, "Download");
    until(&mut window, "the failure", |window| shows(window, "Failed"));
    click(&mut window, "Edit…");
    until(&mut window, "the dialog", |window| {
        shows(window, "Edit download")
    });
    let link = window
        .query_all_by_role_and_label(Role::TextInput, "Link")
        .last()
        .unwrap();
    let text = link.accesskit_node().value().unwrap();
    link.focus();
    window.step();
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.step();
    window.event(Event::Text(text.replace("Dta", "Data-50KB")));
    window.step();
    let other_folder = folder.path().join("other");
    type_into(&mut window, "Folder", &other_folder.display().to_string());
    type_into(&mut window, "Name", "mine.jpg");
    click(&mut window, "Apply");
    until(&mut window, "the file", |window| {
        rows(window) == ["mine.jpg, Finished"]
    });
    assert!(std::fs::read(other_folder.join("mine.jpg")).unwrap() == asset("Data-50KB.jpg"));
}

/// A web server that sends the beginning of a file, and denies the rest once it is told to.
struct DenyingServer {
    addr: SocketAddr,
    deny: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl DenyingServer {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a server");
        let (deny, denied) = sync_channel::<()>(1);
        let addr = listener.local_addr().expect("a server");
        let serve = move || {
            let (mut socket, _) = listener.accept().expect("a server");
            let _ = socket.read(&mut [0; 4096]);
            let head = b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n";
            let _ = socket.write_all(head);
            let _ = socket.write_all(&[1; 300_000]);
            denied.recv().expect("a server");
            drop(socket);
            for socket in listener.incoming() {
                let mut socket = socket.expect("a server");
                let _ = socket.set_read_timeout(Some(Duration::from_millis(500)));
                if denied.try_recv().is_ok() {
                    return;
                }
                let _ = socket.read(&mut [0; 4096]);
                let _ = socket.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
            }
        };
        let thread = Builder::new().spawn(serve).expect("a server");
        Self { addr, deny, thread }
    }

    /// Denies every request from now on.
    fn deny(&self) {
        self.deny.send(()).expect("a server");
    }

    fn stop(self) {
        self.deny.send(()).expect("a server");
        let _ = TcpStream::connect(self.addr);
        self.thread.join().expect("a server");
    }
}

#[test]
fn failure_on_another_screen_shows_a_message_that_leads_to_the_download() {
    let folder = tempfile::tempdir().unwrap();
    let server = DenyingServer::start();
    let mut window = window(folder.path());
    let link = format!("http://{}/film.bin", server.addr);
    type_into(&mut window, "File or link", &link);
    click(&mut window, "Download");
    until(&mut window, "the first bytes", |window| {
        says(window, "of 9.00 MB ·")
    });
    go_to(&mut window, Key::Num3);
    server.deny();
    until(&mut window, "the message", |window| {
        says(window, "film.bin failed: ")
    });
    click(&mut window, "Details");
    until(&mut window, "the detail view", |window| {
        shows(window, "Edit…")
    });
    assert!(
        !says(&window, "film.bin failed: "),
        "the message must close once it was used"
    );
    server.stop();
}

#[test]
fn a_download_whose_server_is_gone_says_when_the_next_try_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    type_into(&mut window, "File or link", "sample-8GiB.bin");
    click(&mut window, "Download");
    until(&mut window, "the first bytes", |window| {
        says(window, "of 8.59 GB ·")
    });
    go_to(&mut window, Key::Num3);
    click(&mut window, "Stop");
    go_to(&mut window, Key::Num1);
    until(&mut window, "the outage", |window| {
        says(window, "Server unreachable, next try in ")
    });
}

#[test]
fn every_detail_tab_shows_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    choose(&mut window, "5 connections");
    download_all(&mut window, &["sample-30MB.bin"]);
    for (tab, text) in [
        ("Connections", "Rate history"),
        ("Time lines", "Time line of connection 5: done"),
        ("Rate", "Rate of sample-30MB.bin over time: at most"),
        ("Stacked rate", "Rate of sample-30MB.bin over time: at most"),
        (
            "Packets",
            // The count that follows depends on duplicate fetches.
            "Arrival of packets of sample-30MB.bin over time: ",
        ),
        ("Log", "Finished in"),
        (
            "Details",
            "30\u{2009}000\u{2009}000 bytes in 458 packets of 64 KiB",
        ),
    ] {
        choose(&mut window, tab);
        window.step();
        assert!(says(&window, text), "{tab}: {:?}", all_words(&window));
    }
    click(&mut window, "Verify file");
    until(&mut window, "the verification", |window| {
        says(window, "Re-verified")
    });
    window.try_run().expect("an idle window repaints");
}

#[test]
fn list_of_shortcuts_opens_and_closes() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    window.key_press(Key::F1);
    until(&mut window, "the list", |window| {
        says(window, "Pause or resume")
    });
    window.key_press(Key::Escape);
    until(&mut window, "the list to close", |window| {
        !says(window, "Pause or resume")
    });
    window.key_press_modifiers(Modifiers::COMMAND, Key::N);
    until(&mut window, "the dialog", |window| {
        shows(window, "Add downloads")
    });
    window.key_press(Key::Escape);
    until(&mut window, "the dialog to close", |window| {
        !shows(window, "Add downloads")
    });
}

#[test]
fn toolbar_does_not_overlap_in_a_small_window() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    download_all(&mut window, &FILES);
    window.set_size(vec2(900.0, 600.0));
    window.step();
    window.step();
    let finished = format!("Finished {}", FILES.len());
    select_filter(&mut window, "State filter", &finished);
    until(&mut window, "the filtered rows", |window| {
        shows(window, "Show all")
    });
    let category = window.get_by_role_and_label(Role::ComboBox, "Type filter");
    let count = format!("{0} of {0}", FILES.len());
    let count = window.get_by_label(&count).rect();
    assert!(category.rect().right() <= count.left(), "{count}");
    assert!(count.right() <= window.get_by_label("Show all").rect().left());
}

#[test]
fn table_fits_every_window_size() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    download_all(&mut window, &FILES);
    for size in [
        vec2(600.0, 400.0),
        vec2(900.0, 600.0),
        vec2(1600.0, 1000.0),
        vec2(3840.0, 2160.0),
    ] {
        window.set_size(size);
        window.step();
        window.step();
        for tab in [
            "Connections",
            "Time lines",
            "Rate",
            "Packets",
            "Log",
            "Details",
        ] {
            window
                .get_by_role_and_label(Role::RadioButton, tab)
                .click_accesskit();
            window.step();
            window.step();
            assert!(!rows(&window).is_empty(), "{size}: {tab}");
        }
    }
}
