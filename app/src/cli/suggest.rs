//! "Did you mean …": names of a catalogue that look like one that is not in it.

use lanes_shared::sample;

use lanes_engine;
use lanes_engine::Source;

/// How many names are suggested at most.
const MOST: usize = 3;

/// The refusal of a server that has no such file, and the names it has that look like it.
pub(super) fn with_suggestions(reason: &str, source: &Source) -> String {
    let Source::Lanes { server, name } = source else {
        return reason.to_owned();
    };
    if sample::len_of(name).is_some() {
        return reason.to_owned();
    }
    let names: Vec<String> = match lanes_engine::list(server) {
        Ok(entries) => entries.into_iter().map(|entry| entry.name).collect(),
        Err(_) => return reason.to_owned(),
    };
    if names.contains(name) {
        return reason.to_owned();
    }
    match &similar(name, &names)[..] {
        [] => format!("{reason}; `lanes list lanes://{server}` shows what it has"),
        [only] => format!("{reason}; did you mean {only}?"),
        [most @ .., last] => {
            format!("{reason}; did you mean {} or {last}?", most.join(", "))
        }
    }
}

/// The names that look most like `wanted`, the likeliest first.
fn similar<'a>(wanted: &str, names: &'a [String]) -> Vec<&'a str> {
    let wanted = wanted.to_lowercase();
    let mut likely: Vec<(usize, &str)> = names
        .iter()
        .filter_map(|name| Some((unlikeness(&wanted, &name.to_lowercase())?, name.as_str())))
        .collect();
    likely.sort_unstable();
    likely
        .into_iter()
        .take(MOST)
        .map(|(_, name)| name)
        .collect()
}

/// How unlike two names in small letters are; `None` when nobody would mistake one for the other.
fn unlikeness(wanted: &str, name: &str) -> Option<usize> {
    let distance = edit_distance(wanted, name);
    let within = distance <= (wanted.chars().count() / 3).max(2);
    let part = wanted.chars().count() >= 3 && (name.contains(wanted) || wanted.contains(name));
    (within || part).then_some(distance)
}

/// The least number of letters to insert, delete or replace that makes `a` into `b` (Levenshtein
/// 1966), row by row.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn distances_are_known() {
        for (a, b, distance) in [
            ("", "", 0),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("flaw", "lawn", 2),
            ("Zürich", "Zurich", 1),
        ] {
            assert_eq!(edit_distance(a, b), distance, "{a} {b}");
        }
    }

    #[test]
    fn likely_names_come_first_and_unlikely_ones_not_at_all() {
        let names = ["Data.jpg", "Data-small.jpg", "notes.txt", "sample-1GiB.bin"];
        let names = names.map(str::to_owned);
        assert_eq!(similar("data.jpeg", &names), ["Data.jpg"]);
        assert_eq!(similar("Dta.jpg", &names), ["Data.jpg"]);
        assert_eq!(similar("Data", &names), ["Data.jpg", "Data-small.jpg"]);
        assert_eq!(similar("quux.iso", &names), [""; 0]);
    }

    proptest! {
        #[test]
        fn a_distance_is_a_metric(a in ".{0,12}", b in ".{0,12}", c in ".{0,12}") {
            prop_assert_eq!(edit_distance(&a, &a), 0);
            prop_assert_eq!(edit_distance(&a, &b), edit_distance(&b, &a));
            let detour = edit_distance(&a, &c) + edit_distance(&c, &b);
            prop_assert!(edit_distance(&a, &b) <= detour);
        }
    }
}
