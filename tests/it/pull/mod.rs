//! Two people, two stores: what one pushed comes to the other.

mod commands;

use crate::common::{Project, faults, shop};
use lua_store::internals::cli::hints;
use lua_store::internals::history::project;
use lua_store::internals::history::record::Author;
use lua_store::internals::merge::pull::{PullConflicts, PullOutcome, Pulled, overtake, pull};
use lua_store::internals::merge::{Choices, PullRequest, Side};
use lua_store::internals::progress::Progress;
use lua_store::internals::report::{self, Line};
use lua_store::internals::store::Heads;
use std::fs;
use std::path::Path;

const SKILL: &str = "src/skills/catalog.skill.ts";

const INDEX: &str = "src/index.ts";

/// Copies what is in a folder.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Ann and Ben, with the same agent pushed once, made v1 and promoted.
pub fn two() -> (Project, Project) {
    let ann = shop::versioned();
    ann.ok("version promote 1");
    let mut ben = Project::new();
    copy(&ann.root(), &ben.root());
    ben.set("LUA_STORE_AUTHOR", "ben@example.com");
    (ann, ben)
}

/// Heads of Ben's store, with the objects copied to Ann, as a fetch does.
pub fn fetched(ann: &Project, ben: &Project) -> Heads {
    let theirs = project::Project::open(&ben.root()).unwrap();
    // Records that only the pointer of Ben has are sent, too.
    theirs.store().empty_active_pack(&theirs.store().lock().unwrap()).unwrap();
    for pack in fs::read_dir(ben.path(".lua/objects")).unwrap() {
        let pack = pack.unwrap();
        let to = ann.path(".lua/objects").join(pack.file_name());
        if !to.exists() && pack.path().is_file() {
            fs::copy(pack.path(), to).unwrap();
        }
    }
    theirs.store().heads().unwrap()
}

/// Ann, at a time of her own.
pub fn who() -> Author {
    Author { by: "ana@example.com".to_owned(), at_ms: 1_800_000_000_000 }
}

fn request(choice: Option<Side>) -> PullRequest {
    PullRequest { choices: Choices::all(choice), markers: None }
}

fn pulled(ann: &Project, ben: &Project, choice: Option<Side>) -> PullOutcome {
    let heads = fetched(ann, ben);
    let opened = project::Project::open(&ann.root()).unwrap();
    let outcome = pull(&opened, &heads, &request(choice), &who(), &Progress::default()).unwrap();
    faults::assert_clean(&ann.root());
    outcome
}

fn done(outcome: PullOutcome) -> Box<Pulled> {
    match outcome {
        PullOutcome::Pulled(pulled) => pulled,
        PullOutcome::Refused(refused) => panic!("{}", text(&report::refusal_lines(&refused))),
        PullOutcome::UpToDate | PullOutcome::Open(_) => panic!("nothing was pulled"),
    }
}

fn refused(outcome: PullOutcome) -> Box<PullConflicts> {
    match outcome {
        PullOutcome::Refused(refused) => refused,
        _ => panic!("it was not refused"),
    }
}

fn text(lines: &[Line]) -> String {
    lines.iter().map(|line| line.text.clone() + "\n").collect()
}

fn heads(project: &Project) -> Heads {
    project::Project::open(&project.root()).unwrap().store().heads().unwrap()
}

#[test]
fn what_is_new_there_comes_here_and_nothing_of_ours_is_in_its_way() {
    let (ann, ben) = two();
    shop::edit(&ben, SKILL, "Knows the products", "Knows all products");
    ben.write("docs/new.md", "new\n");
    ben.ok("push");
    ben.ok("version create -m second");
    ben.ok("version promote 2");
    let pulled_ = done(pulled(&ann, &ben, None));
    assert_eq!(heads(&ann), heads(&ben));
    assert_eq!(
        (ann.read(SKILL), ann.read("docs/new.md")),
        (ben.read(SKILL), ben.read("docs/new.md"))
    );
    assert_eq!((pulled_.kept, pulled_.files.len(), pulled_.rebased.source.len()), (None, 2, 0));
    insta::assert_snapshot!(text(&report::incoming_lines(&pulled_.incoming)), @"
    source v2  2026-11-21 09:30  ben@example.com  batch push
        ~ skill catalog 1.0.0 → 1.0.1
            description:
              - Knows the products
              + Knows all products
    version v2  2026-11-21 09:30  ben@example.com  second
    promoted v2  2026-11-21 09:30  ben@example.com
    ");
    assert_eq!(ann.json("status")["active"], 2);
    assert!(matches!(pulled(&ann, &ben, None), PullOutcome::UpToDate));
}

/// Both pushed and made a version, and Ann has work that she did not push.
pub fn both_pushed() -> (Project, Project) {
    let (ann, ben) = two();
    shop::edit(&ben, SKILL, "Knows the products", "Knows all products");
    shop::edit(&ben, INDEX, "You help customers shop.", "You help customers shop well.");
    ben.ok("push");
    ben.ok("version create -m \"from ben\"");
    shop::edit(&ann, "src/jobs/nightly.ts", "0 3 * * *", "0 4 * * *");
    ann.ok("push");
    ann.ok("version create -m \"from ann\"");
    ann.ok("version promote 2");
    shop::edit(&ann, INDEX, "docs.example.com", "help.example.com");
    ann.write("notes.md", "not pushed\n");
    (ann, ben)
}

#[test]
fn what_both_did_stands_and_our_numbers_make_room() {
    let (ann, ben) = both_pushed();
    let mine = ann.read(INDEX);
    let done = done(pulled(&ann, &ben, None));
    assert_eq!(done.texts, [INDEX]);
    assert_eq!(ann.read(INDEX), mine.replace("customers shop.", "customers shop well."));
    assert_eq!(
        (ann.read(SKILL), ann.read("notes.md")),
        (ben.read(SKILL), "not pushed\n".to_owned())
    );
    assert!(ann.read("src/jobs/nightly.ts").contains("0 4 * * *"));
    insta::assert_snapshot!(text(&report::renumbered_lines(&done.rebased)), @"
    your source v2 → v3
    your version v2 → v3
    ");
    insta::assert_snapshot!(ann.ok("version list"), @"
    VERSION  STATUS      CREATED           BY               PROMOTED          MESSAGE
    v3*      active      2026-11-21 09:30  ana@example.com  2026-11-21 09:30  from ann
    v2       staged      2026-11-21 09:30  ben@example.com  -                 from ben
    v1       superseded  2026-11-21 09:30  ana@example.com  2026-11-21 09:30  first
    ");
    insta::assert_snapshot!(ann.ok("log --ledger"), @"
    19d41ed4  2026-11-21 09:30  promote v3  by ana@example.com
    9426a22a  2026-11-21 09:30  promote v1  by ana@example.com
    ");
    insta::assert_snapshot!(ann.run("version diff 2 3").changes(), @"
    $ lua-store version diff 2 3
    Diff v2 → v3
    Skills:
      ~ catalog 1.0.1 → 1.0.0
          description:
            - Knows all products
            + Knows the products
    Jobs:
      ~ nightly 1.0.0 → 1.0.1
          schedule.expression: 0 3 * * * → 0 4 * * *
    Persona: v2 → v1
      - You help customers shop well.
      + You help customers shop.
    Files:
      M src/index.ts
      M src/jobs/nightly.ts
      M src/skills/catalog.skill.ts
    ");
    // Ann's unpushed files can be restored, and are pushed next.
    assert_eq!(done.kept, Some(1));
    insta::assert_snapshot!(ann.ok("push"), @"
      ✅ persona v3 pushed (1 → 3)
      ✅ catalog v1.0.2 pushed (skill, 1.0.0 → 1.0.2)
      ✅ docs v1.0.1 pushed (mcp-server, 1.0.0 → 1.0.1)
      ·  3 unchanged: shop, orders, nightly
    💾 Backup at v4 (3 changed file(s))
    ✅ Push complete: 3 changed
    ");
    ann.ok("source rollback --snapshot 1 --force");
    assert_eq!(ann.read(INDEX), mine);
    let json = serde_json::json!(report::PulledView::new(&done));
    assert_eq!(json["renumbered"]["source"], serde_json::json!([{"from": 2, "to": 3}]));
}

#[test]
fn a_conflict_changes_nothing_until_somebody_chooses() {
    let (ann, ben) = two();
    shop::edit(&ben, SKILL, "Knows the products", "Knows all products");
    shop::edit(&ben, INDEX, "docs.example.com", "ben.example.com");
    ben.ok("push");
    shop::edit(&ann, SKILL, "Knows the products", "Knows some products");
    ann.write("docs/mine.md", "mine\n");
    let before = (heads(&ann), ann.read(SKILL), ann.read(INDEX));
    let refused = refused(pulled(&ann, &ben, None));
    assert_eq!((heads(&ann), ann.read(SKILL), ann.read(INDEX)), before);
    let error = report::refusal("origin", &refused);
    let told = format!(
        "{error}\nhint: {}\n{}",
        hints::of(&error).unwrap(),
        text(&report::refusal_lines(&refused))
    );
    insta::assert_snapshot!(told, @r#"
    cannot pull from "origin": one change here conflicts with one there
    hint: run `lua-store pull origin --theirs` to resolve conflicts with theirs, or `--ours` with yours; nothing was changed
    skill "catalog" was changed on both sides in "src/skills/catalog.skill.ts"
        here:
          description:
            - Knows the products
            + Knows some products
        there:
          description:
            - Knows the products
            + Knows all products
    "#);
    let json = serde_json::json!(report::PullConflictsView::new(&refused));
    assert_eq!(json["conflicts"][0]["name"], "catalog");
    let done = done(pulled(&ann, &ben, Some(Side::Theirs)));
    assert_eq!(done.decided.len(), 1);
    assert_eq!((ann.read(SKILL), ann.read(INDEX)), (ben.read(SKILL), ben.read(INDEX)));
    assert_eq!(ann.read("docs/mine.md"), "mine\n");
    assert_eq!(heads(&ann), heads(&ben));
    ann.ok("source rollback --snapshot 1 --force");
    assert_eq!(ann.read(SKILL), before.1);
}

#[test]
fn ledgers_that_both_continued_are_for_a_person_to_decide() {
    let (ann, ben) = two();
    for (one, word) in [(&ben, "Knows all"), (&ann, "Knows some")] {
        shop::edit(one, "src/jobs/nightly.ts", "Tidies up", word);
        one.ok("push");
        one.ok("version create");
    }
    ben.ok("version promote 2 --reason \"looked right\"");
    ann.ok("version promote 2");
    shop::edit(&ann, "src/jobs/nightly.ts", "Knows some", "Knows all");
    let before = heads(&ann);
    for choice in [None, Some(Side::Ours)] {
        let refused = refused(pulled(&ann, &ben, choice));
        let error = report::refusal("origin", &refused);
        let told = format!(
            "{error}\nhint: {}\n{}",
            hints::of(&error).unwrap(),
            text(&report::refusal_lines(&refused))
        );
        insta::allow_duplicates!(insta::assert_snapshot!(told, @r#"
        cannot pull from "origin": both sides promoted, deleted or undeleted versions
        hint: run `lua-store pull origin --theirs` to take theirs and leave your promotions out; nothing was changed
        the ledger was continued on both sides
            here:
              promoted v2  2026-11-21 09:30  ana@example.com
            there:
              promoted v2  2026-11-21 09:30  ben@example.com  looked right
        "#));
        assert_eq!(heads(&ann), before);
    }
    let done = done(pulled(&ann, &ben, Some(Side::Theirs)));
    assert_eq!(done.rebased.left_out.len(), 1);
    let now = heads(&ann);
    assert_eq!((now.active, now.versions.len()), (heads(&ben).active, 3));
}

#[test]
fn what_is_not_tracked_is_never_overwritten() {
    let (ann, ben) = two();
    ben.write("dictionary.txt", "theirs\n");
    ben.ok("push");
    ann.write(".gitignore", "dictionary.txt\n");
    ann.write("dictionary.txt", "ours, ignored\n");
    let heads_before = heads(&ann);
    let remote = fetched(&ann, &ben);
    let opened = project::Project::open(&ann.root()).unwrap();
    let error = pull(&opened, &remote, &request(Some(Side::Theirs)), &who(), &Progress::default())
        .unwrap_err();
    assert_eq!(
        error.message(),
        "cannot restore: \"dictionary.txt\" is in the way and is not tracked"
    );
    assert_eq!(
        (ann.read("dictionary.txt"), heads(&ann)),
        ("ours, ignored\n".to_owned(), heads_before)
    );
}

#[test]
fn overtaking_leaves_the_files_alone() {
    let (ann, ben) = both_pushed();
    let (files, remote) = ((ann.read(INDEX), ann.read(SKILL)), fetched(&ann, &ben));
    let opened = project::Project::open(&ann.root()).unwrap();
    let done = done(overtake(&opened, &remote, None).unwrap());
    assert_eq!((ann.read(INDEX), ann.read(SKILL)), files);
    assert_eq!((done.kept, done.files.len()), (None, 0));
    let now = heads(&ann);
    assert_eq!((now.source.len(), now.versions.len()), (3, 3));
    assert_eq!((&now.source[..2], &now.versions[..2]), (&remote.source[..], &remote.versions[..]));
    assert_eq!(ann.json("status")["notPushed"]["files"].as_array().unwrap().len(), 2);
    faults::assert_clean(&ann.root());
}
