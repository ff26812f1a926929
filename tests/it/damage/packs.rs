//! Packs with a changed byte, cut off, empty or of another program.

use super::{READING, history, look, packs, refused, with};
use crate::common::{Outcome, Project};

/// Checks a store with any damage of a pack: each command succeeds with the usual output, or fails
/// and names an object or a pack. Commands that do not need the pack go on.
fn assert_pack_damage(project: &Project, name: &str, sound: &[Outcome]) {
    let fsck = look(project, "fsck");
    assert!(fsck.code == 1 && fsck.stdout.contains(name), "{fsck}");
    for (line, sound) in READING.iter().zip(sound) {
        let outcome = look(project, line);
        if line.ends_with(" list") && outcome.stderr.contains("cannot be read: ") {
            let is_told = outcome.stdout.contains("damaged") || *line == "source list";
            assert!(outcome.code == 0 && is_told, "{outcome}");
            continue;
        }
        if outcome.code == 0 {
            assert_eq!(outcome.stdout, sound.stdout, "{line}");
            continue;
        }
        assert_eq!(outcome.code, 1, "{outcome}");
        assert!(
            outcome.stderr.contains("pack-") && outcome.stderr.contains("`lua-store fsck`"),
            "{outcome}"
        );
    }
    assert_eq!(project.run("version list").code, 0);
}

#[test]
fn a_changed_byte_anywhere_in_a_pack() {
    let (project, pack) = history();
    let name = pack.file_name().unwrap().to_str().unwrap();
    let path = format!(".lua/objects/{name}");
    let sound: Vec<Outcome> = READING.iter().map(|line| project.run(line)).collect();
    let bytes = std::fs::read(&pack).unwrap();
    let spread = (0..12).map(|nth| 8 + nth * (bytes.len() - 60) / 12);
    let places =
        [0, 7].into_iter().chain(spread).chain([48, 30, 20, 10, 1].map(|back| bytes.len() - back));
    let mut failed = 0;
    for place in places {
        let mut changed = bytes.clone();
        changed[place] ^= 0x55;
        with(&project, &path, Some(&changed), || {
            assert_pack_damage(&project, name, &sound);
            failed += usize::from(project.run("source rollback --version 1 --dry-run").code == 1);
        });
    }
    assert!(failed > 0, "no damage was met by reading");
}

#[test]
fn a_pack_cut_off_empty_or_foreign() {
    let (project, pack) = history();
    let name = pack.file_name().unwrap().to_str().unwrap();
    let path = format!(".lua/objects/{name}");
    let sound: Vec<Outcome> = READING.iter().map(|line| project.run(line)).collect();
    let bytes = std::fs::read(&pack).unwrap();
    let longer = [&bytes[..], b"more"].concat();
    let half = &bytes[..bytes.len() / 2];
    for damaged in
        [&[][..], &bytes[..7], half, &bytes[..bytes.len() - 1], b"not a pack at all", &longer]
    {
        with(&project, &path, Some(damaged), || {
            assert_pack_damage(&project, name, &sound);
            let fsck = project.run("fsck");
            assert!(fsck.stdout.contains("affects versions/v1, "), "{fsck}");
            refused(&project, &["source rollback --version 1 --force"], name);
        });
    }
}

#[test]
fn a_foreign_file_among_the_packs() {
    let (project, pack) = history();
    let other = format!("pack-{}.pack", "0".repeat(64));
    let sound: Vec<Outcome> = READING.iter().map(|line| project.run(line)).collect();
    let whole = std::fs::read(pack).unwrap();
    for (name, bytes) in [("pack-mine.pack", &b"hello"[..]), (&other, b"hello"), (&other, &whole)] {
        let path = format!(".lua/objects/{name}");
        with(&project, &path, Some(bytes), || {
            for (line, sound) in READING.iter().zip(&sound) {
                assert_eq!(look(&project, line).stdout, sound.stdout);
            }
            let fsck = look(&project, "fsck");
            assert!(fsck.code == 1 && fsck.stdout.contains(name), "{fsck}");
        });
    }
    with(&project, ".lua/objects/pack-mine.pack", Some(b"hello"), || {
        project.ok("compact");
        assert_eq!(project.read(".lua/objects/pack-mine.pack"), "hello", "what is not ours stays");
    });
}

/// Every object is in two packs, and the one that is read first has damage.
#[test]
fn compacting_takes_the_copy_that_is_whole() {
    let (project, first) = history();
    let other = Project::new();
    crate::remote::copy(&project.root(), &other.root());
    other.ok("compact");
    let all = packs(&other);
    assert_eq!(all.len(), 1);
    let sound = std::fs::read(&first).unwrap();
    // Not every byte matters.
    let damaged = |at: &usize| {
        let mut bytes = sound.clone();
        bytes[*at] ^= 0x55;
        std::fs::write(&first, bytes).unwrap();
        let told = project.run("fsck").stdout;
        told.contains("damaged: object") || told.contains("damaged: pack")
    };
    assert!((40..sound.len() - 400).step_by(31).any(|at| damaged(&at)));
    let age = |path: &std::path::Path, seconds: u64| {
        let at = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        std::fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
    };
    for pack in packs(&project) {
        age(&pack, 2_000_000);
    }
    age(&first, 3_000_000);
    let copy = project.path(".lua/objects").join(all[0].file_name().unwrap());
    std::fs::copy(&all[0], &copy).unwrap();
    age(&copy, 1_000_000);
    let done = project.json("compact");
    assert_eq!(done["compacted"]["packsKept"], 0, "{done}");
    assert_eq!(packs(&project).len(), 1);
    assert!(project.ok("fsck").contains("nothing is damaged"));
}
