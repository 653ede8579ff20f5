//! Finds the damaged pieces of a complete file and marks them as missing, so that a further attempt
//! fetches them and nothing else.

use std::io;

use crate::model::piece_hashes::PieceHashes;
use crate::storage::open_download::OpenDownload;
use crate::storage::range_verifier::RangeVerifier;
use crate::transfer::transfer_context::TransferContext;

/// Largest number of pieces that a message lists by number.
const MAX_LISTED: usize = 5;

/// Marks the pieces that do not match their hashes as missing. Returns a message that lists them;
/// `None` if all match, or there are no piece hashes.
pub(crate) fn invalidate_damaged(
    context: &TransferContext,
    active: &OpenDownload,
) -> io::Result<Option<String>> {
    let Some(pieces) = &context.spec.pieces else {
        return Ok(None);
    };
    let damaged = damaged_pieces(pieces, active)?;
    if damaged.is_empty() {
        return Ok(None);
    }
    for index in &damaged {
        active.invalidate(&pieces.bytes_of(*index, active.info.len));
    }
    let hosts = context.mirrors.demote_suspects(&damaged);
    Ok(Some(message(&damaged, pieces, &hosts)))
}

fn damaged_pieces(pieces: &PieceHashes, active: &OpenDownload) -> io::Result<Vec<usize>> {
    let mut hasher = RangeVerifier::new(&active.file);
    let mut damaged = Vec::new();
    for (index, hash) in pieces.hashes().iter().enumerate() {
        if !hasher.matches(&pieces.bytes_of(index, active.info.len), hash)? {
            damaged.push(index);
        }
    }
    Ok(damaged)
}

/// Lists the damaged pieces by number, from 1, and the hosts that delivered them.
fn message(damaged: &[usize], pieces: &PieceHashes, hosts: &[String]) -> String {
    let listed: Vec<String> = damaged
        .iter()
        .take(MAX_LISTED)
        .map(|index| (index + 1).to_string())
        .collect();
    let (count, name) = (pieces.count(), pieces.name());
    let list = match &listed[..] {
        [only] => format!("piece {only} of {count} does not match its {name} hash"),
        [others @ .., last] if damaged.len() <= MAX_LISTED => {
            let others = others.join(", ");
            format!("pieces {others} and {last} of {count} do not match their {name} hashes")
        }
        _ => {
            let (number, first) = (damaged.len(), listed.join(", "));
            format!("{number} of {count} pieces ({first}, …) do not match their {name} hashes")
        }
    };
    match hosts {
        [] => list,
        hosts => format!("{list} (from {})", hosts.join(" and ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::checksum::Checksum;

    #[test]
    fn message_numbers_damaged_pieces_from_one() {
        let pieces = PieceHashes::new(10, vec![Checksum::Sha256([0; 32]); 9]).unwrap();
        let text = |damaged: &[usize]| message(damaged, &pieces, &[]);
        assert_eq!(text(&[2]), "piece 3 of 9 does not match its SHA-256 hash");
        assert_eq!(
            text(&[0, 1, 8]),
            "pieces 1, 2 and 9 of 9 do not match their SHA-256 hashes"
        );
        assert_eq!(
            text(&[0, 1, 2, 3, 4, 5]),
            "6 of 9 pieces (1, 2, 3, 4, 5, …) do not match their SHA-256 hashes"
        );
        assert!(message(&[2], &pieces, &["h".into()]).ends_with("hash (from h)"));
    }
}
