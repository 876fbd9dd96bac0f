//! Steps and the ways between them as a picture: one SVG file that needs nothing else and runs nothing.
//!
//! The layout is the layered one of Sugiyama, Tagawa and Toda (1981): `layout` gives each step a layer, an order within it
//! that crosses few ways, and a place; `svg` draws. The same graph gives the same picture.
mod layout;
mod svg;

pub use svg::draw;

/// What is drawn.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Graph {
    /// The head. Any text.
    pub title: String,
    /// Below it.
    pub subtitle: String,
    /// The first one is on top.
    pub nodes: Vec<Node>,
    /// Between them; what names no node is left out.
    pub edges: Vec<Edge>,
}

/// A box.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// Any text; long ones are broken, and cut at last.
    pub title: String,
    /// Below the title, small: where it is written.
    pub note: String,
    /// How it looks.
    pub look: Look,
    /// On the way that was taken.
    pub taken: bool,
    /// What happened there, shown while the pointer rests on it; empty: nothing.
    pub told: String,
}

/// How a box looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    /// Something is done.
    Plain,
    /// A condition.
    Choice,
    /// Somebody is asked.
    Question,
    /// Where a human may answer.
    Human,
    /// A message.
    Message,
    /// The end.
    End,
}

/// A way from one node to another, by their places in the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edge {
    /// From which.
    pub from: usize,
    /// To which.
    pub to: usize,
    /// Beside its beginning.
    pub label: String,
    /// On the way that was taken.
    pub taken: bool,
}

#[cfg(test)]
mod tests;
