//! Time cut into cells: what the conditions of one number say to each kind of caller, and when that changes.
use std::collections::BTreeMap;
use std::sync::Arc;

use gudok_model::Wall;

use super::graph::Graph;
use crate::callers::Who;
use crate::condition::Tri;
use crate::flow::What;
use crate::plan::Number;
use crate::timeline::{Given, Timeline, Timelines};

/// Most cells of one number: where there are more, the conditions that change most often count as unknown.
const CELLS_MAX: usize = 200_000;

/// What the conditions of a number say over time.
pub(super) struct Lines {
    lines: Vec<Timeline<Tri>>,
    /// For each supposition, kind of caller and node: which line.
    at: Vec<Vec<Nodes>>,
    pub(super) becomes: Becomes,
    /// Nodes whose condition was too much work.
    pub(super) unproved: Vec<usize>,
}

/// Which kinds of callers there are at the beginning, and which a kind may become.
#[derive(Default)]
pub(super) struct Becomes {
    pub(super) begin: Vec<usize>,
    /// Some time later.
    pub(super) later: Vec<Vec<usize>>,
    /// After the lookup of their number.
    pub(super) looked_up: Vec<Vec<usize>>,
    /// After a search by what they typed that has found one.
    pub(super) found: Vec<Vec<usize>>,
    /// Some time later, where such a search may answer late.
    pub(super) searched: Vec<Vec<usize>>,
}

impl Becomes {
    fn of(kinds: &[&[Who]]) -> Self {
        let by = |may: &dyn Fn(&Who, &Who) -> bool| -> Vec<Vec<usize>> {
            let to = |from: &[Who]| {
                let may = |later: &[Who]| {
                    let mut pairs = from.iter().flat_map(|a| later.iter().map(move |b| (a, b)));
                    pairs.any(|(a, b)| may(a, b))
                };
                let kinds = kinds.iter().enumerate();
                let may = kinds.filter(|(_, later)| may(later));
                may.map(|(kind, _)| kind).collect()
            };
            kinds.iter().map(|members| to(members)).collect()
        };
        let begins = |members: &&[Who]| members.iter().any(|who| who.may_begin());
        let begin = kinds.iter().enumerate();
        Self {
            begin: begin
                .filter(|(_, members)| begins(members))
                .map(|(kind, _)| kind)
                .collect(),
            later: by(&|a, b| a.may_become(b, false)),
            looked_up: by(&|a, b| a.may_become(b, true)),
            found: by(&Who::may_be_found_as),
            searched: by(&|a, b| a.may_become(b, false) || a.may_be_searched_as(b)),
        }
    }
}

/// Which line a node asks, if any.
type Nodes = Vec<Option<usize>>;

/// What is said at one time: by line.
pub(super) type Said = Vec<Tri>;

/// The cells of a span: from when on what is said, neighbours differ. `said` are the different ones.
pub(super) struct Cells {
    pub(super) list: Vec<(Wall, usize)>,
    pub(super) said: Vec<Said>,
}

impl Lines {
    /// Under each of these suppositions: that nothing is closed by hand (None), or this schedule.
    pub(super) fn new(
        graph: &Graph<'_>,
        number: &Number,
        closed: &[Option<usize>],
        timelines: &mut Timelines<'_>,
    ) -> Self {
        let mut lines = Self {
            lines: Vec::new(),
            at: vec![Vec::new(); closed.len()],
            becomes: Becomes::default(),
            unproved: Vec::new(),
        };
        let all = match graph.nodes.iter().any(|node| node.searched) {
            true => Who::all_searched(),
            false => Who::all(),
        };
        let mut asked = vec![Vec::new(); all.len()];
        for closed in closed {
            let given = Given {
                closed: *closed,
                ..Given::of(number)
            };
            let of_nodes = lines.of_nodes(graph, &given, &all, timelines);
            for (asked, nodes) in asked.iter_mut().zip(of_nodes) {
                asked.push(nodes);
            }
        }
        // Callers of whom every condition says the same are of one kind.
        let mut kinds: Vec<(Vec<Nodes>, Vec<Who>)> = Vec::new();
        for (who, asked) in all.into_iter().zip(asked) {
            match kinds.iter_mut().find(|(known, _)| *known == asked) {
                Some((_, members)) => members.push(who),
                None => kinds.push((asked, vec![who])),
            }
        }
        let members: Vec<&[Who]> = kinds.iter().map(|(_, members)| &members[..]).collect();
        lines.becomes = Becomes::of(&members);
        for (asked, _) in kinds {
            for (supposed, nodes) in asked.into_iter().enumerate() {
                lines.at[supposed].push(nodes);
            }
        }
        lines.thin_out();
        lines.unproved.sort_unstable();
        lines.unproved.dedup();
        lines
    }

    /// For each caller, the line of each node.
    fn of_nodes(
        &mut self,
        graph: &Graph<'_>,
        given: &Given,
        callers: &[Who],
        timelines: &mut Timelines<'_>,
    ) -> Vec<Nodes> {
        let mut found = vec![vec![None; graph.nodes.len()]; callers.len()];
        for (node, op) in graph.nodes.iter().map(|node| node.op).enumerate() {
            let of_callers = match &op.what {
                What::When { condition, .. } => {
                    let of_callers = timelines.of(condition, given.clone(), callers);
                    if timelines.is_unproved(condition) {
                        self.unproved.push(node);
                    }
                    of_callers
                }
                What::Duty(duty) => vec![timelines.duty(duty.roster); callers.len()],
                _ => continue,
            };
            for (nodes, line) in found.iter_mut().zip(of_callers) {
                nodes[node] = Some(self.index(line));
            }
        }
        found
    }

    fn index(&mut self, line: Timeline<Tri>) -> usize {
        let same = |known: &Timeline<Tri>| Arc::ptr_eq(known, &line) || *known == line;
        if let Some(known) = self.lines.iter().position(same) {
            return known;
        }
        self.lines.push(line);
        self.lines.len() - 1
    }

    /// Takes the lines that change most often for unknown until the cells are few enough.
    fn thin_out(&mut self) {
        while self.lines.iter().map(|line| line.len()).sum::<usize>() > CELLS_MAX {
            let lines = self.lines.iter().enumerate();
            let Some((most, line)) = lines.max_by_key(|(_, line)| line.len()) else {
                return;
            };
            let begin = line.first().map_or(Wall::default(), |(at, _)| *at);
            self.lines[most] = Arc::from([(begin, Tri::Either)]);
            for nodes in self.at.iter().flatten() {
                let nodes = nodes.iter().enumerate();
                let these = nodes.filter(|(_, line)| **line == Some(most));
                self.unproved.extend(these.map(|(node, _)| node));
            }
        }
    }

    /// What is said to a kind of caller at a node; where nothing is asked, anything.
    pub(super) fn answer(&self, said: &Said, supposed: usize, caller: usize, node: usize) -> Tri {
        let line = self.at[supposed][caller][node];
        line.map_or(Tri::Either, |line| said[line])
    }

    /// Whether a line is one of this supposition: what is said of another makes no cells.
    fn is_asked(&self, supposed: &[usize], line: usize) -> bool {
        let nodes = supposed.iter().flat_map(|supposed| &self.at[*supposed]);
        nodes.flatten().any(|known| *known == Some(line))
    }

    /// Cuts a span where anything of these suppositions changes.
    pub(super) fn cells(&self, supposed: &[usize], (from, to): (Wall, Wall)) -> Cells {
        let asked = (0..self.lines.len()).filter(|line| self.is_asked(supposed, *line));
        let mut changes: Vec<(Wall, usize, Tri)> = Vec::new();
        for line in asked {
            changes.extend(self.lines[line].iter().map(|(at, tri)| (*at, line, *tri)));
        }
        changes.sort_unstable();
        let mut now: Said = vec![Tri::Either; self.lines.len()];
        let mut known: BTreeMap<Said, usize> = BTreeMap::new();
        let mut cells = Cells {
            list: Vec::new(),
            said: Vec::new(),
        };
        let mut changes = changes.into_iter().peekable();
        let mut at = from;
        while at < to {
            while let Some((_, line, tri)) = changes.next_if(|(change, ..)| *change <= at) {
                now[line] = tri;
            }
            let said = match known.get(&now) {
                Some(said) => *said,
                None => {
                    cells.said.push(now.clone());
                    known.insert(now.clone(), known.len());
                    known.len() - 1
                }
            };
            if cells.list.last().is_none_or(|(_, last)| *last != said) {
                cells.list.push((at, said));
            }
            at = changes.peek().map_or(to, |(change, ..)| *change);
        }
        cells
    }
}

impl Cells {
    /// Each cell with its end, the last one with the end of the span.
    pub(super) fn spans(&self, to: Wall) -> impl Iterator<Item = (Wall, Wall, usize)> {
        let begins = self.list.iter().map(|(at, _)| *at);
        let ends = begins.skip(1).chain([to]);
        let list = self.list.iter();
        list.zip(ends)
            .map(|((at, said), until)| (*at, until, *said))
    }

    /// What is said in any of these cells: where they do not agree it may be either.
    pub(super) fn joined(&mut self, cells: &[usize]) -> usize {
        let mut all = cells.iter().map(|said| self.said[*said].clone());
        let Some(first) = all.next() else { return 0 };
        let both = |a: Tri, b: Tri| if a == b { a } else { Tri::Either };
        let joined = all.fold(first, |a, b| {
            a.into_iter().zip(b).map(|(a, b)| both(a, b)).collect()
        });
        if let Some(known) = self.said.iter().position(|said| *said == joined) {
            return known;
        }
        self.said.push(joined);
        self.said.len() - 1
    }
}
