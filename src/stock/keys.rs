//! Values that the stock command computes of files, computed the same way here: the type of a file by its name, and the
//! hash of a project.

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Type of a file, by the end of its name as Node's `path.extname` sees it.
pub fn file_type(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let end = name.rfind('.').filter(|at| *at > 0).map_or("", |at| &name[at..]);
    match end {
        ".ts" | ".tsx" | ".js" | ".jsx" => "source",
        ".yaml" | ".yml" | ".json" | ".toml" => "config",
        _ => "other",
    }
}

/// Sorts files by their paths, as the command does.
pub fn sort_by_path<T>(files: &mut [T], path: impl Fn(&T) -> &str) {
    files.sort_by_cached_key(|file| CollationKey::of(path(file)));
}

/// Hash of a project: SHA-256 of the keys of its files, in the order of their paths, joined with `|`.
pub fn project_hash<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut files: Vec<(&str, &str)> = files.into_iter().collect();
    sort_by_path(&mut files, |(path, _)| path);
    let mut hasher = Sha256::new();
    for (at, (_, key)) in files.iter().enumerate() {
        if at > 0 {
            hasher.update(b"|");
        }
        hasher.update(key.as_bytes());
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// ASCII in the order of `localeCompare`, upper case aside. Other control characters count for nothing.
const ASCII: &str =
    "\t\n\u{b}\u{c}\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz";

/// Key by which texts have the order of JavaScript's `localeCompare` in English: letters first, then accents, then
/// capitals after small letters. It is exact for ASCII and for Latin letters with accents. Other scripts follow by their
/// code points: their order depends on the language of the person who pushes, as does the hash.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct CollationKey {
    letters: Vec<u32>,
    accents: Vec<u32>,
    capitals: Vec<bool>,
}

impl CollationKey {
    fn of(text: &str) -> CollationKey {
        let mut key =
            CollationKey { letters: Vec::new(), accents: Vec::new(), capitals: Vec::new() };
        for letter in text.nfd() {
            if is_combining_mark(letter) {
                key.accents.push(u32::from(letter));
            } else if let Some(weight) = weight(letter) {
                key.letters.push(weight);
                key.accents.push(0);
                key.capitals.push(letter.is_uppercase());
            }
        }
        key
    }
}

fn weight(letter: char) -> Option<u32> {
    let small = letter.to_lowercase().next().unwrap_or(letter);
    match ASCII.find(small) {
        Some(at) => u32::try_from(at).ok(),
        None if letter.is_control() => None,
        None => Some(0x100 + u32::from(small)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn types_are_those_of_the_command() {
        let cases = [
            ("src/index.ts", "source"),
            ("a.b/c.JSX", "other"),
            ("lua.skill.yaml", "config"),
            (".env", "other"),
            ("src/.ts", "other"),
            ("tsconfig.json", "config"),
            ("README", "other"),
            ("a.ts/b", "other"),
        ];
        for (path, expected) in cases {
            assert_eq!(file_type(path), expected, "{path}");
        }
    }

    /// Sorted by Node 20 with `a.localeCompare(b)`, locale en-US.
    const BY_NODE: &[&str] = &[
        " ",
        " '(_)",
        " #ÉBé",
        "_!(É$",
        "_z0~$z",
        "-",
        "-,a&@Z",
        "-+#",
        "-uu",
        ",",
        ",&)z",
        ",É",
        ",ÉnZn0",
        ",ZAzñ ",
        "!",
        "!#[b",
        ".",
        ".,",
        ".@É)@",
        "'",
        "'-",
        "'A",
        "(&+Bn!",
        ")ü()@)",
        "[(9",
        "[b_+9",
        "@",
        "@@ 'a",
        "/1É",
        "&",
        "&,/",
        "&u@!",
        "#-é@éé",
        "#/ñ9zu",
        "#1",
        "#z,",
        "+",
        "+É&!'",
        "+n1$0",
        "~/./a",
        "~&9&Zz",
        "$)[",
        "0",
        "0/_[A&",
        "0&#+[",
        "0Z_ubZ",
        "1-ü _1",
        "11",
        "9'-/))",
        "A+Züñ",
        "a1",
        "A1)![",
        "a10",
        "a2",
        "Aéü.",
        "b",
        "B[n",
        "b0~0",
        "B9++",
        "baz1~",
        "Bzz~",
        "e",
        "e_ü_",
        "é,!+ ",
        "É!/",
        "e@",
        "é/",
        "é~",
        "Éé 1",
        "Éñ@9Bb",
        "env.example",
        "ez'@",
        "lua.skill.yaml",
        "n",
        "n@",
        "ñ9/0!",
        "package.json",
        "README.md",
        "readme.txt",
        "resume.md",
        "Resume.md",
        "résumé.md",
        "src_b/x.ts",
        "src-b/x.ts",
        "src/a_b.ts",
        "src/a-b.ts",
        "src/a.b.ts",
        "src/ab.ts",
        "src/index.ts",
        "src/Index.ts",
        "src/tools/products-tool.ts",
        "src/tools/ProductsTool.ts",
        "tsconfig.json",
        "u",
        "ü[/",
        "u0ün+",
        "üAz",
        "üÉ[ñ!",
        "üeéB&!",
        "ün-",
        "üu+@)",
        "z",
        "Z",
        "z,-'~",
        "Z0",
        "zb& (",
        "Zu&@uñ",
        "α",
        "ж",
        "日本",
    ];

    #[test]
    fn paths_have_the_order_of_node() {
        let mut paths = BY_NODE.to_vec();
        paths.reverse();
        paths.sort_by_cached_key(|path| CollationKey::of(path));
        assert_eq!(paths, BY_NODE);
    }

    #[test]
    fn the_hash_of_a_project_is_that_of_the_command() {
        // By `combineFileHashes` of the command over the same list.
        let files = [
            ("src/index.ts", "52b0d24e562573b9"),
            ("README.md", "e3b0c44298fc1c14"),
            ("src/Index.ts", "5891b5b522d5df08"),
            ("src-b/x.ts", "89502cc1c784f581"),
            ("src_b/x.ts", "51d277510ba4bf97"),
        ];
        assert_eq!(
            project_hash(files),
            "e49de86b8fe1201b2ad7fe2ea7a8cf533e85c598d77e32f9cad31a8f8ae67633"
        );
        assert_eq!(
            project_hash([]),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    proptest! {
        #[test]
        fn the_order_of_the_list_makes_no_difference(
            mut paths in proptest::collection::hash_set("[a-cA-C._/-]{1,5}", 1..8)
        ) {
            let list: Vec<String> = paths.drain().collect();
            let hash = |paths: &mut dyn Iterator<Item = &String>| project_hash(paths.map(|path| (path.as_str(), path.as_str())));
            prop_assert_eq!(hash(&mut list.iter()), hash(&mut list.iter().rev()));
        }
    }
}
