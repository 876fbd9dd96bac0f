//! The picture.
use std::fmt::Write as _;

use super::layout::{Layout, Route, Spot, layout};
use super::{Edge, Graph, Look, Node};
use crate::ladder::text::{short, wrapped};
use crate::svg::{FONT, HALO, escaped};

/// Pixels, as everything here.
const MARGIN: usize = 24;
const HEAD: usize = 84;
const BOX_WIDTH: usize = 222;
const LINE: usize = 17;
/// Above the first line of a box and below the last one.
const PADDING: usize = 10;
/// Between layers: room for the words beside a way.
const GAP: usize = 62;
/// Characters of one line of a box, and most lines of its title.
const LETTERS: usize = 26;
const LINES_MAX: usize = 3;
/// Characters of one line of the words beside a way, most lines of them, and how tall one is.
const LABEL: usize = 14;
const LABEL_LINES: usize = 3;
const LABEL_LINE: usize = 13;
/// Beneath every picture, however few its boxes.
const WIDTH_MIN: usize = 640;
/// What a character of a line is wide, about.
const CHAR: usize = 7;

const TAKEN: &str = "#15803d";
const OTHER: &str = "#94a3b8";

/// The file.
pub fn draw(graph: &Graph) -> String {
    let layout = layout(graph.nodes.len(), &graph.edges);
    let mut drawing = Drawing::new(graph, &layout);
    drawing.all();
    let (width, height) = (drawing.width, drawing.height);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" {FONT}>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{}</svg>\n",
        drawing.out
    )
}

struct Drawing<'a> {
    graph: &'a Graph,
    layout: &'a Layout,
    /// Lines of each node's title.
    titles: Vec<Vec<String>>,
    /// Top and height of each layer.
    layers: Vec<(usize, usize)>,
    /// Everything is so far from the left.
    left: usize,
    width: usize,
    height: usize,
    out: String,
}

impl<'a> Drawing<'a> {
    fn new(graph: &'a Graph, layout: &'a Layout) -> Self {
        let titles: Vec<Vec<String>> = graph.nodes.iter().map(title).collect();
        let mut tall = vec![0; layout.layers];
        for (spot, title) in layout.nodes.iter().zip(&titles) {
            let needed = 2 * PADDING + (title.len() + 1) * LINE;
            tall[spot.layer] = needed.max(tall[spot.layer]);
        }
        let mut top = HEAD;
        let mut layers = Vec::new();
        for height in tall {
            layers.push((top, height));
            top += height + GAP;
        }
        let drawn = pixels(layout.width);
        let width = (drawn + 2 * MARGIN).max(WIDTH_MIN);
        Self {
            graph,
            layout,
            titles,
            layers,
            left: (width - drawn) / 2,
            width,
            height: top.saturating_sub(GAP) + MARGIN,
            out: String::new(),
        }
    }

    fn all(&mut self) {
        let room = (self.width - 2 * MARGIN) / CHAR;
        let head = "font-size=\"18\" font-weight=\"600\" fill=\"#111827\"";
        self.text(
            MARGIN,
            MARGIN + 18,
            head,
            &short(&self.graph.title, room * 7 / 10),
        );
        for (index, line) in wrapped(&self.graph.subtitle, room)
            .iter()
            .take(2)
            .enumerate()
        {
            self.text(MARGIN, MARGIN + 40 + index * LINE, "fill=\"#4b5563\"", line);
        }
        // What was not taken lies under what was, and all of it under the boxes.
        for taken in [false, true] {
            let routes = self.layout.routes.iter();
            let (graph, layout) = (self.graph, self.layout);
            for route in routes.filter(|route| graph.edges[route.edge].taken == taken) {
                self.way(&graph.edges[route.edge], route, layout);
            }
        }
        for (index, node) in self.graph.nodes.iter().enumerate() {
            self.node(index, node);
        }
        for taken in [false, true] {
            for route in &self.layout.routes {
                let edge = &self.graph.edges[route.edge];
                if edge.taken == taken && !edge.label.is_empty() {
                    self.label(edge, route);
                }
            }
        }
    }

    fn x(&self, spot: Spot) -> usize {
        self.left + pixels(spot.x)
    }

    /// Where a way meets a box, and on which side of those beside it: ways of one box stand side by side in the order of
    /// their other ends.
    fn port(&self, route: &Route, upper: bool) -> (usize, Side) {
        let end = |route: &Route| match upper {
            true => route.spots.first().copied(),
            false => route.spots.last().copied(),
        };
        let next = |route: &Route| {
            let spot = match upper {
                true => route.spots.get(1),
                false => route.spots.iter().rev().nth(1),
            };
            spot.map_or(0.0, |spot| spot.x)
        };
        let Some(here) = end(route) else {
            return (self.left, Side::Middle);
        };
        let routes = self.layout.routes.iter();
        let mut beside: Vec<&Route> = routes.filter(|it| end(it) == Some(here)).collect();
        beside.sort_by(|a, b| next(a).total_cmp(&next(b)).then(a.edge.cmp(&b.edge)));
        let index = beside.iter().position(|it| it.edge == route.edge);
        let (index, count) = (index.unwrap_or_default(), beside.len());
        let side = match index {
            _ if count == 1 => Side::Middle,
            0 => Side::Left,
            last if last + 1 == count => Side::Right,
            _ => Side::Middle,
        };
        let share = BOX_WIDTH * (index + 1) / (count + 1);
        (self.x(here) + share - BOX_WIDTH / 2, side)
    }

    /// From the foot of the upper box through the layers between to the head of the lower one.
    fn way(&mut self, edge: &Edge, route: &Route, layout: &Layout) {
        let (Some(first), Some(last)) = (route.spots.first(), route.spots.last()) else {
            return;
        };
        let (mut x, mut y) = (self.port(route, true).0, self.foot(*first, layout));
        let (end_x, end_y) = (self.port(route, false).0, self.layers[last.layer].0);
        let mut path = format!("M{x} {y}");
        for spot in route.spots.iter().skip(1) {
            let (top, tall) = self.layers[spot.layer];
            let (to_x, to_y, through) = if std::ptr::eq(spot, last) {
                (end_x, end_y - if route.upwards { 0 } else { 8 }, 0)
            } else {
                (self.x(*spot), top, tall)
            };
            let bend = (to_y.saturating_sub(y)) / 2;
            let _ = write!(
                path,
                " C{x} {} {to_x} {} {to_x} {to_y}",
                y + bend,
                to_y - bend
            );
            if through > 0 {
                let _ = write!(path, " V{}", to_y + through);
            }
            (x, y) = (to_x, to_y + through);
        }
        let (colour, width) = if edge.taken {
            (TAKEN, "3")
        } else {
            (OTHER, "1.3")
        };
        let dash = if route.upwards {
            " stroke-dasharray=\"6 4\""
        } else {
            ""
        };
        let _ = writeln!(
            self.out,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"{dash}/>"
        );
        // A way back ends where it is drawn from.
        let (tip_x, tip_y, back_y) = if route.upwards {
            let foot = self.foot(*first, layout);
            (self.port(route, true).0, foot + 1, foot + 10)
        } else {
            (end_x, end_y - 1, end_y - 10)
        };
        let _ = writeln!(
            self.out,
            "<path d=\"M{tip_x} {tip_y} L{} {back_y} L{} {back_y} Z\" fill=\"{colour}\"/>",
            tip_x - 5,
            tip_x + 5
        );
    }

    /// Where the box of this spot ends; boxes of one layer differ in height.
    fn foot(&self, spot: Spot, layout: &Layout) -> usize {
        let node = layout.nodes.iter().position(|it| *it == spot);
        let lines = node.map_or(0, |node| self.titles[node].len());
        self.layers[spot.layer].0 + 2 * PADDING + (lines + 1) * LINE
    }

    /// Beside the end it is taken at.
    fn label(&mut self, edge: &Edge, route: &Route) {
        let (Some(first), Some(last)) = (route.spots.first(), route.spots.last()) else {
            return;
        };
        let lines = cut(wrapped(&edge.label, LABEL), LABEL_LINES, LABEL);
        let ((x, side), mut y) = if route.upwards {
            let head = self.layers[last.layer].0;
            (
                self.port(route, false),
                head.saturating_sub(14 + (lines.len() - 1) * LABEL_LINE),
            )
        } else {
            (self.port(route, true), self.foot(*first, self.layout) + 18)
        };
        let colour = if edge.taken { TAKEN } else { "#475569" };
        let (anchor, x) = match side {
            Side::Left => ("end", x + 10),
            Side::Middle => ("middle", x),
            Side::Right => ("start", x.saturating_sub(10)),
        };
        let style = format!("text-anchor=\"{anchor}\" font-size=\"11\" fill=\"{colour}\" {HALO}");
        for line in &lines {
            self.text(x, y, &style, line);
            y += LABEL_LINE;
        }
    }

    fn node(&mut self, index: usize, node: &Node) {
        let spot = self.layout.nodes[index];
        let (middle, top) = (self.x(spot), self.layers[spot.layer].0);
        let lines = std::mem::take(&mut self.titles[index]);
        let height = 2 * PADDING + (lines.len() + 1) * LINE;
        let (fill, stroke, round) = looks(node.look);
        let (stroke, width) = if node.taken {
            (TAKEN, "3")
        } else {
            (stroke, "1")
        };
        self.out += "<g>";
        if !node.told.is_empty() {
            let _ = writeln!(self.out, "<title>{}</title>", escaped(&node.told));
        }
        let _ = writeln!(
            self.out,
            "<rect x=\"{}\" y=\"{top}\" width=\"{BOX_WIDTH}\" height=\"{height}\" rx=\"{round}\" fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"{width}\"/>",
            middle - BOX_WIDTH / 2
        );
        let style = "text-anchor=\"middle\" font-weight=\"600\" fill=\"#0f172a\"";
        let mut y = top + PADDING + 13;
        for line in &lines {
            self.text(middle, y, style, line);
            y += LINE;
        }
        let note = "text-anchor=\"middle\" font-size=\"11\" fill=\"#64748b\"";
        self.text(middle, y, note, &short(&node.note, LETTERS + 10));
        self.out += "</g>\n";
        self.titles[index] = lines;
    }

    fn text(&mut self, x: usize, y: usize, style: &str, text: &str) {
        let _ = writeln!(
            self.out,
            "<text x=\"{x}\" y=\"{y}\" {style}>{}</text>",
            escaped(text)
        );
    }
}

/// Among the ways of one box.
#[derive(Clone, Copy)]
enum Side {
    Left,
    Middle,
    Right,
}

/// In lines.
fn title(node: &Node) -> Vec<String> {
    cut(wrapped(&node.title, LETTERS), LINES_MAX, LETTERS)
}

/// What does not fit ends in an ellipsis.
fn cut(mut lines: Vec<String>, most: usize, letters: usize) -> Vec<String> {
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = short(&format!("{last} …"), letters);
        }
    }
    lines
}

/// Fill, frame and roundness.
fn looks(look: Look) -> (&'static str, &'static str, usize) {
    match look {
        Look::Plain => ("#f8fafc", "#94a3b8", 6),
        Look::Choice => ("#fef9c3", "#eab308", 2),
        Look::Question => ("#f3e8ff", "#a855f7", 2),
        Look::Human => ("#dcfce7", "#22c55e", 22),
        Look::Message => ("#e0f2fe", "#0ea5e9", 22),
        Look::End => ("#fee2e2", "#ef4444", 22),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places start at 0, and a picture is far smaller than usize"
)]
fn pixels(place: f64) -> usize {
    (place.max(0.0) + 0.5) as usize
}
