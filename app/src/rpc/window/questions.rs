//! Downloads that clients without a token have asked for, until the user answers.

use std::collections::HashMap;
use std::sync::PoisonError;

use lanes_engine::{DownloadId, DownloadSpec};

use super::{State, WindowDownloads};
use crate::rpc::gid::Gid;
use crate::rpc::notify::Event;
use crate::rpc::target;

/// Most downloads that wait for an answer.
pub(super) const MAX_QUESTIONS: usize = 1000;

/// The answer of the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Download,
    Refuse,
}

/// A download that waits for an answer.
pub(crate) struct Question {
    pub(super) gid: Gid,
    pub(super) spec: DownloadSpec,
    pub(super) is_paused: bool,
    pub(super) answer: Option<Answer>,
}

impl Question {
    /// Returns the name of the file and the host that it comes from.
    pub(crate) fn shown(&self) -> (String, String) {
        let source = &self.spec.source;
        (self.spec.file_name().into_owned(), source.host().to_owned())
    }

    /// Returns the link without secrets, the place of the file, and what is sent to the server.
    pub(crate) fn details(&self) -> String {
        let mut lines = vec![self.spec.source.to_string()];
        let (folder, path) = target::of(&self.spec);
        lines.push(format!(
            "To {}",
            if path.as_os_str().is_empty() {
                folder
            } else {
                path.display().to_string()
            }
        ));
        let sent = self.spec.http.sent_names();
        if !sent.is_empty() {
            lines.push(format!("Sends {}", sent.join(", ")));
        }
        lines.join("\n")
    }
}

impl WindowDownloads {
    /// Answers all questions.
    pub(super) fn answer_all(&self, answer: Answer) {
        self.read_questions(|questions| {
            for question in questions {
                question.answer = Some(answer);
            }
        });
        // The thread that follows the engine starts the downloads.
        self.signal.wake();
    }

    /// Calls `read` with the questions, locked.
    pub(super) fn read_questions<T>(&self, read: impl FnOnce(&mut Vec<Question>) -> T) -> T {
        let questions = self.questions.lock();
        read(&mut questions.unwrap_or_else(PoisonError::into_inner))
    }

    /// Starts or drops the downloads for which the user has answered.
    pub(super) fn take_answers(&self, state: &mut State) {
        let is_answered = |question: &mut Question| question.answer.is_some();
        let answered: Vec<Question> =
            self.read_questions(|questions| questions.extract_if(.., is_answered).collect());
        if answered.is_empty() {
            return;
        }
        let mut started = HashMap::new();
        for question in answered {
            if question.answer == Some(Answer::Download) {
                let id = self.start(question.spec, question.is_paused);
                started.insert(question.gid, id);
            } else {
                state.listing.set_removed(question.gid);
                self.notifier.publish(Event::Stop, question.gid);
            }
        }
        self.keep_places(&state.listing, &started);
        let _ = self.engine.spec(DownloadId(0));
    }
}
