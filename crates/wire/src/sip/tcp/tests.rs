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
    let limits = Limits {
        strangers: 1,
        idle: Duration::from_secs(3_600),
        message: Duration::from_secs(3_600),
        ..Limits::default()
    };
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
    for _ in 0..=WRITES_MAX {
        tcp.send(flow, OPTIONS.to_vec());
    }
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
