//! Bundles of an agent: the versions of one, its verification, and the clone or fetch from it. A
//! bundle may come from anywhere, so it is verified like a pack from a stranger before a ref
//! changes.

use crate::error::{Error, Hint, Result};
use crate::fs;
use crate::history::project::Project;
use crate::history::rules::{self, Breach, RefScope, Strictness};
use crate::history::version::Version;
use crate::object::Id;
use crate::operations::restore_clone::{self, RestoredClone};
use crate::progress::Progress;
use crate::store::{
    self, BundleFile, Heads, Odb, RemoteTracking, Store, VerifiedBundle, VerifyLimits,
};
use std::path::Path;

/// The versions of a bundle are kept as those of a remote of this name.
pub const NAME: &str = "bundle";

/// Limit on the bytes that a bundle may make this program decompress. High, because a person who
/// was handed a bundle waits for it and can interrupt it.
const LIMITS: VerifyLimits = VerifyLimits { decoded: 64 << 30 };

/// Refs of a bundle, and the objects that its receivers have already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BundleSelection {
    pub heads: Heads,
    pub have: Vec<Id>,
}

/// Everything there is.
pub fn everything(store: &Store) -> Result<BundleSelection> {
    Ok(BundleSelection { heads: store.heads()?, have: Vec::new() })
}

/// Agent versions from `first` to `last`, with their source versions. Numbers have no gaps, so
/// those before `first` are named too, and objects that only they need are left out.
pub fn range(store: &Store, first: u64, last: u64) -> Result<BundleSelection> {
    let all = store.heads()?;
    let source_of = |number: u64| -> Result<u64> {
        let id = number.checked_sub(1).and_then(|at| all.versions.get(usize::try_from(at).ok()?));
        let missing = || {
            Error::not_found(format!("version v{number} not found")).hint(Hint::ListNewestVersions)
        };
        Ok(Version::load(store.objects(), number, *id.ok_or_else(missing)?)?.meta.source_version)
    };
    if first == 0 || first > last {
        return Err(Error::usage(format!("there is no version from v{first} to v{last}")));
    }
    // A later version can be of an older source version.
    let most = |numbers: std::ops::RangeInclusive<u64>| -> Result<usize> {
        let most =
            numbers.map(source_of).try_fold(0, |most, source| Ok::<_, Error>(most.max(source?)))?;
        Ok(most as usize)
    };
    let (before, upto) = (most(1..=first - 1)?, most(1..=last)?.min(all.source.len()));
    let newest = last as usize == all.versions.len();
    let heads = Heads {
        source: all.source[..upto].to_vec(),
        versions: all.versions[..last as usize].to_vec(),
        // The ledger tells of versions up to the newest.
        active: all.active.filter(|_| newest),
    };
    let have = all.source[..before.min(upto)].iter().chain(&all.versions[..first as usize - 1]);
    Ok(BundleSelection { have: have.copied().collect(), heads })
}

/// Objects and heads here, against which a bundle is verified.
pub struct BundleBase<'a> {
    pub objects: &'a Odb,
    pub known: &'a [&'a Heads],
}

/// Verifies a bundle against the objects here, and checks the refs that are not known yet by the
/// rules.
pub fn verify_pack(
    file: &Path,
    scratch: &Path,
    here: &BundleBase<'_>,
    strictness: Strictness,
    progress: &Progress,
) -> Result<(VerifiedBundle, Vec<Breach>)> {
    let proven = BundleFile::open(file, scratch)?.verify_pack(here.objects, &LIMITS, progress)?;
    let (heads, objects) = (proven.heads(), proven.objects());
    let known = rules::known(objects, here.known, heads)?;
    let report = rules::check(objects, &known, heads, RefScope::Whole)?;
    let refused = format!("cannot accept the bundle \"{}\"", file.display());
    match strictness {
        Strictness::Refuse => report.refuse(&refused)?,
        Strictness::AsIs => {
            rules::check_bounds(objects, &known, heads).map_err(|error| error.context(refused))?;
        }
    }
    Ok((proven, report.breaches))
}

/// Fetches a bundle into a project, as the heads of the remote `name`, and returns the broken rules
/// that were accepted.
pub fn fetch(
    project: &Project,
    file: &Path,
    name: &str,
    strictness: Strictness,
    progress: &Progress,
) -> Result<(Heads, Vec<Breach>)> {
    let store = project.store();
    // A damaged store knows no heads for certain.
    let known = store.heads().unwrap_or_default();
    let before = store.remote(name).ok().flatten().unwrap_or_default().heads;
    let here = BundleBase { objects: store.objects(), known: &[&known, &before] };
    let (proven, breaches) = verify_pack(file, &store.incoming()?, &here, strictness, progress)?;
    let heads = proven.admit(store)?;
    store.set_remote(
        &store.lock()?,
        name,
        &RemoteTracking { heads: heads.clone(), ..RemoteTracking::default() },
    )?;
    Ok((heads, breaches))
}

/// Result of a clone from a bundle.
#[derive(Debug)]
pub struct Cloned {
    pub heads: Heads,
    pub adopted: RestoredClone,
    /// Broken rules that were accepted, because the records are older than the rules.
    pub breaches: Vec<Breach>,
}

/// Makes a project of a bundle, in a folder that is empty or not there yet: the store, all refs, the
/// pointer, and the files that were pushed last.
pub fn clone(
    file: &Path,
    root: &Path,
    strictness: Strictness,
    progress: &Progress,
) -> Result<Cloned> {
    if root.read_dir().is_ok_and(|mut inside| inside.next().is_some()) {
        return Err(Error::usage(format!(
            "cannot clone into \"{}\": it is not empty",
            root.display()
        ))
        .hint("name a folder that does not exist"));
    }
    let parent =
        root.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Nothing is made before all is proven.
    let here = BundleBase { objects: &Odb::over([]), known: &[] };
    let (proven, breaches) = verify_pack(file, parent, &here, strictness, progress)?;
    fs::create_dir_all(root)?;
    let heads = proven.admit(&Store::init(&store::dir_in(root))?)?;
    let adopted = restore_clone::restore(&Project::open(root)?, &heads, progress)?;
    Ok(Cloned { heads, adopted, breaches })
}
