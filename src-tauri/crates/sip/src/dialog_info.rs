//! What a `dialog-info` document says (RFC 4235): whether somebody is in a call, as a lamp shows it.

use std::collections::BTreeMap;

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};

use crate::Replaces;

/// Dialogs of one person that are remembered; a lamp needs one.
const MOST_DIALOGS: usize = 32;
/// How deep elements may lie in one another; the schema needs five.
const DEEPEST: usize = 16;

/// Whether somebody is in a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Occupation {
    /// In none.
    #[default]
    Idle,
    /// A call rings there.
    Ringing,
    /// In one, or dialling.
    InUse,
}

/// The dialogs of somebody, as the documents of one subscription told of them.
#[derive(Clone, Debug, Default)]
pub struct DialogInfo {
    version: Option<u64>,
    dialogs: BTreeMap<String, Told>,
}

/// One dialog.
#[derive(Clone, Debug, Default)]
struct Told {
    state: DialogState,
    /// Whether the watched person dialled.
    is_initiator: bool,
    named: Option<Replaces>,
}

/// RFC 4235 section 3.7.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum DialogState {
    /// `trying`, `proceeding` or `early`.
    #[default]
    Early,
    Confirmed,
    Terminated,
}

/// A document as it was read.
#[derive(Debug, Default)]
struct Document {
    version: u64,
    is_partial: bool,
    dialogs: Vec<(String, Told)>,
}

/// What a document was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The next one.
    Taken,
    /// None, or an old one.
    Unusable,
    /// A part, and one before it is missing: the whole must be asked for (RFC 4235 section 4.3).
    Gap,
}

impl DialogInfo {
    /// Takes a document when it is the next one. What a document does not say stays.
    pub fn take(&mut self, document: &str) -> Notice {
        let Some(document) = Document::parse(document) else { return Notice::Unusable };
        // Section 4.3: what is older is of no interest, and a part without the one before it cannot be put in its place.
        let is_next = match self.version {
            None => !document.is_partial,
            Some(version) if document.is_partial => document.version == version.saturating_add(1),
            Some(version) => document.version > version,
        };
        if !is_next {
            let is_newer = self.version.is_none_or(|version| document.version > version);
            return if is_newer { Notice::Gap } else { Notice::Unusable };
        }
        self.version = Some(document.version);
        if !document.is_partial {
            self.dialogs.clear();
        }
        for (id, told) in document.dialogs {
            if told.state == DialogState::Terminated {
                self.dialogs.remove(&id);
            } else if self.dialogs.len() < MOST_DIALOGS || self.dialogs.contains_key(&id) {
                self.dialogs.insert(id, told);
            }
        }
        Notice::Taken
    }

    /// What it comes to.
    pub fn occupation(&self) -> Occupation {
        let is = |told: &Told| match told.state {
            DialogState::Early if !told.is_initiator => Occupation::Ringing,
            DialogState::Early | DialogState::Confirmed => Occupation::InUse,
            DialogState::Terminated => Occupation::Idle,
        };
        let all = || self.dialogs.values().map(is);
        // A call that rings can be done something about, whatever else goes on there.
        match all().any(|one| one == Occupation::Ringing) {
            true => Occupation::Ringing,
            false => all().find(|one| *one == Occupation::InUse).unwrap_or_default(),
        }
    }

    /// How a call that rings there is named in a `Replaces` that fetches it (RFC 3891 section 7.1), where that is told.
    pub fn to_be_picked_up(&self) -> Option<&Replaces> {
        let mut ringing = self.dialogs.values().filter(|told| told.state == DialogState::Early && !told.is_initiator);
        ringing.find_map(|told| told.named.as_ref())
    }
}

impl Document {
    fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader::from_str(text);
        let mut document = None::<Self>;
        let mut dialog = None::<(String, Told)>;
        let mut path: Vec<String> = Vec::new();
        loop {
            match reader.read_event().ok()? {
                Event::Start(element) => {
                    if path.len() >= DEEPEST {
                        return None;
                    }
                    begin(&mut document, &mut dialog, &path, &element)?;
                    path.push(local(&element));
                }
                Event::Empty(element) => {
                    begin(&mut document, &mut dialog, &path, &element)?;
                    if path.len() == 1 {
                        document.as_mut()?.dialogs.extend(dialog.take());
                    }
                }
                Event::Text(state) if matches!(&path[..], [_, dialog, state] if dialog == "dialog" && state == "state") => {
                    let state = match state.xml10_content().trim() {
                        "confirmed" => DialogState::Confirmed,
                        "terminated" => DialogState::Terminated,
                        _ => DialogState::Early,
                    };
                    if let Some((_, told)) = &mut dialog {
                        told.state = state;
                    }
                }
                Event::End(_) => {
                    path.pop();
                    if path.len() == 1 {
                        document.as_mut()?.dialogs.extend(dialog.take());
                    }
                }
                // No document of this kind needs one, and what they can make of a parser is known.
                Event::DocType(_) => return None,
                Event::Eof => return if path.is_empty() { document } else { None },
                Event::Text(_) | Event::CData(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::GeneralRef(_) => {}
            }
        }
    }
}

/// An element begins inside of those of the `path`; `None` when the document cannot be used.
fn begin(
    document: &mut Option<Document>,
    dialog: &mut Option<(String, Told)>,
    path: &[String],
    element: &BytesStart<'_>,
) -> Option<()> {
    let name = local(element);
    match path {
        [] if name == "dialog-info" && document.is_none() => {
            let version = attribute(element, "version")?.trim().parse().ok()?;
            let is_partial = attribute(element, "state")?.trim() == "partial";
            *document = Some(Document { version, is_partial, dialogs: Vec::new() });
        }
        [] => return None,
        [_] if name == "dialog" => {
            if document.as_ref()?.dialogs.len() >= MOST_DIALOGS {
                return None;
            }
            let is_initiator = attribute(element, "direction").is_some_and(|direction| direction == "initiator");
            let told = Told { state: DialogState::default(), is_initiator, named: named(element) };
            *dialog = Some((attribute(element, "id")?, told));
        }
        _ => {}
    }
    Some(())
}

/// The dialog in a `Replaces`, when the document names it whole: the watched person is its receiver.
fn named(element: &BytesStart<'_>) -> Option<Replaces> {
    let word = |name| attribute(element, name).filter(|text| !text.is_empty() && !text.contains([';', '\r', '\n', ' ', ',']));
    let replaces =
        Replaces { call_id: word("call-id")?, to_tag: word("local-tag")?, from_tag: word("remote-tag")?, early_only: true };
    // What cannot be read back is no name.
    (replaces.to_string().parse::<Replaces>().ok()? == replaces).then_some(replaces)
}

fn local(element: &BytesStart<'_>) -> String {
    element.local_name().into_inner().to_owned()
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.attributes().flatten().find(|attribute| attribute.key.into_inner() == name)?;
    Some(found.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn info(version: u32, state: &str, dialogs: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?>\r\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"{version}\" \
             state=\"{state}\" entity=\"sip:bob@example.com\">{dialogs}</dialog-info>"
        )
    }

    fn dialog(id: &str, direction: &str, state: &str) -> String {
        format!("<dialog id=\"{id}\" direction=\"{direction}\"><state>{state}</state></dialog>")
    }

    #[test]
    fn a_lamp_follows_whole_documents() {
        let mut lamp = DialogInfo::default();
        for (version, dialogs, occupation) in [
            (0, String::new(), Occupation::Idle),
            (1, dialog("1", "recipient", "early"), Occupation::Ringing),
            (2, dialog("1", "recipient", "confirmed"), Occupation::InUse),
            (3, dialog("1", "initiator", "trying"), Occupation::InUse),
            (4, dialog("1", "recipient", "terminated"), Occupation::Idle),
            (7, dialog("1", "initiator", "confirmed") + &dialog("2", "recipient", "early"), Occupation::Ringing),
            (8, "<dialog id=\"x\"/>".into(), Occupation::Ringing),
            (9, String::new(), Occupation::Idle),
        ] {
            assert_eq!(lamp.take(&info(version, "full", &dialogs)), Notice::Taken, "{dialogs}");
            assert_eq!(lamp.occupation(), occupation, "{dialogs}");
        }
        assert_eq!(lamp.take(&info(9, "full", &dialog("1", "recipient", "early"))), Notice::Unusable, "told before");
    }

    #[test]
    fn parts_are_put_in_their_place_and_one_that_is_missing_is_noticed() {
        let mut lamp = DialogInfo::default();
        for (version, state, id, dialog_state, notice) in [
            (0, "partial", "1", "early", Notice::Gap),
            (1, "full", "1", "confirmed", Notice::Taken),
            (2, "partial", "2", "early", Notice::Taken),
            (2, "partial", "2", "terminated", Notice::Unusable),
            (4, "partial", "2", "terminated", Notice::Gap),
            (3, "partial", "2", "terminated", Notice::Taken),
            (5, "partial", "1", "terminated", Notice::Gap),
            (6, "full", "3", "early", Notice::Taken),
        ] {
            assert_eq!(lamp.take(&info(version, state, &dialog(id, "recipient", dialog_state))), notice, "{version}");
        }
        assert_eq!(lamp.occupation(), Occupation::Ringing);
    }

    #[test]
    fn a_call_that_rings_is_named_when_the_document_names_it_whole() {
        let mut lamp = DialogInfo::default();
        let of = |tags: &str| {
            format!("<dialog id=\"1\" call-id=\"a&amp;b@c\" {tags} direction=\"recipient\"><state>early</state></dialog>")
        };
        lamp.take(&info(1, "full", &of("local-tag=\"bob\"")));
        assert_eq!(lamp.to_be_picked_up(), None);
        lamp.take(&info(2, "full", &of("local-tag=\"bob\" remote-tag=\"ann\"")));
        let named = lamp.to_be_picked_up().expect("it is named").to_string();
        assert_eq!(named, "a&b@c;to-tag=bob;from-tag=ann;early-only");
        lamp.take(&info(3, "full", &of("local-tag=\"bob;x\" remote-tag=\"ann\"")));
        assert_eq!(lamp.to_be_picked_up(), None, "what would add a parameter");
    }

    #[test]
    fn what_is_no_such_document_changes_nothing() {
        let mut lamp = DialogInfo::default();
        assert_eq!(lamp.take(&info(1, "full", &dialog("1", "recipient", "confirmed"))), Notice::Taken);
        let deep = "<a>".repeat(DEEPEST + 1) + &"</a>".repeat(DEEPEST + 1);
        let many: String = (0..=MOST_DIALOGS).map(|id| dialog(&id.to_string(), "recipient", "terminated")).collect();
        let entity = "<!DOCTYPE d [<!ENTITY a \"b\">]>".to_owned() + &info(2, "full", "");
        for document in [
            "",
            "busy",
            "<dialog-info/>",
            "<dialog-info version=\"2\" state=\"full\">",
            "<presence version=\"2\" state=\"full\"/>",
            &info(2, "full", "<dialog><state>early</state></dialog>"),
            &info(2, "full", "</dialog>"),
            &info(2, "full", &deep),
            &info(2, "full", &many),
            &entity,
        ] {
            assert_eq!(lamp.take(document), Notice::Unusable, "{document}");
        }
        assert_eq!(lamp.occupation(), Occupation::InUse);
    }

    proptest! {
        #[test]
        fn no_document_panics(parts in prop::collection::vec(
            prop::sample::select(vec![
                "<dialog-info version=\"1\" state=\"full\">", "<dialog-info version='2' state='partial'>", "</dialog-info>", "<dialog id='1'>",
                "<dialog id='2'/>", "</dialog>", "<state>", "</state>", "early", "&amp;", "&x;", "<!--", "-->", "<![CDATA[", "]]>", "<?", "<", "\"",
            ]),
            0..24,
        )) {
            let mut lamp = DialogInfo::default();
            lamp.take(&parts.concat());
            lamp.occupation();
        }
    }
}
