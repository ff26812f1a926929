//! Merge of one text file: the result where ours wins what clashes, that where theirs does, and the stretches in
//! which the two differ.

use super::file::{Side, TextSides};
use super::structure;
use crate::diff::{HunkSide, MergeHunk, MergeTexts};

pub struct TextMerge {
    ours_wins: Vec<u8>,
    theirs_wins: Vec<u8>,
    /// Side that wins each clash, once it is decided.
    decided: Vec<Option<Side>>,
    /// True where lines alone would clash.
    pub is_structural: bool,
}

/// Lines of a clash, at the base and on each side; the first is counted from 1 in the result where ours wins.
pub struct ClashLines {
    pub first: usize,
    pub base: Vec<String>,
    pub ours: Vec<String>,
    pub theirs: Vec<String>,
}

impl TextMerge {
    /// Line by line, as git merges.
    pub fn of_lines(text: &TextSides) -> TextMerge {
        TextMerge::new(text.merged(Side::Ours), text.merged(Side::Theirs), false)
    }

    /// By the structure of a script, or as prose where a file is the text of an agent; `None` where lines are all
    /// that is known.
    pub fn of_structure(path: &str, text: &TextSides, is_prose: bool) -> Option<TextMerge> {
        let utf8 = |bytes| std::str::from_utf8(bytes).ok();
        let (base, ours, theirs) = (utf8(&text.base)?, utf8(&text.ours)?, utf8(&text.theirs)?);
        let merged = |winner| {
            structure::merged(path, [base, ours, theirs], winner)
                .or_else(|| is_prose.then(|| structure::prose(base, ours, theirs, winner)))
                .map(String::into_bytes)
        };
        Some(TextMerge::new(merged(Side::Ours)?, merged(Side::Theirs)?, true))
    }

    fn new(ours_wins: Vec<u8>, theirs_wins: Vec<u8>, is_structural: bool) -> TextMerge {
        let mut merge = TextMerge { ours_wins, theirs_wins, decided: Vec::new(), is_structural };
        merge.decided = vec![None; merge.texts().hunks.len()];
        merge
    }

    fn texts(&self) -> MergeTexts<'_> {
        MergeTexts::new(&self.ours_wins, &self.ours_wins, &self.theirs_wins)
    }

    /// Number of stretches that clash.
    pub fn clashes(&self) -> usize {
        self.decided.len()
    }

    pub fn is_open(&self) -> bool {
        self.decided.iter().any(Option::is_none)
    }

    pub fn decide(&mut self, clash: usize, winner: Side) {
        self.decided[clash] = Some(winner);
    }

    pub fn lines(&self, base: &[u8], clash: usize) -> ClashLines {
        let texts = self.texts();
        let hunk = &texts.hunks[clash];
        let [_, ours, theirs] = texts.lines(hunk);
        let all = MergeTexts::new(base, &self.ours_wins, &self.theirs_wins);
        let around = all
            .hunks
            .iter()
            .find(|other| other.ours.start <= hunk.ours.start && hunk.ours.end <= other.ours.end);
        ClashLines {
            first: hunk.ours.start + 1,
            base: around.map(|around| owned(all.lines(around)[0])).unwrap_or_default(),
            ours: owned(ours),
            theirs: owned(theirs),
        }
    }

    /// The text as it is decided; what is open is won by one side.
    pub fn text(&self, open: Side) -> Vec<u8> {
        self.with(|clash| self.decided[clash].unwrap_or(open))
    }

    /// The same with one clash won by the other side.
    pub fn flipped(&self, open: Side, flipped: usize) -> Vec<u8> {
        let side = |clash| if clash == flipped { open.other() } else { open };
        self.with(|clash| self.decided[clash].unwrap_or_else(|| side(clash)))
    }

    fn with(&self, winner: impl Fn(usize) -> Side) -> Vec<u8> {
        self.texts().with(|clash, _| match winner(clash) {
            Side::Ours => HunkSide::Base,
            Side::Theirs => HunkSide::Theirs,
        })
    }

    /// The text with markers around what is open.
    pub fn marked(&self, labels: &[String; 2]) -> Vec<u8> {
        let texts = self.texts();
        texts.joined(|text, clash, hunk: &MergeHunk| {
            let [_, ours, theirs] = texts.lines(hunk);
            match self.decided[clash] {
                Some(Side::Ours) => ours.iter().for_each(|line| text.extend_from_slice(line)),
                Some(Side::Theirs) => theirs.iter().for_each(|line| text.extend_from_slice(line)),
                None => mark(text, [ours, theirs], labels),
            }
        })
    }
}

fn owned(lines: &[&[u8]]) -> Vec<String> {
    lines.iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect()
}

fn mark(text: &mut Vec<u8>, sides: [&[&[u8]]; 2], labels: &[String; 2]) {
    let mut side = |marker: &str, lines: &[&[u8]]| {
        text.extend_from_slice(marker.as_bytes());
        lines.iter().for_each(|line| text.extend_from_slice(line));
        if !text.ends_with(b"\n") {
            text.push(b'\n');
        }
    };
    side(&format!("<<<<<<< {}\n", labels[0]), sides[0]);
    side("=======\n", sides[1]);
    side(&format!(">>>>>>> {}\n", labels[1]), &[]);
}
