//! Random work on both sides.

use super::*;
use proptest::prelude::*;

/// Plausible edits: a file, the replaced text, and the new one. `%` is the side's own word.
const EDITS: &[(&str, &str, &str)] = &[
    ("src/index.ts", "openai/gpt-4o", "openai/%"),
    ("src/index.ts", "You are Ava.", "You are %."),
    ("src/index.ts", "You are brief.", "You are %."),
    ("src/index.ts", "    orders,\n", ""),
    ("src/index.ts", "    catalog,\n", ""),
    ("src/index.ts", "// products", "// %"),
    ("src/skills.ts", "Knows about orders", "Knows % orders"),
    ("src/skills.ts", "Use this for orders.", "Use % for orders."),
    ("src/skills.ts", "Knows the products", "Knows %"),
    ("src/skills.ts", "Use this for products.", "Use % for products."),
    ("src/skills.ts", "'Finds'", "'Finds %'"),
    ("src/find.ts", "'the door'", "'%'"),
    ("src/find.ts", "return 1;", "return '%';"),
    ("README.md", "one", "%"),
    ("README.md", "three", "%"),
    ("README.md", "four", "%"),
];

/// Changes of one side: some edits, and perhaps a file that it adds or removes.
fn side(word: &'static str) -> impl Strategy<Value = Layout> {
    let edits = proptest::sample::subsequence(EDITS, 0..4);
    (edits, 0u8..6).prop_map(move |(edits, extra)| {
        let mut layout = shop();
        for (path, from, to) in edits {
            let text = layout[path].replacen(from, &to.replace('%', word), 1);
            layout.insert(path.to_owned(), text);
        }
        match extra {
            0 => drop(layout.insert(format!("{word}.md"), word.to_owned())),
            1 => drop(layout.insert("new.md".to_owned(), word.to_owned())),
            2 => drop(layout.remove("README.md")),
            _ => {}
        }
        layout
    })
}

/// Work of a side that the merge lacks: text that it removed and that is in the merge, or text that
/// it wrote and that is not. A word of its own marks the text of each side.
fn lost(side: &Layout, word: &str, merged: &Layout) -> Option<String> {
    let base = shop();
    for (path, text) in &base {
        let (Some(side), Some(merged)) = (side.get(path), merged.get(path)) else {
            if !side.contains_key(path) && merged.contains_key(path) {
                return Some(path.clone());
            }
            continue;
        };
        let gone = text.lines().filter(|line| !side.lines().any(|other| other == *line));
        if let Some(line) = gone.into_iter().find(|line| merged.lines().any(|other| other == *line))
        {
            return Some(line.to_owned());
        }
    }
    let written = side.iter().flat_map(|(path, text)| text.lines().map(move |line| (path, line)));
    let mut own = written.filter(|(_, line)| line.contains(word));
    let stands = |path, line| {
        merged.get(path).is_some_and(|text: &String| text.lines().any(|one| one == line))
    };
    own.find(|(path, line)| !stands(*path, *line)).map(|(_, line)| line.to_owned())
}

fn plain(result: &Result<Layout, Vec<Conflict>>) -> Result<&Layout, Vec<String>> {
    result.as_ref().map_err(|conflicts| sentences(conflicts))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_one_side_did_alone_is_taken(ours in side("UNO")) {
        let base = shop();
        prop_assert_eq!(&merged(Some(&base), &ours, &base, None).unwrap(), &ours);
        prop_assert_eq!(&merged(Some(&base), &base, &ours, None).unwrap(), &ours);
        prop_assert_eq!(&merged(Some(&base), &ours, &ours, None).unwrap(), &ours);
    }

    #[test]
    fn nothing_of_either_side_is_lost_without_a_word(ours in side("UNO"), theirs in side("DUE")) {
        let base = shop();
        let one = merged(Some(&base), &ours, &theirs, None);
        let other = merged(Some(&base), &theirs, &ours, None);
        prop_assert_eq!(one.is_ok(), other.is_ok(), "{:?} {:?}", plain(&one), plain(&other));
        if let (Ok(one), Ok(other)) = (&one, &other) {
            prop_assert_eq!(one, other);
            prop_assert_eq!(lost(&ours, "UNO", one), None);
            prop_assert_eq!(lost(&theirs, "DUE", one), None);
            // Once more, as after a crash.
            let again = merged(Some(&base), one, &theirs, None);
            prop_assert_eq!(plain(&again), Ok(one));
        }
    }

    #[test]
    fn a_choice_decides(ours in side("UNO"), theirs in side("DUE")) {
        let base = shop();
        let Err(conflicts) = merged(Some(&base), &ours, &theirs, None) else { return Ok(()) };
        for (choice, side, word) in [(Side::Ours, &ours, "UNO"), (Side::Theirs, &theirs, "DUE")] {
            let chosen = merged(Some(&base), &ours, &theirs, Some(choice));
            prop_assert!(chosen.is_ok(), "{:?} {:?}", sentences(&conflicts), plain(&chosen));
            prop_assert_eq!(lost(side, word, &chosen.unwrap()), None);
        }
    }
}
