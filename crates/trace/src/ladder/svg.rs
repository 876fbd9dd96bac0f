//! The ladder as a picture: one SVG file that needs nothing else and runs nothing.
use std::fmt::Write as _;

use super::text::{short, wrapped};
use super::{Arrow, Class, Ladder, Row, seconds};
use crate::svg::{FONT, HALO, escaped};

/// Left of the first lifeline stands the time. Pixels, as everything here.
const TIME: usize = 100;
const COLUMN: usize = 280;
const MARGIN: usize = 24;
const BOX_WIDTH: usize = 200;
const BOX_HEIGHT: usize = 46;
const ARROW: usize = 40;
const DETAIL: usize = 15;
const NOTE: usize = 34;
const PAUSE: usize = 34;
const FOOT: usize = 22;
/// Rows after which the parties are named again at the foot.
const LONG: usize = 18;
/// Most characters of a note, so that it stays within two columns.
const NOTE_MAX: usize = 74;
/// What a character of a line is wide, about, and one of the title; of a note, ten of them.
const CHAR: usize = 7;
const TITLE_CHAR: usize = 12;
const TEN_CHARS: usize = 73;

/// The file. `full`: each message, numbers shortened, shows when the pointer rests on its arrow.
pub fn draw(ladder: &Ladder, full: bool) -> String {
    let mut drawing = Drawing {
        ladder,
        full,
        y: 0,
        out: String::new(),
    };
    drawing.all();
    let (width, height) = (drawing.width(), drawing.y + MARGIN);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" {FONT}>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{}</svg>\n",
        drawing.out
    )
}

struct Drawing<'a> {
    ladder: &'a Ladder,
    full: bool,
    y: usize,
    out: String,
}

impl Drawing<'_> {
    fn width(&self) -> usize {
        // Titles and notes want the room of three columns even where there are two.
        let columns = self.ladder.parties.len().max(3);
        MARGIN + TIME + (columns - 1) * COLUMN + BOX_WIDTH + MARGIN
    }

    fn line_of(&self, party: usize) -> usize {
        MARGIN + TIME + BOX_WIDTH / 2 + party * COLUMN
    }

    fn all(&mut self) {
        self.y = MARGIN + 18;
        let style = "font-size=\"18\" font-weight=\"600\" fill=\"#111827\"";
        let title = wrapped(&self.ladder.title, (self.width() - 2 * MARGIN) / TITLE_CHAR);
        for (number, line) in title.iter().enumerate() {
            self.y += if number == 0 { 0 } else { 24 };
            self.text(MARGIN, self.y, style, line);
        }
        let room = (self.width() - 2 * MARGIN) / CHAR;
        if !self.ladder.subtitle.is_empty() {
            for line in wrapped(&self.ladder.subtitle, room) {
                self.y += 22;
                self.text(MARGIN, self.y, "fill=\"#4b5563\"", &line);
            }
        }
        self.y += 20;
        let top = self.y;
        self.y += BOX_HEIGHT + 14;
        // The lifelines lie under everything, and their length is known last.
        let rows = std::mem::take(&mut self.out);
        let ladder = self.ladder;
        for row in &ladder.rows {
            self.row(row);
        }
        let drawn = std::mem::replace(&mut self.out, rows);
        self.y += FOOT;
        for party in 0..ladder.parties.len() {
            let (x, from, to) = (self.line_of(party), top + BOX_HEIGHT, self.y);
            let us = party == ladder.us;
            let (colour, dash) = if us {
                ("#93c5fd", "")
            } else {
                ("#cbd5e1", " stroke-dasharray=\"4 4\"")
            };
            let width = if us { 2 } else { 1 };
            let _ = writeln!(
                self.out,
                "<line x1=\"{x}\" y1=\"{from}\" x2=\"{x}\" y2=\"{to}\" stroke=\"{colour}\" stroke-width=\"{width}\"{dash}/>"
            );
        }
        self.out += &drawn;
        self.parties(top);
        if ladder.rows.len() > LONG {
            self.parties(self.y);
            self.y += BOX_HEIGHT;
        }
    }

    fn parties(&mut self, top: usize) {
        let ladder = self.ladder;
        for (number, party) in ladder.parties.iter().enumerate() {
            let x = self.line_of(number);
            let (fill, stroke, ink) = if number == ladder.us {
                ("#2563eb", "#1d4ed8", "#ffffff")
            } else {
                ("#f8fafc", "#94a3b8", "#0f172a")
            };
            let _ = writeln!(
                self.out,
                "<rect x=\"{}\" y=\"{top}\" width=\"{BOX_WIDTH}\" height=\"{BOX_HEIGHT}\" rx=\"8\" fill=\"{fill}\" stroke=\"{stroke}\"/>",
                x - BOX_WIDTH / 2
            );
            let middle = format!("text-anchor=\"middle\" fill=\"{ink}\"");
            self.text(
                x,
                top + 20,
                &format!("{middle} font-weight=\"600\""),
                &short(&party.name, 24),
            );
            let small = format!("{middle} font-size=\"11\" fill-opacity=\"0.8\"");
            self.text(x, top + 36, &small, &short(&party.address, 32));
        }
    }

    fn row(&mut self, row: &Row) {
        match row {
            Row::Arrow(arrow) => self.arrow(arrow),
            Row::Note { now, text } => {
                let time = self.ladder.since_start(*now);
                self.y += NOTE;
                self.time(&time);
                self.pill(&short(text, NOTE_MAX));
            }
            Row::Pause(time) => self.aside(&format!("⋮  {}", seconds(*time))),
            Row::LeftOut(count) => self.aside(&format!("… сообщений пропущено: {count}")),
        }
    }

    fn time(&mut self, time: &str) {
        let style = "font-size=\"11\" fill=\"#6b7280\" text-anchor=\"end\"";
        self.text(MARGIN + TIME - 24, self.y, style, time);
    }

    /// What the switchboard did, on our lifeline.
    fn pill(&mut self, text: &str) {
        let width = text.chars().count() * TEN_CHARS / 10 + 28;
        let left = self.line_of(self.ladder.us).saturating_sub(width / 2);
        let most = self.width().saturating_sub(MARGIN + width);
        let left = left.min(most).max(MARGIN + TIME - 16);
        let _ = writeln!(
            self.out,
            "<rect x=\"{left}\" y=\"{}\" width=\"{width}\" height=\"24\" rx=\"12\" fill=\"#fef9c3\" stroke=\"#eab308\" stroke-opacity=\"0.6\"/>",
            self.y - 16
        );
        let style = "font-size=\"12\" fill=\"#713f12\" text-anchor=\"middle\"";
        self.text(left + width / 2, self.y, style, text);
    }

    /// Time passes: the lifelines are broken by a white stripe.
    fn aside(&mut self, text: &str) {
        self.y += PAUSE;
        let (left, width) = (MARGIN + TIME - 16, self.width() - 2 * MARGIN - TIME + 16);
        let _ = writeln!(
            self.out,
            "<rect x=\"{left}\" y=\"{}\" width=\"{width}\" height=\"18\" fill=\"#ffffff\"/>",
            self.y - 13
        );
        let x = self.line_of(self.ladder.us);
        self.text(
            x,
            self.y,
            "font-size=\"12\" fill=\"#9ca3af\" text-anchor=\"middle\"",
            text,
        );
    }

    fn arrow(&mut self, arrow: &Arrow) {
        let (us, them) = (self.line_of(self.ladder.us), self.line_of(arrow.party));
        let (from, to) = if arrow.sent { (us, them) } else { (them, us) };
        let colour = colour(arrow.class);
        let details = wrapped(&arrow.details, 44);
        let details: Vec<&String> = details.iter().filter(|line| !line.is_empty()).collect();
        self.y += ARROW;
        let y = self.y;
        let time = self.ladder.since_start(arrow.now);
        self.time(&time);
        // Beside us, whoever it goes to: so the words stand in one column.
        let middle = if us < them {
            us + COLUMN / 2
        } else {
            us - COLUMN / 2
        };
        self.out += "<g>";
        if self.full {
            let _ = writeln!(self.out, "<title>{}</title>", escaped(&arrow.text));
        }
        let dash = if arrow.class == Class::Request {
            ""
        } else {
            " stroke-dasharray=\"7 4\""
        };
        let (end, back) = if from < to {
            (to - 1, to - 10)
        } else {
            (to + 1, to + 10)
        };
        let _ = writeln!(
            self.out,
            "<line x1=\"{from}\" y1=\"{y}\" x2=\"{back}\" y2=\"{y}\" stroke=\"{colour}\" stroke-width=\"1.6\"{dash}/>\
             <path d=\"M{end} {y} L{back} {} L{back} {} Z\" fill=\"{colour}\"/>",
            y - 5,
            y + 5
        );
        let style = format!("text-anchor=\"middle\" font-weight=\"600\" fill=\"{colour}\"");
        let again = arrow.repetitions();
        let label = short(&arrow.label, 34);
        let _ = write!(
            self.out,
            "<text x=\"{middle}\" y=\"{}\" {style} {HALO}>{}",
            y - 7,
            escaped(&label)
        );
        if !again.is_empty() {
            let _ = write!(
                self.out,
                "<tspan dx=\"8\" font-weight=\"400\" fill=\"#b45309\">{}</tspan>",
                escaped(&again)
            );
        }
        self.out += "</text>\n";
        for line in details {
            self.y += DETAIL;
            let style = format!("text-anchor=\"middle\" font-size=\"11\" fill=\"#475569\" {HALO}");
            self.text(middle, self.y, &style, line);
        }
        self.out += "</g>\n";
    }

    fn text(&mut self, x: usize, y: usize, style: &str, text: &str) {
        let _ = writeln!(
            self.out,
            "<text x=\"{x}\" y=\"{y}\" {style}>{}</text>",
            escaped(text)
        );
    }
}

fn colour(class: Class) -> &'static str {
    match class {
        Class::Request => "#1d4ed8",
        Class::Provisional => "#64748b",
        Class::Success => "#15803d",
        Class::Redirected => "#7e22ce",
        Class::Refusal => "#b91c1c",
    }
}
