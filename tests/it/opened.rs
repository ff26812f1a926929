//! Packs that a command opens: few of many, however many versions they contain.

use crate::common::{Project, shop};
use crate::counted::{reads, reads_of_refs, versions_in_packs};
use lua_store::internals::object::Id;

/// More packs than are opened without an index, each so large that a push combines none of them.
const PACKS: u64 = 24;
const LARGE: usize = 1200 << 10;

pub const INDEX: &str = ".lua/cache/multi-pack-index";

/// Packs that a command opens.
pub fn packs_opened(project: &mut Project, line: &str) -> usize {
    reads(project, line).iter().filter(|path| path.starts_with("objects/")).count()
}

/// Texts of five sizes: no ten of their packs are alike, so that no command combines them.
pub fn blobs_of_all_sizes() -> Vec<String> {
    let text = |lines: usize, nth: usize| {
        format!("blob {nth} of {lines} equal lines of about fifty bytes\n").repeat(lines)
    };
    [1, 100, 600, 3000, 14_000]
        .into_iter()
        .flat_map(|lines| (0..7).map(move |nth| text(lines, nth)))
        .collect()
}

/// Stores them, each in a pack of its own, more packs than are opened without an index. Gives the ids, and the index that
/// a push wrote when half of them were there.
pub fn packs_of_all_sizes(project: &Project) -> (Vec<(Id, String)>, Vec<u8>) {
    let mut stored = Vec::new();
    for text in blobs_of_all_sizes() {
        project.write("../blob.txt", &text);
        project.ok("hash-object -w ../blob.txt");
        stored.push((Id::of_blob(text.as_bytes()), text));
        if stored.len() == 18 {
            project.write("half.txt", "half");
            project.ok("push");
        }
    }
    (stored, std::fs::read(project.path(INDEX)).unwrap())
}

fn grown(versions: u64) -> Project {
    let mut noise = vec![0; LARGE];
    blake3::Hasher::new().update(b"noise").finalize_xof().fill(&mut noise);
    let project = versions_in_packs(versions, PACKS, &noise);
    project.ok("version promote 1");
    assert!(!project.path(INDEX).exists());
    shop::edit(&project, "src/lib/store.ts", "the door", "the gate");
    project.ok("push");
    assert!(project.path(INDEX).exists());
    project
}

#[test]
fn a_command_opens_as_many_packs_with_3000_versions_as_with_150_and_few_of_all() {
    let lines = ["version list --limit 4", "version show 7", "version diff 6 7", "status"];
    let [mut few, mut many] = [150, 3000].map(grown);
    let packs = std::fs::read_dir(many.path(".lua/objects")).unwrap().count();
    assert!(packs > PACKS as usize);
    for line in lines {
        let counts = [packs_opened(&mut few, line), packs_opened(&mut many, line)];
        assert!(counts[1] <= counts[0] && counts[1] <= 4, "{line}: {counts:?} of {packs}");
    }
    // Without the index the answers are the same, and every pack is opened.
    let answers = lines.map(|line| many.ok(line));
    std::fs::remove_file(many.path(INDEX)).unwrap();
    assert_eq!(lines.map(|line| many.ok(line)), answers);
    for line in lines {
        assert_eq!(packs_opened(&mut many, line), packs, "{line}");
    }
}

/// Cached losses of the stock compiler: a file of bounded size has those of a version.
#[test]
fn versions_are_shown_and_compared_with_few_of_the_cached_losses() {
    let mut project = shop::versioned();
    shop::edit(&project, "src/lib/store.ts", "the door", "the gate");
    project.ok("version create --auto-push -m next");
    let lines = [("version show 2", 1), ("version diff 1 2", 2)];
    let answers = lines.map(|(line, _)| project.ok(line));
    for digit in "0123456789abcdef".chars() {
        let path = project.path(format!(".lua/cache/losses/{digit}"));
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let older = format!("{}é\n", "x".repeat(100)).repeat(150);
        std::fs::write(&path, format!("{older}{text}")).unwrap();
    }
    for ((line, looks), answer) in lines.into_iter().zip(answers) {
        let reads = reads_of_refs(&mut project, line);
        let reads = reads.iter().filter(|(path, _)| path.starts_with("cache/losses"));
        let sums = reads.fold((0, 0), |sums, (_, read)| (sums.0 + read.0, sums.1 + read.1));
        assert_eq!((sums.0, project.ok(line)), (looks, answer), "{line}");
        assert!(sums.1 <= looks * (16 << 10), "{line}: {} bytes", sums.1);
    }
}
