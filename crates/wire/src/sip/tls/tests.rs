use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::SinkExt;
use gudok_sip::endpoint::{Flow, Source, Transport};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::client;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use super::*;
use crate::provider::Provider;
use crate::sip::{Arrival, CertificateError, Certificates, Limits, SipSockets, Why};

const HERE: &str = "127.0.0.1:0";
const PATIENCE: Duration = Duration::from_secs(10);
const OPTIONS: &[u8] = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n";

/// A folder with `tls.crt` and `tls.key`.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(tempfile::tempdir().expect("a folder"));
        files.renew();
        files
    }

    /// Puts a new self-signed pair there and gives the certificate.
    fn renew(&self) -> CertificateDer<'static> {
        let made = rcgen::generate_simple_self_signed(["gudok.test".to_owned()]).expect("a pair");
        fs::write(self.chain(), made.cert.pem()).expect("written");
        fs::write(self.key(), made.signing_key.serialize_pem()).expect("written");
        made.cert.der().clone()
    }

    fn chain(&self) -> PathBuf {
        self.0.path().join("tls.crt")
    }

    fn key(&self) -> PathBuf {
        self.0.path().join("tls.key")
    }

    fn read(&self) -> Result<Certificates, CertificateError> {
        Certificates::read(&self.chain(), &self.key())
    }
}

fn sockets(certificates: &Certificates, limits: Limits) -> SipSockets {
    let here = HERE.parse().expect("an address");
    let mut provider = Provider::default();
    let mut sockets = SipSockets::open(&mut provider, &[here], &[], limits).expect("ports");
    let listening = sockets.listen_tls(&mut provider, &[here], certificates, limits);
    listening.expect("a port");
    sockets
}

/// A phone that believes this certificate alone.
async fn connect(
    to: SocketAddr,
    believed: CertificateDer<'static>,
) -> io::Result<client::TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(believed).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("gudok.test").expect("a name");
    let stream = TcpStream::connect(to).await?;
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

/// The next thing that comes: a message, or the end of a flow.
async fn next(sockets: &mut SipSockets) -> (Flow, Option<Vec<u8>>) {
    next_of(sockets, Source::Stranger).await
}

/// The same; who connects now is one of these.
async fn next_of(sockets: &mut SipSockets, source: Source) -> (Flow, Option<Vec<u8>>) {
    let coming = async {
        loop {
            match sockets.take(|_: IpAddr| source) {
                Some(Arrival::Message { flow, bytes }) => return (flow, Some(bytes.to_vec())),
                Some(Arrival::Closed { flow, .. }) => return (flow, None),
                None => sockets.readable().await,
            }
        }
    };
    timeout(PATIENCE, coming).await.expect("something comes")
}

#[tokio::test]
async fn messages_come_over_tls_in_any_pieces_and_answers_go_back_on_their_flow() {
    let files = Files::new();
    let believed = files.renew();
    let mut sockets = sockets(&files.read().expect("a pair"), Limits::default());
    let to = sockets.tls_local().expect("on");
    let talking = async {
        let mut phone = connect(to, believed).await.expect("believed");
        for byte in OPTIONS {
            phone.write_all(&[*byte]).await.expect("written");
            phone.flush().await.expect("sent");
        }
        phone.write_all(&OPTIONS.repeat(5)).await.expect("written");
        phone.flush().await.expect("sent");
        let mut answer = [0; 7];
        phone.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(&answer, b"SIP/2.0");
        phone
    };
    let listening = async {
        let mut flows = Vec::new();
        for _ in 0..6 {
            let (flow, message) = next(&mut sockets).await;
            assert_eq!(message.as_deref(), Some(OPTIONS));
            flows.push(flow);
        }
        assert!(flows.iter().all(|flow| *flow == flows[0]), "{flows:?}");
        assert_eq!(flows[0].transport, Transport::Tls);
        sockets.send(flows[0], b"SIP/2.0 200 OK\r\n\r\n".to_vec());
        flows[0]
    };
    let (phone, flow) = tokio::join!(talking, listening);
    drop(phone);
    assert_eq!(next(&mut sockets).await, (flow, None), "its end is told");
    sockets.send(flow, OPTIONS.to_vec());
    assert_eq!(next(&mut sockets).await, (flow, None), "nobody is there");
    let nobody = Flow {
        connection: 0,
        ..flow
    };
    sockets.send(nobody, OPTIONS.to_vec());
    assert_eq!(next(&mut sockets).await, (nobody, None), "none is opened");
}

/// A self-signed one that ends with this year begins.
fn made(year: i32) -> (String, String) {
    let mut params = rcgen::CertificateParams::new(["gudok.test".to_owned()]).expect("a name");
    params.not_after = rcgen::date_time_ymd(year, 1, 1);
    let key = rcgen::KeyPair::generate().expect("a key");
    let made = params.self_signed(&key).expect("a certificate");
    (made.pem(), key.serialize_pem())
}

#[test]
fn the_end_is_that_of_our_own_certificate_and_who_ends_before_it_is_named() {
    let files = Files::new();
    let ((own, key), (root, _)) = (made(2060), made(2050));
    fs::write(files.key(), key).expect("written");
    fs::write(files.chain(), &own).expect("written");
    let alone = files.read().expect("a pair");
    fs::write(files.chain(), own + &made(2070).0 + &root).expect("written");
    let chain = files.read().expect("a pair");
    assert_eq!(chain.end(), alone.end());
    assert_eq!(alone.earlier(), None);
    let (place, end) = chain.earlier().expect("the root ends first");
    assert_eq!((place, Some(end) < chain.end()), (3, true));
}

/// A listener of the other family is as good.
#[tokio::test]
async fn tls_is_spoken_over_ipv6() {
    let files = Files::new();
    let believed = files.renew();
    let (udp, at) = (HERE.parse().expect("an address"), "[::1]:0");
    let (mut provider, limits) = (Provider::default(), Limits::default());
    let mut sockets = SipSockets::open(&mut provider, &[udp], &[], limits).expect("a port");
    let (at, shown) = (
        at.parse().expect("an address"),
        files.read().expect("a pair"),
    );
    let listening = sockets.listen_tls(&mut provider, &[at], &shown, limits);
    listening.expect("a port");
    let to = sockets.tls_local().expect("on");
    let talking = async {
        let mut phone = connect(to, believed).await.expect("believed");
        phone.write_all(OPTIONS).await.expect("written");
        phone.flush().await.expect("sent");
        let mut answer = [0; 7];
        phone.read_exact(&mut answer).await.expect("an answer");
    };
    let listening = async {
        let (flow, message) = next(&mut sockets).await;
        assert_eq!(message.as_deref(), Some(OPTIONS));
        assert!(flow.remote.is_ipv6() && flow.local == to, "{flow:?}");
        sockets.send(flow, b"SIP/2.0 200 OK\r\n\r\n".to_vec());
        // The answer leaves with the next turn of the runtime.
        flow
    };
    tokio::join!(talking, listening);
}

#[tokio::test]
async fn a_new_certificate_is_shown_without_a_restart_and_a_broken_one_is_not() {
    let files = Files::new();
    let first = files.renew();
    let certificates = files.read().expect("a pair");
    let mut sockets = sockets(&certificates, Limits::default());
    let to = sockets.tls_local().expect("on");
    let phone = meanwhile(&mut sockets, connect(to, first.clone())).await;
    let mut phone = phone.expect("believed");

    fs::write(files.chain(), "nonsense").expect("written");
    let refused = certificates.read_again().expect_err("no certificate in it");
    assert!(refused.to_string().contains("tls.crt"), "{refused}");
    let again = meanwhile(&mut sockets, connect(to, first.clone())).await;
    assert!(again.is_ok(), "the old one is shown on");

    let second = files.renew();
    certificates.read_again().expect("a pair");
    let old = meanwhile(&mut sockets, connect(to, first)).await;
    assert!(old.is_err(), "the old one is shown no more");
    let new = meanwhile(&mut sockets, connect(to, second)).await;
    assert!(new.is_ok());
    phone.write_all(OPTIONS).await.expect("written");
    phone.flush().await.expect("sent");
    let stands = async {
        loop {
            if let (_, Some(message)) = next(&mut sockets).await {
                return message;
            }
        }
    };
    assert_eq!(stands.await, OPTIONS, "the flow of before stands");
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
async fn whoever_does_not_speak_tls_is_let_go() {
    let files = Files::new();
    let limits = Limits {
        message: Duration::from_millis(50),
        ..Limits::default()
    };
    let mut sockets = sockets(&files.read().expect("a pair"), limits);
    let to = sockets.tls_local().expect("on");
    for said in [OPTIONS, b"".as_slice()] {
        let mut stranger = TcpStream::connect(to).await.expect("accepted");
        stranger.write_all(said).await.expect("written");
        let (flow, message) = next(&mut sockets).await;
        assert_eq!(
            (flow.transport, message),
            (Transport::Tls, None),
            "{said:?}"
        );
    }
}

/// A long talk brings nothing between its answer and its goodbye.
#[tokio::test]
async fn a_trunk_that_says_nothing_keeps_its_flow() {
    let files = Files::new();
    let believed = files.renew();
    let limits = Limits {
        idle: Duration::from_millis(50),
        ..Limits::default()
    };
    let mut sockets = sockets(&files.read().expect("a pair"), limits);
    let to = sockets.tls_local().expect("on");
    let mut flows = Vec::new();
    for source in [Source::Trunk, Source::Stranger] {
        let talking = async {
            let mut stream = connect(to, believed.clone()).await.expect("believed");
            stream.write_all(OPTIONS).await.expect("written");
            stream.flush().await.expect("sent");
            stream
        };
        let (stream, (flow, message)) = tokio::join!(talking, next_of(&mut sockets, source));
        assert_eq!(message.as_deref(), Some(OPTIONS));
        flows.push((stream, flow));
    }
    // The stranger came later and is let go first.
    assert_eq!(next(&mut sockets).await, (flows[1].1, None));
    let (trunk, flow) = &mut flows[0];
    trunk.write_all(OPTIONS).await.expect("written");
    trunk.flush().await.expect("sent");
    assert_eq!(next(&mut sockets).await, (*flow, Some(OPTIONS.to_vec())));
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let (files, other) = (Files::new(), Files::new());
    fs::copy(other.key(), files.key()).expect("copied");
    let refused = files.read().expect_err("not its key");
    assert!(
        matches!(refused, CertificateError::Mismatch { .. }),
        "{refused}"
    );
    fs::write(files.chain(), "").expect("written");
    let refused = files.read().expect_err("nothing in it");
    assert!(
        matches!(refused, CertificateError::Empty { .. }),
        "{refused}"
    );
}

/// A carrier that takes calls over TLS only from those who show this certificate; it says what it heard.
async fn carrier(
    files: &Files,
    client: CertificateDer<'static>,
) -> (SocketAddr, TcpListener, TlsAcceptor) {
    let mut known = RootCertStore::empty();
    known.add(client).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let asks = WebPkiClientVerifier::builder_with_provider(Arc::new(known), Arc::clone(&provider));
    let chain = CertificateDer::pem_file_iter(files.chain()).expect("a file");
    let chain = chain.collect::<Result<Vec<_>, _>>().expect("certificates");
    let key = PrivateKeyDer::from_pem_file(files.key()).expect("a key");
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_client_cert_verifier(asks.build().expect("a verifier"))
        .with_single_cert(chain, key)
        .expect("a pair");
    let listener = TcpListener::bind(HERE).await.expect("a port");
    let at = listener.local_addr().expect("an address");
    (at, listener, TlsAcceptor::from(Arc::new(config)))
}

/// Sockets that call over TLS and listen for none.
fn callers(roots: &Files, own: Option<Certificates>) -> SipSockets {
    let here = HERE.parse().expect("an address");
    let limits = Limits::default();
    let mut sockets =
        SipSockets::open(&mut Provider::default(), &[here], &[], limits).expect("ports");
    let trust = Trust::read(Some(&roots.chain()), own).expect("roots");
    sockets.call_tls(trust, limits).expect("a thread");
    sockets
}

fn to(remote: SocketAddr) -> Flow {
    Flow {
        transport: Transport::Tls,
        local: HERE.parse().expect("an address"),
        remote,
        connection: 0,
    }
}

#[tokio::test]
async fn a_server_that_proves_its_name_is_talked_to_and_may_ask_who_we_are() {
    let (theirs, ours) = (Files::new(), Files::new());
    let client = ours.renew();
    let (at, listener, acceptor) = carrier(&theirs, client.clone()).await;
    let mut sockets = callers(&theirs, Some(ours.read().expect("a pair")));
    sockets.expect_name(at, "gudok.test");
    sockets.send(to(at), OPTIONS.to_vec());
    let answering = async {
        let (stream, _) = listener.accept().await.expect("a connection");
        let mut stream = acceptor.accept(stream).await.expect("it is we");
        let shown = stream.get_ref().1.peer_certificates().expect("shown");
        assert_eq!(shown, [client]);
        let mut asked = [0; OPTIONS.len()];
        stream.read_exact(&mut asked).await.expect("the request");
        assert_eq!(asked, OPTIONS);
        stream.write_all(OPTIONS).await.expect("written");
        stream.flush().await.expect("sent");
        stream
    };
    let (stream, (flow, message)) = tokio::join!(answering, next(&mut sockets));
    assert_eq!((flow.transport, flow.remote), (Transport::Tls, at));
    assert_eq!(message.as_deref(), Some(OPTIONS));
    sockets.send(to(at), OPTIONS.to_vec());
    let mut stream = stream;
    let mut asked = [0; OPTIONS.len()];
    stream
        .read_exact(&mut asked)
        .await
        .expect("on the same flow");
}

/// Why the flow that is asked for cannot be had.
async fn refusal(sockets: &mut SipSockets, flow: Flow) -> Why {
    sockets.send(flow, OPTIONS.to_vec());
    timeout(PATIENCE, async {
        loop {
            match sockets.take(|_: IpAddr| Source::Trunk) {
                Some(Arrival::Closed {
                    flow: closed,
                    by_remote,
                    why,
                }) => {
                    let asked = (flow.transport, flow.remote, 0);
                    assert_eq!((closed.transport, closed.remote, closed.connection), asked);
                    assert!(by_remote, "as the core asked for it");
                    return why;
                }
                Some(Arrival::Message { .. }) => panic!("nobody was to be believed"),
                None => sockets.readable().await,
            }
        }
    })
    .await
    .expect("it is told")
}

#[tokio::test]
async fn who_proves_nothing_or_another_name_hears_nothing() {
    let (theirs, others) = (Files::new(), Files::new());
    let client = others.renew();
    let (at, listener, acceptor) = carrier(&theirs, client).await;
    let hearing = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let heard = acceptor.accept(stream).await;
            assert!(heard.is_err(), "we let it be");
        }
    });
    let own = || Some(others.read().expect("a pair"));
    let mut sockets = callers(&theirs, own());
    assert_eq!(refusal(&mut sockets, to(at)).await, Why::NoName);
    sockets.expect_name(at, "no name");
    assert_eq!(refusal(&mut sockets, to(at)).await, Why::NoName);
    sockets.expect_name(at, "another.test");
    assert_eq!(refusal(&mut sockets, to(at)).await, Why::Untrusted);
    let mut distrustful = callers(&others, own());
    distrustful.expect_name(at, "gudok.test");
    assert_eq!(refusal(&mut distrustful, to(at)).await, Why::Untrusted);
    let counted = |wanted| sockets.ends().find(|(why, _)| *why == wanted);
    assert_eq!(counted(Why::NoName), Some((Why::NoName, 2)));
    assert_eq!(counted(Why::Untrusted), Some((Why::Untrusted, 1)));
    hearing.abort();
}

#[tokio::test]
async fn a_browser_comes_over_tls() {
    for here in [HERE, "[::1]:0"] {
        a_browser_comes_over_tls_to(here).await;
    }
}

async fn a_browser_comes_over_tls_to(here: &str) {
    let files = Files::new();
    let believed = files.renew();
    let (here, mut provider) = (here.parse().expect("an address"), Provider::default());
    let limits = Limits::default();
    let mut sockets = SipSockets::open(&mut provider, &[here], &[], limits).expect("ports");
    let certificates = files.read().expect("a pair");
    let origins = crate::sip::Origins::default();
    let listening = sockets.listen_ws(&mut provider, &[here], Some(&certificates), origins, limits);
    listening.expect("a port");
    let at = sockets.locals(Transport::Wss).next().expect("it is on");
    let talking = async {
        let stream = connect(at, believed).await.expect("believed");
        let mut request = "wss://gudok.test/".into_client_request().expect("a URL");
        let protocol = HeaderValue::from_static("sip");
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", protocol);
        let (mut socket, _) = client_async(request, stream).await.expect("let in");
        socket.send(OPTIONS.to_vec().into()).await.expect("sent");
        socket
    };
    let (_socket, (flow, message)) = tokio::join!(talking, next(&mut sockets));
    assert_eq!((flow.transport, flow.local), (Transport::Wss, at));
    assert_eq!(message.as_deref(), Some(OPTIONS));
}
