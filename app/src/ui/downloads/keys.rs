//! Keyboard shortcuts of the table, active while no text field has the focus.

use eframe::egui::{self, Event, Key, Modifiers, Popup, Ui};

use super::State;
use super::download_action::DownloadAction;
use super::list;
use crate::ui::message::Action;
use crate::ui::replay::is_replayable;
use lanes_engine::{Command, DownloadSnapshot, QueuePlace, Snapshot};

/// Rows per page key.
const PAGE: isize = 8;

/// All keyboard shortcuts, as the help dialog lists them.
pub(crate) const HELP: [(&str, &str); 23] = [
    (
        "Ctrl+1 to 5",
        "Downloads, Compare, Server, Settings, Lessons",
    ),
    ("Ctrl+L", "Focus the link field"),
    ("Ctrl+Enter", "Download, or run the comparison"),
    ("Ctrl+N", "Add links and check each first"),
    ("Ctrl+V", "Add the copied links"),
    ("Ctrl+F", "Filter the list"),
    (
        "Up, Down, Home, End",
        "Select another download; with Alt: move it in the queue",
    ),
    ("Shift+Up, Shift+Down", "Extend the selection"),
    ("Ctrl+A", "Select all"),
    ("Enter", "Open the finished file"),
    ("Shift+Enter", "Open its folder"),
    ("Space", "Pause or resume"),
    ("Ctrl+R", "Play or pause the replay"),
    (", .", "Step the replay by a packet"),
    (
        "Del",
        "Remove from the list, or cancel; with Shift: to the trash",
    ),
    ("Ctrl+C", "Copy the link"),
    ("F2", "Edit an unfinished download, rename a file"),
    ("Ctrl+S", "Export the comparison"),
    ("Ctrl+Shift+R", "Race 1 and 8 connections"),
    ("Esc", "Close the dialog, menu or messages"),
    ("Ctrl+Plus, Minus, 0", "Zoom in, out, reset"),
    ("F1", "Show this list"),
    ("Ctrl+Q", "Quit"),
];

/// Returns whether the table receives keys: no field has the focus and no dialog or menu is open.
fn is_listening(ui: &Ui) -> bool {
    let focused = ui.memory(egui::Memory::focused);
    focused.is_none_or(|focused| focused == list::id()) && !Popup::is_any_open(ui.ctx())
}

/// Handles the pressed keys.
pub(super) fn keys(ui: &Ui, state: &mut State, snapshot: &Snapshot, actions: &mut Vec<Action>) {
    if state.add.is_some() || state.move_form.is_some() {
        return;
    }
    play(ui, state, snapshot);
    if !is_listening(ui) {
        return;
    }
    paste(ui, state);
    if snapshot.downloads.is_empty() {
        return;
    }
    move_in_queue(ui, state, snapshot, actions);
    move_cursor(ui, state);
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    let has_copied = ui.input(|input| input.events.iter().any(|e| matches!(e, Event::Copy)));
    let chosen: Vec<_> = state.selection.of(snapshot).cloned().collect();
    if pressed(Modifiers::SHIFT, Key::Enter) {
        each(ui, &chosen, DownloadAction::OpenFolder, actions);
    }
    if pressed(Modifiers::NONE, Key::Enter) {
        each(ui, &chosen, DownloadAction::Open, actions);
    }
    if pressed(Modifiers::NONE, Key::Space) {
        pause_or_resume(ui, &chosen, actions);
    }
    if let [one] = &chosen[..] {
        step_replay(ui, state, one);
    }
    if pressed(Modifiers::SHIFT, Key::Delete) {
        each(ui, &chosen, DownloadAction::DeleteFile, actions);
    }
    if pressed(Modifiers::NONE, Key::Delete) {
        each(ui, &chosen, DownloadAction::Remove, actions);
        each(ui, &chosen, DownloadAction::Cancel, actions);
    }
    if pressed(Modifiers::NONE, Key::F2) {
        for action in [
            DownloadAction::Edit,
            DownloadAction::EditTarget,
            DownloadAction::MoveFile,
        ] {
            each(ui, chosen.get(..1).unwrap_or_default(), action, actions);
        }
    }
    if has_copied {
        let links: Vec<_> = chosen
            .iter()
            .map(|download| download.source.full_link())
            .collect();
        ui.ctx().copy_text(links.join("\n"));
    }
}

/// Opens the Add dialog with pasted text.
fn paste(ui: &Ui, state: &mut State) {
    let pasted = |event: &Event| match event {
        Event::Paste(text) => Some(text.clone()),
        _ => None,
    };
    let text = ui.input(|input| input.events.iter().find_map(pasted));
    if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
        state.open_add(&text);
    }
}

fn move_cursor(ui: &Ui, state: &mut State) {
    let steps = |key: Key| match key {
        Key::ArrowDown => 1,
        Key::ArrowUp => -1,
        Key::PageDown => PAGE,
        Key::PageUp => -PAGE,
        Key::End => isize::MAX,
        _ => isize::MIN,
    };
    let rows = state.table.rows();
    for key in [
        Key::ArrowDown,
        Key::ArrowUp,
        Key::PageDown,
        Key::PageUp,
        Key::End,
        Key::Home,
    ] {
        let pressed = |modifiers| ui.input_mut(|input| input.consume_key(modifiers, key));
        let extend = pressed(Modifiers::SHIFT);
        if extend || pressed(Modifiers::NONE) {
            state.selection.step(rows, steps(key), extend);
            state.follow_cursor = true;
        }
    }
    if ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::A)) {
        state.selection.all(rows);
    }
}

/// Moves the selected downloads in the queue.
fn move_in_queue(ui: &Ui, state: &State, snapshot: &Snapshot, actions: &mut Vec<Action>) {
    for (key, place) in [
        (Key::ArrowUp, QueuePlace::Up),
        (Key::ArrowDown, QueuePlace::Down),
        (Key::Home, QueuePlace::First),
        (Key::End, QueuePlace::Last),
    ] {
        if ui.input_mut(|input| input.consume_key(Modifiers::ALT, key)) {
            let chosen = state.selection.of(snapshot).map(|download| download.id);
            actions.push(Action::Engine(Command::MoveInQueue(
                chosen.collect(),
                place,
            )));
        }
    }
}

fn each(
    ui: &Ui,
    chosen: &[std::sync::Arc<DownloadSnapshot>],
    action: DownloadAction,
    actions: &mut Vec<Action>,
) {
    for download in chosen {
        if DownloadAction::available_for(download).contains(&action) {
            action.run(ui, download, actions);
        }
    }
}

/// Plays or pauses the replay of the selected download, also while a field has the focus.
fn play(ui: &Ui, state: &mut State, snapshot: &Snapshot) {
    if !ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::R)) {
        return;
    }
    let mut chosen = state.selection.of(snapshot);
    if let (Some(one), None) = (chosen.next(), chosen.next())
        && is_replayable(one)
    {
        let now = ui.input(|input| input.time);
        state.replay.of(one.id).toggle(now);
    }
}

/// Steps the replay of the selected download from packet to packet.
fn step_replay(ui: &Ui, state: &mut State, download: &DownloadSnapshot) {
    if !is_replayable(download) {
        return;
    }
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let playhead = state.replay.of(download.id);
    for (key, is_forward) in [(Key::Comma, false), (Key::Period, true)] {
        if pressed(key) {
            playhead.step(&download.timeline, is_forward);
        }
    }
}

/// Pauses the active downloads; if there are none, resumes the others.
fn pause_or_resume(
    ui: &Ui,
    chosen: &[std::sync::Arc<DownloadSnapshot>],
    actions: &mut Vec<Action>,
) {
    let runs =
        |d: &DownloadSnapshot| DownloadAction::available_for(d).contains(&DownloadAction::Pause);
    if chosen.iter().any(|download| runs(download)) {
        each(ui, chosen, DownloadAction::Pause, actions);
    } else {
        each(ui, chosen, DownloadAction::Resume, actions);
        each(ui, chosen, DownloadAction::Retry, actions);
    }
}
