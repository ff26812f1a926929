//! Note on the safety snapshot that a command took, with the command that brings its files back.

use super::context::Context;

pub fn print_kept(cx: &mut Context<'_>, kept: Option<u64>) {
    if let Some(kept) = kept {
        cx.out.note(format!("Your earlier files are stored as safety snapshot {kept}."));
        cx.out.hint(format!("run `lua-store snapshot restore {kept}` to restore them"));
    }
}
