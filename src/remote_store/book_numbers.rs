//! Numbers that a client of the stock command gave and that no source version has yet: nobody else may give them to
//! other content.

use super::head::StoredHead;
use super::rules::BrokenRule;
use crate::error::Result;
use crate::history::book::Book;
use crate::history::source::{self, SourceVersion};
use crate::history::state::State;
use crate::model::numbers::{self, Numbers, PERSONA};
use crate::protocol::Transaction;
use crate::store::Odb;

/// The first number of a transaction that the book has for something else.
pub fn check(head: &StoredHead, tx: &Transaction, objects: &Odb) -> Result<Option<BrokenRule>> {
    let (Some(book), Some(create)) = (&head.book, &tx.source) else { return Ok(None) };
    let book = Book::load(objects, Some(book.root))?;
    let floor = floor(head, objects)?;
    for id in &create.ids {
        let state = SourceVersion::load(objects, create.after + 1, *id)?.state;
        let state = State::load(objects, &state)?;
        let new = state.numbers.iter().filter(|(key, number)| {
            floor.get(*key).is_none_or(|known| numbers::is_past(number, known))
        });
        for (key, number) in new {
            if is_taken(&book, objects, &state, (key, number))? {
                let sentence = format!(
                    "the number {number} of \"{key}\" was given by the stock command, and its files were not pushed yet; run \
                     `lua push backup --force --fresh` where it was pushed, then pull"
                );
                return Ok(Some(BrokenRule::OfAgent(sentence)));
            }
        }
    }
    Ok(None)
}

/// The highest number that source versions ever gave to each entry. One that cannot be read gives none.
fn floor(head: &StoredHead, objects: &Odb) -> Result<Numbers> {
    let Some(id) = head.heads.source.last() else { return Ok(Numbers::new()) };
    let newest = SourceVersion::load(objects, head.heads.source.len() as u64, *id)?;
    Ok(source::floor(&State::load(objects, &newest.state)?, Some(&newest)))
}

fn is_taken(
    book: &Book,
    objects: &Odb,
    state: &State,
    (key, number): (&str, &str),
) -> Result<bool> {
    if key != PERSONA {
        return Ok(book.body(objects, key, number)?.is_some());
    }
    let Ok(number) = number.parse() else { return Ok(false) };
    // The same text may have the same number.
    let sent = book.persona(objects, number)?;
    Ok(sent.is_some_and(|sent| state.persona.is_none_or(|persona| persona.id != sent)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::book::{PersonaEntry, PushedBody};
    use crate::history::record::SourceRecord;
    use crate::history::state::PersonaId;
    use crate::object::{Id, Sink, Tree, TreeEntry};
    use crate::protocol::{AgentId, CreateRefs, TxnId};
    use crate::remote_store::{AgentEdit, EditRequest, RemoteStore};

    fn asked(name: u8) -> EditRequest {
        EditRequest { txn: TxnId([name; 16]), request: [0; 16], by: None, now_ms: 1 }
    }

    /// A source version in which a skill has a number.
    fn source(sink: &mut crate::store::Batch, number: &str) -> Id {
        let blob = sink.put_blob(b"{}".to_vec(), None).unwrap();
        let entries =
            vec![TreeEntry::file("definition.json", blob), TreeEntry::file("reach.json", blob)];
        let skill = sink.put_tree(&Tree::new(entries).unwrap(), None).unwrap();
        let mut state = State::default();
        state.primitives.insert("skills/a".into(), skill);
        state.numbers.insert("skills/a".into(), number.into());
        let state = state.store(sink, None).unwrap();
        let files = sink.put_tree(&Tree::default(), None).unwrap();
        let record = SourceRecord {
            by: "ana".into(),
            at_ms: 1,
            triggered_by: "push".into(),
            message: None,
            highest: Default::default(),
            unread: None,
        };
        source::put(sink, &record, state, files, None).unwrap()
    }

    #[test]
    fn a_number_of_the_book_belongs_to_what_was_sent() {
        let dir = tempfile::tempdir().unwrap();
        let store = RemoteStore::open(dir.path()).unwrap();
        let agent: AgentId = "shop".parse().unwrap();
        let mut ids = Vec::new();
        store
            .edit(&agent, &asked(1), &mut |ground, batch| {
                let mut book = Book::load(ground.objects, ground.book)?;
                let pushed = PushedBody { by: "ana".into(), at_ms: 1, body: Default::default() };
                book.add_body(batch, ("skills/a", "1.0.2"), &pushed)?;
                // Stored beside it, as an upload would be.
                ids = vec![source(batch, "1.0.1"), source(batch, "1.0.2"), source(batch, "1.0.3")];
                Ok((Some(AgentEdit { book: Some(book.store(batch)?), ..AgentEdit::default() }), ()))
            })
            .unwrap();
        let (seen, packs) = store.open_agent(&agent).unwrap();
        let taken = |at: usize| {
            let source = Some(CreateRefs { after: 0, ids: vec![ids[at]] });
            let txn = TxnId([9; 16]);
            let tx =
                Transaction { txn, pack: None, source, versions: None, active: None, purge: None };
            check(&seen.head, &tx, &packs.objects).unwrap().map(|rule| rule.to_string())
        };
        assert_eq!((taken(0), taken(2)), (None, None));
        assert!(taken(1).unwrap().contains("1.0.2 of \"skills/a\" was given by the stock command"));
    }

    #[test]
    fn a_number_of_a_persona_belongs_to_its_text() {
        let dir = tempfile::tempdir().unwrap();
        let store = RemoteStore::open(dir.path()).unwrap();
        let agent: AgentId = "shop".parse().unwrap();
        store
            .edit(&agent, &asked(1), &mut |ground, batch| {
                let mut book = Book::load(ground.objects, ground.book)?;
                let sent = batch.put_blob(b"You are Bo.".to_vec(), None)?;
                let (by, txn) = ("ana".to_owned(), String::new());
                let entry =
                    PersonaEntry { number: 2, by, at_ms: 1, draft: false, is_object: false, txn };
                book.add_persona(batch, entry, sent)?;
                Ok((Some(AgentEdit { book: Some(book.store(batch)?), ..AgentEdit::default() }), ()))
            })
            .unwrap();
        let (seen, packs) = store.open_agent(&agent).unwrap();
        let book = Book::load(&packs.objects, Some(seen.head.book.unwrap().root)).unwrap();
        let taken = |text: &str, number: &str| {
            let id = Id::of_blob(text.as_bytes());
            let persona = Some(PersonaId { id, is_object: false });
            let state = State { persona, ..State::default() };
            is_taken(&book, &packs.objects, &state, (PERSONA, number)).unwrap()
        };
        assert!(taken("You are Cleo.", "2"));
        assert!(!taken("You are Bo.", "2"), "the same text");
        assert!(!taken("You are Cleo.", "3"));
    }
}
