//! The emulated link, which can be changed while the server runs.

use std::time::{Duration, Instant};

use eframe::egui::Context;
use lanes_shared::link::LinkProfile;

use crate::lab::report::label;
use crate::ui::link::form::LinkForm;
use crate::ui::message::Action;

/// Time without changes before a link is applied, so that typing and dragging are not interrupted.
const SETTLE_TIME: Duration = Duration::from_millis(400);

/// The selected link and the applied one.
pub(crate) struct LiveLink {
    /// The selected link.
    pub form: LinkForm,
    applied: Option<LinkProfile>,
    pending: Option<(Option<LinkProfile>, Instant)>,
    /// A link is being applied; the next one waits for it.
    is_applying: bool,
}

impl LiveLink {
    /// Creates a form without a link.
    pub(super) fn new() -> Self {
        Self {
            form: LinkForm::of_server(),
            applied: None,
            pending: None,
            is_applying: false,
        }
    }

    /// Called when the server has applied the last link.
    pub(crate) fn link_applied(&mut self) {
        self.is_applying = false;
    }

    /// Returns the link to start the server with.
    ///
    /// # Errors
    /// Returns a message for the user that names the invalid field.
    pub(super) fn start(&mut self) -> Result<Option<LinkProfile>, String> {
        self.applied = self.chosen()?;
        self.is_applying = false;
        Ok(self.applied.clone())
    }

    /// Returns the name of the link in force; `None` without emulation.
    pub(crate) fn applied_name(&self) -> Option<String> {
        self.applied.as_ref().map(label::link)
    }

    /// Returns the selected link; `None` for no emulation.
    fn chosen(&self) -> Result<Option<LinkProfile>, String> {
        let link = self.form.requested_link()?;
        Ok(link.filter(|link| !link.is_open()))
    }

    /// Emits an action that applies the selected link once it has settled. An invalid link is
    /// reported beside its field and changes nothing.
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
            actions.push(Action::SetLink(chosen.map(Box::new)));
        } else {
            // The result of a running change wakes the window.
            if !rest.is_zero() {
                ctx.request_repaint_after(rest);
            }
            self.pending = Some((chosen, since));
        }
    }
}
