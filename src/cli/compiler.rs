//! The compiler of the stock command, which `--compiler` runs before a project is read.

use super::context::Context;
use crate::error::{Error, Result};
use crate::platform::run_to_end;
use crate::reader::compiled::Dist;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Compiler {
    /// `lua compile` of the project's lua-cli, or of the one on the PATH
    Lua,
}

impl Compiler {
    /// Compiles a project into its `dist-v2`. What the compiler says goes to stderr; it is asked nothing.
    pub fn run(self, cx: &mut Context<'_>, root: &Path) -> Result<()> {
        let Compiler::Lua = self;
        let program = find(root).ok_or_else(|| {
            Error::not_found("cannot find the stock command `lua`")
                .hint("run `npm install lua-cli` in the project, or leave `--compiler` out: the agent is read without it")
        })?;
        cx.out.finish()?;
        let mut command = Command::new(&program);
        command.arg("compile").current_dir(root);
        let status = run_to_end(command, &mut |line| cx.out.note(line))?;
        if status.success() {
            return Ok(());
        }
        Err(Error::failed(format!("`lua compile` failed: {status}")).hint(
            "correct the errors above, or leave `--compiler` out: the agent is read without it",
        ))
    }
}

/// The project's own command, or one on the PATH. `lua` is also what the interpreter of another
/// language is called, so there it must be a script for Node.
fn find(root: &Path) -> Option<PathBuf> {
    let own = root.ancestors().map(|folder| folder.join("node_modules").join(".bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    let on_path = on_path.flat_map(candidates).filter(|program| is_for_node(program));
    own.flat_map(candidates)
        .find(|program| program.is_file())
        .or_else(|| on_path.into_iter().next())
}

fn candidates(folder: PathBuf) -> Vec<PathBuf> {
    let names: &[&str] = if cfg!(windows) { &["lua.cmd"] } else { &["lua"] };
    names.iter().map(|name| folder.join(name)).collect()
}

fn is_for_node(program: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(program).and_then(|file| file.take(256).read_to_end(&mut start));
    let text = String::from_utf8_lossy(&start);
    read.is_ok()
        && (cfg!(windows)
            || text
                .lines()
                .next()
                .is_some_and(|line| line.starts_with("#!") && line.contains("node")))
}

/// Says which of the compiler's output is not used, and why.
pub fn remark(cx: &mut Context<'_>, dist: &Dist) {
    let left_out = dist.output().map(|output| &*output.left_out).unwrap_or_default();
    for (path, reason) in left_out {
        cx.out.warn(format!("left out \"{path}\": {reason}"));
    }
    match (dist, dist.reason()) {
        (Dist::Damaged(_), Some(reason)) => {
            cx.out.warn(format!("the output of `lua compile` is ignored: {reason}"));
        }
        (_, Some(reason)) => {
            cx.out.note(format!(
                "The output of `lua compile` is older than the project and is ignored: {reason}"
            ));
        }
        _ => {}
    }
}
