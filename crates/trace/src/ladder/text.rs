//! The ladder in a terminal.
use super::{Arrow, Class, Ladder, Row, seconds};

/// Columns of the time.
const TIME: usize = 11;
/// Narrowest column between two parties; below it a list is drawn.
const COLUMN_MIN: usize = 24;
/// Widest one.
const COLUMN_MAX: usize = 48;

/// How it is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Columns of the terminal.
    pub width: usize,
    /// With the colours of a terminal.
    pub colour: bool,
    /// With every message in full.
    pub full: bool,
}

/// The ladder, lines end with LF. As a list where the terminal is too narrow for the parties.
pub fn draw(ladder: &Ladder, style: Style) -> String {
    let mut out = format!("{}\n", ladder.title);
    if !ladder.subtitle.is_empty() {
        out += &format!("{}\n", ladder.subtitle);
    }
    out.push('\n');
    let canvas = Canvas::new(ladder, style);
    if let Some(canvas) = &canvas {
        out += &canvas.head();
    }
    for row in &ladder.rows {
        out += &match &canvas {
            Some(canvas) => canvas.row(row),
            None => listed(ladder, style, row),
        };
        if let (true, Row::Arrow(arrow)) = (style.full, row) {
            out += &arrow
                .text
                .lines()
                .map(|line| format!("            ┊ {line}\n"))
                .collect::<String>();
        }
    }
    out
}

struct Canvas<'a> {
    ladder: &'a Ladder,
    style: Style,
    /// Where the lifelines stand.
    lines: Vec<usize>,
    column: usize,
}

impl<'a> Canvas<'a> {
    fn new(ladder: &'a Ladder, style: Style) -> Option<Self> {
        let gaps = ladder
            .parties
            .len()
            .checked_sub(1)
            .filter(|gaps| *gaps > 0)?;
        // The outer parties' names stand half outside their lines.
        let room = style.width.saturating_sub(TIME);
        let column = (room / (gaps + 1)).min(COLUMN_MAX);
        let lines = (0..ladder.parties.len()).map(|n| TIME + column / 2 + n * column);
        (column >= COLUMN_MIN).then(|| Self {
            ladder,
            style,
            lines: lines.collect(),
            column,
        })
    }

    fn head(&self) -> String {
        let mut out = String::new();
        for part in 0..2 {
            let mut line = vec![' '; self.width()];
            for (at, party) in self.lines.iter().zip(&self.ladder.parties) {
                let text = if part == 0 {
                    &party.name
                } else {
                    &party.address
                };
                let text = short(text, self.column - 2);
                put(
                    &mut line,
                    at.saturating_sub(text.chars().count() / 2),
                    &text,
                );
            }
            out += &ended(&line);
        }
        out + &ended(&self.lifelines())
    }

    fn width(&self) -> usize {
        self.lines
            .last()
            .map_or(0, |last| last + self.column / 2 + 1)
    }

    fn lifelines(&self) -> Vec<char> {
        let mut line = vec![' '; self.width()];
        for at in &self.lines {
            line[*at] = '│';
        }
        line
    }

    fn row(&self, row: &Row) -> String {
        match row {
            Row::Arrow(arrow) => self.arrow(arrow),
            Row::Note { now, text } => self.note(&self.ladder.since_start(*now), text),
            Row::Pause(time) => self.aside(&format!("⋮ {}", seconds(*time))),
            Row::LeftOut(count) => self.aside(&format!("… сообщений пропущено: {count}")),
        }
    }

    /// What the switchboard did, over our lifeline.
    fn note(&self, time: &str, text: &str) -> String {
        let room = self.width().saturating_sub(TIME + 6);
        let text = format!(" ▪ {} ", short(text, room));
        let length = text.chars().count();
        let us = self.lines[self.ladder.us];
        let most = self.width().saturating_sub(length);
        let from = us.saturating_sub(length / 2).min(most).max(TIME);
        let mut line = self.lifelines();
        put(&mut line, from, &text);
        put(&mut line, 0, time);
        self.in_colour(&line, from, (from + length).min(line.len()), "33")
    }

    /// A word beside the lifelines' way down.
    fn aside(&self, text: &str) -> String {
        let mut line = self.lifelines();
        for at in &self.lines {
            line[*at] = '┊';
        }
        put(&mut line, 0, text);
        ended(&line)
    }

    fn arrow(&self, arrow: &Arrow) -> String {
        let (us, them) = (self.lines[self.ladder.us], self.lines[arrow.party]);
        let (left, right) = (us.min(them), us.max(them));
        let rightwards = arrow.sent == (us < them);
        let mut line = self.lifelines();
        for (at, place) in line.iter_mut().enumerate().take(right).skip(left + 1) {
            *place = if self.lines.contains(&at) {
                '┼'
            } else {
                '─'
            };
        }
        let (head, tail) = if rightwards {
            (right - 1, '▶')
        } else {
            (left + 1, '◀')
        };
        line[head] = tail;
        let mut label = arrow.label.clone();
        if !arrow.repeated.is_empty() {
            label = format!("{label} {}", arrow.repetitions());
        }
        let label = format!(" {} ", short(&label, self.column - 7));
        // Beside us, whoever it goes to: so the words stand in one column.
        let middle = if us < them {
            us + self.column / 2
        } else {
            us - self.column / 2
        };
        put(&mut line, middle - label.chars().count() / 2, &label);
        put(&mut line, 0, &self.ladder.since_start(arrow.now));
        let mut out = self.in_colour(&line, left + 1, right, colour(arrow.class));
        if !arrow.details.is_empty() {
            let mut line = self.lifelines();
            let room = self.column - 4;
            for part in wrapped(&arrow.details, room) {
                let at = middle - part.chars().count() / 2;
                put(&mut line, at, &part);
                out += &ended(&line);
                line = self.lifelines();
            }
        }
        out
    }

    fn in_colour(&self, line: &[char], from: usize, to: usize, colour: &str) -> String {
        if !self.style.colour {
            return ended(line);
        }
        let text = |part: &[char]| part.iter().collect::<String>();
        let painted = painted(self.style, colour, &text(&line[from..to]));
        let (before, after) = (text(&line[..from]), text(&line[to..]));
        format!("{before}{painted}{}\n", after.trim_end())
    }
}

fn painted(style: Style, colour: &str, text: &str) -> String {
    if style.colour {
        format!("\x1b[{colour}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

fn colour(class: Class) -> &'static str {
    match class {
        Class::Request => "36",
        Class::Provisional => "2",
        Class::Success => "32",
        Class::Redirected => "35",
        Class::Refusal => "31",
    }
}

/// For a terminal too narrow for columns: a line a row.
fn listed(ladder: &Ladder, style: Style, row: &Row) -> String {
    match row {
        Row::Arrow(arrow) => {
            let way = if arrow.sent { "◀" } else { "▶" };
            let time = ladder.since_start(arrow.now);
            let who = short(&ladder.parties[arrow.party].name, 16);
            let mut label = painted(style, colour(arrow.class), &arrow.label);
            for more in [&arrow.repetitions(), &arrow.details] {
                if !more.is_empty() {
                    label += &format!("  {more}");
                }
            }
            format!("{time:<TIME$}{who:>16} {way} {label}\n")
        }
        Row::Note { now, text } => format!(
            "{:<TIME$}{}\n",
            ladder.since_start(*now),
            painted(style, "33", &format!("▪ {text}"))
        ),
        Row::Pause(time) => format!("⋮ {}\n", seconds(*time)),
        Row::LeftOut(count) => format!("… сообщений пропущено: {count}\n"),
    }
}

fn put(line: &mut [char], at: usize, text: &str) {
    for (place, c) in line.iter_mut().skip(at).zip(text.chars()) {
        *place = c;
    }
}

fn ended(line: &[char]) -> String {
    let text: String = line.iter().collect();
    format!("{}\n", text.trim_end())
}

pub(crate) fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    kept + "…"
}

/// Lines of at most `room` characters, broken between words where there are any.
pub(crate) fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let word = short(word, room);
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}
