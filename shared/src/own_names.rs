//! Names of the program's own files: part files and journals.

use crate::visible_text::is_hidden;

/// Endings of the names of part files and journals, in lower case.
pub const OWN_SUFFIXES: [&str; 3] = [".part", ".lanes", ".lanes.new"];

/// Returns whether a name ends as the program's own files do, in any case. Some file systems ignore the
/// case, the dots and spaces at the end, and characters that are not seen.
///
/// # Examples
/// ```
/// use lanes_shared::own_names::has_own_suffix;
///
/// assert!(has_own_suffix("folder/app.bin.PART"));
/// assert!(has_own_suffix("app.bin.lane\u{17f}. "));
/// assert!(!has_own_suffix("app.part.bin"));
/// ```
pub fn has_own_suffix(name: &str) -> bool {
    let folded: String = name
        .trim_end_matches(|c| c == '.' || c == ' ' || is_hidden(c))
        .chars()
        .filter(|c| !is_hidden(*c))
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect();
    OWN_SUFFIXES.iter().any(|suffix| folded.ends_with(suffix))
}
