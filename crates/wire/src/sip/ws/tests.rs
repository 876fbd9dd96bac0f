use std::net::{IpAddr, SocketAddr};

use gudok_sip::endpoint::{Source, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::*;
use crate::provider::Provider;
use crate::sip::{Arrival, SipSockets};

const HERE: &str = "127.0.0.1:0";
const HERE_V6: &str = "[::1]:0";
const PATIENCE: Duration = Duration::from_secs(10);
const PAGE: &str = "https://desk.example";
const OPTIONS: &str = "OPTIONS sip:a SIP/2.0\r\n\r\n";

fn sockets(limits: Limits) -> (SipSockets, SocketAddr) {
    sockets_at(HERE, limits)
}

fn sockets_at(here: &str, limits: Limits) -> (SipSockets, SocketAddr) {
    let here: SocketAddr = here.parse().expect("an address");
    let mut provider = Provider::default();
    let mut sockets = SipSockets::open(&mut provider, &[here], &[], limits).expect("ports");
    let origins = Origins::new(&[PAGE.to_owned()]);
    let listening = sockets.listen_ws(&mut provider, &[here], None, origins, limits);
    listening.expect("a port");
    let at = sockets.locals(Transport::Ws).next().expect("it is on");
    (sockets, at)
}

/// A browser's connection, or the status it was refused with.
async fn browser(
    at: SocketAddr,
    origin: Option<&str>,
    protocol: Option<&'static str>,
) -> Result<WebSocketStream<TcpStream>, u16> {
    let mut request = format!("ws://{at}/").into_client_request().expect("a URL");
    let headers = request.headers_mut();
    if let Some(origin) = origin {
        headers.insert(ORIGIN, origin.parse().expect("a header"));
    }
    if let Some(protocol) = protocol {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
    }
    let stream = TcpStream::connect(at).await.expect("accepted");
    match client_async(request, stream).await {
        Ok((socket, response)) => {
            assert_eq!(response.headers()[SEC_WEBSOCKET_PROTOCOL], SUBPROTOCOL);
            Ok(socket)
        }
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(other) => panic!("{other}"),
    }
}

/// The next thing that comes: a message, or why a flow ended.
async fn next(sockets: &mut SipSockets) -> (Flow, Result<Vec<u8>, Why>) {
    let coming = async {
        loop {
            match sockets.take(|_: IpAddr| Source::Stranger) {
                Some(Arrival::Message { flow, bytes }) => return (flow, Ok(bytes.to_vec())),
                Some(Arrival::Closed { flow, why, .. }) => return (flow, Err(why)),
                None => sockets.readable().await,
            }
        }
    };
    timeout(PATIENCE, coming).await.expect("something comes")
}

/// What somebody outside does while the sockets are served.
async fn meanwhile<Done>(sockets: &mut SipSockets, work: impl Future<Output = Done>) -> Done {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = sockets.readable() => while sockets.take(|_: IpAddr| Source::Stranger).is_some() {},
        }
    }
}

#[tokio::test]
async fn a_browsers_messages_come_whole_and_answers_go_back_on_its_flow() {
    let (mut sockets, at) = sockets(Limits::default());
    let entering = browser(at, Some(PAGE), Some("sip, other"));
    let mut page = meanwhile(&mut sockets, entering).await.expect("let in");
    page.feed(Message::text(OPTIONS)).await.expect("written");
    page.feed(Message::binary(OPTIONS)).await.expect("written");
    page.feed(Message::text("\r\n\r\n")).await.expect("written");
    page.send(Message::Ping(Bytes::from_static(b"x")))
        .await
        .expect("sent");
    let mut flows = Vec::new();
    for _ in 0..2 {
        let (flow, message) = next(&mut sockets).await;
        assert_eq!(message.as_deref(), Ok(OPTIONS.as_bytes()));
        flows.push(flow);
    }
    assert_eq!(flows[0], flows[1]);
    assert_eq!(flows[0].transport, Transport::Ws);
    sockets.send(flows[0], b"SIP/2.0 200 OK\r\n\r\n".to_vec());
    sockets.send(flows[0], b"\xff".to_vec());
    let mut heard = Vec::new();
    while heard.len() < 4 {
        let message = timeout(PATIENCE, page.next()).await.expect("in time");
        heard.push(message.expect("open").expect("a message"));
    }
    for wanted in [
        Message::text("\r\n"),
        Message::Pong(Bytes::from_static(b"x")),
        Message::text("SIP/2.0 200 OK\r\n\r\n"),
        Message::binary(vec![0xff]),
    ] {
        assert!(heard.contains(&wanted), "{wanted:?} of {heard:?}");
    }
    page.close(None).await.expect("sent");
    assert_eq!(next(&mut sockets).await, (flows[0], Err(Why::Over)));
    let nobody = Flow {
        connection: 0,
        ..flows[0]
    };
    sockets.send(nobody, OPTIONS.into());
    assert_eq!(next(&mut sockets).await, (nobody, Err(Why::Gone)));
}

#[tokio::test]
async fn a_browser_comes_over_ipv6() {
    let (mut sockets, at) = sockets_at(HERE_V6, Limits::default());
    let entering = browser(at, Some(PAGE), Some("sip"));
    let mut page = meanwhile(&mut sockets, entering).await.expect("let in");
    page.send(Message::text(OPTIONS)).await.expect("written");
    let (flow, message) = next(&mut sockets).await;
    assert_eq!(message.as_deref(), Ok(OPTIONS.as_bytes()));
    assert!(flow.remote.is_ipv6() && flow.local == at, "{flow:?}");
    sockets.send(flow, b"SIP/2.0 200 OK\r\n\r\n".to_vec());
    let answer = timeout(PATIENCE, page.next()).await.expect("in time");
    let answer = answer.expect("open").expect("a message");
    assert_eq!(answer, Message::text("SIP/2.0 200 OK\r\n\r\n"));
}

/// An upgrade, a ping and two messages; the mask of the frames is zero.
fn raw() -> Vec<u8> {
    let mut bytes = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Protocol: sip\r\nOrigin: {PAGE}\r\n\r\n"
    )
    .into_bytes();
    let length = 0x80 | u8::try_from(OPTIONS.len()).expect("short");
    bytes.extend([0x89, 0x80, 0, 0, 0, 0]);
    for _ in 0..2 {
        bytes.extend([0x81, length, 0, 0, 0, 0]);
        bytes.extend(OPTIONS.as_bytes());
    }
    bytes
}

#[tokio::test]
async fn cuts_do_not_matter() {
    let (mut sockets, at) = sockets(Limits::default());
    let mut page = TcpStream::connect(at).await.expect("accepted");
    page.set_nodelay(true).expect("an option");
    let writing = async {
        let bytes = raw();
        // The upgrade must be answered before a client may go on.
        let (upgrade, rest) = bytes.split_at(bytes.len() - 6 - 2 * (6 + OPTIONS.len()));
        for byte in upgrade {
            page.write_all(&[*byte]).await.expect("written");
            tokio::task::yield_now().await;
        }
        page.read_exact(&mut [0; 12]).await.expect("an answer");
        for byte in rest {
            page.write_all(&[*byte]).await.expect("written");
            tokio::task::yield_now().await;
        }
        page
    };
    let listening = async {
        for _ in 0..2 {
            let (_, message) = next(&mut sockets).await;
            assert_eq!(message.as_deref(), Ok(OPTIONS.as_bytes()));
        }
    };
    let (_page, ()) = tokio::join!(writing, listening);
}

/// RFC 6455 §5.4: a message in two frames, cut at each byte, with a ping between them; either may hold nothing.
#[tokio::test]
async fn a_message_comes_in_frames_cut_anywhere() {
    let (mut sockets, at) = sockets(Limits::default());
    let all = raw();
    let upgrade = &all[..all.len() - 6 - 2 * (6 + OPTIONS.len())];
    let mut page = TcpStream::connect(at).await.expect("accepted");
    let entering = async {
        page.write_all(upgrade).await.expect("written");
        page.read_exact(&mut [0; 12]).await.expect("an answer");
    };
    meanwhile(&mut sockets, entering).await;
    for cut in 0..=OPTIONS.len() {
        let (first, rest) = OPTIONS.as_bytes().split_at(cut);
        let frame = |kind: u8, piece: &[u8]| {
            let length = 0x80 | u8::try_from(piece.len()).expect("short");
            [&[kind, length, 0, 0, 0, 0], piece].concat()
        };
        let frames = [frame(0x01, first), frame(0x89, b""), frame(0x80, rest)];
        page.write_all(&frames.concat()).await.expect("written");
        let (_, message) = next(&mut sockets).await;
        assert_eq!(message.as_deref(), Ok(OPTIONS.as_bytes()), "{cut}");
    }
}

/// Nobody holds a place by a head without an end.
#[tokio::test]
async fn a_head_that_does_not_end_is_no_upgrade() {
    let (mut sockets, at) = sockets(Limits::default());
    let sending = async {
        let mut page = TcpStream::connect(at).await.expect("accepted");
        let line = format!("GET / HTTP/1.1\r\nCookie: {}", "x".repeat(2 * HEAD_MAX));
        // It is let go in the middle.
        let _ = page.write_all(line.as_bytes()).await;
        page
    };
    let (_page, (_, ended)) = tokio::join!(sending, next(&mut sockets));
    assert_eq!(ended, Err(Why::Handshake));
}

#[tokio::test]
async fn pages_that_are_not_known_and_other_protocols_are_refused() {
    let (mut sockets, at) = sockets(Limits::default());
    for (origin, protocol, refusal) in [
        (Some(PAGE), Some("sip"), None),
        (None, Some("sip"), None),
        (Some("https://evil.example"), Some("sip"), Some(403)),
        (Some(PAGE), Some("cti.v1"), Some(400)),
        (Some(PAGE), None, Some(400)),
    ] {
        let entering = browser(at, origin, protocol);
        let entered = meanwhile(&mut sockets, entering).await;
        assert_eq!(entered.err(), refusal, "{origin:?} {protocol:?}");
    }
}

#[tokio::test]
async fn who_dribbles_or_says_nothing_or_too_much_is_let_go() {
    let limits = Limits {
        message: Duration::from_millis(80),
        ..Limits::default()
    };
    let all = raw();
    let (upgrade, frames) = all.split_at(all.len() - 6 - 2 * (6 + OPTIONS.len()));
    let half = &frames[6..20];
    for (said, then, why) in [
        (&b""[..], &b""[..], Why::Slow),
        (&upgrade[..9], b"", Why::Slow),
        (upgrade, b"", Why::Idle),
        (upgrade, half, Why::Slow),
    ] {
        let (mut sockets, at) = sockets(limits);
        let sending = async {
            let mut page = TcpStream::connect(at).await.expect("accepted");
            page.write_all(said).await.expect("written");
            if !then.is_empty() {
                page.read_exact(&mut [0; 12]).await.expect("an answer");
                page.write_all(then).await.expect("written");
            }
            page
        };
        let ended = async {
            loop {
                if let (_, Err(why)) = next(&mut sockets).await {
                    return why;
                }
            }
        };
        let (_page, ended) = tokio::join!(sending, ended);
        assert_eq!(ended, why, "{} and {}", said.len(), then.len());
    }
    let (mut sockets, at) = sockets(Limits::default());
    let mut page = meanwhile(&mut sockets, browser(at, None, Some("sip")))
        .await
        .expect("let in");
    let long = "x".repeat(MESSAGE_MAX + 1);
    let _ = page.send(Message::text(long)).await;
    assert_eq!(next(&mut sockets).await.1, Err(Why::Framing));
}

#[tokio::test]
async fn handshakes_of_one_source_have_a_rate() {
    let limits = Limits {
        handshakes_of_one: crate::sip::Rate {
            per_second: 1,
            at_once: 2,
        },
        ..Limits::default()
    };
    let (mut sockets, at) = sockets(limits);
    for wanted in [true, true, false] {
        let entering = async {
            let mut stream = TcpStream::connect(at).await.expect("accepted");
            let upgrade = raw().len() - 6 - 2 * (6 + OPTIONS.len());
            stream.write_all(&raw()[..upgrade]).await.expect("written");
            stream.read_exact(&mut [0; 12]).await.is_ok()
        };
        let entered = meanwhile(&mut sockets, entering).await;
        assert_eq!(entered, wanted);
    }
    let refused = sockets.ends().find(|(why, _)| *why == Why::Rate);
    assert_eq!(refused, Some((Why::Rate, 1)));
}
