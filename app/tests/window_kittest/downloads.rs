//! Tests of the Downloads screen.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};

use crate::compare::pick_link;
use crate::harness::*;

#[test]
fn one_click_downloads_and_previews_a_file_and_the_window_becomes_idle() {
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
    // An idle window must not request a repaint.
    window.try_run().expect("an idle window repaints");
}

#[test]
fn a_file_of_a_lanes_server_is_downloaded_over_a_chosen_link() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    type_into(&mut window, "File or link", "Data-500KB.jpg");
    window.get_by_role_and_label(Role::ComboBox, "Link").click();
    until(&mut window, "the links", |window| {
        shows(window, "Clean cable")
    });
    window.get_by_label("Clean cable").click();
    window.step();
    window.step();
    click(&mut window, "Download");
    until(&mut window, "the end of the download", |window| {
        rows(window) == ["Data-500KB.jpg, Finished"] && says(window, "Over Clean cable")
    });
    // A few round trips: over plain loopback it takes a few milliseconds.
    let saved = std::fs::read(folder.path().join("Data-500KB.jpg")).unwrap();
    assert!(saved == asset("Data-500KB.jpg"), "the bytes differ");
}

/// Returns the share of the picture of `name` that is shown as arrived, in percent.
fn arrived_share(window: &Window<'_>, name: &str) -> Option<u32> {
    let prefix = format!("Arrived part of {name}: ");
    let words = all_words(window).into_iter();
    let mut shares = words.filter_map(|words| {
        let share = words.strip_prefix(&prefix)?.strip_suffix(" %")?;
        share.trim().parse().ok()
    });
    shares.next()
}

/// Selects the slow motion and starts a download of Data.jpg in this mode.
fn download_in_slow_motion(window: &mut Window<'_>, mode: &str) {
    choose(window, mode);
    window.get_by_role_and_label(Role::ComboBox, "Link").click();
    until(window, "the links", |window| shows(window, "Slow motion"));
    window.get_by_label("Slow motion").click();
    window.step();
    window.step();
    click(window, "Download");
}

#[test]
fn a_picture_is_shown_with_holes_while_its_packets_arrive() {
    for mode in ["Stream mode", "Packets mode", "Parallel mode"] {
        let folder = tempfile::tempdir().unwrap();
        let mut window = window(folder.path());
        download_in_slow_motion(&mut window, mode);
        until(&mut window, "a picture with holes", |window| {
            arrived_share(window, "Data.jpg").is_some_and(|share| (1..100).contains(&share))
        });
        assert!(says(&window, "Over Slow motion"), "{mode}");
        // In order there is nothing to sort.
        assert!(!says(&window, "In order of arrival"), "{mode}");
        until(&mut window, "the whole picture", |window| {
            shows(window, "Finished") && shows(window, "Picture Data.jpg")
        });
        assert!(arrived_share(&window, "Data.jpg").is_none());
        window.try_run().expect("an idle window repaints");
    }
}

#[test]
fn shuffled_packets_are_seen_as_they_came_and_sorted() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    window
        .get_by_role_and_label(Role::CheckBox, "Shuffled")
        .click();
    window.step();
    download_in_slow_motion(&mut window, "Packets mode");
    let jumble = "Packets of Data.jpg in order of arrival";
    until(&mut window, "both pictures", |window| {
        arrived_share(window, "Data.jpg").is_some_and(|share| (1..100).contains(&share))
            && shows(window, jumble)
            && shows(window, "Sorted by packet number")
    });
    until(&mut window, "the whole picture", |window| {
        shows(window, "Picture Data.jpg")
    });
    assert!(shows(&window, jumble), "it stays beside the sorted one");
    let saved = std::fs::read(folder.path().join("Data.jpg")).unwrap();
    assert!(saved == asset("Data.jpg"), "the bytes differ");
}

#[test]
fn the_servers_own_link_is_named_while_it_is_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num3);
    pick_link(&mut window, "Slow 4G: ");
    until(&mut window, "the link", |window| {
        says(window, "the link is now slow-4g")
    });
    go_to(&mut window, Key::Num1);
    type_into(&mut window, "File or link", "Data-500KB.jpg");
    click(&mut window, "Download");
    until(&mut window, "the name of the link", |window| {
        says(window, "Over Slow 4G, the server's link")
    });
    until(&mut window, "the end of the download", |window| {
        shows(window, "Finished")
    });
    // It may be another when the file is downloaded again.
    assert!(!says(&window, "Slow 4G, the server's link"));
}

#[test]
fn newest_download_is_selected() {
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
fn unknown_name_fails_with_a_message_and_another_can_be_tried() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    type_into(&mut window, "File or link", "no-such-file.jpg");
    window.key_press(Key::Enter);
    until(&mut window, "the failure", |window| shows(window, "Failed"));
    assert!(
        all_words(&window)
            .iter()
            .any(|text| text.len() > 24 && text.contains("no-such-file.jpg")),
        "no message names the file: {:?}",
        all_words(&window)
    );
    assert!(shows(&window, "Retry"));
    type_into(&mut window, "File or link", "Data-50KB.jpg");
    window.key_press(Key::Enter);
    until(&mut window, "the second download", |window| {
        shows(window, "Finished")
    });
    let saved = std::fs::read(folder.path().join("Data-50KB.jpg")).unwrap();
    assert!(saved == asset("Data-50KB.jpg"), "the bytes differ");
}

#[test]
fn invalid_link_is_refused_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    type_into(&mut window, "File or link", "gopher://old/file");
    click(&mut window, "Download");
    until(&mut window, "the error message", |window| {
        says(window, "Unsupported URL `gopher://old/file`")
    });
    click(&mut window, "Dismiss");
    until(&mut window, "the message to close", |window| {
        !says(window, "Unsupported URL")
    });
}

#[test]
fn unreachable_server_fails_the_download_and_retry_succeeds_after_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num3);
    click(&mut window, "Stop");
    until(&mut window, "the server to stop", |window| {
        shows(window, "Stopped")
    });
    go_to(&mut window, Key::Num1);
    type_into(&mut window, "File or link", "Data-50KB.jpg");
    click(&mut window, "Download");
    until(&mut window, "the failure", |window| shows(window, "Failed"));
    go_to(&mut window, Key::Num3);
    click(&mut window, "Start");
    until(&mut window, "the server to start", |window| {
        says(window, "Running on")
    });
    go_to(&mut window, Key::Num1);
    click(&mut window, "Retry");
    until(&mut window, "the file", |window| shows(window, "Finished"));
    let saved = std::fs::read(folder.path().join("Data-50KB.jpg")).unwrap();
    assert!(saved == asset("Data-50KB.jpg"), "the bytes differ");
}

#[test]
fn buttons_pause_resume_and_cancel_a_download() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    // Large enough that it cannot finish before it is paused.
    type_into(&mut window, "File or link", "sample-8GiB.bin");
    choose(&mut window, "5 connections");
    click(&mut window, "Download");
    until(&mut window, "the first bytes", |window| {
        shows(window, "Pause") && says(window, "of 8.59 GB · 5 connections")
    });
    click(&mut window, "Pause");
    until(&mut window, "the pause", |window| shows(window, "Resume"));
    assert!(shows(&window, "Paused"));
    click(&mut window, "Resume");
    until(&mut window, "the resumed download", |window| {
        shows(window, "Pause") && says(window, "from earlier")
    });
    // Cancelling would delete a large partial file, so the window asks first.
    click(&mut window, "Cancel");
    until(&mut window, "the confirmation", |window| {
        says(window, "Cancel sample-8GiB.bin and delete")
    });
    click(&mut window, "Cancel download");
    until(&mut window, "the cancellation", |window| {
        shows(window, "Cancelled")
    });
    drop(window);
    let leftovers: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(leftovers.is_empty(), "{leftovers:?}");
}

#[test]
fn closing_during_a_download_keeps_the_partial_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    type_into(&mut window, "File or link", "sample-8GiB.bin");
    choose(&mut window, "50 connections");
    type_number(&mut window, "Connections", "64");
    click(&mut window, "Download");
    until(&mut window, "the first bytes", |window| {
        says(window, "of 8.59 GB · 64 connections")
    });
    assert!(cfg!(not(target_os = "linux")) || high_workers() > 0);
    drop(window);
    assert_eq!(
        file_names(folder.path()),
        ["sample-8GiB.bin.lanes", "sample-8GiB.bin.part"],
        "expected the journal and the part file"
    );
    assert_eq!(high_workers(), 0, "worker threads outlived the window");
}

/// Counts this process's worker threads numbered above 50. Only one test uses that many
/// connections; comparisons use at most 50.
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
fn typed_folder_stays_in_the_form_and_typed_file_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let with_a_dot = folder.path().join("pictures.d");
    std::fs::create_dir(&with_a_dot).unwrap();
    let made = folder.path().join("new");
    for (typed, saved, stays_in_form) in [
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
        let content = field.accesskit_node().value().unwrap_or_default();
        assert_eq!(
            content == typed && !typed.is_empty(),
            stays_in_form,
            "{typed}: {content}"
        );
        assert!(std::fs::read(&saved).unwrap() == asset("Data-50KB.jpg"));
    }
}

#[test]
fn tab_visits_the_form_in_reading_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let focused = |window: &Window<'_>| {
        let all = window.root().children_recursive();
        all.filter(|node| node.accesskit_node().is_focused())
            .find_map(|node| node.accesskit_node().label())
            .unwrap_or_default()
    };
    // The link field has the focus at the start, so that a paste lands there.
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
    // Ctrl+L returns to the link field from anywhere.
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
