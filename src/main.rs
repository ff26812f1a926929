//! Process entry.

/// That of musl took half of the time of `log` and `fsck` with 5,000 versions.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    lua_store::main()
}
