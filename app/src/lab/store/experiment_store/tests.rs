//! Tests of the shelf.

use std::sync::Arc;

use super::*;
use crate::lab::analysis::experiment::{Experiment, ExperimentState};
use crate::lab::analysis::summary::tests::run;
use crate::lab::plan::experiment_plan::tests::plan;
use crate::lab::plan::sweep::Variable;

fn kept(name: &str, made_secs: u64) -> Kept {
    let mut experiment = Experiment::new(plan(Variable::Connections(vec![1, 5])));
    experiment.made_secs = made_secs;
    experiment.extend([run(1, 4.0), run(5, 1.0)]);
    experiment.state = ExperimentState::Finished;
    Kept {
        name: name.to_owned(),
        experiments: vec![Arc::new(experiment)],
    }
}

fn shelf() -> (tempfile::TempDir, Shelf) {
    let folder = tempfile::tempdir().unwrap();
    let shelf = Shelf::new(folder.path().join("experiments"));
    (folder, shelf)
}

fn names(shelf: &Shelf) -> Vec<String> {
    let items = shelf.contents().unwrap().items.into_iter();
    items.map(|item| item.label().to_owned()).collect()
}

#[test]
fn what_is_kept_is_listed_opened_renamed_and_removed() {
    let (_folder, shelf) = shelf();
    assert!(names(&shelf).is_empty(), "there is no folder yet");
    let file = shelf.keep(&kept("", 100)).unwrap();
    let other = shelf.keep(&kept("  my\nother ", 100)).unwrap();
    assert_ne!(file, other);
    assert_eq!(names(&shelf), ["my other", "Data.jpg by connections"]);
    shelf.rename(&file, "the first").unwrap();
    let opened = shelf.open(&file).unwrap();
    assert_eq!(opened.name, "the first");
    assert_eq!(opened.experiments[0].summaries.len(), 2);
    shelf.remove(&other).unwrap();
    shelf.remove(&other).unwrap();
    assert_eq!(names(&shelf), ["the first"]);
}

#[test]
fn only_the_oldest_without_a_name_go() {
    let (_folder, shelf) = shelf();
    shelf.keep(&kept("named", 1)).unwrap();
    for made in 2..UNNAMED as u64 + 5 {
        shelf.keep(&kept("", made)).unwrap();
    }
    let contents = shelf.contents().unwrap();
    assert_eq!(contents.items.len(), UNNAMED + 1);
    assert_eq!(contents.items[0].made_secs, UNNAMED as u64 + 4);
    assert_eq!(contents.items.last().map(Item::label), Some("named"));
}

#[test]
fn a_broken_file_is_set_aside_and_stops_nothing() {
    let (folder, shelf) = shelf();
    let good = shelf.keep(&kept("good", 5)).unwrap();
    let at = folder.path().join("experiments");
    fs::write(at.join("1.json"), "{ \"name\": \"half").unwrap();
    fs::write(at.join("2.json"), [0xFF, 0xFE, 0x00]).unwrap();
    fs::write(at.join("notes.txt"), "not ours").unwrap();
    let contents = shelf.contents().unwrap();
    assert_eq!((contents.items.len(), contents.set_aside), (1, 2));
    assert_eq!(shelf.contents().unwrap().set_aside, 0);
    assert!(at.join("1.json.broken").is_file() && at.join("notes.txt").is_file());
    // Broken within: only opening it shows that.
    let text = fs::read_to_string(at.join(&good)).unwrap();
    fs::write(
        at.join(&good),
        text.replace("\"rounds\": 3", "\"rounds\": 0"),
    )
    .unwrap();
    let words = shelf.open(&good).unwrap_err().to_string();
    assert!(words.contains("rounds") && words.contains(&good), "{words}");
    assert!(names(&shelf).is_empty() && at.join(format!("{good}.broken")).is_file());
}

#[test]
fn several_side_by_side_are_one_item() {
    let (_folder, shelf) = shelf();
    let mut both = kept("", 7);
    both.experiments.push(Arc::clone(&both.experiments[0]));
    let file = shelf.keep(&both).unwrap();
    assert_eq!(names(&shelf), ["Data.jpg by connections, 2 side by side"]);
    assert_eq!(shelf.open(&file).unwrap().experiments.len(), 2);
}

#[test]
fn what_is_imported_may_lie_anywhere_and_is_named_when_it_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("there.json");
    let words = |path: &Path| import(path).unwrap_err().to_string();
    assert!(words(&path).contains("there.json"));
    fs::write(&path, "[1, 2]").unwrap();
    assert!(words(&path).contains("does not hold an experiment"));
    fs::write(&path, to_json(&kept("x", 1)).unwrap()).unwrap();
    assert_eq!(import(&path).unwrap().name, "x");
}
