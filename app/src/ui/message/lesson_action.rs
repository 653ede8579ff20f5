//! Actions of the Lessons screen.

use std::sync::Arc;

use lanes_engine::CancelToken;
use lanes_shared::lesson::Lesson;
use lanes_shared::link::LinkProfile;

/// An action of the Lessons screen.
pub(crate) enum LessonAction {
    /// Simulates curves of a lesson until cancelled.
    Run(LessonRun),
    /// Opens a lesson from a file; the path as typed.
    Open(String),
    /// Shows the Compare screen with this link and a file of this name of the local server.
    Compare(Box<LinkProfile>, String),
}

/// A request to simulate curves of a lesson.
pub(crate) struct LessonRun {
    /// Identifies the lesson on the screen.
    pub key: u64,
    /// The lesson.
    pub lesson: Arc<Lesson>,
    /// Indices of the curves.
    pub curves: Vec<usize>,
    /// Ends the simulation.
    pub cancel: CancelToken,
}
