use std::fs;

use super::*;
use crate::storage::part_paths::Paths;

#[test]
fn a_file_gets_its_length_with_its_name_and_the_usual_mode_with_the_final_one() {
    let dir = tempfile::tempdir().unwrap();
    let plain = dir.path().join("plain");
    fs::write(&plain, "x").unwrap();
    let paths = Paths::new(dir.path().join("x"));
    let staged = || {
        let staged = StagedFile::create(&paths.part, ".part").unwrap();
        PartFile::new(staged.file, Name::Staged(staged.path), Some(9))
    };
    let unnamed = || PartFile::create(&paths.part, Some(9)).unwrap();
    let creates: [&dyn Fn() -> PartFile; 2] = [&unnamed, &staged];
    for create in creates {
        let part = create();
        part.write_at(3, b"abc").unwrap();
        let record = part.prepare().unwrap();
        part.name_part(&paths.part).unwrap();
        let meta = fs::metadata(&paths.part).unwrap();
        assert_eq!((meta.len(), record.open_mode), (9, 0));
        #[cfg(unix)]
        assert_eq!(own_file::mode(&meta), 0o600);
        let (path, _) = part.move_to_final_name(&paths.target, &|_| Ok(())).unwrap();
        part.remove_part(&paths.part).unwrap();
        let mode = |path: &Path| own_file::mode(&fs::metadata(path).unwrap());
        assert_eq!(mode(&path), mode(&plain));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_file_with_a_staged_name_is_deleted_unless_it_gets_another() {
    let dir = tempfile::tempdir().unwrap();
    let staged = StagedFile::create(&dir.path().join("x.part"), ".part").unwrap();
    let part = PartFile::new(staged.file, Name::Staged(staged.path), Some(9));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    drop(part);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_file_is_marked_under_its_present_name() {
    let dir = tempfile::tempdir().unwrap();
    let paths = Paths::new(dir.path().join("x"));
    let staged = StagedFile::create(&paths.part, ".part").unwrap();
    let staged_path = staged.path.clone();
    let part = PartFile::new(staged.file, Name::Staged(staged.path), Some(0));
    assert_eq!(part.present_path(), Some(staged_path));
    part.prepare().unwrap();
    part.name_part(&paths.part).unwrap();
    assert_eq!(part.present_path(), Some(paths.part.clone()));
    part.move_to_final_name(&paths.target, &|_| Ok(())).unwrap();
    assert_eq!(part.present_path(), Some(paths.target));
    if let Ok(unnamed) = PartFile::create_unnamed(dir.path(), None) {
        assert_eq!(unnamed.present_path(), None);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_flush_that_failed_fails_again() {
    // A pipe cannot be flushed.
    let (_reader, writer) = io::pipe().unwrap();
    let file = File::from(std::os::fd::OwnedFd::from(writer));
    let part = PartFile::new(file, Name::None, None);
    assert!(part.flush().is_err() && part.has_flush_failed());
    assert!(part.flush().is_err());
}
