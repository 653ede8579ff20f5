//! The Downloads screen.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};

use crate::harness::*;

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
        says(window, "Picture Data.jpg")
    });
    assert!(says(&window, "Map of Data.jpg: 100 % complete"));
    assert!(says(&window, "verified (BLAKE3)"));
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
            says(window, &format!("Map of {name}: 100 % complete"))
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
        shows(window, "Pause") && says(window, "of 8.59 GB · 5 connections")
    });
    click(&mut window, "Pause");
    until(&mut window, "the pause", |window| shows(window, "Resume"));
    assert!(shows(&window, "Paused"));
    click(&mut window, "Resume");
    until(&mut window, "the second start", |window| {
        shows(window, "Pause") && says(window, "from earlier")
    });
    // What came is much, so it is not deleted unasked.
    click(&mut window, "Cancel");
    until(&mut window, "the question", |window| {
        says(window, "Cancel sample-8GiB.bin and delete")
    });
    click(&mut window, "Cancel download");
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
    type_number(&mut window, "Connections", "64");
    click(&mut window, "Download");
    until(&mut window, "its first bytes", |window| {
        says(window, "of 8.59 GB · 64 connections")
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

/// Workers of this process with a number that no other test gives: those that compare go up to 50.
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
        .filter(|number| *number > 50)
        .count()
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
    for _ in 0..14 {
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
            "Options",
            "Download",
            "Stream mode",
            "Packets mode",
            "Parallel mode",
            "Automatic number",
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
