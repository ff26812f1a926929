//! Two lines of versions, in memory.

use super::{NumberChange, RebaseOutcome, Rebased, Renumbered, rebase};
use crate::history::record::{Event, LedgerRecord, SourceRecord, VersionMeta};
use crate::history::source::SourceVersion;
use crate::history::state::{DEFINITION, PersonaId, REACH, State};
use crate::history::version::Version;
use crate::history::{ledger, source, version};
use crate::merge::Side;
use crate::model::numbers::{self, Numbers, PERSONA};
use crate::object::{Id, Memory, Sink, Tree, TreeEntry};
use crate::store::{Active, Heads, common};
use proptest::prelude::*;
use std::collections::HashMap;

/// Contents of the primitives and the persona of a push.
type Work<'w> = &'w [(&'w str, u8)];

fn blob(memory: &mut Memory, text: &str) -> Id {
    memory.put_blob(text.as_bytes().to_vec(), None).unwrap()
}

fn primitive(memory: &mut Memory, content: u8) -> Id {
    let (definition, reach) = (blob(memory, &content.to_string()), blob(memory, "{}"));
    let tree =
        Tree::new(vec![TreeEntry::file(DEFINITION, definition), TreeEntry::file(REACH, reach)])
            .unwrap();
    memory.put_tree(&tree, None).unwrap()
}

/// One more source version, numbered as `push` numbers.
fn push(memory: &mut Memory, heads: &mut Heads, by: &str, work: Work<'_>) {
    let number = heads.source.len() as u64;
    let before = heads.source.last().map(|id| SourceVersion::load(memory, number, *id).unwrap());
    let old =
        before.as_ref().map(|one| State::load(memory, &one.state).unwrap()).unwrap_or_default();
    let floor = source::floor(&old, before.as_ref());
    let mut state = State::default();
    for (key, content) in work {
        let taken = floor.get(*key).map(String::as_str);
        let (same, next) = if *key == PERSONA {
            let persona = PersonaId { id: blob(memory, &content.to_string()), is_object: false };
            state.persona = Some(persona);
            (old.persona == Some(persona), numbers::next_persona(taken))
        } else {
            let tree = primitive(memory, *content);
            state.primitives.insert((*key).to_owned(), tree);
            (old.primitives.get(*key) == Some(&tree), numbers::next(taken))
        };
        let number = if same { old.numbers[*key].clone() } else { next.unwrap() };
        state.numbers.insert((*key).to_owned(), number);
    }
    let highest = source::highest(before.as_ref(), &old, &state);
    let (by, at_ms, message) = (by.to_owned(), number as i64, Some(format!("push {number}")));
    let record = SourceRecord {
        by,
        at_ms,
        triggered_by: "batch push".to_owned(),
        message,
        highest,
        unread: None,
    };
    let files =
        Tree::new(vec![TreeEntry::file("work", blob(memory, &format!("{work:?}")))]).unwrap();
    let files = memory.put_tree(&files, None).unwrap();
    let state = state.store(memory, None).unwrap();
    let id = source::put(memory, &record, state, files, before.as_ref()).unwrap();
    heads.source.push(id);
}

/// An agent version of the newest source version.
fn create(memory: &mut Memory, heads: &mut Heads, by: &str) {
    let number = heads.source.len() as u64;
    let pushed = SourceVersion::load(memory, number, *heads.source.last().unwrap()).unwrap();
    let meta = VersionMeta {
        by: by.to_owned(),
        at_ms: 7,
        message: None,
        commit: None,
        source_version: number,
        unread: None,
    };
    let id = version::put(memory, &meta, pushed.state, pushed.source, None).unwrap();
    heads.versions.push(id);
}

fn promote(memory: &mut Memory, heads: &mut Heads, by: &str, number: u64) {
    let record = LedgerRecord { event: Event::Promote, by: by.to_owned(), at_ms: 9, reason: None };
    let id = heads.versions[number as usize - 1];
    let ledger =
        ledger::append(memory, &record, id, heads.active.map(|active| active.ledger)).unwrap();
    heads.active = Some(Active { version: Some(number), ledger });
}

fn rebased(memory: &mut Memory, ours: &Heads, theirs: &Heads) -> Rebased {
    match rebase(memory, ours, theirs, None).unwrap() {
        RebaseOutcome::Rebased(rebased) => rebased,
        RebaseOutcome::Diverged(diverged) => panic!("{diverged:?}"),
    }
}

fn load(memory: &Memory, heads: &Heads, number: u64) -> (SourceVersion, State) {
    let version = SourceVersion::load(memory, number, heads.source[number as usize - 1]).unwrap();
    let state = State::load(memory, &version.state).unwrap();
    (version, state)
}

fn numbered(memory: &Memory, heads: &Heads, number: u64) -> Numbers {
    load(memory, heads, number).1.numbers
}

fn numbers_of(pairs: &[(&str, &str)]) -> Numbers {
    pairs.iter().map(|(key, number)| ((*key).to_owned(), (*number).to_owned())).collect()
}

#[test]
fn unpushed_versions_go_behind_theirs_with_numbers_that_nobody_has() {
    let memory = &mut Memory::default();
    let mut ours = Heads::default();
    push(
        memory,
        &mut ours,
        "ann",
        &[("skills/a", 1), ("skills/b", 1), ("skills/c", 1), (PERSONA, 1)],
    );
    let mut theirs = ours.clone();
    push(
        memory,
        &mut theirs,
        "ben",
        &[("skills/a", 2), ("skills/b", 1), ("skills/c", 5), (PERSONA, 2)],
    );
    push(
        memory,
        &mut theirs,
        "ben",
        &[("skills/a", 3), ("skills/b", 1), ("skills/c", 5), (PERSONA, 2)],
    );
    // We change `a` and the persona in other ways, `b` alone, and `c` as they did.
    push(
        memory,
        &mut ours,
        "ann",
        &[("skills/a", 8), ("skills/b", 1), ("skills/c", 5), (PERSONA, 9)],
    );
    create(memory, &mut ours, "ann");
    push(
        memory,
        &mut ours,
        "ann",
        &[("skills/a", 8), ("skills/b", 4), ("skills/c", 5), (PERSONA, 9)],
    );
    let done = rebased(memory, &ours, &theirs);
    assert_eq!(done.heads.source[..3], theirs.source);
    assert_eq!(done.source, [NumberChange { from: 2, to: 4 }, NumberChange { from: 3, to: 5 }]);
    let expected =
        [("skills/a", "1.0.3"), ("skills/b", "1.0.0"), ("skills/c", "1.0.1"), (PERSONA, "3")];
    assert_eq!(numbered(memory, &done.heads, 4), numbers_of(&expected));
    let expected =
        [("skills/a", "1.0.3"), ("skills/b", "1.0.1"), ("skills/c", "1.0.1"), (PERSONA, "3")];
    assert_eq!(numbered(memory, &done.heads, 5), numbers_of(&expected));
    let line = |one: &Renumbered| format!("{} {} {} {}", one.kind, one.name, one.from, one.to);
    let lines: Vec<String> = done.primitives.iter().map(line).collect();
    assert_eq!(lines, ["persona persona 2 3", "skill a 1.0.1 1.0.3"]);
    // The agent version names it too, and has the new state of the source version.
    assert_eq!(done.versions, [], "its number is free");
    let version = Version::load(memory, 1, done.heads.versions[0]).unwrap();
    let (source, _) = load(memory, &done.heads, 4);
    assert_eq!(
        (version.meta.source_version, version.state, version.source),
        (4, source.state, source.source)
    );
    assert_eq!((&*source.record.by, source.record.message.as_deref()), ("ann", Some("push 1")));
}

#[test]
fn what_one_side_has_alone_is_taken_as_it_is() {
    let memory = &mut Memory::default();
    let mut base = Heads::default();
    push(memory, &mut base, "ann", &[("skills/a", 1)]);
    create(memory, &mut base, "ann");
    promote(memory, &mut base, "ann", 1);
    let mut more = base.clone();
    push(memory, &mut more, "ben", &[("skills/a", 2)]);
    create(memory, &mut more, "ben");
    promote(memory, &mut more, "ben", 2);
    for (ours, theirs) in [
        (&base, &more),
        (&more, &base),
        (&more, &more),
        (&Heads::default(), &more),
        (&more, &Heads::default()),
    ] {
        let done = rebased(memory, ours, theirs);
        assert_eq!((&done.heads, done.source.len(), done.versions.len()), (&more, 0, 0));
    }
}

/// Both made a version; only we, or only they, or both promoted.
fn diverged(memory: &mut Memory, we: bool, they: bool) -> (Heads, Heads) {
    let mut ours = Heads::default();
    push(memory, &mut ours, "ann", &[("skills/a", 1)]);
    create(memory, &mut ours, "ann");
    promote(memory, &mut ours, "ann", 1);
    let mut theirs = ours.clone();
    for (heads, by, content, promotes) in [(&mut ours, "ann", 2, we), (&mut theirs, "ben", 3, they)]
    {
        push(memory, heads, by, &[("skills/a", content)]);
        create(memory, heads, by);
        if promotes {
            promote(memory, heads, by, 2);
        }
    }
    (ours, theirs)
}

#[test]
fn our_promotion_is_recorded_again_behind_their_ledger() {
    let memory = &mut Memory::default();
    let (ours, theirs) = diverged(memory, true, false);
    let done = rebased(memory, &ours, &theirs);
    assert_eq!(done.versions, [NumberChange { from: 2, to: 3 }]);
    let active = done.heads.active.unwrap();
    assert_eq!(active.version, Some(3));
    let steps: Vec<_> =
        ledger::steps(memory, Some(active.ledger)).collect::<Result<_, _>>().unwrap();
    assert_eq!(
        steps.iter().filter_map(ledger::LedgerEntry::version).collect::<Vec<_>>(),
        [done.heads.versions[2], theirs.versions[0]]
    );
    assert_eq!(steps[1].id, theirs.active.unwrap().ledger);
    assert_eq!((&*steps[0].record.by, steps[0].record.at_ms), ("ann", 9));
}

#[test]
fn ledgers_that_parted_are_for_a_person_to_decide() {
    let memory = &mut Memory::default();
    let (ours, theirs) = diverged(memory, false, true);
    assert_eq!(rebased(memory, &ours, &theirs).heads.active, theirs.active);
    let (ours, theirs) = diverged(memory, true, true);
    for choice in [None, Some(Side::Ours)] {
        let RebaseOutcome::Diverged(diverged) = rebase(memory, &ours, &theirs, choice).unwrap()
        else {
            panic!()
        };
        let who = |steps: &[ledger::LedgerEntry]| {
            steps.iter().map(|one| one.record.by.clone()).collect::<Vec<_>>()
        };
        assert_eq!(
            (who(&diverged.ours), who(&diverged.theirs)),
            (vec!["ann".to_owned()], vec!["ben".to_owned()])
        );
    }
    let RebaseOutcome::Rebased(done) = rebase(memory, &ours, &theirs, Some(Side::Theirs)).unwrap()
    else {
        panic!()
    };
    assert_eq!(done.heads.active, theirs.active);
    assert_eq!(done.left_out.len(), 1);
    assert_eq!(done.heads.versions.len(), 3, "the version itself stays");
}

/// Pushes of one line, as the contents of three things; 0 is not there.
fn line() -> impl Strategy<Value = Vec<[u8; 3]>> {
    proptest::collection::vec([0u8..4, 0u8..4, 0u8..3], 0..4)
}

fn grow(memory: &mut Memory, heads: &mut Heads, by: &str, pushes: &[[u8; 3]]) {
    for push_ in pushes {
        let all = [("skills/a", push_[0]), ("jobs/b", push_[1]), (PERSONA, push_[2])];
        let work: Vec<_> = all.into_iter().filter(|(_, content)| *content > 0).collect();
        push(memory, heads, by, &work);
        if push_[0] == 1 {
            create(memory, heads, by);
        }
    }
}

proptest! {
    #[test]
    fn no_number_stands_for_two_contents(first in line(), mine in line(), yours in line()) {
        let memory = &mut Memory::default();
        let mut ours = Heads::default();
        grow(memory, &mut ours, "ann", &first);
        let mut theirs = ours.clone();
        let base = ours.source.len();
        grow(memory, &mut ours, "ann", &mine);
        grow(memory, &mut theirs, "ben", &yours);
        let done = rebased(memory, &ours, &theirs);
        prop_assert_eq!(done.heads.source.len(), base + mine.len() + yours.len());
        prop_assert_eq!(common(&done.heads.source, &theirs.source), theirs.source.len());
        prop_assert_eq!(common(&done.heads.versions, &theirs.versions), theirs.versions.len());
        // Each of our versions has its old content, and only numbers differ.
        for at in base..ours.source.len() {
            let (old, old_state) = load(memory, &ours, at as u64 + 1);
            let (new, new_state) = load(memory, &done.heads, (at + yours.len()) as u64 + 1);
            prop_assert_eq!(old.source, new.source);
            prop_assert_eq!((&old_state.primitives, old_state.persona), (&new_state.primitives, new_state.persona));
            prop_assert_eq!((&old.record.by, &old.record.message), (&new.record.by, &new.record.message));
        }
        let mut stands_for = HashMap::new();
        let mut given = Numbers::new();
        for number in 1..=done.heads.source.len() as u64 {
            let (version, state) = load(memory, &done.heads, number);
            for (key, number) in &state.numbers {
                let what = state.primitives.get(key).copied().or(state.persona.map(|persona| persona.id));
                let known = stands_for.entry((key.clone(), number.clone())).or_insert(what);
                prop_assert_eq!(&*known, &what, "{} {}", key, number);
            }
            // The next push knows every number that was given.
            numbers::raise(&mut given, &state.numbers);
            prop_assert_eq!(&source::floor(&state, Some(&version)), &given);
        }
        let again = rebased(memory, &done.heads, &theirs);
        prop_assert_eq!(again.heads, done.heads);
        prop_assert!(again.source.is_empty() && again.versions.is_empty());
    }
}
