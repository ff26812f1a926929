//! Edits of whole files, and of generated ones.

use super::line::Style;
use super::*;
use proptest::prelude::*;
use serde_json::json;

/// A file as the `lua` command 3.37.0 wrote it, with hands of a person in it.
const WRITTEN: &str = "\
# Ours.
agent:
  agentId: agent_1
  orgId: org-1
skills:
  - name: user-skill   # the first
    skillId: 65f0c0ffee
    version: 1.0.14

  # Old.
  - version: \"1.0.0\"
    name: 'it''s'
    skillId: ''
webhooks: []  # none yet
jobs:
- jobId:
  name: nightly
  note: |
    version: 0.0.1
    # not a comment
  version: 1.0.1
backup:
  activeVersion: 3
  lastHash: 0f00
  lastPushedAt: '2026-11-20T20:28:00.000Z'
git: { enabled: true }
";

fn primitive(kind: &str, name: &str, id: &str, number: &str) -> YamlPrimitive {
    YamlPrimitive::new(kind, name, id, Some(number)).unwrap()
}

fn all() -> YamlEdit {
    YamlEdit {
        primitives: vec![
            primitive("skill", "user-skill", "65f0c0ffee", "1.0.15"),
            primitive("skills", "it's", "s-2", "1.0.1"),
            primitive("skill", "yes", "5e1234567890", "1.0.1"),
            primitive("webhook", "paid", "w-1", "1.0.1"),
            primitive("job", "nightly", "j-1", "1.0.2"),
            primitive("device-trigger", "a: b # c", "0x1f", "1.0"),
            YamlPrimitive::new("mcp-server", "docs", "m-1", Some("1.0.1")).unwrap(),
        ],
        backup: Some(YamlBackup {
            active_version: 4,
            last_hash: "0123".into(),
            // `date -u -d 2026-11-23T04:47:57.377Z +%s%3N`
            last_pushed_at_ms: 1_795_409_277_377,
        }),
    }
}

const EDITED: &str = "\
# Ours.
agent:
  agentId: agent_1
  orgId: org-1
skills:
  - name: user-skill   # the first
    skillId: 65f0c0ffee
    version: 1.0.15

  # Old.
  - version: \"1.0.1\"
    name: 'it''s'
    skillId: 's-2'
  - name: 'yes'
    skillId: '5e1234567890'
    version: 1.0.1
webhooks:  # none yet
  - name: paid
    version: 1.0.1
    webhookId: w-1
jobs:
- jobId: j-1
  name: nightly
  note: |
    version: 0.0.1
    # not a comment
  version: 1.0.2
backup:
  activeVersion: 4
  lastHash: '0123'
  lastPushedAt: '2026-11-23T04:47:57.377Z'
git: { enabled: true }
deviceTriggers:
  - deviceTriggerId: '0x1f'
    name: 'a: b # c'
    version: '1.0'
mcpServers:
  - mcpServerId: m-1
    name: docs
";

#[test]
fn values_change_in_place_and_new_ones_are_written_as_the_command_does() {
    assert_eq!(edit(WRITTEN, &all()).unwrap(), EDITED);
    assert_eq!(edit(EDITED, &all()).unwrap(), EDITED, "edited twice");
    assert_eq!(org(WRITTEN).as_deref(), Some("org-1"));
    assert_eq!(org("agent:\n  orgId: ''\n"), None);
}

#[test]
fn line_ends_stay_as_they_are() {
    let windows = WRITTEN.replace('\n', "\r\n");
    assert_eq!(edit(&windows, &all()).unwrap(), EDITED.replace('\n', "\r\n"));
    let open = WRITTEN.trim_end();
    assert_eq!(edit(open, &all()).unwrap(), EDITED.trim_end());
    let marked = format!("\u{feff}{WRITTEN}");
    assert_eq!(edit(&marked, &all()).unwrap(), format!("\u{feff}{EDITED}"));
}

#[test]
fn an_empty_file_gets_what_it_lacks() {
    let backup = all().backup;
    let one = YamlEdit { primitives: vec![primitive("voice", "ava", "v-1", "1.0.1")], backup };
    let expected = "\
voices:
  - name: ava
    version: 1.0.1
    voiceId: v-1
backup:
  activeVersion: 4
  lastHash: '0123'
  lastPushedAt: '2026-11-23T04:47:57.377Z'
";
    for (text, expected) in [
        ("", expected.to_owned()),
        ("# Nothing.\n", format!("# Nothing.\n{expected}")),
        ("---\n", format!("---\n{expected}")),
        ("backup: {}\nvoices: ~\n", {
            let (voices, backup) = expected.split_at(expected.find("backup").unwrap());
            format!("{backup}{voices}")
        }),
        ("backup:\nvoices:\n", {
            let (voices, backup) = expected.split_at(expected.find("backup").unwrap());
            format!("{backup}{voices}")
        }),
    ] {
        assert_eq!(edit(text, &one).unwrap(), expected, "{text}");
        assert_eq!(edit(text, &YamlEdit::default()).unwrap(), text);
    }
    let part = "backup:\n    lastHash: 'x' # of us\nother: 1\n";
    let expected = "backup:\n    lastHash: '0123' # of us\n    activeVersion: 4\n    lastPushedAt: '2026-11-23T04:47:57.377Z'\nother: 1\n";
    let backup = YamlEdit { primitives: Vec::new(), backup: one.backup };
    let edited = edit(part, &backup).unwrap();
    assert_eq!(edit(&edited, &backup).unwrap(), edited);
    assert_eq!(parsed(&edited).unwrap(), parsed(expected).unwrap());
}

#[test]
fn a_file_that_cannot_be_edited_is_refused_with_its_line() {
    let edit = |text: &str| {
        edit(
            text,
            &YamlEdit { primitives: vec![primitive("skill", "a", "s-1", "1.0.1")], backup: None },
        )
    };
    for (text, place) in [
        ("x: 1\nskills: [{ name: a }]\n", "yaml:2\": it is in brackets"),
        ("skills:\n  - { name: a, version: 1.0.0 }\n", "yaml:2\": it is in brackets"),
        ("skills:\n  - &one\n    name: a\n", "yaml:2\": "),
        ("x: &one 1\nskills:\n  - name: a\n    version: *one\n", "yaml:4\": "),
        ("skills:\n  - name: a\n    version: &v 1.0.0\n", "yaml:3\": "),
        ("skills:\n  - name: a\n    version: !!str 1.0.0\n", "yaml:3\": "),
        ("skills:\n  - name: a\n    version: >\n      1.0.0\n", "yaml:3\": "),
        ("skills:\n  - name: a\n    version:\n      1.0.0\n", "yaml:3\": "),
        ("skills:\n  - name: a\n    version: \"1.\n      0\"\n", "yaml:3\": "),
        ("skills:\n  - name: a\n    version: 1\n    version: 2\n", "yaml:4\": "),
        ("skills: 5\n", "yaml:1\": \"skills\" is not a list"),
        ("- a\n", "yaml:1\": it is not a mapping"),
        ("{ skills: [] }\n", "yaml:1\": it does not begin with a key"),
        ("  x: 1\n", "yaml:1\": its first key is not at the beginning of the line"),
        ("x: 1\n...\n", "yaml:2\": "),
        ("x: 'y\n", "yaml:"),
        (
            "base: &b\n  skillId: x\nskills:\n  - name: a\n    <<: *b\n",
            "yaml:5\": it has an anchor",
        ),
        ("skills: &s\n  - name: a\nother: *s\n", "yaml:1\": it has an anchor"),
        ("x: 1\n--- \ny: 2\n", "yaml:"),
        ("skills: []\nx: |\n  b", ""),
        (
            "skills:\n  - name: a\n    note: \"x\n    version: 0\"\n    version: 1.0.0\n",
            "yaml:4\": ",
        ),
        // The empty line is a part of the text, and the new element would be before it.
        ("skills:\n  - name: b\n    x: |+\n\n", "yaml:1\": it cannot be edited line by line"),
    ] {
        match edit(text) {
            Err(error) if !place.is_empty() => {
                assert!(error.message().starts_with("cannot edit \"lua.skill.yaml:"), "{error}");
                assert!(error.message().contains(place), "{text}: {error}");
            }
            Ok(_) if place.is_empty() => {}
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn quotes_are_there_where_some_reader_needs_them() {
    for plain in ["1.0.1", "1.0.1-beta", "user-skill", "My skill", "65f0c0ffee", "_x", "a.b/c"] {
        assert_eq!(scalar::of(&json!(plain), Style::Plain), plain);
    }
    // Numbers, booleans, times and null of YAML 1.1 and 1.2, and texts that are something else.
    for quoted in [
        "1.0",
        "12",
        "5e12",
        "0x1f",
        "0b11",
        "0o17",
        "1_000",
        "yes",
        "Off",
        "y",
        "true",
        "null",
        "~",
        "2026-11-20",
        "",
        " a",
        "a ",
        "a: b",
        "a #b",
        "- a",
        "&a",
        "*a",
        "[a]",
        "{a}",
        "|",
        "é",
    ] {
        assert_eq!(scalar::of(&json!(quoted), Style::Plain), format!("'{quoted}'"));
    }
    assert_eq!(scalar::of(&json!("it's"), Style::Plain), "'it''s'");
    assert_eq!(scalar::of(&json!("a\nb"), Style::Plain), "\"a\\nb\"");
}

/// A value in one of the forms in which a person writes it.
fn written(text: &str, form: u8) -> String {
    match form {
        0 => format!("\"{text}\""),
        1 => format!("'{text}'"),
        2 => format!("\"{text}\"  # {text}"),
        3 => format!("'{text}' # x: 'y'"),
        _ => scalar::of(&json!(text), Style::Plain),
    }
}

prop_compose! {
    /// Elements of a list with their fields in any order and form, between comments and empty lines.
    fn items()(
        rows in proptest::collection::vec(
            ("[a-e]{1,3}", "[0-9a-f]{0,8}", "[0-9]\\.[0-9]\\.[0-9]", 0..5u8, 0..6usize, 0..4u8),
            0..5,
        ),
        indent in 0..4usize,
    ) -> String {
        let mut text = String::new();
        for (name, id, version, form, order, extra) in rows {
            let mut fields = vec![
                format!("name: {}", written(&name, form)),
                format!("skillId: {}", written(&id, form)),
                format!("version: {}", written(&version, form)),
            ];
            fields.rotate_left(order % 3);
            fields.truncate(if order > 3 { 3 } else { 2 });
            if extra == 1 {
                fields.push("more:\n  - name: a\n  - [1, 2]".into());
            }
            if extra == 2 {
                text += "\n# A comment.\n";
            }
            let pad = " ".repeat(indent);
            let lines = fields.join("\n");
            for (at, line) in lines.lines().enumerate() {
                text += &format!("{pad}{}{line}\n", if at == 0 { "- " } else { "  " });
            }
        }
        text
    }
}

proptest! {
    #[test]
    fn an_edit_changes_exactly_the_wanted_values(
        items in items(),
        wanted in proptest::collection::vec(("[a-f]{1,3}|[a-z:# ']{1,6}", "[0-9a-f]{1,8}", "[0-9]\\.[0-9](\\.[0-9])?"), 0..4),
        before in "(agent:\n  orgId: org\n|# x\n|\n){0,1}",
        after in "(other:\n  - version: 1\n|# y\n|\n|z: |\n  skills:\n    - name: a\n){0,1}",
        is_windows: bool,
    ) {
        let text = match items.is_empty() {
            true => format!("{before}skills: []\n{after}"),
            false => format!("{before}skills:\n{items}{after}"),
        };
        let text = if is_windows { text.replace('\n', "\r\n") } else { text };
        let Ok(Value::Object(mut value)) = parsed(&text) else { return Ok(()) };
        let primitives: Vec<YamlPrimitive> =
            wanted.iter().map(|(name, id, number)| primitive("skill", name, id, number)).collect();
        let all = YamlEdit { primitives: primitives.clone(), backup: None };
        let edited = edit(&text, &all).unwrap();
        prop_assert_eq!(&edit(&edited, &all).unwrap(), &edited);
        // Every value by hand.
        for one in &primitives {
            let list = value["skills"].as_array_mut().unwrap();
            let element = json!({"name": one.name, "skillId": one.id, "version": one.version});
            match list.iter_mut().find(|known| known["name"] == one.name) {
                Some(known) => {
                    for (field, value) in element.as_object().unwrap() {
                        known[field] = value.clone();
                    }
                }
                None => list.push(element),
            }
        }
        prop_assert_eq!(parsed(&edited).unwrap(), Value::Object(value));
        // Lines that have neither a number nor an id of a primitive are there as they were, in their order.
        let is_other = |line: &&str| {
            let field = line.trim_start_matches([' ', '-']);
            !["name:", "version:", "skillId:", "skills:"].iter().any(|key| field.starts_with(key))
        };
        let (old, new): (Vec<&str>, Vec<&str>) = (
            text.split_inclusive('\n').filter(is_other).collect(),
            edited.split_inclusive('\n').filter(is_other).collect(),
        );
        prop_assert_eq!(old, new);
    }

    #[test]
    fn a_value_is_read_as_it_was_written(text in "\\PC{0,12}|[0-9a-fxobeE_.+:-]{1,10}|[\n\t\\PC]{0,5}") {
        for style in [Style::Plain, Style::Single, Style::Double] {
            let written = format!("x: {}\n", scalar::of(&json!(text), style));
            prop_assert_eq!(parsed(&written).unwrap(), json!({"x": text}), "{}", written);
        }
    }
}
