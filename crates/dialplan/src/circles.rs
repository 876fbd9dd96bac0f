//! Circles in a graph: the sets of nodes each of which leads to all the others.

/// Every circle, as sorted node numbers (strongly connected components that have an edge inside; Kosaraju).
/// `edges[node]` are the nodes that follow `node`; those out of range are ends.
pub(crate) fn circles(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut back: Vec<Vec<usize>> = vec![Vec::new(); edges.len()];
    for (from, to) in pairs(edges) {
        back[to].push(from);
    }
    let mut seen = vec![false; edges.len()];
    let mut found = Vec::new();
    for node in leaving_order(edges).into_iter().rev() {
        let mut circle = Vec::new();
        visit(node, &back, &mut seen, &mut circle);
        let around = |node: &usize| edges[*node].contains(node);
        if circle.len() > 1 || circle.iter().any(around) {
            circle.sort_unstable();
            found.push(circle);
        }
    }
    found.sort();
    found
}

fn pairs(edges: &[Vec<usize>]) -> impl Iterator<Item = (usize, usize)> {
    let from = edges.iter().enumerate();
    let all = from.flat_map(|(from, to)| to.iter().map(move |to| (from, *to)));
    all.filter(|(_, to)| *to < edges.len())
}

/// Nodes in the order in which a depth-first walk is done with them.
pub(crate) fn leaving_order(edges: &[Vec<usize>]) -> Vec<usize> {
    let mut seen = vec![false; edges.len()];
    let mut order = Vec::with_capacity(edges.len());
    for node in 0..edges.len() {
        visit(node, edges, &mut seen, &mut order);
    }
    order
}

/// Appends everything new that can be reached from `start`, each node after those it leads to.
fn visit(start: usize, edges: &[Vec<usize>], seen: &mut [bool], order: &mut Vec<usize>) {
    if std::mem::replace(&mut seen[start], true) {
        return;
    }
    // A stack of its own: a plan may be deeper than the thread's.
    let mut path = vec![(start, 0)];
    while let Some((node, next)) = path.last_mut() {
        match edges[*node].get(*next) {
            None => {
                order.push(*node);
                path.pop();
            }
            Some(to) => {
                *next += 1;
                if *to < edges.len() && !std::mem::replace(&mut seen[*to], true) {
                    path.push((*to, 0));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_found_and_ways_are_not() {
        // 0 → 1 ⇄ 2 → 3, 4 → 4, 3 → an end.
        let edges = vec![vec![1], vec![2], vec![1, 3], vec![99], vec![4]];
        assert_eq!(circles(&edges), vec![vec![1, 2], vec![4]]);
    }

    #[test]
    fn a_long_way_does_not_need_a_deep_stack() {
        let mut edges: Vec<_> = (1..=100_000).map(|next| vec![next]).collect();
        assert!(circles(&edges).is_empty());
        edges[99_999] = vec![0];
        assert_eq!(circles(&edges)[0].len(), 100_000);
    }
}
