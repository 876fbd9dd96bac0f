//! Moments as spreadsheets count them: days, and parts of a day, since the end of 1899 or the beginning of 1904.
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, date};

const DAY_SECONDS: f64 = 86_400.0;

/// The first day from which a count is a date for certain: the 1st of March 1900. Below, spreadsheets disagree about a leap
/// day that never was, and a time alone is a count below one.
const FIRST: f64 = 61.0;

/// The last day a spreadsheet knows: the end of 9999.
const LAST: f64 = 2_958_465.0;

/// `23.11.2026 20:00`, with seconds where it has some; `20:00` of a time alone, `23.11.2026` of a date alone: a whole count in a
/// format that shows no hours was typed as a date, and midnight is a guess. None: no moment.
pub(crate) fn shown(count: f64, from_1904: bool, format: &str) -> Option<String> {
    if !(0.0..LAST).contains(&count) {
        return None;
    }
    let (mut day, mut second) = (
        count.floor(),
        ((count - count.floor()) * DAY_SECONDS).round(),
    );
    if second >= DAY_SECONDS {
        (day, second) = (day + 1.0, 0.0);
    }
    let time = time(second);
    if day < 1.0 {
        return Some(time);
    }
    let begin = match from_1904 {
        true => date(1904, 1, 1),
        false if day < FIRST => return None,
        false => date(1899, 12, 30),
    };
    #[expect(clippy::cast_possible_truncation, reason = "bounded by LAST")]
    let days = (day as i64).days();
    let day: Date = begin.checked_add(days).ok()?;
    let day = day.strftime("%d.%m.%Y");
    Some(match second == 0.0 && is_of_days(format) {
        true => day.to_string(),
        false => format!("{day} {time}"),
    })
}

/// Whether a format shows days and no hours. What is quoted, escaped or in brackets shows neither; nor does what is not known.
fn is_of_days(format: &str) -> bool {
    let (mut signs, mut bare) = (format.chars(), String::new());
    while let Some(sign) = signs.next() {
        match sign {
            '\\' | '_' | '*' => drop(signs.next()),
            '"' => drop(signs.by_ref().find(|it| *it == '"')),
            '[' => drop(signs.by_ref().find(|it| *it == ']')),
            ';' => break,
            sign => bare.push(sign.to_ascii_lowercase()),
        }
    }
    bare.contains(['d', 'y']) && !bare.contains(['h', 's'])
}

fn time(second: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part of a day"
    )]
    let second = second as u32;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    match second {
        0 => format!("{hour:02}:{minute:02}"),
        _ => format!("{hour:02}:{minute:02}:{second:02}"),
    }
}

/// As a spreadsheet counts it.
pub(crate) fn count(at: DateTime) -> f64 {
    let days = at
        .date()
        .since(date(1899, 12, 30))
        .map_or(0, |span| span.get_days());
    let second =
        i32::from(at.hour()) * 3_600 + i32::from(at.minute()) * 60 + i32::from(at.second());
    f64::from(days) + f64::from(second) / DAY_SECONDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_minute_of_a_day_is_shown_as_it_was_counted() {
        for minute in 0..1_440_i16 {
            let (hour, minute) = ((minute / 60) as i8, (minute % 60) as i8);
            let at = date(2026, 11, 23).at(hour, minute, 0, 0);
            let expected = format!("23.11.2026 {hour:02}:{minute:02}");
            let format = "dd.mm.yyyy hh:mm";
            assert_eq!(shown(count(at), false, format), Some(expected));
        }
    }

    #[test]
    fn counts_of_other_spreadsheets_and_of_nothing() {
        assert_eq!(
            shown(46_349.833_333_33, false, "").as_deref(),
            Some("23.11.2026 20:00")
        );
        // A Mac of long ago.
        assert_eq!(
            shown(44_887.0, true, "").as_deref(),
            Some("23.11.2026 00:00")
        );
        assert_eq!(
            shown(46_349.833_680_56, false, "").as_deref(),
            Some("23.11.2026 20:00:30")
        );
        assert_eq!(shown(0.5, false, "h:mm").as_deref(), Some("12:00"));
        for none in [-1.0, 17.0, 3e6, f64::NAN, f64::INFINITY] {
            assert_eq!(shown(none, false, ""), None, "{none}");
        }
    }

    #[test]
    fn a_date_alone_has_no_hour() {
        for format in [
            "mm-dd-yy",
            "dd.mm.yyyy",
            "d-mmm",
            "[$-419]d mmmm yyyy\" г.\";@",
            "dd\\h.mm",
        ] {
            let told = shown(46_349.0, false, format);
            assert_eq!(told.as_deref(), Some("23.11.2026"), "{format}");
            // Somebody wrote an hour, though it is not shown.
            let told = shown(46_349.5, false, format);
            assert_eq!(told.as_deref(), Some("23.11.2026 12:00"), "{format}");
        }
        for format in ["m/d/yy h:mm", "dd.mm.yyyy\\ HH:MM;@", "General", ""] {
            let told = shown(46_349.0, false, format);
            assert_eq!(told.as_deref(), Some("23.11.2026 00:00"), "{format}");
        }
    }
}
