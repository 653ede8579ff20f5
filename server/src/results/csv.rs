//! Results as CSV: one line for each value of each result.

use std::fmt::Write as _;

use super::collected_result::CollectedResult;

/// Returns the results as CSV (RFC 4180, but with plain line feeds) below a header line. Sizes are in bytes,
/// times in seconds, the time of arrival in seconds since 1970.
pub fn results_to_csv<'a>(results: impl IntoIterator<Item = &'a CollectedResult>) -> String {
    let mut csv = String::from(
        "number,received_secs,client,name,file,file_bytes,mode,link,varied,value,label,connections,\
         packet_bytes,runs,failed,median_secs,min_secs,max_secs\n",
    );
    for one in results {
        write(one, &mut csv);
    }
    csv
}

fn write(one: &CollectedResult, csv: &mut String) {
    let result = &one.result;
    let [name, file, link] = [&result.name, &result.file, &result.link].map(|text| field(text));
    let fixed = |value: u64| {
        if value == 0 {
            String::new()
        } else {
            value.to_string()
        }
    };
    let mode = result.mode.label();
    let varied = result.varied.label();
    let (len, packet) = (fixed(result.file_len), fixed(result.packet_len.into()));
    let connections = fixed(result.connections.into());
    for point in &result.points {
        let [median, min, max] =
            [point.median_us, point.min_us, point.max_us].map(|us| us as f64 / 1e6);
        // Writing to a string cannot fail.
        let _ = writeln!(
            csv,
            "{},{},{},{name},{file},{len},{mode},{link},{varied},{},{},{connections},{packet},{},{},\
             {median},{min},{max}",
            one.number,
            one.at_secs,
            one.addr,
            point.value,
            field(&point.label),
            point.runs,
            point.failed,
        );
    }
}

/// Quotes a text if necessary. A spreadsheet takes a text that begins with one of `=+-@` for a formula, and
/// the name comes from a stranger, so an apostrophe stands before it.
fn field(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@']);
    let text = match is_formula {
        true => format!("'{text}"),
        false => text.to_owned(),
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}
