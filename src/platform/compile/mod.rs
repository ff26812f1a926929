//! The stock compiler, run in a copy of exactly the files that a push sends: its bundles are those that the platform runs.

mod baked;
mod copy;
mod lua_cli;
mod run;

pub use baked::BakedValue;
pub use lua_cli::LuaCli;
pub use run::run_to_end;

use crate::error::{Error, Result};
use crate::platform::body::PushBodies;
use crate::reader::compiled::{CompileOutput, Dist};
use crate::reader::lockfile::{self, OtherPackage};
use copy::Copy;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

/// Files by their paths, as a push sends them.
pub type SentFiles = BTreeMap<String, Vec<u8>>;

/// A project to compile.
pub struct CompileRequest<'a> {
    /// Folder of the project: its installed packages are used.
    pub root: &'a Path,
    pub files: &'a SentFiles,
    /// Files that name the versions of packages: a push sends no lock file.
    pub locks: &'a SentFiles,
    /// Environment of this process.
    pub environment: &'a [(OsString, OsString)],
}

/// The output of the compiler for exactly these files, in a folder that is removed with this value.
pub struct CompiledCopy<'a> {
    files: &'a SentFiles,
    copy: Copy,
    output: CompileOutput,
    /// Values of the environment of this machine that are in the output.
    pub baked: Vec<BakedValue>,
    /// Installed packages that have another version than the locked one.
    pub other_packages: Vec<OtherPackage>,
}

impl CompileRequest<'_> {
    /// Compiles the files. Each line of the compiler goes to `say`, with the paths of the project: those of the copy
    /// mean nothing to whoever reads them, and it is removed.
    pub fn compile(&self, say: &mut dyn FnMut(&str)) -> Result<CompiledCopy<'_>> {
        let lua_cli = LuaCli::find(self.root)?;
        let copy = Copy::of(self.files, &lua_cli)?;
        let environment = lua_cli::environment(self.environment);
        let status = run_to_end(lua_cli.compile(&copy, &environment), &mut |line| {
            say(&copy.in_project(line))
        })?;
        if !status.success() {
            return Err(Error::failed(format!("`lua compile` failed: {status}"))
                .hint("correct the errors above; it sees only the files that a push sends"));
        }
        let output = checked(copy.root(), self.files, "the files that it was given")?;
        let baked = baked::find(copy.root(), &output, self.files, &environment)?;
        let other_packages = lockfile::other_than_locked(self.root, self.locks)?;
        Ok(CompiledCopy { files: self.files, copy, output, baked, other_packages })
    }
}

impl CompiledCopy<'_> {
    /// Takes an output that was made elsewhere: a `dist-v2`, or a folder that contains one. The environment that it was made
    /// in is not known, so no value of it can be found.
    pub fn given<'a>(files: &'a SentFiles, folder: &Path) -> Result<CompiledCopy<'a>> {
        let copy = Copy::given(folder)?;
        let output = checked(copy.root(), files, "the files to push")?;
        let (baked, other_packages) = (Vec::new(), Vec::new());
        Ok(CompiledCopy { files, copy, output, baked, other_packages })
    }

    pub fn bodies(&self) -> Result<PushBodies> {
        let mut read = |path: &str| Ok(self.files.get(path).cloned());
        PushBodies::of(self.copy.root(), &self.output, &mut read)
    }

    /// Those of these primitives, as kind and name, that the compiler left out: they cannot run on the platform.
    pub fn left_out<'n>(&self, read: &[(&'n str, &'n str)]) -> Result<Vec<(&'n str, &'n str)>> {
        let manifest = self.output.manifest(self.copy.root())?;
        let is_there = |(kind, name): &(&str, &str)| {
            manifest.primitives.iter().any(|one| one.kind == *kind && one.name == *name)
        };
        Ok(read.iter().filter(|one| !is_there(one)).copied().collect())
    }
}

/// The output in a folder, which must be of exactly these files.
fn checked(root: &Path, files: &SentFiles, which: &str) -> Result<CompileOutput> {
    let mut read = |path: &str| Ok(files.get(path).cloned());
    match Dist::read(root, &mut read)? {
        Dist::Fresh(output) => Ok(output),
        Dist::Stale(path, what) => Err(Error::failed(format!(
            "the output of `lua compile` is not of {which}: \"{path}\" {what}"
        ))),
        other => other.require().map(|()| unreachable!("it is not fresh")),
    }
}
