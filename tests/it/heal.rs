//! Damaged objects are healed by what holds them: a push the files of the project, a fetch what a remote has.

use crate::common::Project;
use crate::common::shop::{self, edit};
use crate::remote::{copy, copy_of_folder, shop_with_remote_store};
use lua_store::internals::object::Id;
use lua_store::internals::pack::PackReader;
use lua_store::internals::store::{Depth, Store};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn packs(project: &Project) -> Vec<PathBuf> {
    let names = std::fs::read_dir(project.path(".lua/objects")).unwrap();
    let mut packs: Vec<PathBuf> = names.map(|entry| entry.unwrap().path()).collect();
    packs.sort();
    packs
}

/// A byte in the payload of each entry of a pack.
fn payloads(pack: &Path) -> Vec<usize> {
    let bytes = std::fs::read(pack).unwrap();
    let reader = PackReader::open(&bytes[..]).unwrap();
    let last = |number| {
        let payload = reader.entry(number).unwrap().payload().as_ptr_range();
        payload.end as usize - bytes.as_ptr() as usize - 1
    };
    (0..reader.entries()).map(last).collect()
}

fn flip(pack: &Path, at: usize) {
    let mut bytes = std::fs::read(pack).unwrap();
    bytes[at] ^= 0x10;
    std::fs::write(pack, bytes).unwrap();
}

fn newest(project: &Project) -> Vec<Id> {
    let store = Store::open(&project.path(".lua")).unwrap();
    vec![store.refs().latest("refs/source").unwrap().unwrap().1]
}

fn is_whole(project: &Project, roots: &[Id]) -> bool {
    let store = Store::open(&project.path(".lua")).unwrap();
    store.broken_trees(roots, Depth::Read).unwrap().is_empty()
}

/// Every file of the project.
fn files(project: &Project) -> BTreeMap<PathBuf, Vec<u8>> {
    let walk = walkdir::WalkDir::new(project.root()).into_iter().map(Result::unwrap);
    let files = walk.filter(|entry| entry.file_type().is_file());
    let files = files.map(|entry| {
        (entry.path().strip_prefix(project.root()).unwrap().to_owned(), entry.path().to_owned())
    });
    let own = files.filter(|(path, _)| !path.starts_with(".lua"));
    own.map(|(path, file)| (path, std::fs::read(file).unwrap())).collect()
}

/// Removes every file and brings all back from what was pushed last.
fn restores_exactly(project: &Project) {
    let before = files(project);
    std::fs::remove_dir_all(project.path("src")).unwrap();
    std::fs::remove_file(project.path("package.json")).unwrap();
    let number = project.list("source list")[0]["version"].as_u64().unwrap();
    project.ok(&format!("source rollback --version {number} --force"));
    assert_eq!(files(project), before);
}

/// The project once more, somewhere else.
fn again(project: &Project) -> Project {
    let other = Project::new();
    copy(&project.root(), &other.root());
    other
}

/// One byte changed in each entry of the pack of a push. Each time the next push, of another file, either makes all of
/// it whole again, or says that it cannot: never that it is done while what it made cannot be read.
#[test]
fn a_push_heals_what_it_holds_or_is_refused() {
    let sound = shop::project();
    sound.ok("push");
    let (mut healed, mut refused) = (0, 0);
    for at in payloads(&packs(&sound)[0]) {
        let project = again(&sound);
        flip(&packs(&project)[0], at);
        assert_eq!(project.run("fsck").code, 1);
        project.write("notes.md", "more");
        let push = project.run("push");
        if push.code == 0 {
            assert!(is_whole(&project, &newest(&project)), "{at}: {push}");
            restores_exactly(&project);
            healed += usize::from(push.stderr.contains("damaged object(s) were stored again"));
        } else {
            assert!(push.code == 1 && push.stderr.contains("`lua-store fsck"), "{at}: {push}");
            refused += 1;
        }
    }
    assert!(healed > refused, "{healed} healed, {refused} refused");
}

/// Nobody has found the damage yet: what the push reads and stores again, it finds itself.
#[test]
fn a_push_notices_damage_in_what_it_holds() {
    for (name, bytes) in
        [("src/large.txt", b"many words ".repeat(900)), ("src/zeros.bin", vec![0; 8_500_000])]
    {
        let project = shop::project();
        project.write(name, &bytes);
        project.ok("push");
        let pack = packs(&project).remove(0);
        let whole = std::fs::read(&pack).unwrap();
        let reader = PackReader::open(&whole[..]).unwrap();
        let place = reader.place(reader.position(&Id::of_blob(&bytes)).unwrap()).unwrap();
        flip(&pack, payloads(&pack)[place.entry as usize]);
        // The file is in hand as it was written anew, with the same bytes.
        project.write(name, &bytes);
        let push = project.run("push");
        assert!(push.code == 0 && push.stdout.contains("Nothing changed"), "{push}");
        assert!(push.stderr.contains("1 damaged object(s) were stored again"), "{push}");
        assert!(is_whole(&project, &newest(&project)));
        restores_exactly(&project);
        assert!(project.ok("fsck --repair").contains("nothing is damaged"));
    }
}

#[test]
fn a_fetch_brings_what_is_missing_and_what_is_known_to_be_damaged() {
    let sound = shop_with_remote_store();
    edit(&sound, "src/index.ts", "You are Ava.", "You are Eve.");
    sound.ok("push");
    let all: Vec<Id> = Store::open(&sound.path(".lua")).unwrap().heads().unwrap().roots();
    for line in ["fetch", "pull"] {
        for nth in 0..packs(&sound).len() {
            let project = copy_of_folder(&sound);
            std::fs::remove_file(&packs(&project)[nth]).unwrap();
            assert!(!is_whole(&project, &all));
            project.ok(line);
            assert!(is_whole(&project, &all), "{line}: pack {nth}");
        }
        let project = copy_of_folder(&sound);
        let pack = packs(&project).remove(0);
        flip(&pack, payloads(&pack)[0]);
        assert_eq!(project.run("fsck").code, 1);
        project.ok(line);
        assert!(is_whole(&project, &all), "{line}");
        let repaired = project.run("fsck --repair");
        assert!(repaired.code == 0, "{repaired}");
        restores_exactly(&project);
    }
}

#[test]
fn a_repair_from_a_remote_brings_what_is_damaged() {
    let project = shop_with_remote_store();
    let all: Vec<Id> = Store::open(&project.path(".lua")).unwrap().heads().unwrap().roots();
    for pack in packs(&project) {
        flip(&pack, payloads(&pack)[0]);
    }
    assert_eq!(project.run("fsck --repair").code, 1, "nobody here has it");
    let repaired = project.run("fsck --repair --from origin");
    assert!(repaired.code == 0 && is_whole(&project, &all), "{repaired}");
}
