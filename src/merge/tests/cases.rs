//! Hand-made cases.

use super::*;

/// Both ways around.
fn check(ours: &Layout, theirs: &Layout, expected: &Layout) {
    let base = shop();
    assert_eq!(
        merged(Some(&base), ours, theirs, None).map_err(|c| sentences(&c)).as_ref(),
        Ok(expected)
    );
    assert_eq!(
        merged(Some(&base), theirs, ours, None).map_err(|c| sentences(&c)).as_ref(),
        Ok(expected)
    );
}

/// The sentences of the conflicts.
fn clash(base: &Layout, ours: &Layout, theirs: &Layout) -> Vec<String> {
    sentences(&merged(Some(base), ours, theirs, None).expect_err("a conflict"))
}

fn describe(conflict: &Conflict) -> String {
    let lines: Vec<String> =
        report::conflict::conflict_lines(conflict).into_iter().map(|line| line.text).collect();
    lines.join("\n")
}

#[test]
fn files_that_one_side_changed_are_taken() {
    let base = shop();
    let ours = with(&base, &[("README.md", Some("new")), ("src/a.md", Some("ours"))]);
    let find = FIND.replace("door", "shelf");
    let theirs = with(&base, &[("src/find.ts", Some(&find)), ("src/b/c.md", Some("theirs"))]);
    let expected = with(&ours, &[("src/find.ts", Some(&find)), ("src/b/c.md", Some("theirs"))]);
    check(&ours, &theirs, &expected);
}

#[test]
fn the_same_change_counts_once() {
    let base = shop();
    let find = Some("export const find = () => 1;");
    let same = with(&base, &[("README.md", None), ("new.md", Some("n")), ("src/find.ts", find)]);
    let ours = with(&same, &[("mine.md", Some("m"))]);
    let theirs = with(&same, &[("yours.md", Some("y"))]);
    check(&ours, &theirs, &with(&ours, &[("yours.md", Some("y"))]));
}

#[test]
fn lines_of_one_file_merge() {
    let base = shop();
    let ours = with(&base, &[("README.md", Some("1\ntwo\nthree\nfour\n"))]);
    let theirs = with(&base, &[("README.md", Some("one\ntwo\nthree\n4\n"))]);
    check(&ours, &theirs, &with(&base, &[("README.md", Some("1\ntwo\nthree\n4\n"))]));
}

#[test]
fn different_primitives_of_one_file_merge() {
    let base = shop();
    let skill =
        |layout: &Layout| edited(layout, "src/skills.ts", "Use this for products.", "Use it.");
    let ours = edited(&base, "src/skills.ts", "Knows about orders", "Knows orders");
    check(&ours, &skill(&base), &skill(&ours));
    // A setting and the persona too.
    let persona =
        |layout: &Layout| edited(layout, "src/index.ts", "You are brief.", "You are kind.");
    let ours = edited(&base, "src/index.ts", "openai/gpt-4o", "openai/gpt-5");
    check(&ours, &persona(&base), &persona(&ours));
}

#[test]
fn one_primitive_changed_in_different_files_merges() {
    let base = shop();
    let description =
        |layout: &Layout| edited(layout, "src/skills.ts", "Knows the products", "Knows products");
    let ours = edited(&base, "src/find.ts", "door", "shelf");
    check(&ours, &description(&base), &description(&ours));
}

#[test]
fn two_properties_of_one_primitive_merge_and_one_property_does_not() {
    let base = shop();
    let context =
        |layout: &Layout, to: &str| edited(layout, "src/skills.ts", "Use this for orders.", to);
    let ours = edited(&base, "src/skills.ts", "Knows about orders", "Knows orders");
    check(&ours, &context(&base, "Use it."), &context(&ours, "Use it."));
    let (ours, theirs) = (context(&ours, "Use ours."), context(&base, "Use theirs."));
    let conflicts = merged(Some(&base), &ours, &theirs, None).unwrap_err();
    assert_eq!(
        sentences(&conflicts),
        ["skill \"orders\" was changed on both sides in \"src/skills.ts\""]
    );
    insta::assert_snapshot!(describe(&conflicts[0]), @r#"
    skill "orders" was changed on both sides in "src/skills.ts"
        here:
          context:
            - Use this for orders.
            + Use ours.
          description:
            - Knows about orders
            + Knows orders
        there:
          context:
            - Use this for orders.
            + Use theirs.
    "#);
    // A change that does not clash stays, whoever wins.
    let chosen =
        |choice| merged(Some(&base), &ours, &theirs, Some(choice)).map_err(|c| sentences(&c));
    assert_eq!(chosen(Side::Ours), Ok(ours.clone()));
    let description = edited(&theirs, "src/skills.ts", "Knows about orders", "Knows orders");
    assert_eq!(chosen(Side::Theirs), Ok(description));
}

#[test]
fn lines_that_both_changed_are_a_conflict() {
    let base = shop();
    let ours = with(&base, &[("README.md", Some("1\ntwo\nthree\n4\n")), ("mine.md", Some("m"))]);
    let theirs = with(&base, &[("README.md", Some("eins\ntwo\nthree\nfour\n"))]);
    let conflicts = merged(Some(&base), &ours, &theirs, None).unwrap_err();
    assert_eq!(sentences(&conflicts), ["\"README.md\" was changed on both sides at line 1"]);
    insta::assert_snapshot!(describe(&conflicts[0]), @r#"
    "README.md" was changed on both sides at line 1
        here:
          - one
          + 1
        there:
          - one
          + eins
    "#);
    let theirs_won = with(&ours, &[("README.md", Some("eins\ntwo\nthree\n4\n"))]);
    assert_eq!(merged(Some(&base), &ours, &theirs, Some(Side::Ours)).unwrap(), ours);
    assert_eq!(merged(Some(&base), &ours, &theirs, Some(Side::Theirs)).unwrap(), theirs_won);
}

/// A script, a picture and a link beside the agent.
#[cfg(unix)]
fn furnished() -> Layout {
    with(&shop(), &[("run.sh", Some("a\n")), ("logo.png", Some("\0a")), ("link@", Some("run.sh"))])
}

#[cfg(unix)]
#[test]
fn each_kind_of_path_has_its_rule() {
    let base = furnished();
    let without = |path: &str| with(&base, &[(path, None)]);
    let set = |path: &str, text: &str| with(&base, &[(path, Some(text))]);
    // The mode of one side and the text of the other.
    let executable = with(&without("run.sh"), &[("run.sh*", Some("a\n"))]);
    let expected = with(&without("run.sh"), &[("run.sh*", Some("b\n"))]);
    let changed = set("run.sh", "b\n");
    assert_eq!(merged(Some(&base), &executable, &changed, None).unwrap(), expected);
    let linked = with(&without("run.sh"), &[("run.sh@", Some("README.md"))]);
    for (ours, theirs, describe) in [
        (without("run.sh"), changed.clone(), "\"run.sh\" was removed here and changed there"),
        (changed.clone(), without("run.sh"), "\"run.sh\" was removed there and changed here"),
        (
            set("logo.png", "\0b"),
            set("logo.png", "\0c"),
            "\"logo.png\" was changed on both sides, and it is not text",
        ),
        (set("link@", "a"), set("link@", "b"), "\"link\" is a link that was changed on both sides"),
        (set("new", "a"), set("new", "b"), "\"new\" was added on both sides in different ways"),
        (linked, changed, "\"run.sh\" was changed on both sides, to a link on one of them"),
    ] {
        assert_eq!(clash(&base, &ours, &theirs), [describe]);
        assert_eq!(merged(Some(&base), &ours, &theirs, Some(Side::Ours)).unwrap(), ours);
        assert_eq!(merged(Some(&base), &ours, &theirs, Some(Side::Theirs)).unwrap(), theirs);
    }
}

#[cfg(unix)]
#[test]
fn a_file_here_and_a_folder_there_is_a_conflict() {
    let base = furnished();
    let both = |ours: &Layout, theirs: &Layout, describe: &str| {
        assert_eq!(clash(&base, ours, theirs), [describe]);
        for (choice, won) in [(Side::Ours, ours), (Side::Theirs, theirs)] {
            assert_eq!(&merged(Some(&base), ours, theirs, Some(choice)).unwrap(), won);
        }
    };
    let file = with(&base, &[("doc", Some("a"))]);
    let folder = with(&base, &[("doc/x", Some("b")), ("doc/y/z", Some("c"))]);
    both(&file, &folder, "\"doc\" is a file on one side and the folder of \"doc/x\" on the other");
    let folder = with(&base, &[("run.sh", None), ("run.sh/x", Some("b"))]);
    let changed = with(&base, &[("run.sh", Some("b\n"))]);
    both(&folder, &changed, "\"run.sh\" was removed here and changed there");
}

#[test]
fn what_merges_by_line_but_lacks_a_change_is_said() {
    let base = shop();
    let ours = edited(&base, "src/index.ts", "    catalog,\n", "");
    let ours = edited(&ours, "src/index.ts", "orders, catalog", "orders");
    let theirs = edited(&base, "src/find.ts", "door", "shelf");
    let merge = merged_tree(Some(&base), &ours, &theirs, None).unwrap();
    assert_eq!(sentences(&merge.missing), ["skill \"catalog\" was removed here and changed there"]);
    let merge = merged_tree(Some(&base), &theirs, &ours, None).unwrap();
    assert_eq!(sentences(&merge.missing), ["skill \"catalog\" was removed there and changed here"]);
    check(&ours, &theirs, &edited(&ours, "src/find.ts", "door", "shelf"));
}

#[test]
fn what_cannot_be_read_together_is_a_conflict() {
    let more = [("src/lib/more.ts", Some("export const more = 'more';"))];
    let base = with(&shop(), &more);
    // Our change begins to use a part that theirs removes.
    let ours = edited(&base, "src/skills.ts", "'Use this for orders.'", "more");
    let import = "import { find } from './find';";
    let both = format!("{import}\nimport {{ more }} from './lib/more';");
    let ours = edited(&ours, "src/skills.ts", import, &both);
    let theirs = with(&base, &[("src/lib/more.ts", None)]);
    let describe = clash(&base, &ours, &theirs);
    let expected = "the project with the changes of both sides cannot be read: cannot find \"./lib/more\", imported at \"src/skills.ts:3:22\"";
    assert_eq!(describe, [expected]);
}

#[test]
fn without_an_agent_files_and_lines_merge() {
    let base = layout(&[("a.md", "one\ntwo\nthree\n"), ("b.md", "b")]);
    let ours = with(&base, &[("a.md", Some("1\ntwo\nthree\n"))]);
    let theirs = with(&base, &[("a.md", Some("one\ntwo\n3\n")), ("b.md", None)]);
    assert_eq!(
        merged(Some(&base), &ours, &theirs, None).unwrap(),
        layout(&[("a.md", "1\ntwo\n3\n")])
    );
}

#[test]
fn where_one_side_cannot_be_read_only_different_files_merge() {
    let base = shop();
    let ours = edited(&base, "src/skills.ts", "orders = new", "orders = = new");
    let theirs = edited(&base, "src/skills.ts", "Knows the products", "Knows products");
    let describe = clash(&base, &ours, &theirs);
    let start = "\"src/skills.ts\" was changed on both sides, and the agent here cannot be read: src/skills.ts:4:";
    assert!(describe.len() == 1 && describe[0].starts_with(start), "{describe:?}");
    let apart = with(&base, &[("README.md", Some("new"))]);
    assert_eq!(
        merged(Some(&base), &ours, &apart, None).unwrap(),
        with(&ours, &[("README.md", Some("new"))])
    );
}

#[test]
fn sides_without_anything_in_common_merge_where_they_agree() {
    let ours = with(&shop(), &[("mine.md", Some("m"))]);
    let theirs = with(&shop(), &[("yours.md", Some("y"))]);
    assert_eq!(
        merged(None, &ours, &theirs, None).unwrap(),
        with(&ours, &[("yours.md", Some("y"))])
    );
    let other = edited(&theirs, "README.md", "two", "2");
    let describe = sentences(&merged(None, &ours, &other, None).unwrap_err());
    assert_eq!(describe, ["\"README.md\" was added on both sides in different ways"]);
}
