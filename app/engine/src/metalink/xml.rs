//! As much of XML as a Metalink needs: one element after the other, their attributes and their text.
//!
//! An element counts as one of Metalink when it has the prefix of the root, as a rule none.

use std::fmt::Display;

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::MetalinkError;

/// An XML text that is read from its beginning to its end.
pub(crate) struct Xml<'a> {
    reader: Reader<&'a [u8]>,
    prefix: Vec<u8>,
}

impl<'a> Xml<'a> {
    pub fn new(text: &'a str) -> Self {
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        Self {
            reader,
            prefix: Vec::new(),
        }
    }

    /// The element that holds all others.
    pub fn root(&mut self) -> Result<BytesStart<'a>, MetalinkError> {
        loop {
            match self.next()? {
                Event::Start(start) => {
                    self.prefix = prefix(&start).to_vec();
                    return Ok(start);
                }
                Event::Eof => return Err(self.wrong(&"there is nothing in it")),
                _ => {}
            }
        }
    }

    /// The namespace of the root's own name.
    pub fn root_namespace(&self, root: &BytesStart<'_>) -> Result<String, MetalinkError> {
        let prefix = String::from_utf8_lossy(&self.prefix);
        let name = match prefix.as_ref() {
            "" => "xmlns".to_owned(),
            prefix => format!("xmlns:{prefix}"),
        };
        Ok(self.attribute(root, &name)?.unwrap_or_default())
    }

    /// The next element within the one that was begun; `None` at that one's end. Each must be gone
    /// through to its end, or skipped, before the next.
    pub fn child(&mut self) -> Result<Option<BytesStart<'a>>, MetalinkError> {
        loop {
            match self.next()? {
                Event::Start(start) => return Ok(Some(start)),
                Event::End(_) => return Ok(None),
                Event::Eof => return Err(self.wrong(&"it ends early")),
                _ => {}
            }
        }
    }

    /// Whether an element is Metalink's of this name.
    pub fn is(&self, element: &BytesStart<'_>, name: &str) -> bool {
        prefix(element) == self.prefix && element.local_name().as_ref() == name.as_bytes()
    }

    /// Goes on behind the end of an element that was begun.
    pub fn skip(&mut self, element: &BytesStart<'_>) -> Result<(), MetalinkError> {
        let end = element.to_end();
        let skipped = self.reader.read_to_end(end.name());
        skipped.map(drop).map_err(|error| self.wrong(&error))
    }

    /// The text of the element that was begun, without blanks around it and without the elements in
    /// it; goes on behind its end.
    pub fn text(&mut self) -> Result<String, MetalinkError> {
        let mut text = String::new();
        loop {
            match self.next()? {
                Event::Text(piece) => {
                    text.push_str(&piece.decode().map_err(|error| self.wrong(&error))?);
                }
                Event::CData(piece) => {
                    text.push_str(&piece.decode().map_err(|error| self.wrong(&error))?);
                }
                Event::GeneralRef(entity) => self.resolve(&entity, &mut text)?,
                Event::Start(inner) => self.skip(&inner)?,
                Event::End(_) => return Ok(text.trim().to_owned()),
                Event::Eof => return Err(self.wrong(&"it ends early")),
                _ => {}
            }
        }
    }

    /// Adds what an entity stands for. Only XML's own are known: a text that defines others could
    /// grow beyond all bounds.
    fn resolve(&self, entity: &BytesRef<'_>, text: &mut String) -> Result<(), MetalinkError> {
        let letter = entity.resolve_char_ref();
        if let Some(letter) = letter.map_err(|error| self.wrong(&error))? {
            text.push(letter);
            return Ok(());
        }
        let name = entity.decode().map_err(|error| self.wrong(&error))?;
        let known = resolve_xml_entity(&name);
        text.push_str(
            known.ok_or_else(|| self.wrong(&"it uses an entity that XML does not know"))?,
        );
        Ok(())
    }

    /// The value of an attribute, if it is there.
    pub fn attribute(
        &self,
        element: &BytesStart<'_>,
        name: &str,
    ) -> Result<Option<String>, MetalinkError> {
        let attribute = element
            .try_get_attribute(name)
            .map_err(|error| self.wrong(&error))?;
        let Some(attribute) = attribute else {
            return Ok(None);
        };
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        value
            .map(|value| Some(value.into_owned()))
            .map_err(|error| self.wrong(&error))
    }

    fn next(&mut self) -> Result<Event<'a>, MetalinkError> {
        self.reader.read_event().map_err(|error| self.wrong(&error))
    }

    fn wrong(&self, why: &dyn Display) -> MetalinkError {
        MetalinkError::NotXml(self.reader.buffer_position(), why.to_string())
    }
}

fn prefix<'e>(element: &'e BytesStart<'_>) -> &'e [u8] {
    let name = element.name().into_inner();
    let colon = name.iter().position(|byte| *byte == b':');
    &name[..colon.unwrap_or(0)]
}
