use lanes_shared::class_result::{ClassMode, ClassPoint, Varied};

use super::*;

fn result(name: &str, median_us: u64) -> ClassResult {
    ClassResult {
        name: name.to_owned(),
        file: "Data.jpg".to_owned(),
        file_len: 1000,
        mode: ClassMode::Parallel,
        varied: Varied::Connections,
        connections: 0,
        packet_len: 128,
        link: "slow-4g".to_owned(),
        points: vec![ClassPoint {
            value: 4,
            label: String::new(),
            runs: 3,
            failed: 0,
            median_us,
            min_us: 1,
            max_us: u64::from(u32::MAX),
        }],
    }
}

fn addr(last: u16) -> IpAddr {
    IpAddr::from([10, 0, (last >> 8) as u8, last as u8])
}

fn names(list: &ResultCollection) -> Vec<String> {
    let all = list.all();
    all.iter().map(|one| one.result.name.clone()).collect()
}

#[test]
fn a_result_sent_again_replaces_the_earlier_one_and_others_are_listed() {
    let list = ResultCollection::in_memory();
    list.add(addr(1), result("Ada", 5));
    list.add(addr(2), result("Ada", 5));
    let again = list.add(addr(1), result("Ada Lovelace", 5));
    assert_eq!((again.is_replaced, again.kept), (true, 2));
    let other = list.add(addr(1), result("Ada", 6));
    assert_eq!((other.is_replaced, other.kept), (false, 3));
    assert_eq!(names(&list), ["Ada", "Ada Lovelace", "Ada"]);
    list.remove(list.all()[0].number);
    assert_eq!(list.all().len(), 2);
    list.clear();
    assert!(list.all().is_empty());
}

#[test]
fn one_client_cannot_push_out_the_others() {
    let list = ResultCollection::in_memory();
    for student in 1..=30 {
        list.add(addr(student), result(&format!("student {student}"), 5));
    }
    for index in 0..10_000 {
        list.add(addr(99), result("flood", 10 + index));
    }
    assert_eq!(list.all().len(), 30 + MAX_PER_CLIENT);
    // Many addresses fill the list, but each student keeps the result.
    for index in 0..3 * MAX_RESULTS as u16 {
        list.add(
            addr(1000 + index / 4),
            result("flood", 9 + u64::from(index)),
        );
    }
    assert_eq!(list.all().len(), MAX_RESULTS);
    let kept = names(&list);
    let students = kept.iter().filter(|name| name.starts_with("student"));
    assert_eq!(students.count(), 30);
}

#[test]
fn long_results_are_bounded_by_their_size() {
    let list = ResultCollection::in_memory();
    let mut long = result("long", 5);
    long.points[0].label = "\u{10ffff}".repeat(100);
    long.points = vec![long.points[0].clone(); 64];
    for index in 0..MAX_RESULTS as u64 {
        long.points[0].value = index;
        list.add(IpAddr::from([127, 0, 0, 1]), long.clone());
    }
    let all = list.all();
    let size: usize = all.iter().map(|one| one.result.size()).sum();
    assert!((MAX_SIZE / 2..=MAX_SIZE).contains(&size), "{size}");
}

#[test]
fn the_file_has_the_results_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("class.json");
    let list = ResultCollection::open(path.clone()).unwrap();
    list.add(addr(1), result("Ada\u{202e}", 5));
    list.add("::ffff:10.0.0.2".parse().unwrap(), result("Grace", 6));
    drop(list);
    let list = ResultCollection::open(path.clone()).unwrap();
    assert_eq!(names(&list), ["Ada", "Grace"]);
    assert_eq!(list.all()[1].addr, addr(2));
    list.add(addr(3), result("Alan", 7));
    assert_eq!(list.all()[2].number, 3);
    drop(list);
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1, "a temporary file is left");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn the_file_is_written_while_the_list_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("class.json");
    let list = ResultCollection::open(path.clone()).unwrap();
    list.add(addr(1), result("Ada", 5));
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while !std::fs::read_to_string(&path).unwrap().contains("Ada") {
        assert!(std::time::Instant::now() < deadline, "never saved");
        thread::yield_now();
    }
    assert!(list.problem().is_none());
}

#[test]
fn csv_has_a_line_for_each_value_and_no_formulas() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("class.CSV");
    let list = ResultCollection::open(path.clone()).unwrap();
    list.add(addr(1), result("=1+1, \"x\"", 1_500_000));
    drop(list);
    let text = std::fs::read_to_string(&path).unwrap();
    let line = text.lines().nth(1).unwrap();
    let (_, rest) = line.split_once(",10.0.0.1,").unwrap();
    assert_eq!(
        rest,
        "\"'=1+1, \"\"x\"\"\",Data.jpg,1000,parallel,slow-4g,connections,4,,,128,3,0,1.5,0.000001,4294.967295"
    );
    assert_eq!(text.lines().count(), 2);
    let again = ResultCollection::open(path);
    assert!(matches!(again, Err(ResultFileError::Exists(_))));
}

#[test]
fn a_foreign_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("thesis.json");
    for other in [
        "{}",
        "",
        "[1]",
        "not JSON",
        r#"{"version":1,"results":[7]}"#,
    ] {
        std::fs::write(&path, other).unwrap();
        let opened = ResultCollection::open(path.clone());
        assert!(
            matches!(opened, Err(ResultFileError::Foreign(..))),
            "{other}"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), other);
    }
    let nowhere = folder.path().join("none").join("class.json");
    let opened = ResultCollection::open(nowhere);
    assert!(matches!(opened, Err(ResultFileError::Write(..))));
}
