//! Varint: seven bits a byte, lowest first, the high bit set on all but the last.

pub fn write(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Takes a number off the front. Only the shortest form is read: one number, one spelling.
pub fn read(input: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = input.split_first()?;
        *input = rest;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return None;
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return (*byte != 0 || shift == 0).then_some(value);
        }
    }
    None
}

/// Takes a number that must fit into memory's sizes.
pub fn read_len(input: &mut &[u8]) -> Option<usize> {
    usize::try_from(read(input)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(value: u64) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out, value);
        out
    }

    proptest! {
        #[test]
        fn reading_gives_back_what_was_written(value: u64, shift in 0u32..64, tail: Vec<u8>) {
            let value = value >> shift;
            let bytes = [written(value), tail.clone()].concat();
            let mut input = &bytes[..];
            prop_assert_eq!(read(&mut input), Some(value));
            prop_assert_eq!(input, &tail[..]);
        }

        #[test]
        fn what_is_read_has_one_spelling(bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
            let mut input = &bytes[..];
            if let Some(value) = read(&mut input) {
                prop_assert_eq!(written(value), &bytes[..bytes.len() - input.len()]);
            }
        }
    }

    #[test]
    fn the_examples_of_the_leb128_article_hold() {
        assert_eq!(written(624_485), [0xe5, 0x8e, 0x26]);
        assert_eq!(read(&mut &[0xe5, 0x8e, 0x26][..]), Some(624_485));
        assert_eq!(read(&mut &[0x80, 0x00][..]), None, "not the shortest");
        assert_eq!(read(&mut &[0xff; 11][..]), None, "more than 64 bits");
        assert_eq!(read(&mut &[0x80][..]), None, "cut short");
    }
}
