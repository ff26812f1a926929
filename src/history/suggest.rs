//! "Did you mean …?": the known name nearest to a mistyped one.

/// The candidate that is a slip of the finger away: at most one edit in three letters.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (typed.chars().count() / 3).max(1);
    let distance =
        |name: &&str| strsim::damerau_levenshtein(&typed.to_lowercase(), &name.to_lowercase());
    let (best, edits) =
        known.into_iter().map(|name| (name, distance(&name))).min_by_key(|(_, edits)| *edits)?;
    (edits <= allowed).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let names = ["user-skill", "order-skill", "faq"];
        assert_eq!(nearest("user-skil", names), Some("user-skill"));
        assert_eq!(nearest("oredr-skill", names), Some("order-skill"));
        assert_eq!(nearest("FAQ", names), Some("faq"));
        assert_eq!(nearest("payments", names), None);
        assert_eq!(nearest("x", []), None);
    }
}
