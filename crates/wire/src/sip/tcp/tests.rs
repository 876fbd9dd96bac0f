use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::super::queue::WRITES_BYTES;
use super::*;

const PATIENCE: Duration = Duration::from_secs(10);
const OPTIONS: &[u8] = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n";
/// More than the kernel keeps for a connection whose peer does not read.
const TOO_MUCH: usize = 64 * 1024 * 1024;

fn stranger(_: IpAddr) -> Source {
    Source::Stranger
}

/// A house with one place for strangers, where nothing else ends a flow.
fn one_stranger() -> Tcp {
    house(Limits {
        strangers: 1,
        idle: Duration::from_secs(3_600),
        message: Duration::from_secs(3_600),
        ..Limits::default()
    })
}

fn house(limits: Limits) -> Tcp {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("an option");
    let mut tcp = Tcp::new(Transport::Tcp, limits, None, None);
    tcp.listen(listener).expect("a listener");
    tcp
}

async fn event(tcp: &mut Tcp) -> Event {
    timeout(PATIENCE, async {
        loop {
            match tcp.next(&stranger) {
                Some(event) => return event,
                None => tcp.readable().await,
            }
        }
    })
    .await
    .expect("something happens")
}

/// A client whose first message has arrived, and whose ends were told until then.
async fn client(tcp: &mut Tcp) -> (TcpStream, Flow, Vec<u64>) {
    let mut stream = TcpStream::connect(tcp.locals()[0]).await.expect("accepted");
    stream.write_all(OPTIONS).await.expect("written");
    let mut ends = Vec::new();
    loop {
        match event(tcp).await {
            Event::Message(flow, _) => return (stream, flow, ends),
            Event::Closed(flow, ..) => ends.push(flow.connection),
        }
    }
}

/// Bytes that come until the connection ends.
async fn read_to_the_end(stream: &mut TcpStream) -> usize {
    let (mut total, mut chunk) = (0, vec![0; 64 * 1024]);
    while let Ok(length @ 1..) = timeout(PATIENCE, stream.read(&mut chunk))
        .await
        .expect("bytes or the end")
    {
        total += length;
    }
    total
}

#[tokio::test]
async fn who_makes_room_while_it_does_not_read_loses_its_connection_at_once() {
    let mut tcp = one_stranger();
    let (mut deaf, flow, _) = client(&mut tcp).await;
    tcp.send(flow, vec![b' '; TOO_MUCH]);
    let (_newcomer, _, ends) = client(&mut tcp).await;
    assert_eq!(ends, [flow.connection], "told");
    let read = read_to_the_end(&mut deaf).await;
    assert!(read < TOO_MUCH, "nobody waited for it to read");
}

#[tokio::test]
async fn who_does_not_read_its_answers_loses_its_connection_at_once() {
    let mut tcp = one_stranger();
    let (mut deaf, flow, _) = client(&mut tcp).await;
    tcp.send(flow, vec![b' '; TOO_MUCH]);
    tcp.send(flow, OPTIONS.to_vec());
    let Event::Closed(closed, false, Why::Deaf) = event(&mut tcp).await else {
        panic!("its end is told");
    };
    assert_eq!(closed, flow);
    assert!(read_to_the_end(&mut deaf).await < TOO_MUCH);
}

#[tokio::test]
async fn the_end_of_a_flow_is_told_once_and_nothing_of_it_after() {
    let mut tcp = one_stranger();
    let (_first, flow, _) = client(&mut tcp).await;
    let (second, newcomer, ends) = client(&mut tcp).await;
    assert_eq!(ends, [flow.connection]);
    // What the first one's task had said before it was cut.
    for late in [
        Told::Message(flow, OPTIONS.to_vec()),
        Told::Closed(flow, Why::Over),
        Told::Unopened(flow, Why::Over),
    ] {
        tcp.tell.try_send(late).expect("room");
    }
    drop(second);
    let Event::Closed(next, ..) = event(&mut tcp).await else {
        panic!("a message of a flow that is gone");
    };
    assert_eq!(next, newcomer);
}

#[tokio::test]
async fn all_of_a_turns_messages_arrive_over_one_flow() {
    const MESSAGES: usize = 1_500;
    let mut tcp = one_stranger();
    let (mut peer, flow, _) = client(&mut tcp).await;
    for _ in 0..MESSAGES {
        // As the core does: nothing else runs on this thread in between.
        tcp.send(flow, OPTIONS.to_vec());
    }
    let mut all = vec![0; MESSAGES * OPTIONS.len()];
    let read = timeout(PATIENCE, peer.read_exact(&mut all)).await;
    assert!(matches!(read, Ok(Ok(_))), "{read:?}");
}

#[tokio::test]
async fn a_turn_of_messages_waits_for_a_peer_that_is_being_called() {
    const MESSAGES: usize = 500;
    let mut tcp = one_stranger();
    let peer = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let flow = Flow {
        transport: Transport::Tcp,
        local: tcp.locals()[0],
        remote: peer.local_addr().expect("an address"),
        connection: 0,
    };
    for _ in 0..MESSAGES {
        tcp.send(flow, OPTIONS.to_vec());
    }
    let (mut peer, _) = peer.accept().await.expect("a connection");
    let mut all = vec![0; MESSAGES * OPTIONS.len()];
    let read = timeout(PATIENCE, peer.read_exact(&mut all)).await;
    assert!(matches!(read, Ok(Ok(_))), "{read:?}");
}

#[tokio::test]
async fn a_turn_of_messages_costs_no_more_than_its_bytes() {
    let mut tcp = one_stranger();
    let (_peer, flow, _) = client(&mut tcp).await;
    let message = vec![b' '; 60_000];
    for _ in 0..=WRITES_BYTES / message.len() {
        tcp.send(flow, message.clone());
    }
    let told = event(&mut tcp).await;
    assert!(
        matches!(told, Event::Closed(closed, false, Why::Deaf) if closed == flow),
        "{told:?}"
    );
}

#[tokio::test]
async fn who_takes_too_long_to_read_one_message_is_deaf() {
    let mut tcp = house(Limits {
        message: Duration::from_millis(300),
        ..Limits::default()
    });
    let (_peer, flow, _) = client(&mut tcp).await;
    tcp.send(flow, vec![b' '; TOO_MUCH]);
    let told = event(&mut tcp).await;
    assert!(
        matches!(told, Event::Closed(closed, false, Why::Deaf) if closed == flow),
        "{told:?}"
    );
}

/// Some peers end each message with a line end too many.
#[tokio::test]
async fn a_lone_line_end_between_messages_begins_none() {
    let limits = Limits {
        message: Duration::from_millis(200),
        ..Limits::default()
    };
    let mut tcp = house(limits);
    let (mut peer, flow, _) = client(&mut tcp).await;
    peer.write_all(b"\r\n").await.expect("written");
    tokio::time::sleep(3 * limits.message).await;
    peer.write_all(OPTIONS).await.expect("written");
    let told = event(&mut tcp).await;
    assert!(
        matches!(told, Event::Message(same, _) if same == flow),
        "{told:?}"
    );
}

/// Pings for as long as the peer takes them, ten in the time for a message.
async fn ping(mut peer: TcpStream, limits: Limits) {
    while peer.write_all(b"\r\n\r\n\r\n").await.is_ok() {
        tokio::time::sleep(limits.message / 10).await;
    }
}

#[tokio::test]
async fn line_ends_do_not_hold_a_strangers_place_but_a_known_ones() {
    let limits = Limits {
        message: Duration::from_millis(300),
        idle: Duration::from_millis(600),
        ..Limits::default()
    };
    let mut tcp = house(limits);
    let peer = TcpStream::connect(tcp.locals()[0]).await.expect("accepted");
    let pinging = tokio::spawn(ping(peer, limits));
    let told = event(&mut tcp).await;
    assert!(
        matches!(told, Event::Closed(_, false, Why::Idle | Why::Over)),
        "{told:?}"
    );
    pinging.await.expect("it ends by itself");

    let mut peer = TcpStream::connect(tcp.locals()[0]).await.expect("accepted");
    let adopted = async {
        while tcp.count() == 0 {
            tcp.readable().await;
            assert!(tcp.next(&|_| Source::Trunk).is_none());
        }
    };
    timeout(PATIENCE, adopted).await.expect("a place");
    for _ in 0..30 {
        peer.write_all(b"\r\n\r\n").await.expect("written");
        tokio::time::sleep(limits.message / 10).await;
    }
    peer.write_all(OPTIONS).await.expect("written");
    assert!(matches!(event(&mut tcp).await, Event::Message(..)));
}
