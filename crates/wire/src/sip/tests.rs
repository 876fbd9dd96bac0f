//! Sockets of every kind, with peers that do what peers do.
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::*;

const HERE: &str = "127.0.0.1:0";
const PATIENCE: Duration = Duration::from_secs(10);

fn stranger(_: IpAddr) -> Source {
    Source::Stranger
}

fn trunk(_: IpAddr) -> Source {
    Source::Trunk
}

fn sockets() -> SipSockets {
    limited(Limits::default())
}

fn limited(limits: Limits) -> SipSockets {
    let here = HERE.parse().expect("an address");
    SipSockets::open(&mut Provider::default(), &[here], &[here], limits)
        .expect("ports of the loopback")
}

#[tokio::test]
async fn a_peer_that_takes_no_connection_is_told_as_the_core_knows_it() {
    let mut sockets = sockets();
    let gone = std::net::TcpListener::bind(HERE).expect("a port");
    let flow = Flow {
        transport: Transport::Tcp,
        local: sockets.tcp_local().expect("TCP is on"),
        remote: gone.local_addr().expect("an address"),
        connection: 0,
    };
    drop(gone);
    sockets.send(flow, b"OPTIONS".to_vec());
    timeout(PATIENCE, sockets.readable())
        .await
        .expect("the refusal is told");
    let Some(Arrival::Closed {
        flow: closed,
        by_remote,
        why,
    }) = sockets.take(stranger)
    else {
        panic!("something else arrived");
    };
    assert_eq!((closed, by_remote, why), (flow, true, Why::Unreachable));
}

#[tokio::test]
async fn a_datagram_of_a_family_without_a_socket_is_told_at_once() {
    let mut sockets = sockets();
    let flow = Flow {
        transport: Transport::Udp,
        local: sockets.udp_local(),
        remote: "[::1]:5060".parse().expect("an address"),
        connection: 0,
    };
    sockets.send(flow, OPTIONS.to_vec());
    let told = arrival(&mut sockets, stranger).await;
    assert_eq!(told, (flow, Some(true)));
    let counted = sockets.ends().find(|(why, _)| *why == Why::Unreachable);
    assert_eq!(counted, Some((Why::Unreachable, 1)));
}

#[tokio::test]
async fn a_flood_of_one_transport_leaves_the_other_its_turn() {
    let mut sockets = sockets();
    let tcp = sockets.tcp_local().expect("TCP is on");
    let mut stream = TcpStream::connect(tcp).await.expect("accepted");
    let request = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n".repeat(100);
    stream.write_all(&request).await.expect("written");
    timeout(PATIENCE, async {
        while sockets.take(stranger).is_none() {
            sockets.readable().await;
        }
    })
    .await
    .expect("the flood begins");
    let datagram = UdpSocket::bind(HERE).await.expect("a port");
    for _ in 0..4 {
        let to = sockets.udp_local();
        datagram.send_to(b"datagram", to).await.expect("sent");
    }
    timeout(PATIENCE, sockets.udp.readable())
        .await
        .expect("datagrams came");
    let kinds: Vec<Transport> = (0..2)
        .filter_map(|_| match sockets.take(stranger)? {
            Arrival::Message { flow, .. } => Some(flow.transport),
            Arrival::Closed { .. } => None,
        })
        .collect();
    assert!(kinds.contains(&Transport::Udp), "{kinds:?}");
    assert!(kinds.contains(&Transport::Tcp), "{kinds:?}");
}

const OPTIONS: &[u8] = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n";

/// The next arrival, as a flow and whether it is an end, with its `by_remote`.
async fn arrival(sockets: &mut SipSockets, judge: fn(IpAddr) -> Source) -> (Flow, Option<bool>) {
    timeout(PATIENCE, async {
        loop {
            match sockets.take(judge) {
                Some(Arrival::Message { flow, .. }) => return (flow, None),
                Some(Arrival::Closed {
                    flow, by_remote, ..
                }) => return (flow, Some(by_remote)),
                None => sockets.readable().await,
            }
        }
    })
    .await
    .expect("something arrives")
}

/// A client that is in: its first message has arrived.
async fn client(sockets: &mut SipSockets, judge: fn(IpAddr) -> Source) -> (TcpStream, Flow) {
    let tcp = sockets.tcp_local().expect("TCP is on");
    let mut stream = TcpStream::connect(tcp).await.expect("accepted");
    stream.write_all(OPTIONS).await.expect("written");
    loop {
        let (flow, end) = arrival(sockets, judge).await;
        if end.is_none() {
            return (stream, flow);
        }
    }
}

#[tokio::test]
async fn strangers_who_take_all_they_get_do_not_lock_a_trunk_out() {
    let limits = Limits {
        flows: 4,
        trunk_reserve: 1,
        strangers: 2,
        flows_per_stranger: 4,
        ..Limits::default()
    };
    let mut sockets = limited(limits);
    let (mut oldest, _) = client(&mut sockets, stranger).await;
    let mut crowd = Vec::new();
    for _ in 0..5 {
        crowd.push(client(&mut sockets, stranger).await);
    }
    let closed = timeout(PATIENCE, oldest.read(&mut [0; 1])).await;
    assert!(
        matches!(closed, Ok(Ok(0) | Err(_))),
        "the oldest made room: {closed:?}"
    );
    let mut trunks = Vec::new();
    for _ in 0..2 {
        trunks.push(client(&mut sockets, trunk).await);
    }
}

#[tokio::test]
async fn a_peer_that_hangs_up_without_an_answer_is_told_as_the_core_asked_for_it() {
    let mut sockets = sockets();
    let peer = tokio::net::TcpListener::bind(HERE).await.expect("a port");
    let flow = Flow {
        transport: Transport::Tcp,
        local: sockets.tcp_local().expect("TCP is on"),
        remote: peer.local_addr().expect("an address"),
        connection: 0,
    };
    sockets.send(flow, OPTIONS.to_vec());
    let (mut stream, _) = timeout(PATIENCE, peer.accept())
        .await
        .expect("in time")
        .expect("a connection");
    stream
        .read_exact(&mut [0; OPTIONS.len()])
        .await
        .expect("the request");
    drop(stream);
    let (closed, by_remote) = arrival(&mut sockets, trunk).await;
    assert_eq!((closed.remote, by_remote), (flow.remote, Some(true)));
    assert_ne!(closed.connection, 0);
}

#[tokio::test]
async fn what_is_for_a_connection_that_is_gone_is_lost_and_opens_none() {
    let mut sockets = sockets();
    let (stream, flow) = client(&mut sockets, stranger).await;
    drop(stream);
    assert_eq!(arrival(&mut sockets, stranger).await, (flow, Some(false)));
    sockets.send(flow, OPTIONS.to_vec());
    assert_eq!(arrival(&mut sockets, stranger).await, (flow, Some(false)));
}

fn at(address: &str) -> SocketAddr {
    address.parse().expect("an address")
}

/// Datagrams and connections of both families, to whatever was bound.
async fn comes_as(udp: &[&str], from: &str) -> (SocketAddr, SocketAddr, SocketAddr) {
    let addresses: Vec<SocketAddr> = udp.iter().map(|text| at(text)).collect();
    let limits = Limits::default();
    let mut sockets = SipSockets::open(&mut Provider::default(), &addresses, &addresses, limits)
        .expect("ports of the loopback");
    let from = at(from);
    let fits = |local: &SocketAddr| {
        local.is_ipv4() == from.is_ipv4() || addresses.len() == 1 && local.ip().is_unspecified()
    };
    let udp = sockets
        .locals(Transport::Udp)
        .find(fits)
        .expect("listened on");
    let tcp = sockets
        .locals(Transport::Tcp)
        .find(fits)
        .expect("listened on");
    assert_eq!(udp.port(), tcp.port(), "port 0 is the number of UDP");
    let peer = UdpSocket::bind(from).await.expect("a port");
    let to = SocketAddr::new(from.ip(), udp.port());
    peer.send_to(OPTIONS, to).await.expect("sent");
    let (flow, _) = arrival(&mut sockets, stranger).await;
    assert_eq!(flow.remote, peer.local_addr().expect("an address"));
    sockets.send(flow, b"answer".to_vec());
    let mut answer = [0; 6];
    timeout(PATIENCE, peer.recv(&mut answer))
        .await
        .expect("in time")
        .expect("an answer");
    let mut stream = TcpStream::connect(to).await.expect("accepted");
    stream.write_all(OPTIONS).await.expect("written");
    let (tcp, _) = arrival(&mut sockets, stranger).await;
    assert_eq!(tcp.remote, stream.local_addr().expect("an address"));
    (flow.local, flow.remote, tcp.local)
}

#[tokio::test]
async fn both_families_come_to_sockets_of_their_own_or_to_one_for_both() {
    let both = ["127.0.0.1:0", "[::1]:0"];
    for (udp, from) in [
        (&both[..], "127.0.0.1:0"),
        (&both[..], "[::1]:0"),
        (&["0.0.0.0:0", "[::]:0"][..], "127.0.0.1:0"),
        (&["0.0.0.0:0", "[::]:0"][..], "[::1]:0"),
        (&["[::]:0"][..], "127.0.0.1:0"),
        (&["[::]:0"][..], "[::1]:0"),
        (&["[::1]:0"][..], "[::1]:0"),
    ] {
        let (_, remote, tcp) = comes_as(udp, from).await;
        assert_eq!(remote.ip(), at(from).ip(), "{udp:?}");
        assert_eq!(tcp.is_ipv4(), remote.is_ipv4(), "{udp:?}");
    }
}

#[tokio::test]
async fn cuts_pipelines_and_pings_do_not_matter_over_tcp() {
    let mut sockets = sockets();
    let tcp = sockets.tcp_local().expect("TCP is on");
    let mut stream = TcpStream::connect(tcp).await.expect("accepted");
    stream.set_nodelay(true).expect("an option");
    let talking = async {
        for byte in [b"\r\n\r\n", OPTIONS].concat() {
            stream.write_all(&[byte]).await.expect("written");
            tokio::task::yield_now().await;
        }
        let all = [OPTIONS, b"\r\n\r\n", OPTIONS].concat();
        stream.write_all(&all).await.expect("written");
        let mut pongs = [0; 4];
        stream.read_exact(&mut pongs).await.expect("two pongs");
        assert_eq!(&pongs, b"\r\n\r\n");
    };
    let listening = async {
        for _ in 0..3 {
            let (_, end) = arrival(&mut sockets, stranger).await;
            assert_eq!(end, None);
        }
    };
    tokio::join!(talking, listening);
}

/// Each read ends within a message: the time for a message begins anew with every one that is whole.
#[tokio::test]
async fn a_busy_flow_that_is_never_between_messages_is_kept_and_one_that_dribbles_is_not() {
    let limits = Limits {
        message: Duration::from_millis(200),
        ..Limits::default()
    };
    let mut sockets = limited(limits);
    let tcp = sockets.tcp_local().expect("TCP is on");
    let mut stream = TcpStream::connect(tcp).await.expect("accepted");
    let (head, tail) = OPTIONS.split_at(9);
    stream.write_all(head).await.expect("written");
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < 3 * limits.message {
        stream
            .write_all(&[tail, head].concat())
            .await
            .expect("written");
        assert_eq!(arrival(&mut sockets, stranger).await.1, None);
        tokio::time::sleep(limits.message / 4).await;
    }
    let dribbling = async {
        for byte in tail {
            if stream.write_all(&[*byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(limits.message / 10).await;
        }
    };
    let (end, ()) = tokio::join!(arrival(&mut sockets, stranger), dribbling);
    assert_eq!(end.1, Some(false), "closed before its end");
    let slow = sockets.ends().find(|(why, _)| *why == Why::Slow);
    assert_eq!(slow, Some((Why::Slow, 1)));
}
