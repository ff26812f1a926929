//! Bundles on disk: read beneath the project, held against the manifest, made canonical.

use super::manifest::{Listed, Manifest, hash};
use super::{Bundle, Output, code, moved};
use crate::error::{Error, Result};
use crate::fs::{Folder, Standing};
use crate::object::Id;
use crate::parallel;
use crate::workspace::secret_in;
use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A bundle that is larger is not kept.
const BUNDLE_MAX: u64 = 32 << 20;
/// Stack of a thread that parses: bundles are nested as deeply as the reader's bounds allow.
const STACK: usize = 512 << 20;
const MOST_THREADS: usize = 8;

/// A file of the project, no link followed on the way; `None` where there is none.
pub fn read(root: &Path, path: &str, max: u64) -> Result<Option<Vec<u8>>, String> {
    let told = |error: crate::error::Error| error.message().to_owned();
    let mut folder = Folder::open(root).map_err(told)?;
    let mut names = path.split('/').peekable();
    while let Some(name) = names.next() {
        let is_last = names.peek().is_none();
        match folder.look(name).map_err(told)? {
            None => return Ok(None),
            Some(Standing::Folder) if !is_last => folder = folder.enter(name).map_err(told)?,
            Some(Standing::File { .. }) if is_last => {
                let mut bytes = Vec::new();
                let mut file = folder.read(name).map_err(told)?.take(max + 1);
                file.read_to_end(&mut bytes)
                    .map_err(|error| format!("cannot read \"{path}\": {error}"))?;
                if bytes.len() as u64 > max {
                    return Err(format!("\"{path}\" is larger than {} MiB", max >> 20));
                }
                return Ok(Some(bytes));
            }
            Some(Standing::Link) => return Err(format!("\"{name}\" in \"{path}\" is a link")),
            Some(_) => return Err(format!("\"{path}\" is no file")),
        }
    }
    Ok(None)
}

/// Bundles that are kept, and those that are not with the reason.
type All = (Vec<Bundle>, Vec<(String, String)>);

/// What one entry of the manifest gives.
enum Found {
    Kept(Bundle),
    LeftOut(String, String),
    /// It holds no code, or a namesake took its place.
    Nothing,
    Damaged(String),
}

/// The bundles that a manifest lists, or what is wrong with one. An error where they cannot be looked at.
pub fn all(
    root: &Path,
    manifest: &Manifest,
    known: Option<&Output>,
) -> Result<Result<All, String>> {
    let known = known.map(|output| &*output.bundles).unwrap_or_default();
    let known: HashMap<&str, &str> = known.iter().map(|one| (&*one.hash, &*one.id)).collect();
    let listed: Vec<&Listed> =
        manifest.primitives.iter().filter(|one| one.path.ends_with(".js")).collect();
    let mut namesakes: HashMap<&str, Vec<&Listed>> = HashMap::new();
    for one in &listed {
        namesakes.entry(&one.path).or_default().push(one);
    }
    let (mut kept, mut left_out) = (Vec::new(), Vec::new());
    let look = |at: usize| one(root, listed[at], &namesakes[&*listed[at].path], &known);
    let found = spread(listed.len(), &look)?;
    for found in found {
        match found {
            Found::Kept(bundle) => kept.push(bundle),
            Found::LeftOut(path, reason) => left_out.push((path, reason)),
            Found::Nothing => {}
            Found::Damaged(reason) => return Ok(Err(reason)),
        }
    }
    Ok(Ok((kept, left_out)))
}

fn one(root: &Path, listed: &Listed, namesakes: &[&Listed], known: &HashMap<&str, &str>) -> Found {
    let path = format!("dist-v2/{}", listed.path);
    let bytes = match read(root, &path, BUNDLE_MAX) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Found::Damaged(format!("\"{path}\" is gone")),
        Err(reason) => return Found::Damaged(reason),
    };
    if !listed.is(&bytes) {
        // Two of one name have one place: what stands there is of the last one.
        let is_namesake = namesakes.iter().any(|one| one.is(&bytes));
        let what = format!("\"{path}\" is not what the manifest says");
        return if is_namesake { Found::Nothing } else { Found::Damaged(what) };
    }
    if let Some(reason) = secret_in(&listed.path, &bytes) {
        return Found::LeftOut(path, reason);
    }
    let real = hash(&bytes);
    let (id, text) = match known.get(&*real) {
        Some(id) => ((*id).to_owned(), None),
        None => match code::canonical(&String::from_utf8_lossy(&bytes), root) {
            Some(text) => (Id::of_blob(text.as_bytes()).to_string(), Some(text)),
            None => return Found::Nothing,
        },
    };
    Found::Kept(Bundle {
        kind: listed.kind.clone(),
        name: listed.name.clone(),
        source_path: listed.source_path.replace('\\', "/"),
        path: listed.path.clone(),
        hash: real,
        id,
        text,
    })
}

/// The results of `work` for `0..count`, in that order, from threads that can parse: as many as the system gives,
/// and one at least.
fn spread<T: Send>(count: usize, work: &(dyn Fn(usize) -> T + Sync)) -> Result<Vec<T>> {
    let threads =
        std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS).min(count);
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return done;
            }
            done.push((at, work(at)));
        }
    };
    let mut done = std::thread::scope(|scope| {
        let mut started = Vec::new();
        for _ in 0..threads {
            match std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run) {
                Ok(thread) => started.push(thread),
                Err(error) if started.is_empty() => {
                    return Err(parallel::none("read what `lua compile` made", &error));
                }
                Err(_) => break,
            }
        }
        let done = started.into_iter().filter_map(|thread| thread.join().ok()).flatten();
        Ok(done.collect::<Vec<(usize, T)>>())
    })?;
    done.sort_unstable_by_key(|(at, _)| *at);
    match done.len() == count {
        true => Ok(done.into_iter().map(|(_, result)| result).collect()),
        false => {
            Err(Error::failed("cannot read what `lua compile` made: a bundle stopped the reader"))
        }
    }
}

impl Bundle {
    /// Its canonical code, of which the id was taken.
    pub fn code(&self, root: &Path) -> Result<Vec<u8>> {
        let again = || {
            let bytes = read(root, &format!("dist-v2/{}", self.path), BUNDLE_MAX).ok()??;
            Some(
                spread(1, &|_| code::canonical(&String::from_utf8_lossy(&bytes), root))
                    .map(|mut all| all.pop()?),
            )
        };
        let text = match self.text.clone() {
            Some(text) => Some(text),
            None => again().transpose()?.flatten(),
        };
        let text = text.map(String::into_bytes);
        text.filter(|text| Id::of_blob(text).to_string() == self.id)
            .ok_or_else(|| moved(&self.path))
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests lay out projects")]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_beneath_the_project_only() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("project");
        std::fs::create_dir_all(root.join("dist-v2/a")).unwrap();
        std::fs::write(folder.path().join("outside"), "secret").unwrap();
        std::fs::write(root.join("dist-v2/a/b.js"), "12345").unwrap();
        assert_eq!(read(&root, "dist-v2/a/b.js", 5), Ok(Some(b"12345".to_vec())));
        assert_eq!(read(&root, "dist-v2/a/c.js", 5), Ok(None));
        assert_eq!(read(&root, "dist-v3/a/b.js", 5), Ok(None));
        assert_eq!(read(&root, "dist-v2/a", 5), Err("\"dist-v2/a\" is no file".to_owned()));
        assert!(read(&root, "dist-v2/a/b.js", 4).unwrap_err().contains("larger"));
    }

    #[cfg(unix)]
    #[test]
    fn no_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("project");
        std::fs::create_dir_all(&root).unwrap();
        std::fs::write(folder.path().join("outside"), "secret").unwrap();
        std::os::unix::fs::symlink("../outside", root.join("x.js")).unwrap();
        std::os::unix::fs::symlink("..", root.join("up")).unwrap();
        assert_eq!(read(&root, "x.js", 100), Err("\"x.js\" in \"x.js\" is a link".to_owned()));
        assert!(read(&root, "up/outside", 100).unwrap_err().contains("is a link"));
    }

    #[test]
    fn results_come_in_order() {
        assert_eq!(
            spread(100, &|at| at * at).unwrap(),
            (0..100).map(|at| at * at).collect::<Vec<_>>()
        );
        assert_eq!(spread(0, &|at| at).unwrap(), Vec::<usize>::new());
    }
}
