//! "Did you mean …": suggests similar names from the catalogue for a file that does not exist.

use lanes_shared::sample;

use lanes_engine::Source;

/// Largest number of suggestions.
const MAX_SUGGESTIONS: usize = 3;

/// Appends similar names of the server's catalogue to an error about a missing file.
pub(super) fn with_suggestions(reason: &str, source: &Source) -> String {
    let Source::Lanes { server, name } = source else {
        return reason.to_owned();
    };
    if sample::len_of(name).is_some() {
        return reason.to_owned();
    }
    let names: Vec<String> = match lanes_engine::list_server_files(server) {
        Ok(entries) => entries.into_iter().map(|entry| entry.name).collect(),
        Err(_) => return reason.to_owned(),
    };
    if names.contains(name) {
        return reason.to_owned();
    }
    match &similar(name, &names)[..] {
        [] => format!("{reason}; `lanes list lanes://{server}` lists its files"),
        [only] => format!("{reason}; did you mean {only}?"),
        [most @ .., last] => {
            format!("{reason}; did you mean {} or {last}?", most.join(", "))
        }
    }
}

/// Returns the names most similar to `missing`, the most similar first.
fn similar<'a>(missing: &str, names: &'a [String]) -> Vec<&'a str> {
    let missing = missing.to_lowercase();
    let mut candidates: Vec<(usize, &str)> = names
        .iter()
        .filter_map(|name| Some((difference(&missing, &name.to_lowercase())?, name.as_str())))
        .collect();
    candidates.sort_unstable();
    candidates
        .into_iter()
        .take(MAX_SUGGESTIONS)
        .map(|(_, name)| name)
        .collect()
}

/// Returns the edit distance of two names in lower case; `None` if they are too different for a
/// suggestion.
fn difference(missing: &str, name: &str) -> Option<usize> {
    let distance = edit_distance(missing, name);
    let is_close = distance <= (missing.chars().count() / 3).max(2);
    let is_part =
        missing.chars().count() >= 3 && (name.contains(missing) || missing.contains(name));
    (is_close || is_part).then_some(distance)
}

/// Returns the smallest number of insertions, deletions and replacements that turn `a` into `b`
/// (Levenshtein 1966), computed row by row.
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
    fn distances_are_correct() {
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
    fn similar_names_are_suggested_and_different_ones_are_not() {
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
