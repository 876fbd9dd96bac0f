use super::*;

fn node(title: &str, look: Look, taken: bool) -> Node {
    Node {
        title: title.into(),
        note: "8800.toml:1:1".into(),
        look,
        taken,
        told: String::new(),
    }
}

fn edge(from: usize, to: usize, label: &str, taken: bool) -> Edge {
    Edge {
        from,
        to,
        label: label.into(),
        taken,
    }
}

fn small() -> Graph {
    Graph {
        title: "Номер".into(),
        subtitle: "вызов".into(),
        nodes: vec![
            node("play greeting", Look::Plain, true),
            node("when client.class == \"vip\"", Look::Choice, true),
            node("queue tech", Look::Human, true),
            node("close: night", Look::End, false),
        ],
        edges: vec![
            edge(0, 1, "", true),
            edge(1, 2, "да", true),
            edge(1, 3, "нет", false),
            edge(2, 3, "не дождались", false),
            edge(2, 0, "ещё раз", false),
        ],
    }
}

#[test]
fn a_small_graph_is_drawn_so() {
    insta::assert_snapshot!(draw(&small()));
}

#[test]
fn hostile_words_are_text() {
    let mut graph = small();
    graph.title = "</text><script>alert(1)</script>".into();
    graph.nodes[0].title = "\"><image href='x' onerror='a()'/>\u{0}\u{1b}".into();
    graph.nodes[1].note = "]]><!--".into();
    graph.nodes[2].told = "</title><script/>".into();
    graph.edges[1].label = "&lt;<b>".into();
    let drawn = draw(&graph);
    for bad in ["<script", "<image", "<!--", "<b>", "\u{0}", "\u{1b}"] {
        assert!(!drawn.contains(bad), "{bad:?}");
    }
}

#[test]
fn boxes_of_a_layer_never_touch_and_ways_lead_down() {
    // A thicket from a seed: steps that lead on to a few later ones, and some back.
    let mut seed = 7_u64;
    let mut lot = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from((seed >> 33) % below).expect("small")
    };
    for _ in 0..30 {
        let count = 2 + lot(60);
        let many = u64::try_from(count).expect("small");
        let edges: Vec<Edge> = (0..count * 2)
            .map(|_| edge(lot(many), lot(many), "", false))
            .collect();
        let laid = layout::layout(count, &edges);
        for (index, one) in laid.nodes.iter().enumerate() {
            for other in &laid.nodes[..index] {
                let apart = (one.x - other.x).abs() >= layout::BOX - 1e-6;
                assert!(apart || one.layer != other.layer, "{one:?} {other:?}");
            }
        }
        for route in &laid.routes {
            let layers: Vec<usize> = route.spots.iter().map(|spot| spot.layer).collect();
            assert!(
                layers.windows(2).all(|pair| pair[0] < pair[1]),
                "{layers:?}"
            );
        }
    }
}

#[test]
fn what_names_no_node_is_left_out() {
    let mut graph = small();
    graph.edges.push(edge(0, 99, "nowhere", true));
    graph.edges.push(edge(3, 3, "itself", true));
    let drawn = draw(&graph);
    assert!(!drawn.contains("nowhere") && !drawn.contains("itself"));
    assert!(draw(&Graph::default()).ends_with("</svg>\n"));
}
