//! «Возможно, вы имели в виду»: the allowed word that is spelled nearly so.

/// The word nearest to what was written, if it is near enough to be a slip of the finger.
pub(crate) fn nearest<'a>(word: &str, allowed: impl Iterator<Item = &'a str>) -> Option<String> {
    let written: Vec<char> = word.to_lowercase().chars().take(WORD_MAX).collect();
    let slips_max = (written.len() / 3).clamp(1, 3);
    allowed
        .filter_map(|known| {
            let meant: Vec<char> = known.to_lowercase().chars().collect();
            let slips = distance(&written, &meant);
            (slips <= slips_max && slips < meant.len()).then_some((slips, known))
        })
        .min()
        .map(|(_, known)| known.to_owned())
}

/// Longer words are cut before they are compared.
const WORD_MAX: usize = 64;

/// Insertions, deletions, replacements and swaps of neighbours that make one of the other
/// (optimal string alignment distance).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_understood_and_another_word_is_not() {
        let words = ["longest_idle", "round_robin", "linear", "ring_all"];
        let meant = |word| nearest(word, words.into_iter());
        assert_eq!(meant("longest_iddle").as_deref(), Some("longest_idle"));
        assert_eq!(meant("lienar").as_deref(), Some("linear"));
        assert_eq!(meant("RingAll").as_deref(), Some("ring_all"));
        assert_eq!(meant("random"), None);
        assert_eq!(meant(""), None);
    }
}
