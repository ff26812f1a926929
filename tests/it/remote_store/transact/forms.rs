//! Forms of what a transaction may name: source versions, states, files, agent versions, the pointer.

use super::super::agent::*;
use super::{filled, invalid, refusal, remote_store};
use lua_store::internals::history::record::Event;
use lua_store::internals::object::{Id, Mode, TreeEntry};
use lua_store::internals::protocol::{CreateRefs, Refusal, Transaction};
use lua_store::internals::remote_store::RemoteStore;

/// Answer of the remote store to a new source version with this tree.
fn of_source(make: impl FnOnce(&mut Making) -> Id) -> String {
    let (_dir, remote_store) = remote_store();
    let (client, _) = filled(&remote_store);
    let mut made = client.make();
    let id = make(&mut made);
    let (pack, bytes) = client.pack(made);
    upload(&remote_store, &agent(), &pack, &bytes).unwrap();
    let reason = invalid(&remote_store, &Transaction { pack: Some(pack), ..create_source(2, id) });
    reason.replace(&id.to_string(), "ID")
}

fn entries(made: &mut Making, state: Id) -> Vec<TreeEntry> {
    let files = made.file("a", "a");
    let record = made.batch_record();
    vec![
        TreeEntry::file("record", record),
        TreeEntry::directory("source", files),
        TreeEntry::directory("state", state),
    ]
}

#[test]
fn a_source_version_has_its_form() {
    assert_eq!(
        of_source(|made| made.file("x", "new")),
        "refs/source/v3: object ID is not a valid source version"
    );
    let reason = of_source(|made| {
        let state = made.state();
        let mut entries = entries(made, state);
        entries.push(TreeEntry::file("more", entries[0].id));
        made.tree(entries)
    });
    assert_eq!(reason, "refs/source/v3: object ID is not a valid source version");
    let reason = of_source(|made| {
        let state = made.state();
        let mut entries = entries(made, state);
        entries[0] = TreeEntry::file("record", made.blob("no record"));
        made.tree(entries)
    });
    assert!(reason.contains("the record of a source version is not well formed"), "{reason}");
    let reason = of_source(|made| {
        let state = made.state();
        let mut entries = entries(made, state);
        entries[0].mode = Mode::Executable;
        made.tree(entries)
    });
    assert_eq!(reason, "refs/source/v3: object ID is not a valid source version");
}

#[test]
fn a_state_has_its_form() {
    let state_of = |change: fn(&mut Making, &mut Vec<TreeEntry>)| {
        of_source(move |made| {
            let state = made.state();
            let mut parts = made.entries_of(state);
            change(made, &mut parts);
            let state = made.tree(parts);
            let entries = entries(made, state);
            made.tree(entries)
        })
    };
    fn put(parts: &mut Vec<TreeEntry>, name: &str, id: Id) {
        parts.retain(|entry| &*entry.name != name);
        parts.push(TreeEntry::file(name, id));
    }
    let reason = state_of(|made, parts| parts.push(TreeEntry::file("stranger", made.blob("x"))));
    assert_eq!(reason, "refs/source/v3: its state has an invalid entry \"stranger\"");
    let reason =
        state_of(|made, parts| parts.push(TreeEntry::directory("gadgets", made.file("a", "a"))));
    assert_eq!(reason, "refs/source/v3: its state has an invalid entry \"gadgets\"");
    let reason = state_of(|made, parts| put(parts, "agent.json", made.blob("[]")));
    assert_eq!(reason, "refs/source/v3: its agent.json is not an object");
    let reason = state_of(|made, parts| put(parts, "agent.json", made.blob("{ }")));
    assert_eq!(reason, "refs/source/v3: agent.json is not in its canonical encoding");
    let reason =
        state_of(|made, parts| put(parts, "versions.json", made.blob(r#"{"persona":"1"}"#)));
    assert_eq!(reason, "refs/source/v3: its versions.json has no number for \"skills/a\"");
    let reason =
        state_of(|made, parts| put(parts, "versions.json", made.blob(r#"{"skills/a":"1"}"#)));
    assert_eq!(reason, "refs/source/v3: its versions.json gives \"skills/a\" the number \"1\"");
    let reason = state_of(|made, parts| {
        let skill = made.file("definition.json", "{}");
        let skills = made.tree(vec![TreeEntry::directory("a", skill)]);
        parts.retain(|entry| &*entry.name != "skills");
        parts.push(TreeEntry::directory("skills", skills));
    });
    assert_eq!(reason, "refs/source/v3: skills/a: a tree has no entry \"reach.json\"");
}

#[test]
fn files_that_nobody_could_restore_are_refused() {
    for name in [".git", ".GIT", "git~1", ".lua", "node_modules", ".lua-store-tmp-1-1"] {
        let reason = of_source(|made| {
            let inner = made.file("config", "x");
            let files = made.tree(vec![TreeEntry::directory(name, inner)]);
            let files = made.tree(vec![TreeEntry::directory("deep", files)]);
            let (state, record) = (made.state(), made.batch_record());
            let entries =
                [TreeEntry::directory("source", files), TreeEntry::directory("state", state)];
            made.tree([vec![TreeEntry::file("record", record)], entries.to_vec()].concat())
        });
        let start = format!(
            "refs/source/v3: its files contain \"deep/{name}\", which is not allowed in a project: "
        );
        assert!(reason.starts_with(&start), "{reason}");
    }
}

#[test]
fn an_agent_version_comes_from_a_source_version_and_is_no_other_one() {
    let (_dir, remote_store) = remote_store();
    let (client, _) = filled(&remote_store);
    let head = remote_store.head(&agent()).unwrap().unwrap();
    let version =
        |ids: Vec<Id>| Transaction { versions: Some(CreateRefs { after: 2, ids }), ..empty() };
    let reason = invalid(&remote_store, &version(vec![head.heads.versions[0]]));
    assert_eq!(
        reason,
        format!("refs/versions/v3: object {} is another version already", head.heads.versions[0])
    );
    let reason = invalid(&remote_store, &version(vec![head.heads.source[0]]));
    assert_eq!(
        reason,
        format!("refs/versions/v3: object {} is not a valid agent version", head.heads.source[0])
    );
    let mut made = client.make();
    let id = made.version(3, head.heads.source[0], "from nowhere");
    let (pack, bytes) = client.pack(made);
    upload(&remote_store, &agent(), &pack, &bytes).unwrap();
    let reason = invalid(&remote_store, &Transaction { pack: Some(pack), ..version(vec![id]) });
    assert_eq!(
        reason,
        "refs/versions/v3: it was created from source version v3, which does not exist"
    );
}

/// A transaction that moves the pointer by these records, and names a version.
fn moving(
    client: &Client,
    remote_store: &RemoteStore,
    records: &[(Event, Id)],
    from: Option<Id>,
    version: Option<u64>,
) -> Transaction {
    let expected = remote_store.head(&agent()).unwrap().unwrap().heads.active;
    let mut made = client.make();
    let mut ledger = from;
    for (event, id) in records {
        ledger = Some(made.ledger(*event, *id, ledger));
    }
    let (pack, bytes) = client.pack(made);
    upload(remote_store, &agent(), &pack, &bytes).unwrap();
    Transaction { pack: Some(pack), active: swap(expected, version, ledger.unwrap()), ..empty() }
}

#[test]
fn the_pointer_goes_on_from_the_old_one_by_records_that_may_be() {
    use Event::{Delete, Promote, Undelete};
    let (_dir, remote_store) = remote_store();
    let (client, active) = filled(&remote_store);
    let [one, two] = remote_store.head(&agent()).unwrap().unwrap().heads.versions[..] else {
        panic!()
    };
    let old = Some(active.ledger);
    let reason = |records: &[(Event, Id)], from, version| {
        let reason =
            invalid(&remote_store, &moving(&client, &remote_store, records, from, version));
        reason.split(" record ").last().unwrap().split_once(' ').unwrap().1.to_owned()
    };
    assert_eq!(
        reason(&[(Promote, two)], None, Some(2)),
        "ledger does not continue the current one"
    );
    assert_eq!(
        reason(&[(Promote, two)], old, Some(1)),
        "pointer names v1, but the ledger promoted v2 last"
    );
    assert_eq!(
        reason(&[(Promote, two)], old, None),
        "pointer names nothing, but the ledger promoted v2 last"
    );
    assert_eq!(reason(&[(Delete, one)], old, Some(1)), "deletes v1, which is active");
    let twice = [(Delete, two), (Promote, two)];
    assert_eq!(reason(&twice, old, Some(2)), "promotes v2, which was deleted");
    for records in [&[(Undelete, two)][..], &[(Delete, two), (Undelete, two), (Undelete, two)]] {
        assert_eq!(reason(records, old, Some(1)), "undeletes v2, which is not deleted");
    }
    let stranger = Id::of_blob(b"a version of somebody else");
    let tx = moving(&client, &remote_store, &[(Promote, stranger)], old, Some(1));
    assert_eq!(refusal(&remote_store, &tx), Refusal::Missing { ids: vec![stranger], more: false });
    let source = remote_store.head(&agent()).unwrap().unwrap().heads.source[0];
    assert_eq!(reason(&[(Promote, source)], old, Some(1)), "names a version that does not exist");
    let still = Transaction { active: swap(Some(active), Some(2), active.ledger), ..empty() };
    assert_eq!(invalid(&remote_store, &still), "the pointer moves without a ledger record");
    // Promote the second, delete the first, in one transaction.
    let tx = moving(&client, &remote_store, &[(Promote, two), (Delete, one)], old, Some(2));
    let head = done(remote_store.transact(&agent(), &tx).unwrap());
    assert_eq!(head.heads.active.unwrap().version, Some(2));
    let tx = moving(
        &client,
        &remote_store,
        &[(Promote, one)],
        Some(head.heads.active.unwrap().ledger),
        Some(1),
    );
    assert!(invalid(&remote_store, &tx).ends_with("promotes v1, which was deleted"));
    let before = Some(head.heads.active.unwrap().ledger);
    let tx = moving(&client, &remote_store, &[(Undelete, one), (Promote, one)], before, Some(1));
    let head = done(remote_store.transact(&agent(), &tx).unwrap());
    assert_eq!(head.heads.active.unwrap().version, Some(1));
    assert_whole(&remote_store, &agent());
}
