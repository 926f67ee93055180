//! XML as far as PSKC needs it: the root, and under it one element after the other, each a small tree.
//!
//! Nothing is kept of an element that was handed out, and texts are borrowed wherever the file has them in one piece.

use std::borrow::Cow;
use std::ops::Range;

use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::{NsReader, XmlVersion, escape};
use zeroize::Zeroizing;

use super::NAMESPACE;
use super::error::{PskcProblem, PskcRefusal};
use crate::read::MAX_FIELD_BYTES;
use crate::read::text::{Text, line_ends, trim};

/// The deepest nesting of elements. PSKC itself needs nine levels.
pub(super) const MAX_DEPTH: usize = 32;

/// The most attributes of one element.
pub(super) const MAX_ATTRIBUTES: usize = 32;

/// The most elements in one child of the root, such as a key package.
pub(super) const MAX_ELEMENTS: usize = 1024;

/// To whom an element's name belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// RFC 6030.
    Pskc,
    /// XML Signature, XML Encryption 1.0 and 1.1, PKCS #5. Files mix them up.
    Crypto,
    /// No namespace at all, which the parameters of PBKDF2 have in the RFC's own example.
    None,
    /// Anything else.
    Other,
}

/// An element with its children. Text of elements that have children is not kept apart.
pub(super) struct Element<'a> {
    pub(super) space: Space,
    pub(super) name: &'a str,
    pub(super) span: Range<usize>,
    attributes: Vec<(&'a str, Cow<'a, str>)>,
    text: Text<'a>,
    children: Vec<Self>,
}

impl<'a> Element<'a> {
    pub(super) fn is(&self, name: &str) -> bool {
        self.space == Space::Pskc && self.name == name
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| trim(value))
    }

    /// The one child of PSKC's own with this name.
    pub(super) fn child(&self, name: &str) -> Result<Option<&Self>, PskcProblem> {
        self.only(|child| child.is(name))
    }

    /// The one child with this name that tells about encryption.
    pub(super) fn crypto(&self, name: &str) -> Result<Option<&Self>, PskcProblem> {
        self.only(|child| matches!(child.space, Space::Crypto | Space::None) && child.name == name)
    }

    fn only(&self, wanted: impl Fn(&Self) -> bool) -> Result<Option<&Self>, PskcProblem> {
        let mut found = self.children.iter().filter(|child| wanted(child));
        match (found.next(), found.next()) {
            (first, None) => Ok(first),
            (_, Some(_)) => Err(PskcProblem::Repeated),
        }
    }

    /// The text without blanks around it.
    pub(super) fn text(&self) -> Result<&str, PskcProblem> {
        if !self.children.is_empty() {
            Err(PskcProblem::Markup)
        } else if self.text.len() > MAX_FIELD_BYTES {
            Err(PskcProblem::TooLong)
        } else {
            Ok(trim(&self.text))
        }
    }

    /// The text of a child, if there is one that is not empty.
    pub(super) fn field(&self, name: &str) -> Result<Option<&str>, PskcProblem> {
        let text = self.child(name)?.map(Self::text).transpose()?;
        Ok(text.filter(|text| !text.is_empty()))
    }

    fn push_text(&mut self, piece: Cow<'a, str>) {
        if self.text.is_empty() {
            if !trim(&piece).is_empty() {
                self.text = match piece {
                    Cow::Borrowed(piece) => Text::Borrowed(piece),
                    Cow::Owned(piece) => Text::Decoded(Zeroizing::new(piece)),
                };
            }
        } else if self.text.len() <= MAX_FIELD_BYTES {
            append(&mut self.text, &Zeroizing::new(piece.into_owned()));
        }
    }
}

/// Appends; what is outgrown is wiped.
fn append(text: &mut Text<'_>, piece: &str) {
    if let Text::Decoded(owned) = text
        && owned.capacity() - owned.len() >= piece.len()
    {
        owned.push_str(piece);
        return;
    }
    let mut grown = Zeroizing::new(String::with_capacity(2 * (text.len() + piece.len())));
    grown.push_str(text);
    grown.push_str(piece);
    *text = Text::Decoded(grown);
}

/// Reads a document from its beginning to its end.
pub(super) struct Document<'a> {
    text: &'a str,
    reader: NsReader<&'a [u8]>,
    elements: usize,
    counted: (usize, usize),
}

/// What the reader comes upon, as far as it matters.
enum Token<'a> {
    Open(Element<'a>),
    Close { end: usize },
    Text(Cow<'a, str>),
    End,
}

impl<'a> Document<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            reader: reader(text),
            elements: 0,
            counted: (0, 1),
        }
    }

    /// The root's own tag.
    pub(super) fn root(&mut self) -> Result<Element<'a>, PskcRefusal> {
        loop {
            match self.token()? {
                Token::Open(root) => return Ok(root),
                Token::Text(text) if trim(&text).is_empty() => {}
                Token::Text(_) | Token::Close { .. } | Token::End => return Err(self.syntax()),
            }
        }
    }

    /// The next child of the root. `None` when the document has come to a right end.
    pub(super) fn next_child(&mut self) -> Result<Option<Element<'a>>, PskcRefusal> {
        self.elements = 0;
        let mut open: Vec<Element<'a>> = Vec::new();
        loop {
            match self.token()? {
                Token::Open(element) => {
                    self.refuse_excess(&element, open.len())?;
                    open.push(element);
                }
                Token::Text(piece) => {
                    if let Some(element) = open.last_mut() {
                        element.push_text(piece);
                    }
                }
                Token::Close { end } => {
                    let Some(mut element) = open.pop() else {
                        return self.epilogue().map(|()| None);
                    };
                    element.span.end = end;
                    match open.last_mut() {
                        Some(parent) => parent.children.push(element),
                        None => return Ok(Some(element)),
                    }
                }
                Token::End => return Err(self.syntax()),
            }
        }
    }

    /// The line of a place in the text. Places are asked for in rising order.
    pub(super) fn line(&mut self, place: usize) -> usize {
        let (from, line) = self.counted;
        let line = line + line_ends(self.text.get(from..place).unwrap_or_default());
        self.counted = (place.max(from), line);
        line
    }

    /// After the root's end there is nothing of weight.
    fn epilogue(&mut self) -> Result<(), PskcRefusal> {
        loop {
            match self.token()? {
                Token::End => return Ok(()),
                Token::Text(text) if trim(&text).is_empty() => {}
                Token::Open(_) | Token::Close { .. } | Token::Text(_) => return Err(self.syntax()),
            }
        }
    }

    fn refuse_excess(&mut self, element: &Element<'_>, depth: usize) -> Result<(), PskcRefusal> {
        self.elements += 1;
        // The root is one level more, the element itself another.
        if depth + 2 > MAX_DEPTH {
            let line = self.line(element.span.start);
            Err(PskcRefusal::TooDeep { line })
        } else if self.elements > MAX_ELEMENTS {
            let line = self.line(element.span.start);
            Err(PskcRefusal::TooMany { line })
        } else {
            Ok(())
        }
    }

    /// The next token. An empty element comes as an open one and its end.
    fn token(&mut self) -> Result<Token<'a>, PskcRefusal> {
        loop {
            let start = self.place();
            let event = self.reader.read_event().map_err(|_| self.syntax())?;
            let token = match event {
                Event::Start(tag) => Token::Open(self.element(&tag, start)?),
                Event::End(_) => Token::Close { end: self.place() },
                Event::Text(text) => Token::Text(text.xml10_content()),
                Event::CData(text) => Token::Text(text.xml10_content()),
                Event::GeneralRef(name) => Token::Text(self.reference(&name)?),
                Event::Comment(_) | Event::PI(_) => continue,
                Event::Decl(_) if start == 0 => continue,
                Event::Eof => Token::End,
                Event::DocType(_) => {
                    let line = self.line(start);
                    return Err(PskcRefusal::Doctype { line });
                }
                Event::Empty(_) | Event::Decl(_) => return Err(self.syntax()),
            };
            return Ok(token);
        }
    }

    /// The five predefined entities and character references. There are no others without a DTD.
    fn reference(&self, name: &str) -> Result<Cow<'a, str>, PskcRefusal> {
        let whole = format!("&{name};");
        match escape::unescape(&whole) {
            Ok(text) => Ok(Cow::Owned(text.into_owned())),
            Err(_) => Err(self.syntax()),
        }
    }

    fn element(&mut self, tag: &BytesStart<'_>, start: usize) -> Result<Element<'a>, PskcRefusal> {
        let (resolved, _) = self.reader.resolver().resolve_element(tag.name());
        let space = match resolved {
            ResolveResult::Bound(Namespace(uri)) => space(uri),
            ResolveResult::Unbound => Space::None,
            ResolveResult::Unknown(_) => return Err(self.syntax()),
        };
        // The tag itself is borrowed for a moment only, the text for as long as it is read.
        let name_len = tag.name().into_inner().len();
        let inside = start + 1..start + 1 + name_len + tag.attributes_raw().len();
        let content = self.text.get(inside).unwrap_or_default();
        let name = content.get(..name_len).unwrap_or_default();
        Ok(Element {
            space,
            name: name.split_once(':').map_or(name, |(_, local)| local),
            span: start..start,
            attributes: self.attributes(content, name_len, start)?,
            text: Text::Borrowed(""),
            children: Vec::new(),
        })
    }

    fn attributes(
        &mut self,
        content: &'a str,
        name_len: usize,
        start: usize,
    ) -> Result<Vec<(&'a str, Cow<'a, str>)>, PskcRefusal> {
        let mut kept = Vec::new();
        for (number, attribute) in Attributes::new(content, name_len).enumerate() {
            if number == MAX_ATTRIBUTES {
                let line = self.line(start);
                return Err(PskcRefusal::TooMany { line });
            }
            let attribute = attribute.map_err(|_| self.syntax())?;
            let value = attribute
                .normalized_value(XmlVersion::Explicit1_0)
                .map_err(|_| self.syntax())?;
            kept.push((attribute.key.into_inner(), value));
        }
        Ok(kept)
    }

    fn syntax(&self) -> PskcRefusal {
        let place = match self.reader.error_position() {
            0 => self.place(),
            error => usize::try_from(error).unwrap_or(usize::MAX),
        };
        let before = self.text.get(..place).unwrap_or(self.text);
        PskcRefusal::Syntax {
            line: 1 + line_ends(before),
        }
    }

    fn place(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }
}

fn space(uri: &str) -> Space {
    match uri {
        NAMESPACE => Space::Pskc,
        "http://www.w3.org/2000/09/xmldsig#"
        | "http://www.w3.org/2001/04/xmlenc#"
        | "http://www.w3.org/2009/xmlenc11#"
        | "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#" => Space::Crypto,
        _ => Space::Other,
    }
}

fn reader(text: &str) -> NsReader<&[u8]> {
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    reader.config_mut().check_comments = true;
    reader
}
