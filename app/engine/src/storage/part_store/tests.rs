//! Tests of the decision between own and foreign files. Other systems have neither modes nor links.
#![cfg(unix)]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use tempfile::TempDir;

use super::*;
use crate::storage::journal::tests::journal;

const LEN: u64 = 900;

/// A folder with what a killed run has left: a part file and its journal.
struct Left {
    folder: TempDir,
    paths: Paths,
}

impl Left {
    /// Returns what a killed run has left. `change` edits the journal before it is sealed.
    fn new(change: impl FnOnce(&mut Journal)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::new(folder.path().join("x"));
        let part = PartFile::create(&paths.part, Some(LEN)).unwrap();
        part.write_at(0, &[7; LEN as usize]).unwrap();
        let mut journal = journal(LEN, vec![(0, 2)]);
        journal.part = part.prepare().unwrap();
        change(&mut journal);
        let journal_file = JournalFile::new(paths.journal.clone());
        drop(journal_file.create(&journal, false).unwrap());
        part.name_part(&paths.part).unwrap();
        Self { folder, paths }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn set_mode(&self, path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Returns the part file that a run of the same command resumes, and the notices.
    fn find(&self) -> (Option<PartStore>, Vec<String>) {
        let notices = RefCell::new(Vec::new());
        let lookup = Lookup {
            is_ours: &|_| true,
            beside_finished: false,
            restart: false,
            notice: &|notice| notices.borrow_mut().push(notice),
        };
        let found = find(&lookup, &self.paths.target).unwrap();
        (found.map(|(store, _)| store), notices.into_inner())
    }

    /// Returns the content of every regular file, and the target of every link.
    fn content(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(self.folder.path()).unwrap().flatten();
        let content = |entry: fs::DirEntry| {
            let kind = entry.file_type().unwrap();
            let bytes = match (kind.is_file(), fs::read_link(entry.path())) {
                (true, _) => fs::read(entry.path()).unwrap(),
                (false, Ok(target)) => target.into_os_string().into_encoded_bytes(),
                (false, Err(_)) => Vec::new(),
            };
            (entry.file_name().into_string().unwrap(), bytes)
        };
        entries.map(content).collect()
    }

    /// Asserts that nothing is resumed, and that neither a new run nor a discard changes any file.
    fn is_left_alone(&self, case: &str) {
        let before = self.content();
        assert!(self.find().0.is_none(), "{case}");
        discard(&self.paths, |_| true);
        assert!(!is_unfinished(&self.paths), "{case}");
        assert_eq!(self.content(), before, "{case}");
        let created = create(&self.paths.target, Some(LEN), false).unwrap();
        assert_eq!(created.paths.target, self.at("x (1)"), "{case}");
    }
}

#[test]
fn a_part_file_with_its_journal_is_resumed_or_discarded() {
    let left = Left::new(|_| {});
    let found = left.find().0.unwrap();
    assert!(found.file.is_part());
    assert!(!is_unfinished(&left.paths), "it is in use");
    drop(found);
    assert!(is_unfinished(&left.paths));
    discard(&left.paths, |_| false);
    assert_eq!(left.content().len(), 2);
    discard(&left.paths, |_| true);
    assert_eq!(left.content().len(), 0);
}

/// Changes a file after the run that was killed.
type Change = fn(&Left);

/// The journal is right in each case; the part file is not the one that it belongs to, or other users can
/// have changed it.
#[test]
fn a_part_file_that_others_can_have_changed_is_left_alone() {
    let cases: [(&str, Change); 10] = [
        ("exchanged", |left| {
            fs::write(left.at("y"), [8; LEN as usize]).unwrap();
            fs::rename(left.at("y"), &left.paths.part).unwrap();
        }),
        ("for all", |left| left.set_mode(&left.paths.part, 0o666)),
        ("group", |left| left.set_mode(&left.paths.part, 0o620)),
        ("others", |left| left.set_mode(&left.paths.part, 0o602)),
        ("shorter", |left| {
            let part = File::options().write(true).open(&left.paths.part);
            part.unwrap().set_len(LEN - 1).unwrap();
        }),
        ("longer", |left| {
            let part = File::options().write(true).open(&left.paths.part);
            part.unwrap().set_len(LEN + 1).unwrap();
        }),
        ("linked", |left| {
            fs::hard_link(&left.paths.part, left.at("other")).unwrap();
        }),
        ("a link to it", |left| {
            fs::rename(&left.paths.part, left.at("other")).unwrap();
            symlink("other", &left.paths.part).unwrap();
        }),
        ("a folder", |left| {
            fs::rename(&left.paths.part, left.at("other")).unwrap();
            fs::create_dir(&left.paths.part).unwrap();
        }),
        ("the journal linked", |left| {
            fs::hard_link(&left.paths.journal, left.at("other")).unwrap();
        }),
    ];
    for (case, change) in cases {
        let left = Left::new(|_| {});
        change(&left);
        left.is_left_alone(case);
    }
    let foreign = Left::new(|journal| journal.part.owner += 1);
    foreign.is_left_alone("another owner");
    // The two links of an unfinished file are not the end of a download.
    let linked = Left::new(|_| {});
    fs::hard_link(&linked.paths.part, &linked.paths.target).unwrap();
    linked.is_left_alone("not verified");
}

#[test]
fn files_that_only_look_like_a_part_file_are_left_alone_with_one_notice() {
    for journal in [
        "{\"version\":2,\"source\":\"http://h/x\"}",
        "mine",
        "",
        "{\"version\":3,\"source\":\"http://h/x\",\"code\":\"00\"}",
    ] {
        let left = Left::new(|_| {});
        fs::write(&left.paths.journal, journal).unwrap();
        fs::copy(&left.paths.part, left.at("x (1).part")).unwrap();
        let notices = left.find().1;
        assert_eq!(notices.len(), 1, "{journal}: {notices:?}");
        assert!(notices[0].contains("x.part"), "{notices:?}");
        let before = left.content();
        discard(&left.paths, |_| true);
        assert_eq!(left.content(), before);
    }
}

/// Killed between the final name and the deletion of the part file. The file has the mode of a finished
/// one by then, and with some umasks the group or others may write that.
#[test]
fn a_finished_file_with_both_names_is_found_whatever_its_mode() {
    for mode in [0o600, 0o644, 0o664, 0o666] {
        for name in ["x", "x (1)"] {
            let left = Left::new(|journal| journal.is_verified = true);
            if name != "x" {
                fs::write(left.at("x"), "of the user").unwrap();
            }
            fs::hard_link(&left.paths.part, left.at(name)).unwrap();
            left.set_mode(&left.at(name), mode);
            let found = left.find().0.unwrap();
            assert!(found.file.is_final(), "{mode:o}");
            assert!(left_beside(&found.file, &found.journal, &found.paths).is_empty());
            assert!(!left.paths.part.exists() && !left.paths.journal.exists());
            assert_eq!(fs::read(left.at(name)).unwrap(), [7; LEN as usize]);
        }
    }
}

/// The second link of a verified file is not its final name.
#[test]
fn a_verified_file_with_another_link_is_left_alone() {
    let left = Left::new(|journal| journal.is_verified = true);
    fs::hard_link(&left.paths.part, left.at("other")).unwrap();
    left.set_mode(&left.paths.part, 0o666);
    left.is_left_alone("linked elsewhere");
}
