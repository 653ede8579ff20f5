//! The lessons of the program.

use super::Lesson;

/// A lesson of the program.
#[derive(Debug, Clone, Copy)]
pub struct Builtin {
    /// Id for the command line, in kebab-case.
    pub id: &'static str,
    /// The lesson as TOML.
    pub toml: &'static str,
}

macro_rules! lessons {
    ($($id:literal),* $(,)?) => {
        [$(Builtin {
            id: $id,
            toml: include_str!(concat!("../../../assets/lessons/", $id, ".toml")),
        }),*]
    };
}

/// All lessons, in the order of teaching.
pub const ALL: [Builtin; 8] = lessons![
    "slow-start",
    "window",
    "random-loss",
    "fairness",
    "caps",
    "bufferbloat",
    "bbr",
    "too-many",
];

impl Builtin {
    /// Returns the lesson.
    pub fn lesson(&self) -> Option<Lesson> {
        // A test parses each of them.
        Lesson::from_toml(self.toml).ok()
    }
}

/// Returns the lesson with this id.
pub fn lesson(id: &str) -> Option<Lesson> {
    ALL.iter().find(|one| one.id == id)?.lesson()
}
