//! The id of one run of the program, as clients read it.

use super::gid::Gid;

/// Returns a random id of 40 hexadecimal digits.
pub(crate) fn random() -> String {
    let last = Gid::random().to_string();
    format!("{}{}{}", Gid::random(), Gid::random(), &last[..8])
}
