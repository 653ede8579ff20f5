//! Names of keyboard shortcuts, as the system writes them.

use std::borrow::Cow;

/// Returns a text in which shortcuts are named as this system does. Texts name them as Windows and Linux do.
pub(crate) fn localized(text: &str) -> Cow<'_, str> {
    match cfg!(target_vendor = "apple") {
        true => for_apple(text).into(),
        false => text.into(),
    }
}

/// Names the keys by the signs that Apple uses. The shortcuts themselves use the Command key there already.
fn for_apple(text: &str) -> String {
    text.replace("Ctrl+", "⌘").replace("Shift+", "⇧")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apple_writes_the_signs_of_the_keys() {
        assert_eq!(for_apple("Ctrl+1, 2, 3, 4"), "⌘1, 2, 3, 4");
        assert_eq!(for_apple("Shift+Up, Shift+Down"), "⇧Up, ⇧Down");
        assert_eq!(for_apple("F2"), "F2");
    }
}
