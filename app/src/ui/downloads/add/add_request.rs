//! Builds the download requests from the content of the Add dialog.

use std::path::Path;

use super::{AddForm, start_time};
use crate::pasted;
use crate::ui::downloads::ScreenContext;
use crate::ui::format;
use crate::ui::link_input::LinkInput;
use crate::ui::message::{Action, ListAction};
use lanes_engine::Source;
use lanes_engine::metalink::MetalinkFile;
use lanes_engine::{DownloadSpec, Snapshot, one_line};

/// The parsed lines.
pub(super) type Lines = Vec<Result<LinkInput, String>>;

impl AddForm {
    /// Parses each line; of a command, its links.
    pub(super) fn lines(&self) -> Lines {
        match self.command() {
            Some(Ok(command)) => {
                return command
                    .links
                    .into_iter()
                    .map(LinkInput::Link)
                    .map(Ok)
                    .collect();
            }
            Some(Err(words)) => return vec![Err(words)],
            None => {}
        }
        let lines = self.links.lines().map(str::trim);
        let read = |line: &str| LinkInput::parse(line, &self.server);
        lines.filter(|line| !line.is_empty()).map(read).collect()
    }

    /// Returns the files of a Metalink line after it has been read, unless the Metalink itself is
    /// to be saved.
    pub(super) fn metalink(&self, input: &LinkInput) -> Option<&[MetalinkFile]> {
        let key = input.key();
        let files = self.lookups.metalink(&key);
        files.filter(|_| !self.choice.saves_itself(&key))
    }

    /// Returns whether the lines may be mirrors: web links with the same file name.
    pub(super) fn can_be_mirrors(&self, lines: &Lines) -> bool {
        let is_web = |line: &Result<LinkInput, String>| match line {
            Ok(input @ LinkInput::Link(_)) => {
                input.lanes_server().is_none() && self.metalink(input).is_none()
            }
            _ => false,
        };
        let is_alike = |pair: &[Result<LinkInput, String>]| match pair {
            [Ok(a), Ok(b)] => a.name() == b.name(),
            _ => false,
        };
        lines.len() > 1 && lines.iter().all(is_web) && lines.windows(2).all(is_alike)
    }

    fn are_mirrors(&self, lines: &Lines) -> bool {
        self.are_mirrors && self.can_be_mirrors(lines)
    }

    /// Splits the lines into those to start and those that cannot be: malformed ones, and links whose
    /// lookup failed. If all lookups failed, their links are started nevertheless, since a server may
    /// have recovered.
    pub(super) fn split(&self, lines: Lines, snapshot: &Snapshot) -> (Lines, Lines) {
        if self.edited.is_some() || self.are_mirrors(&lines) {
            return (lines, Vec::new());
        }
        let is_bad = |line: &Result<LinkInput, String>| match line {
            Ok(input) => self.lookups.has_failed(input, snapshot),
            Err(_) => true,
        };
        let (bad, good): (Lines, Lines) = lines.into_iter().partition(is_bad);
        if good.is_empty() {
            return bad.into_iter().partition(Result::is_ok);
        }
        (good, bad)
    }

    /// Returns the number of downloads that will be started.
    pub(super) fn count(&self, lines: &Lines) -> usize {
        if self.are_mirrors(lines) || pasted::is_command(&self.links) {
            return 1;
        }
        let of_line = |line: &Result<LinkInput, String>| {
            let input = line.as_ref().ok();
            let files = input.and_then(|input| Some((input, self.metalink(input)?)));
            files.map_or(1, |(input, files)| {
                self.choice.files(&input.key(), files).count()
            })
        };
        lines.iter().map(of_line).sum()
    }

    /// Emits the download requests, or returns an error message for the user. Lines that cannot be
    /// started stay in the dialog; returns whether there are none.
    pub(super) fn submit(
        &mut self,
        context: &ScreenContext<'_>,
        actions: &mut Vec<Action>,
    ) -> Result<bool, String> {
        // The lines of a pasted command are no links.
        let lines = match pasted::is_command(&self.links) {
            true => Lines::new(),
            false => self.lines(),
        };
        let (good, bad) = self.split(lines, context.snapshot);
        if let (true, Some(Err(words))) = (good.is_empty(), bad.first()) {
            return Err(words.clone());
        }
        let mut requests = self.requests(good)?;
        let start_at = start_time::parse(&self.start)?;
        for request in &mut requests {
            request.start_at = start_at;
        }
        self.add_unfinished(&mut requests)?;
        let alone = requests.len() == 1;
        if self.edited.is_some() && !alone {
            return Err("A download has only one link: remove the others".to_owned());
        }
        let mut save_to = self.save_to(alone);
        if save_to.is_empty() && alone && !self.name.trim().is_empty() {
            save_to = Path::new(context.default_folder)
                .join(self.name.trim())
                .display()
                .to_string();
        }
        for request in requests {
            let request = Box::new(request);
            if let Some(id) = self.edited.filter(|_| self.is_paused) {
                actions.push(Action::KeepPaused(id));
            }
            actions.push(match self.edited {
                Some(id) => Action::Change(id, request, save_to.clone()),
                None if self.adds_paused => {
                    Action::List(ListAction::AddPaused(request, save_to.clone()))
                }
                None => Action::Download(request, save_to.clone()),
            });
        }
        self.keep_only(&bad, context.snapshot);
        Ok(bad.is_empty())
    }

    /// Removes the lines that are started.
    fn keep_only(&mut self, bad: &Lines, snapshot: &Snapshot) {
        if bad.is_empty() {
            return;
        }
        let stays = |line: &&str| match LinkInput::parse(line, &self.server) {
            Ok(input) => self.lookups.has_failed(&input, snapshot),
            Err(_) => !line.trim().is_empty(),
        };
        let lines: Vec<&str> = self.links.lines().filter(stays).collect();
        self.links = lines.join("\n");
    }

    /// Builds the requests of these lines.
    fn requests(&self, lines: Lines) -> Result<Vec<DownloadSpec>, String> {
        if let Some(command) = self.command() {
            return Ok(vec![self.command_request(command?)?]);
        }
        if lines.is_empty() {
            return Err("Paste a link first, or several, one per line".to_owned());
        }
        if self.are_mirrors(&lines) {
            return self.mirrored_request(lines).map(|request| vec![request]);
        }
        let mut requests = Vec::new();
        for line in lines {
            self.add_requests(line?, &mut requests)?;
        }
        match requests.is_empty() {
            true => Err("Select a file first".to_owned()),
            false => Ok(requests),
        }
    }

    /// Builds the request of one file with mirrors.
    fn mirrored_request(&self, lines: Lines) -> Result<DownloadSpec, String> {
        let sources = lines.into_iter().map(|line| line?.into_source());
        let sources = sources.collect::<Result<Vec<_>, _>>()?;
        if let Some((len, other)) = self.lengths_that_differ(&sources) {
            let (len, other) = (format::bytes_in_full(len), format::bytes_in_full(other));
            return Err(format!(
                "These are not mirrors of one file: one has {len}, another {other}"
            ));
        }
        let mut sources = sources.into_iter();
        let first = sources.next().ok_or("Paste a link first")?;
        self.options.apply_to(DownloadSpec {
            mirrors: sources.collect(),
            ..DownloadSpec::new(first)
        })
    }

    fn lengths_that_differ(&self, sources: &[Source]) -> Option<(u64, u64)> {
        let mut lengths = sources
            .iter()
            .filter_map(|source| self.lookups.len_of(source));
        let first = lengths.next()?;
        Some((first, lengths.find(|len| *len != first)?))
    }

    /// Builds the requests of one line.
    fn add_requests(
        &self,
        input: LinkInput,
        requests: &mut Vec<DownloadSpec>,
    ) -> Result<(), String> {
        let key = input.key();
        if let Some(files) = self.metalink(&input) {
            for file in self.choice.files(&key, files) {
                let spec = file.to_spec().map_err(|error| error.to_string())?;
                requests.push(self.options.apply_to(spec)?);
            }
            return Ok(());
        }
        let itself = self.choice.saves_itself(&key);
        if input.looks_like_metalink() && !itself {
            let name = input.name();
            let name = one_line(&name);
            return Err(self.lookups.failed(&key).map_or_else(
                || format!("{name} is not read yet"),
                |words| format!("{name}: {words}"),
            ));
        }
        requests.push(self.options.apply_to(DownloadSpec {
            // The engine detects a Metalink by its response, so the metadata need not be awaited.
            stop_at_metalink: !itself,
            ..DownloadSpec::new(input.into_source()?)
        })?);
        Ok(())
    }
}
