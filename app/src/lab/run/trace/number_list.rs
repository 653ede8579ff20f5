//! Serde format of a list of numbers: one string with spaces in between. Pretty-printed JSON would
//! otherwise have one line for each of ten thousand numbers.

use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

pub(crate) fn serialize<S: Serializer>(numbers: &[u64], to: S) -> Result<S::Ok, S::Error> {
    let texts: Vec<String> = numbers.iter().map(u64::to_string).collect();
    to.serialize_str(&texts.join(" "))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u64>, D::Error> {
    let text = String::deserialize(from)?;
    let number = |text: &str| {
        text.parse()
            .map_err(|_| D::Error::custom(format!("`{text}` is not a whole number")))
    };
    text.split_whitespace().map(number).collect()
}
