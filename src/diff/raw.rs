//! Raw diff line for scripts: modes, ids, a letter, the path, as in git's raw format.

use super::text::octal;
use super::trees::{ChangeKind, TreeChange};
use crate::object::Leaf;

/// `:100644 100644 <id> <id> M<tab>path`; what is not there has mode 000000 and an id of zeros. A
/// renamed file, which has the same bytes, is `R100<tab>from<tab>path`.
pub fn raw_line(change: &TreeChange) -> String {
    let mode = |leaf: Option<Leaf>| leaf.map_or("000000", |(mode, _)| octal(mode));
    let id = |leaf: Option<Leaf>| leaf.map_or("0".repeat(64), |(_, id)| id.to_string());
    let (old, new) = (change.old, change.new);
    let head =
        format!(":{} {} {} {} {}", mode(old), mode(new), id(old), id(new), change.kind.letter());
    match (change.kind, &change.from) {
        (ChangeKind::Renamed, Some(from)) => {
            format!("{head}100\t{}\t{}", quoted(from), quoted(&change.path))
        }
        _ => format!("{head}\t{}", quoted(&change.path)),
    }
}

/// A path that would break the line is quoted, as git does.
fn quoted(path: &str) -> String {
    if !path.contains(|letter: char| letter.is_control() || matches!(letter, '"' | '\\')) {
        return path.to_owned();
    }
    let mut text = String::from("\"");
    for letter in path.chars() {
        match letter {
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '"' | '\\' => text.extend(['\\', letter]),
            letter if letter.is_control() => {
                let mut bytes = [0; 4];
                for byte in letter.encode_utf8(&mut bytes).bytes() {
                    text.push_str(&format!("\\{byte:03o}"));
                }
            }
            letter => text.push(letter),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Id, Mode};

    #[test]
    fn the_line_is_that_of_git_with_our_ids() {
        let id = Id::of_blob(b"");
        // `b3sum` of nothing.
        let hex = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
        let zeros = "0".repeat(64);
        let change = |path: &str, kind, old, new| TreeChange {
            path: path.into(),
            from: None,
            kind,
            old,
            new,
        };
        let added = change("a b", ChangeKind::Added, None, Some((Mode::Executable, id)));
        assert_eq!(raw_line(&added), format!(":000000 100755 {zeros} {hex} A\ta b"));
        let leaf = Some((Mode::File, id));
        let moved = TreeChange {
            from: Some("x\ty".into()),
            ..change("z", ChangeKind::Renamed, leaf, leaf)
        };
        assert_eq!(raw_line(&moved), format!(":100644 100644 {hex} {hex} R100\t\"x\\ty\"\tz"));
    }
}
