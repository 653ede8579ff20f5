//! The values that a lesson varies.

use super::table::Entry;
use super::{LessonError, MAX_CONNECTIONS, SIZES, Varied};
use std::ops::RangeInclusive;

/// Range of the number of values.
const COUNT: RangeInclusive<usize> = 2..=12;

/// Reads the values, in ascending order.
pub(super) fn read(entry: &Entry<'_>, varied: Varied) -> Result<Vec<f64>, LessonError> {
    let (least, most) = (COUNT.start(), COUNT.end());
    let expected = || entry.refused(format!("an array of {least} to {most} numbers"));
    let elements = entry.elements().ok_or_else(expected)?;
    if !COUNT.contains(&elements.len()) {
        return Err(expected());
    }
    let mut values: Vec<f64> = Vec::new();
    for element in elements {
        let number = value(&element, varied)?;
        if values.last().is_some_and(|last| number <= *last) {
            return Err(element.refused("larger than the value before it"));
        }
        values.push(number);
    }
    Ok(values)
}

/// Reads one value of the quantity.
pub(super) fn value(entry: &Entry<'_>, varied: Varied) -> Result<f64, LessonError> {
    match varied {
        Varied::Connections => Ok(entry.count(1..=MAX_CONNECTIONS)? as f64),
        Varied::FileSize => Ok(entry.size(SIZES)? as f64),
        Varied::Link(field) if field.whole => {
            Ok(entry.count(field.min as u64..=field.max as u64)? as f64)
        }
        Varied::Link(field) => entry.number(field.min..=field.max),
    }
}
