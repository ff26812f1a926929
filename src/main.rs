//! Process entry.

fn main() -> std::process::ExitCode {
    lua_store::main()
}
