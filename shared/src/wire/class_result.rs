//! The payload of a RESULT.

use super::WireError;
use super::cursor::{Reader, put_text};
use crate::class_result::{ClassMode, ClassPoint, ClassResult, Varied};

/// Version of the layout: the first byte, so that a later layout is refused and not misread.
const LAYOUT: u8 = 1;

/// Appends the payload.
pub(super) fn put(out: &mut Vec<u8>, result: &ClassResult) {
    out.push(LAYOUT);
    put_text(out, &result.name);
    put_text(out, &result.file);
    out.extend_from_slice(&result.file_len.to_le_bytes());
    out.push(result.mode as u8);
    out.push(result.varied as u8);
    out.extend_from_slice(&result.connections.to_le_bytes());
    out.extend_from_slice(&result.packet_len.to_le_bytes());
    put_text(out, &result.link);
    out.extend_from_slice(&(result.points.len() as u16).to_le_bytes());
    for point in &result.points {
        out.extend_from_slice(&point.value.to_le_bytes());
        put_text(out, &point.label);
        out.extend_from_slice(&point.runs.to_le_bytes());
        out.extend_from_slice(&point.failed.to_le_bytes());
        for time in [point.median_us, point.min_us, point.max_us] {
            out.extend_from_slice(&time.to_le_bytes());
        }
    }
}

/// Reads the payload and checks its bounds.
pub(super) fn read(r: &mut Reader<'_>) -> Result<ClassResult, WireError> {
    if r.u8()? != LAYOUT {
        return Err(r.invalid("layout"));
    }
    let mut result = ClassResult {
        name: r.text("name")?,
        file: r.text("file name")?,
        file_len: r.u64()?,
        mode: code(r, &ClassMode::ALL, "mode")?,
        varied: code(r, &Varied::ALL, "varied quantity")?,
        connections: r.u16()?,
        packet_len: r.u32()?,
        link: r.text("link")?,
        points: Vec::new(),
    };
    // A value takes at least 42 bytes, so a wrong count fails before it allocates memory.
    let count = r.u16()?;
    result.points = (0..count).map(|_| point(r)).collect::<Result<_, _>>()?;
    result.check().map_err(|error| r.invalid(error.0))?;
    Ok(result)
}

fn point(r: &mut Reader<'_>) -> Result<ClassPoint, WireError> {
    Ok(ClassPoint {
        value: r.u64()?,
        label: r.text("label")?,
        runs: r.u32()?,
        failed: r.u32()?,
        median_us: r.u64()?,
        min_us: r.u64()?,
        max_us: r.u64()?,
    })
}

/// Reads a code: the index of a value.
fn code<T: Copy>(r: &mut Reader<'_>, all: &[T], field: &'static str) -> Result<T, WireError> {
    let index = usize::from(r.u8()?);
    all.get(index).copied().ok_or_else(|| r.invalid(field))
}
