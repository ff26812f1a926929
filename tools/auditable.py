#!/usr/bin/env python3
"""Prints the list of packages that `cargo auditable` put into a program for Linux: `auditable.py PROGRAM`.

The list is JSON, compressed by zlib, in the section `.dep-v0` (https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md).
Without the section: exit code 1.
"""
import struct
import sys
import zlib

program = open(sys.argv[1], "rb").read()
if program[:6] != b"\x7fELF\x02\x01":
    sys.exit(f"Error: {sys.argv[1]} is not an ELF file of 64 bits, little endian")
# ELF-64: offset of the section headers, their size, their number, and which of them has the names.
(table,) = struct.unpack_from("<Q", program, 40)
size, count, names = struct.unpack_from("<HHH", program, 58)


def section(index):
    name, _, _, _, offset, length = struct.unpack_from("<IIQQQQ", program, table + index * size)
    return name, offset, length


names_at = section(names)[1]
for index in range(count):
    name, offset, length = section(index)
    begin = names_at + name
    if program[begin : program.index(b"\0", begin)] == b".dep-v0":
        print(zlib.decompress(program[offset : offset + length]).decode())
        sys.exit(0)
sys.exit(f"Error: {sys.argv[1]} has no section .dep-v0: it was not built by `cargo auditable`")
