//! Russian names in Latin letters, for what shows nothing else.
use std::borrow::Cow;

/// The text in ASCII: Russian letters as in passports (ICAO Doc 9303-3 §6), quotes, dashes and № by their likes, `?` for the
/// rest.
pub fn latin(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut before = ' ';
    while let Some(char) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        // ЩУКА and Щука: SHCHUKA and Shchuka.
        let shouts = next.is_uppercase() || (before.is_uppercase() && !next.is_lowercase());
        push(&mut out, char, shouts);
        before = char;
    }
    Cow::Owned(out)
}

fn push(out: &mut String, char: char, shouts: bool) {
    if char.is_ascii() {
        return out.push(char);
    }
    let small = char.to_lowercase().next().unwrap_or(char);
    let Some(letters) = letters(small) else {
        return out.push_str(sign(char));
    };
    if small == char {
        return out.push_str(letters);
    }
    let (first, rest) = letters.split_at(letters.len().min(1));
    out.push_str(&first.to_ascii_uppercase());
    match shouts {
        true => out.push_str(&rest.to_ascii_uppercase()),
        false => out.push_str(rest),
    }
}

fn letters(small: char) -> Option<&'static str> {
    const ROW: [&str; 32] = [
        "a", "b", "v", "g", "d", "e", "zh", "z", "i", "i", "k", "l", "m", "n", "o", "p", "r", "s",
        "t", "u", "f", "kh", "ts", "ch", "sh", "shch", "ie", "y", "", "e", "iu", "ia",
    ];
    match small {
        'ё' => Some("e"),
        'а'..='я' => {
            let place = u32::from(small) - u32::from('а');
            ROW.get(usize::try_from(place).ok()?).copied()
        }
        _ => None,
    }
}

fn sign(char: char) -> &'static str {
    match char {
        '«' | '»' | '“' | '”' | '„' => "\"",
        '‘' | '’' => "'",
        '–' | '—' | '‑' | '−' => "-",
        '…' => "...",
        '№' => "No",
        '\u{A0}' | '\u{202F}' => " ",
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_in_a_passport() {
        for (name, expected) in [
            ("Иван Щукин", "Ivan Shchukin"),
            ("ЮЛИЯ ЖУК", "IULIIA ZHUK"),
            ("Подъёмов", "Podieemov"),
            ("ООО «Мечта» №5 — Ёлка…", "OOO \"Mechta\" No5 - Elka..."),
            ("Zoë 漢", "Zo? ?"),
            ("plain", "plain"),
        ] {
            assert_eq!(latin(name), expected);
        }
    }
}
