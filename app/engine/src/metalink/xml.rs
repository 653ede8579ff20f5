//! A pull parser of XML elements, attributes and text, as far as Metalink needs it.
//!
//! An element belongs to Metalink if it has the namespace prefix of the root, usually none.

use std::fmt::Display;

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::MetalinkError;
use crate::sync::cancel::CancelToken;

/// An XML text, read from its start to its end.
pub(crate) struct Xml<'a> {
    reader: Reader<&'a [u8]>,
    cancel: &'a CancelToken,
    prefix: Vec<u8>,
}

impl<'a> Xml<'a> {
    /// Starts to read `text`. Each method fails once `cancel` is cancelled.
    pub fn new(text: &'a str, cancel: &'a CancelToken) -> Self {
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        Self {
            reader,
            cancel,
            prefix: Vec::new(),
        }
    }

    /// Reads the start of the root element.
    pub fn root(&mut self) -> Result<BytesStart<'a>, MetalinkError> {
        loop {
            match self.next()? {
                Event::Start(start) => {
                    self.prefix = prefix(&start).to_vec();
                    return Ok(start);
                }
                Event::Eof => return Err(self.error(&"no root element")),
                _ => {}
            }
        }
    }

    /// Returns the namespace of the root element.
    pub fn root_namespace(&self, root: &BytesStart<'_>) -> Result<String, MetalinkError> {
        let prefix = String::from_utf8_lossy(&self.prefix);
        let name = match prefix.as_ref() {
            "" => "xmlns".to_owned(),
            prefix => format!("xmlns:{prefix}"),
        };
        Ok(self.attribute(root, &name)?.unwrap_or_default())
    }

    /// Reads the start of the next child of the open element, or returns `None` at its end. Each child
    /// must be read to its end, or skipped, before the next.
    pub fn child(&mut self) -> Result<Option<BytesStart<'a>>, MetalinkError> {
        loop {
            match self.next()? {
                Event::Start(start) => return Ok(Some(start)),
                Event::End(_) => return Ok(None),
                Event::Eof => return Err(self.error(&"unexpected end of file")),
                _ => {}
            }
        }
    }

    /// Returns whether `element` belongs to Metalink and is called `name`.
    pub fn is(&self, element: &BytesStart<'_>, name: &str) -> bool {
        prefix(element) == self.prefix && element.local_name().as_ref() == name.as_bytes()
    }

    /// Skips to the end of the open element.
    pub fn skip(&mut self, element: &BytesStart<'_>) -> Result<(), MetalinkError> {
        let end = element.to_end();
        let skipped = self.reader.read_to_end(end.name());
        skipped.map(drop).map_err(|error| self.error(&error))
    }

    /// Reads the open element to its end and returns its trimmed text, without that of child elements.
    pub fn text(&mut self) -> Result<String, MetalinkError> {
        let mut text = String::new();
        loop {
            match self.next()? {
                Event::Text(part) => {
                    text.push_str(&part.decode().map_err(|error| self.error(&error))?);
                }
                Event::CData(part) => {
                    text.push_str(&part.decode().map_err(|error| self.error(&error))?);
                }
                Event::GeneralRef(entity) => self.resolve(&entity, &mut text)?,
                Event::Start(inner) => self.skip(&inner)?,
                Event::End(_) => return Ok(text.trim().to_owned()),
                Event::Eof => return Err(self.error(&"unexpected end of file")),
                _ => {}
            }
        }
    }

    /// Appends the replacement text of an entity. Only the predefined entities of XML are supported:
    /// entities that the file defines could expand without bounds.
    fn resolve(&self, entity: &BytesRef<'_>, text: &mut String) -> Result<(), MetalinkError> {
        let character = entity.resolve_char_ref();
        if let Some(character) = character.map_err(|error| self.error(&error))? {
            text.push(character);
            return Ok(());
        }
        let name = entity.decode().map_err(|error| self.error(&error))?;
        let known = resolve_xml_entity(&name);
        text.push_str(known.ok_or_else(|| self.error(&"unknown entity"))?);
        Ok(())
    }

    /// Returns the value of an attribute, if the element has it.
    pub fn attribute(
        &self,
        element: &BytesStart<'_>,
        name: &str,
    ) -> Result<Option<String>, MetalinkError> {
        let attribute = element
            .try_get_attribute(name)
            .map_err(|error| self.error(&error))?;
        let Some(attribute) = attribute else {
            return Ok(None);
        };
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        value
            .map(|value| Some(value.into_owned()))
            .map_err(|error| self.error(&error))
    }

    fn next(&mut self) -> Result<Event<'a>, MetalinkError> {
        if self.cancel.is_cancelled() {
            return Err(MetalinkError::Cancelled);
        }
        self.reader.read_event().map_err(|error| self.error(&error))
    }

    fn error(&self, reason: &dyn Display) -> MetalinkError {
        MetalinkError::Xml(self.reader.buffer_position(), reason.to_string())
    }
}

fn prefix<'e>(element: &'e BytesStart<'_>) -> &'e [u8] {
    let name = element.name().into_inner();
    let colon = name.iter().position(|byte| *byte == b':');
    &name[..colon.unwrap_or(0)]
}
