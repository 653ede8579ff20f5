//! Finds the pieces of a whole file that came wrong, and strikes them from the books, so that another
//! round fetches them and nothing else.

use std::io;

use crate::model::piece_hashes::PieceHashes;
use crate::storage::download_file::OpenDownload;
use crate::storage::file_checksum::ChecksumHasher;
use crate::transfer::shared::Transfer;

/// How many pieces are called by their number.
const MAX_NAMED: usize = 5;

/// Strikes the pieces that do not have their hash. Returns which they are, in words; `None` when
/// each is right, or there are no hashes of pieces.
pub(crate) fn strike_wrong(
    transfer: &Transfer,
    active: &OpenDownload,
) -> io::Result<Option<String>> {
    let Some(pieces) = &transfer.request.pieces else {
        return Ok(None);
    };
    let wrong = wrong(pieces, active)?;
    if wrong.is_empty() {
        return Ok(None);
    }
    for index in &wrong {
        active.invalidate(&pieces.bytes_of(*index, active.info.len));
    }
    let hosts = transfer.sites.demote_suspects(&wrong);
    Ok(Some(in_words(&wrong, pieces, &hosts)))
}

fn wrong(pieces: &PieceHashes, active: &OpenDownload) -> io::Result<Vec<usize>> {
    let mut checker = ChecksumHasher::new(&active.file);
    let mut wrong = Vec::new();
    for (index, hash) in pieces.hashes().iter().enumerate() {
        if !checker.matches(&pieces.bytes_of(index, active.info.len), hash)? {
            wrong.push(index);
        }
    }
    Ok(wrong)
}

fn in_words(wrong: &[usize], pieces: &PieceHashes, hosts: &[String]) -> String {
    let named: Vec<String> = wrong
        .iter()
        .take(MAX_NAMED)
        .map(|index| (index + 1).to_string())
        .collect();
    let (all, name) = (pieces.count(), pieces.name());
    let which = match &named[..] {
        [only] => format!("piece {only} of {all} does not have its {name} hash"),
        [most @ .., last] if wrong.len() <= MAX_NAMED => {
            let most = most.join(", ");
            format!("pieces {most} and {last} of {all} do not have their {name} hashes")
        }
        _ => {
            let (number, first) = (wrong.len(), named.join(", "));
            format!("{number} of {all} pieces ({first}, …) do not have their {name} hashes")
        }
    };
    match hosts {
        [] => which,
        hosts => format!("{which} (from {})", hosts.join(" and ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::checksum::Checksum;

    #[test]
    fn wrong_pieces_are_named_from_one_on() {
        let pieces = PieceHashes::new(10, vec![Checksum::Sha256([0; 32]); 9]).unwrap();
        let words = |wrong: &[usize]| in_words(wrong, &pieces, &[]);
        assert_eq!(words(&[2]), "piece 3 of 9 does not have its SHA-256 hash");
        assert_eq!(
            words(&[0, 1, 8]),
            "pieces 1, 2 and 9 of 9 do not have their SHA-256 hashes"
        );
        assert_eq!(
            words(&[0, 1, 2, 3, 4, 5]),
            "6 of 9 pieces (1, 2, 3, 4, 5, …) do not have their SHA-256 hashes"
        );
        assert!(in_words(&[2], &pieces, &["h".into()]).ends_with("hash (from h)"));
    }
}
