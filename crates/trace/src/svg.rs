//! What every picture of ours is careful about.

/// White around letters that cross a line.
pub(crate) const HALO: &str =
    "stroke=\"#ffffff\" stroke-width=\"4\" stroke-linejoin=\"round\" paint-order=\"stroke\"";

/// The letters of every picture.
pub(crate) const FONT: &str =
    "font-family=\"'Segoe UI', Roboto, 'DejaVu Sans', Arial, sans-serif\" font-size=\"13\"";

/// As XML text. What XML cannot hold is a dot (XML 1.0 §2.2).
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            '\n' => safe.push('\n'),
            '\u{fffe}' | '\u{ffff}' => safe.push('·'),
            c if c.is_control() => safe.push('·'),
            c => safe.push(c),
        }
    }
    safe
}
