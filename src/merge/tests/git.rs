//! Merges compared with those of real git: whatever `git merge` merges cleanly and is an agent must merge here too,
//! with the same bytes. The pairs are generated from a seed, so that a failure can be repeated.

use super::pairs::{Pair, pair};
use super::*;
use std::io::Write as _;
use std::process::{Command, Stdio};

const PAIRS: u64 = 540;

/// A repository with the three commits of every pair.
struct Git(tempfile::TempDir);

impl Git {
    fn run(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        let mut git = Command::new("git");
        git.current_dir(self.0.path()).env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", self.0.path());
        git.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = git.spawn().expect("git is installed");
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || stdin.write_all(&input).unwrap());
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        output.stdout
    }

    fn new(pairs: &[Pair]) -> Git {
        let git = Git(tempfile::tempdir().unwrap());
        git.run(&["init", "-q"], b"");
        let mut stream = Vec::new();
        for (number, pair) in pairs.iter().enumerate() {
            for (name, layout) in
                [("base", &pair.base), ("ours", &pair.ours), ("theirs", &pair.theirs)]
            {
                commit(&mut stream, number, name, layout);
            }
        }
        git.run(&["fast-import", "--quiet"], &stream);
        git
    }

    /// For each pair the merged project, where git finds no conflict.
    fn merges(&self, pairs: usize) -> Vec<Option<Layout>> {
        let lines: String = (0..pairs).map(|one| format!("ours-{one} theirs-{one}\n")).collect();
        let output = self.run(
            &["merge-tree", "--write-tree", "--stdin", "--no-messages", "-z"],
            lines.as_bytes(),
        );
        let fields: Vec<&str> = std::str::from_utf8(&output).unwrap().split('\0').collect();
        let mut merges = Vec::new();
        let mut at = 0;
        while merges.len() < pairs {
            let (clean, tree) = (fields[at] == "1", fields[at + 1]);
            merges.push(clean.then(|| self.layout(tree)));
            at += 2;
            // Files in conflict end with an empty field.
            while !fields[at].is_empty() {
                at += 1;
            }
            at += 1;
        }
        merges
    }

    fn layout(&self, tree: &str) -> Layout {
        let listed =
            self.run(&["ls-tree", "-r", "-z", "--format=%(objectname) %(path)", tree], b"");
        let listed = String::from_utf8(listed).unwrap();
        let files: Vec<(&str, &str)> =
            listed.split_terminator('\0').map(|line| line.split_once(' ').unwrap()).collect();
        let ids: String = files.iter().map(|(id, _)| format!("{id}\n")).collect();
        let output = self.run(&["cat-file", "--batch"], ids.as_bytes());
        let mut rest = &output[..];
        let mut layout = Layout::new();
        for (_, path) in files {
            let end = rest.iter().position(|byte| *byte == b'\n').unwrap();
            let size: usize = std::str::from_utf8(&rest[..end])
                .unwrap()
                .rsplit(' ')
                .next()
                .unwrap()
                .parse()
                .unwrap();
            let text = &rest[end + 1..end + 1 + size];
            layout.insert(path.to_owned(), String::from_utf8(text.to_vec()).unwrap());
            rest = &rest[end + 2 + size..];
        }
        layout
    }
}

fn commit(stream: &mut Vec<u8>, number: usize, name: &str, layout: &Layout) {
    let mark =
        number * 3 + ["base", "ours", "theirs"].iter().position(|one| *one == name).unwrap() + 1;
    write!(stream, "commit refs/heads/{name}-{number}\nmark :{mark}\ncommitter A <a@example.com> 1 +0000\ndata 0\n").unwrap();
    if name != "base" {
        writeln!(stream, "from :{}", number * 3 + 1).unwrap();
    }
    writeln!(stream, "deleteall").unwrap();
    for (path, text) in layout {
        write!(stream, "M 100644 inline {path}\ndata {}\n{text}\n", text.len()).unwrap();
    }
    writeln!(stream).unwrap();
}

fn is_agent(project: &Layout) -> bool {
    let folder = tempfile::tempdir().unwrap();
    lay_out(folder.path(), project);
    crate::reader::project(folder.path()).is_ok()
}

#[test]
fn what_git_merges_and_is_an_agent_merges_here_with_the_same_bytes() {
    let pairs: Vec<Pair> = (0..PAIRS).map(pair).collect();
    let merges = Git::new(&pairs).merges(pairs.len());
    let next = std::sync::atomic::AtomicUsize::new(0);
    let counts: Vec<[usize; 3]> = std::thread::scope(|scope| {
        let work = || {
            let mut counts = [0; 3];
            loop {
                let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let Some(pair) = pairs.get(at) else { return counts };
                counts[compare(at, pair, merges[at].as_ref()) as usize] += 1;
            }
        };
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let count = |of: Compared| counts.iter().map(|one| one[of as usize]).sum::<usize>();
    let (same, more, clash) =
        (count(Compared::Same), count(Compared::More), count(Compared::Clash));
    // The pairs are what they are meant to be: most merge in git, some only by meaning, some in no way.
    assert!(same >= 250 && more >= 30 && clash >= 60, "{same} {more} {clash}");
}

#[derive(Clone, Copy)]
enum Compared {
    /// As in git.
    Same,
    /// Here, and not in git.
    More,
    Clash,
}

fn compare(seed: usize, pair: &Pair, git: Option<&Layout>) -> Compared {
    let ours = merged(Some(&pair.base), &pair.ours, &pair.theirs, None);
    let Some(expected) = git.filter(|git| is_agent(git)) else {
        return if ours.is_ok() { Compared::More } else { Compared::Clash };
    };
    let ours = ours.map_err(|conflicts| sentences(&conflicts));
    let ours = ours.unwrap_or_else(|conflicts| panic!("pair {seed}: {conflicts:#?}"));
    for path in expected.keys().chain(ours.keys()) {
        assert_eq!(ours.get(path), expected.get(path), "pair {seed}: {path}");
    }
    Compared::Same
}
