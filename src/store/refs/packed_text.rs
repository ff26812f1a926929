//! `packed-refs` as text: a line per ref. Older programs wrote the file so, and bundles and remote-tracking refs have
//! these lines.

use super::super::active;
use super::name::number_of;
use super::packed::{Packed, Recovery, SERIES};
use crate::object::Id;
use crate::store::checksummed;
use crate::store::parse_error::ParseError;

const HEADER: &str = "lua-store packed-refs 1\n";

impl Packed {
    /// One line per ref.
    pub fn lines(&self) -> String {
        let mut lines = String::new();
        for series in SERIES {
            for (number, id) in self.series(series) {
                lines.push_str(&format!("{id} {series}/v{number}\n"));
            }
        }
        lines
    }

    /// Reads exactly what [`Packed::lines`] writes, or says what is wrong.
    pub fn from_lines(lines: &str) -> Result<Packed, ParseError> {
        let mut packed = Packed::default();
        for line in lines.split_inclusive('\n') {
            let read = line.strip_suffix('\n').and_then(parse_line);
            let taken = read.and_then(|(at, number, id)| packed.push(at, number, id));
            taken.ok_or_else(|| format!("it has the line {:?}", line.trim_end_matches('\n')))?;
        }
        Ok(packed)
    }
}

/// Reads exactly what the format says, or says what is wrong.
pub fn decode(bytes: &[u8]) -> Result<Packed, ParseError> {
    let text = checksummed::verify_checksum(bytes)?;
    let rest = text.strip_prefix(HEADER).ok_or("its first line is not the one that is known")?;
    let (pointer, lines) = active::split(rest).ok_or("its pointer is not well formed")?;
    Ok(Packed::from_lines(lines)?.with_pointer(pointer))
}

/// The refs of a damaged file that are well formed and in their place.
pub fn recover(bytes: &[u8]) -> Packed {
    let mut recovery = Recovery::default();
    for line in bytes.split(|byte| *byte == b'\n').skip(1) {
        match std::str::from_utf8(line).ok().and_then(parse_line) {
            Some((at, number, id)) => recovery.take(at, number, id, LOST_BY_A_LINE),
            None => recovery.pass(LOST_BY_A_LINE),
        }
    }
    recovery.finish()
}

/// A newline that was changed makes one line of two.
const LOST_BY_A_LINE: u64 = 2;

/// True if the refs begin at once, so that no pointer precedes them.
pub fn is_without_pointer(bytes: &[u8]) -> bool {
    let second = bytes.split(|byte| *byte == b'\n').nth(1);
    second
        .and_then(|line| std::str::from_utf8(line).ok())
        .is_some_and(|line| parse_line(line).is_some())
}

/// The series by its place in [`SERIES`], the number and the id of a line.
fn parse_line(line: &str) -> Option<(usize, u64, Id)> {
    let (id, name) = line.split_once(' ')?;
    let (series, file) = name.rsplit_once('/')?;
    let at = SERIES.iter().position(|known| *known == series)?;
    Some((at, number_of(file)?, id.parse().ok()?))
}

/// For tests: the file as older programs wrote it.
#[cfg(test)]
pub fn encode(packed: &Packed) -> String {
    let pointer = packed.pointer.map(|active| active.encode()).unwrap_or_default();
    checksummed::append_checksum(format!("{HEADER}{pointer}{}", packed.lines()))
}

#[cfg(test)]
mod tests {
    use super::super::SOURCE;
    use super::*;

    const ID: &str = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";

    fn decode(body: &str) -> Result<Packed, ParseError> {
        super::decode(format!("{body}checksum {}\n", blake3::hash(body.as_bytes())).as_bytes())
    }

    #[test]
    fn a_right_checksum_does_not_make_wrong_lines_right() {
        let good = format!("lua-store packed-refs 1\n{ID} refs/source/v9\n{ID} refs/source/v10\n");
        let packed = decode(&good).unwrap();
        assert_eq!(
            packed.series(SOURCE).iter().map(|(number, _)| *number).collect::<Vec<_>>(),
            [9, 10]
        );
        for (wrong, part) in [
            (good.replace("refs 1", "refs 2"), "first line"),
            (good.replace("v10", "v9"), "v9"),
            (good.replace("v10", "v8"), "v8"),
            (good.replace("v10", "v010"), "v010"),
            (good.replace("source/v10", "heads/v10"), "heads"),
            (good.replacen("source", "versions", 1), "refs/source/v10"),
            (good.replace("af13", "AF13"), "AF13"),
            (good.replace("source/v10", "source/v10\r"), "\\r"),
            (format!("{good}\n"), "\"\""),
        ] {
            let what = decode(&wrong).unwrap_err().to_string();
            assert!(what.contains(part), "{what}");
        }
    }
}
