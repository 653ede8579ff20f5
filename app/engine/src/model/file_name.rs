//! Safe file names: names from servers and Metalink files are untrusted.

use lanes_shared::own_names::has_own_suffix;
use lanes_shared::visible_text::is_hidden;

/// Longest file name in bytes, the limit of most file systems.
const MAX_NAME_LEN: usize = 255;

/// Returns `name` as a file name that is safe on every system.
///
/// Removes folders, control characters, characters that some system reserves, characters that are not
/// seen or change the reading direction, leading dots, and trailing dots and spaces. Puts an underscore
/// before the name of a Windows device, before a hyphen that a command would take for an option, and
/// behind a name that ends as the program's own files do: such a file would be taken for the part file or
/// the journal of another download. An empty name becomes `download`.
///
/// # Examples
/// ```
/// use lanes_engine::safe_name;
///
/// assert_eq!(safe_name("../../etc/passwd"), "passwd");
/// assert_eq!(safe_name("a/b/report?.pdf"), "report.pdf");
/// assert_eq!(safe_name("nul.txt"), "_nul.txt");
/// assert_eq!(safe_name(".."), "download");
/// assert_eq!(safe_name("app.bin.part"), "app.bin.part_");
/// ```
pub fn safe_name(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let reserved = |c: char| c.is_control() || matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*');
    let kept: String = base
        .chars()
        .filter(|c| !reserved(*c) && !is_hidden(*c))
        .collect();
    let kept = kept
        .trim_start_matches(['.', ' '])
        .trim_end_matches(['.', ' ']);
    let stem = kept
        .split('.')
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_ascii_uppercase();
    let numbered = |device: &str| {
        let digit = stem.strip_prefix(device);
        // Windows takes superscript digits for digits here.
        digit.is_some_and(|digit| {
            let mut chars = digit.chars();
            matches!(
                (chars.next(), chars.next()),
                (Some('0'..='9' | '¹' | '²' | '³'), None)
            )
        })
    };
    let device = matches!(
        stem.as_str(),
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$"
    );
    let name = match kept {
        "" => "download".to_owned(),
        _ if device || numbered("COM") || numbered("LPT") || kept.starts_with('-') => {
            shorten(&format!("_{kept}"), 0)
        }
        _ => shorten(kept, 0),
    };
    match has_own_suffix(&name) {
        // A shorter name may end in such a way again, but not before the underscore.
        true => format!("{}_", shorten(&name, 1)),
        false => name,
    }
}

/// Truncates a name to the longest allowed, less `room` bytes, and keeps its extension.
fn shorten(name: &str, room: usize) -> String {
    let max = MAX_NAME_LEN - room;
    if name.len() <= max {
        return name.to_owned();
    }
    let (stem, extension) = split_extension(name);
    let extension = if extension.len() > 20 { "" } else { extension };
    let end = stem.floor_char_boundary(max - extension.len());
    let name = format!("{}{extension}", &stem[..end]);
    // The cut may have left a dot or a space at the end.
    name.trim_end_matches(['.', ' ']).to_owned()
}

/// Splits a name into its stem and its extension with the dot.
pub(crate) fn split_extension(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 => name.split_at(at),
        _ => (name, ""),
    }
}

/// Returns whether a name has the extension of a Metalink file.
pub fn is_metalink_name(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|extension| {
        ["meta4", "metalink"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn untrusted_names_are_made_safe() {
        for (name, safe) in [
            ("Data.jpg", "Data.jpg"),
            ("a/b/c.txt", "c.txt"),
            ("../../etc/passwd", "passwd"),
            ("C:\\x\\y.exe", "y.exe"),
            ("..", "download"),
            (".bashrc", "bashrc"),
            ("a\0b\n?.txt", "ab.txt"),
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("COM1.log", "_COM1.log"),
            ("COMET.log", "COMET.log"),
            ("name. . ", "name"),
            ("txt.\u{202e}gpj.exe", "txt.gpj.exe"),
            (
                "a\u{200b}\u{feff}\u{ad}\u{61c}.\u{e0041}txt\u{2028}",
                "a.txt",
            ),
            ("\u{200b}.bashrc", "bashrc"),
            ("-rf", "_-rf"),
            ("com¹.txt", "_com¹.txt"),
            ("COM12", "COM12"),
            ("app.bin.part", "app.bin.part_"),
            ("app.bin.LANES", "app.bin.LANES_"),
            ("app.bin.Lanes.New", "app.bin.Lanes.New_"),
            ("app.bin.part. .", "app.bin.part_"),
            ("app.bin.part\u{200b}", "app.bin.part_"),
            ("app.bin.lane\u{17f}", "app.bin.lane\u{17f}_"),
            ("app.bin.pa\u{200d}rt", "app.bin.part_"),
            ("x/.part", "part"),
            ("app.part.bin", "app.part.bin"),
            ("app.part1", "app.part1"),
        ] {
            assert_eq!(safe_name(name), safe, "{name:?}");
        }
    }

    #[test]
    fn metalink_files_are_recognized_by_their_extension() {
        assert!(is_metalink_name("x.iso.meta4") && is_metalink_name("X.METALINK"));
        assert!(!is_metalink_name("meta4") && !is_metalink_name("x.meta4.iso"));
    }

    proptest! {
        #[test]
        fn any_name_becomes_a_safe_file_name(name in ".{0,400}") {
            let safe = safe_name(&name);
            prop_assert!(!safe.is_empty() && safe.len() <= MAX_NAME_LEN);
            prop_assert!(!safe.contains(['/', '\\', '\0']));
            prop_assert!(!safe.starts_with('.'));
        }

        #[test]
        fn no_name_becomes_that_of_an_own_file(stem in ".{0,260}", suffix in "\\.(part|PART|Lanes|lanes\\.new)", end in "[. \u{200b}]{0,3}") {
            let safe = safe_name(&format!("{stem}{suffix}{end}"));
            prop_assert!(!has_own_suffix(&safe) && safe.len() <= MAX_NAME_LEN, "{}", safe);
            prop_assert!(!safe.ends_with(['.', ' ']));
        }
    }
}
