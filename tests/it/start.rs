//! Start of the program: what the system does for each, before the first line runs.

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu", not(target_feature = "crt-static")))]
fn no_address_in_the_program_is_corrected_at_its_start() {
    let program = std::fs::read(env!("CARGO_BIN_EXE_lua-store")).unwrap();
    // The header of an ELF file: 2 is a program at a fixed address, 3 one that can be anywhere.
    assert_eq!(program[..4], *b"\x7fELF");
    assert_eq!(u16::from_le_bytes([program[16], program[17]]), 2);
}
