//! The link that the server emulates, changed while it runs.

use std::time::{Duration, Instant};

use eframe::egui::Context;
use lanes_shared::link::LinkProfile;

use crate::ui::link::form::LinkForm;
use crate::ui::message::Action;

/// For how long a link must stay as it is before it is put in force: who types or drags is not done.
const SETTLE_TIME: Duration = Duration::from_millis(400);

/// What was chosen, and what is in force.
pub(crate) struct LiveLink {
    /// What was chosen and typed.
    pub form: LinkForm,
    applied: Option<LinkProfile>,
    pending: Option<(Option<LinkProfile>, Instant)>,
    /// Whether one is being put in force: the next one waits for it.
    is_applying: bool,
}

impl LiveLink {
    /// No link, at first.
    pub(super) fn new() -> Self {
        Self {
            form: LinkForm::of_server(),
            applied: None,
            pending: None,
            is_applying: false,
        }
    }

    /// What was asked for is done.
    pub(crate) fn link_applied(&mut self) {
        self.is_applying = false;
    }

    /// The link to start with.
    ///
    /// # Errors
    /// In words that name the field.
    pub(super) fn start(&mut self) -> Result<Option<LinkProfile>, String> {
        self.applied = self.chosen()?;
        self.is_applying = false;
        Ok(self.applied.clone())
    }

    /// What is chosen; `None` where nothing is to be emulated.
    fn chosen(&self) -> Result<Option<LinkProfile>, String> {
        let link = self.form.requested_link()?;
        Ok(link.filter(|link| !link.is_open()))
    }

    /// Asks for what is chosen to be put in force, once it has settled. What cannot be emulated is
    /// said where it is typed, and changes nothing.
    pub(super) fn apply(&mut self, ctx: &Context, is_running: bool, actions: &mut Vec<Action>) {
        let chosen = self.chosen().ok().filter(|_| is_running);
        let Some(chosen) = chosen.filter(|chosen| *chosen != self.applied) else {
            self.pending = None;
            return;
        };
        let since = match self.pending.take() {
            Some((same, since)) if same == chosen => since,
            _ => Instant::now(),
        };
        let rest = SETTLE_TIME.saturating_sub(since.elapsed());
        if rest.is_zero() && !self.is_applying {
            self.is_applying = true;
            self.applied.clone_from(&chosen);
            actions.push(Action::SetLink(chosen));
        } else {
            // What is under way wakes the window when it is done.
            if !rest.is_zero() {
                ctx.request_repaint_after(rest);
            }
            self.pending = Some((chosen, since));
        }
    }
}
