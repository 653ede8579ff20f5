//! A list of numbers as one text with blanks between them: in JSON that is made for people, a line for
//! each of ten thousand numbers would be no help.

use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

pub(crate) fn serialize<S: Serializer>(numbers: &[u64], to: S) -> Result<S::Ok, S::Error> {
    let words: Vec<String> = numbers.iter().map(u64::to_string).collect();
    to.serialize_str(&words.join(" "))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u64>, D::Error> {
    let text = String::deserialize(from)?;
    let number = |word: &str| {
        word.parse()
            .map_err(|_| D::Error::custom(format!("`{word}` is no whole number")))
    };
    text.split_whitespace().map(number).collect()
}
