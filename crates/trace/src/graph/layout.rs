//! Where everything stands: layers from the top, an order within each, places that follow the neighbours.
use super::Edge;

/// Where nodes and edges are.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Of each node: its layer and the middle of its box. Pixels from the left.
    pub(super) nodes: Vec<Spot>,
    /// Of each edge that is drawn: which it is, the spots it passes from its upper to its lower end, and whether it leads
    /// upwards.
    pub(super) routes: Vec<Route>,
    /// How many layers there are.
    pub(super) layers: usize,
    /// From the left of the first box to the right of the last one.
    pub(super) width: f64,
}

/// A place in a layer.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Spot {
    pub(super) layer: usize,
    pub(super) x: f64,
}

#[derive(Debug)]
pub(super) struct Route {
    pub(super) edge: usize,
    pub(super) spots: Vec<Spot>,
    pub(super) upwards: bool,
}

/// Widths of a box and of an edge that passes between boxes, with the room beside them.
pub(super) const BOX: f64 = 250.0;
const PASSING: f64 = 60.0;
/// How often orders and places are improved, downwards and upwards.
const SWEEPS: usize = 12;

/// Lays it out.
pub(super) fn layout(nodes: usize, edges: &[Edge]) -> Layout {
    let known = |edge: &&Edge| edge.from < nodes && edge.to < nodes && edge.from != edge.to;
    let back = back_edges(nodes, edges);
    let layers = layers(nodes, edges, &back);
    let mut grid = Grid::new(&layers);
    let mut chains = Vec::new();
    for (index, edge) in edges.iter().enumerate().filter(|(_, edge)| known(edge)) {
        let (from, to) = if back[index] {
            (edge.to, edge.from)
        } else {
            (edge.from, edge.to)
        };
        chains.push((index, grid.chain(from, to), back[index]));
    }
    grid.settle_orders();
    grid.settle_places();
    let spot = |item: &usize| Spot {
        layer: grid.layer[*item],
        x: grid.x[*item],
    };
    Layout {
        nodes: (0..nodes).map(|node| spot(&node)).collect(),
        routes: chains
            .iter()
            .map(|(edge, chain, upwards)| Route {
                edge: *edge,
                spots: chain.iter().map(spot).collect(),
                upwards: *upwards,
            })
            .collect(),
        layers: grid.rows.len(),
        width: grid.width(),
    }
}

/// Edges that close a circle, found by a walk in depth from the first node on.
fn back_edges(nodes: usize, edges: &[Edge]) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        Never,
        Open,
        Done,
    }
    let outs = outs(nodes, edges);
    let mut seen = vec![Seen::Never; nodes];
    let mut back = vec![false; edges.len()];
    for start in 0..nodes {
        if seen[start] != Seen::Never {
            continue;
        }
        seen[start] = Seen::Open;
        let mut stack = vec![(start, 0)];
        while let Some((node, next)) = stack.last_mut() {
            let node = *node;
            let Some(edge) = outs[node].get(*next).copied() else {
                seen[node] = Seen::Done;
                stack.pop();
                continue;
            };
            *next += 1;
            let to = edges[edge].to;
            match seen[to] {
                Seen::Open => back[edge] = true,
                Seen::Never => {
                    seen[to] = Seen::Open;
                    stack.push((to, 0));
                }
                Seen::Done => {}
            }
        }
    }
    back
}

/// The edges out of each node.
fn outs(nodes: usize, edges: &[Edge]) -> Vec<Vec<usize>> {
    let mut outs = vec![Vec::new(); nodes];
    for (index, edge) in edges.iter().enumerate() {
        if edge.from < nodes && edge.to < nodes {
            outs[edge.from].push(index);
        }
    }
    outs
}

/// Below everything that leads to it; edges that close a circle do not count.
fn layers(nodes: usize, edges: &[Edge], back: &[bool]) -> Vec<usize> {
    let outs = outs(nodes, edges);
    let mut waits = vec![0_usize; nodes];
    let counts = |edge: usize| !back[edge] && edges[edge].from != edges[edge].to;
    for (index, edge) in edges.iter().enumerate() {
        if edge.from < nodes && edge.to < nodes && counts(index) {
            waits[edge.to] += 1;
        }
    }
    let mut layers = vec![0; nodes];
    let mut ready: Vec<usize> = (0..nodes).filter(|node| waits[*node] == 0).collect();
    while let Some(node) = ready.pop() {
        for edge in outs[node].iter().copied().filter(|edge| counts(*edge)) {
            let to = edges[edge].to;
            layers[to] = layers[to].max(layers[node] + 1);
            waits[to] -= 1;
            if waits[to] == 0 {
                ready.push(to);
            }
        }
    }
    layers
}

/// Nodes first, then the places where long edges pass a layer.
struct Grid {
    layer: Vec<usize>,
    x: Vec<f64>,
    up: Vec<Vec<usize>>,
    down: Vec<Vec<usize>>,
    rows: Vec<Vec<usize>>,
    nodes: usize,
}

impl Grid {
    fn new(layers: &[usize]) -> Self {
        let count = layers.iter().max().map_or(0, |most| most + 1);
        let mut rows = vec![Vec::new(); count];
        for (node, layer) in layers.iter().enumerate() {
            rows[*layer].push(node);
        }
        Self {
            layer: layers.to_vec(),
            x: vec![0.0; layers.len()],
            up: vec![Vec::new(); layers.len()],
            down: vec![Vec::new(); layers.len()],
            rows,
            nodes: layers.len(),
        }
    }

    /// From a node to one below it, with a place in every layer between.
    fn chain(&mut self, from: usize, to: usize) -> Vec<usize> {
        let mut chain = vec![from];
        for layer in self.layer[from] + 1..self.layer[to] {
            let passing = self.layer.len();
            self.layer.push(layer);
            self.x.push(0.0);
            self.up.push(Vec::new());
            self.down.push(Vec::new());
            self.rows[layer].push(passing);
            chain.push(passing);
        }
        chain.push(to);
        for pair in chain.windows(2) {
            self.down[pair[0]].push(pair[1]);
            self.up[pair[1]].push(pair[0]);
        }
        chain
    }

    /// Each by the middle of its neighbours in the layer before, to and fro; the order with the fewest crossings is kept.
    fn settle_orders(&mut self) {
        let mut best = (self.crossings(), self.rows.clone());
        for sweep in 0..SWEEPS {
            let count = self.rows.len();
            for step in 1..count {
                let row = if sweep % 2 == 0 {
                    step
                } else {
                    count - 1 - step
                };
                self.settle_row(row, sweep % 2 == 0);
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.rows.clone());
            }
        }
        self.rows = best.1;
    }

    fn settle_row(&mut self, row: usize, downwards: bool) {
        let mut place = vec![0; self.layer.len()];
        for items in &self.rows {
            for (index, item) in items.iter().enumerate() {
                place[*item] = index;
            }
        }
        let neighbours = if downwards { &self.up } else { &self.down };
        let middle = |item: usize| {
            let near = &neighbours[item];
            if near.is_empty() {
                return place[item] as f64;
            }
            near.iter().map(|it| place[*it] as f64).sum::<f64>() / near.len() as f64
        };
        let mut items = std::mem::take(&mut self.rows[row]);
        items.sort_by(|a, b| middle(*a).total_cmp(&middle(*b)));
        self.rows[row] = items;
    }

    fn crossings(&self) -> usize {
        let mut place = vec![0; self.layer.len()];
        for items in &self.rows {
            for (index, item) in items.iter().enumerate() {
                place[*item] = index;
            }
        }
        let row = |items: &Vec<usize>| {
            let ends = items.iter().flat_map(|item| {
                let mut ends: Vec<usize> = self.down[*item].iter().map(|to| place[*to]).collect();
                ends.sort_unstable();
                ends
            });
            let ends: Vec<usize> = ends.collect();
            let pairs = ends.iter().enumerate();
            pairs
                .map(|(index, end)| ends[..index].iter().filter(|other| *other > end).count())
                .sum::<usize>()
        };
        self.rows.iter().map(row).sum()
    }

    /// As near as may be to the middle of the neighbours, above and below in turn, and far enough from each other.
    fn settle_places(&mut self) {
        for row in 0..self.rows.len() {
            self.place_row(row, |_, _| None);
        }
        for sweep in 0..SWEEPS {
            let count = self.rows.len();
            for step in 0..count {
                let downwards = sweep % 2 == 0;
                let row = if downwards { step } else { count - 1 - step };
                self.place_row(row, |grid, item| {
                    let near = if downwards {
                        &grid.up[item]
                    } else {
                        &grid.down[item]
                    };
                    let sum: f64 = near.iter().map(|it| grid.x[*it]).sum();
                    (!near.is_empty()).then(|| sum / near.len() as f64)
                });
            }
        }
        let left = self
            .x
            .iter()
            .zip(0..)
            .map(|(x, item)| x - self.room(item) / 2.0);
        let left = left.fold(f64::INFINITY, f64::min);
        if left.is_finite() {
            self.x.iter_mut().for_each(|x| *x -= left);
        }
    }

    fn room(&self, item: usize) -> f64 {
        if item < self.nodes { BOX } else { PASSING }
    }

    /// The least squares of the distances to what is wished, in this order and with this room (pool adjacent violators).
    fn place_row(&mut self, row: usize, wish: impl Fn(&Self, usize) -> Option<f64>) {
        let items = self.rows[row].clone();
        let mut offset = 0.0;
        let mut offsets = Vec::new();
        // Blocks of items that touch: the mean of their wishes, and how many they are.
        let mut blocks: Vec<(f64, f64)> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                offset += (self.room(items[index - 1]) + self.room(*item)) / 2.0;
            }
            offsets.push(offset);
            let wished = wish(self, *item).unwrap_or(self.x[*item]);
            blocks.push((wished - offset, 1.0));
            while let [.., (before, many), (last, few)] = blocks.as_slice()
                && before > last
            {
                let joined = ((before * many + last * few) / (many + few), many + few);
                blocks.truncate(blocks.len() - 2);
                blocks.push(joined);
            }
        }
        let mut placed = blocks
            .iter()
            .flat_map(|(at, count)| std::iter::repeat_n(*at, *count as usize));
        for (item, offset) in items.iter().zip(offsets) {
            self.x[*item] = placed.next().unwrap_or_default() + offset;
        }
    }

    fn width(&self) -> f64 {
        let right = self
            .x
            .iter()
            .zip(0..)
            .map(|(x, item)| x + self.room(item) / 2.0);
        right.fold(0.0, f64::max)
    }
}
