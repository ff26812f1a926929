"""Objects and pack files, as docs/format.md describes them: what a reader and a writer in another language need."""

import bisect

import blake3
import msgpack
import zstandard

MAGIC = b"\x28\xb5\x2f\xfd"
FILE, RUNNABLE, LINK, FOLDER = range(4)
BLOB, TREE, GROUP = range(3)


class Damaged(Exception):
    pass


def object_id(kind, content):
    context = {"derive_key_context": "lua-store 2026-11-21 tree v1"} if kind == TREE else {}
    return blake3.blake3(content, **context).digest()


def encode_tree(entries):
    return msgpack.packb([[mode, name, id] for name, (mode, id) in sorted(entries.items(), key=lambda one: one[0].encode())])


def decode_tree(content):
    entries = {name: (mode, id) for mode, name, id in msgpack.unpackb(content)}
    wrong = any(name in ("", ".", "..") or "/" in name or "\0" in name or not FILE <= mode <= FOLDER or len(id) != 32
                for name, (mode, id) in entries.items())
    if wrong or encode_tree(entries) != content:
        raise Damaged("a tree is not encoded as it must be")
    return entries


def number(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at


def encode_number(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def width(value):
    return (value.bit_length() + 7) // 8


class Pack:
    def __init__(self, data):
        self.data, self.entries = data, {}
        begin, objects, count = (int.from_bytes(data[at:end], "little") for at, end in ((-48, -40), (-40, -36), (-36, -32)))
        if data[:8] != b"luapack\x01" or blake3.blake3(data[begin:-32]).digest() != data[-32:]:
            raise Damaged("a pack has another header or checksum")
        wide, offset_wide = width(objects), width(begin)
        firsts = 0 if objects == count else count * wide
        if begin + objects * (32 + wide) + firsts + count * offset_wide != len(data) - 48:
            raise Damaged("the tables of a pack do not fill its index")

        def table(at, size, items):
            return [int.from_bytes(data[at + n * size:at + (n + 1) * size], "little") for n in range(items)]

        self.ids = [data[begin + n * 32:begin + (n + 1) * 32] for n in range(objects)]
        at = begin + objects * (32 + wide)
        self.firsts = table(at, wide, count) if firsts else list(range(count))
        self.offsets = table(at + firsts, offset_wide, count) + [begin]

    def read(self, position, store):
        """Kind and bytes of the object at a position; not yet held against its id."""
        entry = bisect.bisect_right(self.firsts, position) - 1
        if entry not in self.entries:
            self.entries[entry] = list(self.decode(entry, store))
        return self.entries[entry][position - self.firsts[entry]]

    def decode(self, entry, store):
        data, at, end = self.data, self.offsets[entry], self.offsets[entry + 1]
        head, (length, at) = data[at], number(data, at + 1)
        stored, kind, base = head & 3, head >> 2, b""
        if stored:
            size, at = number(data, at)
        if stored == 2:
            base, at = store.read(data[at:at + 32])[1], at + 32
        elif stored == 3:
            position, at = number(data, at)
            if position >= self.firsts[entry]:
                raise Damaged("a base comes after what leans on it")
            base = self.read(position, store)[1]
        content = data[at:end]
        if stored:
            content = decompress(content, size, length, base)
        if len(content) != length or kind > GROUP:
            raise Damaged("an entry is not what its head says")
        return self.ungroup(content) if kind == GROUP else [(kind, content)]

    def ungroup(self, content):
        count, at = number(content, 0)
        heads = []
        for _ in range(count):
            head, at = number(content, at)
            heads.append(head)
        for head in heads:
            length, kind = head >> 2, head & 3
            part, at = content[at:at + length], at + length
            yield (TREE, self.unlink(part)) if kind == 2 else (kind, part)

    def unlink(self, part):
        """The tree that a linked tree stands for."""
        entries, at = {}, 0
        while at < len(part):
            head, at = number(part, at)
            name, at = part[at:at + (head >> 3)].decode(), at + (head >> 3)
            if head & 4:
                position, at = number(part, at)
                entries[name] = (head & 3, self.ids[position])
            else:
                entries[name], at = (head & 3, part[at:at + 32]), at + 32
        return encode_tree(entries)


def decompress(payload, size, length, base):
    frame = MAGIC + payload
    if len(payload) != size or length > 131072 * (size // 4 + 1):
        raise Damaged("a frame cannot hold what its entry says")
    if zstandard.get_frame_parameters(frame).content_size not in (length, zstandard.CONTENTSIZE_UNKNOWN):
        raise Damaged("a frame has another length than its entry")
    prefix = zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT) if base else None
    return zstandard.ZstdDecompressor(dict_data=prefix).decompress(frame, max_output_size=length)


def encode_pack(objects):
    """A pack of {id: (kind, content)}, one entry an object."""
    out, offsets = bytearray(b"luapack\x01"), []
    for kind, content in objects.values():
        offsets.append(len(out))
        packed = zstandard.compress(content)[4:]
        small = len(packed) < len(content)
        out += bytes([kind << 2 | small]) + encode_number(len(content))
        out += encode_number(len(packed)) + packed if small else content
    begin, ids = len(out), list(objects)
    index = b"".join(ids)
    index += b"".join(at.to_bytes(width(len(ids)), "little") for at in sorted(range(len(ids)), key=ids.__getitem__))
    index += b"".join(offset.to_bytes(width(begin), "little") for offset in offsets)
    index += begin.to_bytes(8, "little") + len(ids).to_bytes(4, "little") * 2
    return bytes(out + index + blake3.blake3(index).digest())
