//! Tests of the experiment store.

use std::sync::Arc;

use super::*;
use crate::lab::analysis::experiment::Experiment;
use crate::lab::plan::experiment_plan::tests::plan;
use crate::lab::plan::sweep::Sweep;
use crate::lab::run::experiment_state::ExperimentState;
use crate::lab::run::timed_run::tests::run;
use crate::lab::store::save_slot::SaveSlot;

fn group(name: &str, made_secs: u64) -> ExperimentGroup {
    let mut experiment = Experiment::new(plan(Sweep::Connections(vec![1, 5])));
    experiment.made_secs = made_secs;
    experiment.extend([run(1, 4.0), run(5, 1.0)]);
    experiment.state = ExperimentState::Finished;
    ExperimentGroup {
        name: name.to_owned(),
        experiments: vec![Arc::new(experiment)],
    }
}

fn store() -> (tempfile::TempDir, ExperimentStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = ExperimentStore::new(folder.path().join("experiments"));
    (folder, store)
}

fn names(store: &ExperimentStore) -> Vec<String> {
    let items = store.list().unwrap().items.into_iter();
    items.map(|item| item.label().to_owned()).collect()
}

#[test]
fn saved_experiments_are_listed_loaded_renamed_and_removed() {
    let (_folder, store) = store();
    assert!(names(&store).is_empty(), "the folder does not exist yet");
    let file = store.save(&group("", 100)).unwrap();
    let other = store.save(&group("  my\nother ", 100)).unwrap();
    assert_ne!(file, other);
    assert_eq!(names(&store), ["my other", "Data.jpg by connections"]);
    store.rename(&file, "the first").unwrap();
    let opened = store.load(&file).unwrap();
    assert_eq!(opened.name, "the first");
    assert_eq!(opened.experiments[0].summaries.len(), 2);
    store.remove(&other).unwrap();
    store.remove(&other).unwrap();
    assert_eq!(names(&store), ["the first"]);
}

#[test]
fn the_oldest_unnamed_files_are_removed() {
    let (_folder, store) = store();
    store.save(&group("named", 1)).unwrap();
    for made in 2..MAX_UNNAMED as u64 + 5 {
        store.save(&group("", made)).unwrap();
    }
    let contents = store.list().unwrap();
    assert_eq!(contents.items.len(), MAX_UNNAMED + 1);
    assert_eq!(contents.items[0].made_secs, MAX_UNNAMED as u64 + 4);
    assert_eq!(
        contents.items.last().map(StoredExperiment::label),
        Some("named")
    );
}

#[test]
fn unreadable_files_are_renamed_and_do_not_stop_the_others() {
    let (folder, store) = store();
    let good = store.save(&group("good", 5)).unwrap();
    let at = folder.path().join("experiments");
    fs::write(at.join("1.json"), "{ \"name\": \"half").unwrap();
    fs::write(at.join("2.json"), [0xFF, 0xFE, 0x00]).unwrap();
    fs::write(at.join("notes.txt"), "not ours").unwrap();
    let contents = store.list().unwrap();
    assert_eq!((contents.items.len(), contents.quarantined), (1, 2));
    assert_eq!(store.list().unwrap().quarantined, 0);
    assert!(at.join("1.json.broken").is_file() && at.join("notes.txt").is_file());
    // An invalid plan is only detected by loading the file.
    let text = fs::read_to_string(at.join(&good)).unwrap();
    fs::write(
        at.join(&good),
        text.replace("\"rounds\": 3", "\"rounds\": 0"),
    )
    .unwrap();
    let error = store.load(&good).unwrap_err().to_string();
    assert!(error.contains("rounds") && error.contains(&good), "{error}");
    assert!(names(&store).is_empty() && at.join(format!("{good}.broken")).is_file());
}

#[test]
fn experiments_side_by_side_are_one_item() {
    let (_folder, store) = store();
    let mut both = group("", 7);
    both.experiments.push(Arc::clone(&both.experiments[0]));
    let file = store.save(&both).unwrap();
    assert_eq!(names(&store), ["Data.jpg by connections, 2 side by side"]);
    assert_eq!(store.load(&file).unwrap().experiments.len(), 2);
}

#[test]
fn any_file_can_be_imported_and_errors_name_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("there.json");
    let error = |path: &Path| import(path).unwrap_err().to_string();
    assert!(error(&path).contains("there.json"));
    fs::write(&path, "[1, 2]").unwrap();
    assert!(error(&path).contains("does not contain an experiment"));
    fs::write(&path, to_json(&group("x", 1)).unwrap()).unwrap();
    assert_eq!(import(&path).unwrap().name, "x");
}

#[cfg(unix)]
#[test]
fn other_users_cannot_read_the_experiments() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, store) = store();
    let file = store.save(&group("", 7)).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&store.path(&file)), 0o600);
    assert_eq!(mode(&store.folder), 0o700);
    // As an earlier version left them.
    for (path, open) in [(store.path(&file), 0o644), (store.folder.clone(), 0o755)] {
        fs::set_permissions(path, fs::Permissions::from_mode(open)).unwrap();
    }
    assert_eq!(names(&store).len(), 1);
    assert_eq!(mode(&store.folder), 0o700);
}

#[test]
fn experiments_that_are_named_while_they_are_saved_have_one_file() {
    for round in 0..20 {
        let (_folder, store) = store();
        let slot = SaveSlot::default();
        let mut recorded = group("", 100);
        for run in &mut Arc::make_mut(&mut recorded.experiments[0]).runs {
            run.recording = Some(Arc::from(*b"abc"));
        }
        let named = ExperimentGroup {
            name: "mine".to_owned(),
            ..recorded.clone()
        };
        let both = [&recorded, &named];
        std::thread::scope(|scope| {
            for index in 0..2 {
                let group = both[(index + round) % 2];
                let (slot, store) = (&slot, &store);
                scope.spawn(move || slot.save(store, group).unwrap());
            }
        });
        assert_eq!(names(&store), ["mine"]);
    }
}

#[test]
fn saved_experiments_keep_their_file_and_their_name() {
    let (_folder, store) = store();
    let slot = SaveSlot::default();
    let file = slot.save(&store, &group("mine", 100)).unwrap();
    assert_eq!(slot.save(&store, &group("", 100)).unwrap(), None);
    assert_eq!(names(&store), ["mine"]);
    let opened = SaveSlot::of(file.clone().unwrap_or_default());
    assert_eq!(opened.save(&store, &group("other", 100)).unwrap(), file);
    assert_eq!(names(&store), ["other"]);
}
