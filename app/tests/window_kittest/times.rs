//! The times of the queue, and what happens after downloads.
#![allow(clippy::unwrap_used, reason = "test helpers may unwrap")]

use std::path::Path;

use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable;
use lanes::ui::Options;
use serde_json::json;

use crate::harness::*;

/// Hours of all days, and of the day three days from now alone, as settings.
fn hours(days: u8) -> serde_json::Value {
    json!([{ "days": days, "from": 0, "to": 0 }])
}

/// A set of days without the present one and its neighbours.
fn other_day() -> u8 {
    let days_since_1970 = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() / 86_400;
    // 1970 began on a Thursday.
    1 << ((days_since_1970 + 3 + 3) % 7)
}

fn open_with(folder: &Path, schedule: &serde_json::Value) -> Window<'static> {
    let settings = json!({ "schedule": schedule });
    open(Options {
        stored: Some(settings.to_string()),
        history: Some(folder.join("history.json")),
        ..options(&folder.join("files"))
    })
}

#[test]
fn downloads_wait_for_their_hours_unless_the_user_says_now() {
    let folder = tempfile::tempdir().unwrap();
    let closed = json!({ "only_in_hours": true, "hours": hours(other_day()) });
    let mut window = open_with(folder.path(), &closed);
    type_into(&mut window, "File or link", "Data-500KB.jpg");
    click(&mut window, "Download");
    until(&mut window, "the wait", |window| {
        rows(window) == ["Data-500KB.jpg, Paused"] && says(window, "Downloads wait until")
    });
    assert!(
        !folder.path().join("files").exists()
            || file_names(&folder.path().join("files")).is_empty()
    );
    click(&mut window, "Download now");
    until(&mut window, "the end", |window| {
        rows(window) == ["Data-500KB.jpg, Finished"]
    });
    // Within the hours nothing waits, and what waited is resumed.
    go_to(&mut window, Key::Num4);
    let label = "Download only at certain hours";
    window
        .get_by_role_and_label(Role::CheckBox, label)
        .click_accesskit();
    window.step();
    go_to(&mut window, Key::Num1);
    download_all(&mut window, &["Data-50KB.jpg"]);
}

#[test]
fn a_running_download_is_held_and_resumed_and_the_hour_has_its_own_limit() {
    let folder = tempfile::tempdir().unwrap();
    let schedule =
        json!({ "limits_in_hours": true, "limit_hours": hours(0x7f), "limit": "200 kB" });
    let mut window = open_with(folder.path(), &schedule);
    assert!(says(&window, "Limited to 200 kB/s in total"));
    type_into(&mut window, "File or link", "sample-8GiB.bin");
    click(&mut window, "Download");
    until(&mut window, "the first bytes", |window| {
        says(window, "of 8.59 GB ·")
    });
    go_to(&mut window, Key::Num4);
    let toggle = |window: &mut Window<'_>, label: &str| {
        window
            .get_by_role_and_label(Role::CheckBox, label)
            .click_accesskit();
        window.step();
    };
    // The hours that the window proposes may be now; those without a day never are.
    toggle(&mut window, "Download only at certain hours");
    for day in ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] {
        let mut days: Vec<_> = window.query_all_by_label(day).collect();
        days.remove(0).click_accesskit();
        drop(days);
        window.step();
    }
    go_to(&mut window, Key::Num1);
    until(&mut window, "the hold", |window| {
        rows(window) == ["sample-8GiB.bin, Paused"] && says(window, "no day is chosen")
    });
    go_to(&mut window, Key::Num4);
    toggle(&mut window, "Download only at certain hours");
    go_to(&mut window, Key::Num1);
    until(&mut window, "the download to go on", |window| {
        rows(window) == ["sample-8GiB.bin, Running"]
    });
}

#[cfg(unix)]
#[test]
fn a_command_runs_after_each_download_with_the_name_as_one_argument() {
    let folder = tempfile::tempdir().unwrap();
    let told = folder.path().join("told");
    let command = format!(
        "sh -c 'printf %s \"$1 $2\" > \"$0\"' {} {{path}} {{bytes}}",
        told.display()
    );
    let mut window = open_with(folder.path(), &json!({ "command": command }));
    download_all(&mut window, &["Data-50KB.jpg"]);
    let path = folder.path().join("files/Data-50KB.jpg");
    let len = std::fs::metadata(&path).unwrap().len();
    let expected = format!("{} {len}", path.display());
    until(&mut window, "the command", |_| {
        std::fs::read_to_string(&told).is_ok_and(|text| text == expected)
    });
    go_to(&mut window, Key::Num4);
    type_into(
        &mut window,
        "Command after each finished download",
        "/none/such {path}",
    );
    go_to(&mut window, Key::Num1);
    download_all(&mut window, &["Data.jpg"]);
    until(&mut window, "the failure", |window| {
        says(window, "The command after a download failed: /none/such")
    });
}

#[test]
fn the_machine_goes_to_sleep_after_the_last_download_unless_the_user_cancels() {
    let folder = tempfile::tempdir().unwrap();
    let (sender, machine) = crossbeam_channel::bounded(4);
    let mut window = open(Options {
        machine: Some(sender),
        ..options(folder.path())
    });
    let choose_end = |window: &mut Window<'_>, choice: &str| {
        go_to(window, Key::Num4);
        window
            .get_by_role_and_label(Role::RadioButton, &format!("When done: {choice}"))
            .click_accesskit();
        window.step();
        go_to(window, Key::Num1);
    };
    choose_end(&mut window, "Shut down");
    download_all(&mut window, &["Data-50KB.jpg"]);
    until(&mut window, "the countdown", |window| {
        says(window, "this computer shuts down in")
    });
    click(&mut window, "Cancel countdown");
    until(&mut window, "the end of the countdown", |window| {
        !says(window, "shuts down")
    });
    // The choice ends with the countdown.
    download_all(&mut window, &["Data-500KB.jpg"]);
    assert!(!says(&window, "shuts down") && machine.is_empty());
    choose_end(&mut window, "Sleep");
    download_all(&mut window, &["Data.jpg"]);
    until(&mut window, "the countdown", |window| {
        says(window, "goes to sleep in")
    });
    click(&mut window, "Now");
    until(&mut window, "the sleep", |_| !machine.is_empty());
    assert_eq!(machine.try_recv().unwrap(), "Sleep");
}

#[test]
fn a_download_starts_at_its_time_and_the_dialog_says_which_times_it_knows() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = open_with(folder.path(), &json!({}));
    download_all(&mut window, &["Data-50KB.jpg"]);
    clear_focus(&mut window);
    let link = "http://127.0.0.1:9/later.iso";
    window.event(eframe::egui::Event::Paste(link.to_owned()));
    until(&mut window, "the dialog", |window| {
        shows(window, "Add downloads") && shows(window, "Speed limit")
    });
    type_into(&mut window, "Start", "soon");
    until(&mut window, "the error", |window| {
        says(window, "Write 23:30")
    });
    type_into(&mut window, "Start", "in 3 h");
    until(&mut window, "the error to go", |window| {
        !says(window, "Write 23:30")
    });
    click(&mut window, "Start");
    until(&mut window, "the row", |window| {
        rows(window) == ["later.iso, Paused", "Data-50KB.jpg, Finished"]
    });
    choose(&mut window, "Details");
    until(&mut window, "the time", |window| shows(window, "Starts"));
}
