//! What nobody may keep or show. Secrets are overwritten in place, so that lengths stay true; numbers are shortened the
//! way the log does it.
mod numbers;
mod secrets;

pub use numbers::{hide_in_word, hide_numbers, keep_back, shown, shown_private, withholds};
pub use secrets::hide_secrets;

/// Text of the network on one line: what moves the cursor, turns the direction or has no shape is a dot.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' => ' ',
            c if c.is_control() => '·',
            '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}' => '·',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests;
