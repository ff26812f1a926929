//! Process entry.

/// That of musl took a third of the time of `log`, and more of `fsck`: docs/performance.md.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    lua_store::main()
}
