//! Unfinished files of other download programs: finds the state beside the data, and reads which bytes are
//! present.
//!
//! Start with [`found_file`]. Each layout has a parser of its own without I/O, which takes the length of the
//! file at the server and returns [`claim::Runs`]: it claims no byte that the state does not, and a state that
//! does not add up is an error rather than a guess. The layouts are those of the programs' sources.
//!
//! Nothing here writes: the data and the state stay as they are. The bytes are copied into a part file of
//! Lanes, where the transfer compares some of each run with the server's, as it does on every resume.

mod aria2;
mod axel;
pub(crate) mod claim;
pub(crate) mod error;
pub(crate) mod found_file;
mod ipull;
mod lftp;
