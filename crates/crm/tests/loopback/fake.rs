//! A CRM on a loopback socket that gives one scripted reply to every question.
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// What is answered.
#[derive(Clone)]
pub(crate) enum Reply {
    /// These bytes, then the end of the connection.
    Raw(Vec<u8>),
    /// Nothing, and the connection stays open.
    Hang,
    /// RST.
    Reset,
    /// The bytes, once the gate is opened.
    Gated(Vec<u8>, Arc<Mutex<Option<oneshot::Receiver<()>>>>),
}

impl Reply {
    pub(crate) fn raw(bytes: &[u8]) -> Self {
        Self::Raw(bytes.to_vec())
    }

    pub(crate) fn bytes(body: &[u8]) -> Self {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        Self::Raw([head.as_bytes(), body].concat())
    }

    pub(crate) fn json(body: &str) -> Self {
        Self::bytes(body.as_bytes())
    }

    /// A body that ends only with the connection.
    pub(crate) fn endless(bytes: usize) -> Self {
        let head = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        Self::Raw([head, vec![b'x'; bytes]].concat())
    }

    pub(crate) fn status(status: u16, body: &str) -> Self {
        let length = body.len();
        let text = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n{body}");
        Self::Raw(text.into_bytes())
    }

    pub(crate) fn redirect(target: &str) -> Self {
        let text = format!("HTTP/1.1 302 X\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
        Self::Raw(text.into_bytes())
    }

    pub(crate) fn reset() -> Self {
        Self::Reset
    }

    pub(crate) fn gated(body: &str) -> (Self, oneshot::Sender<()>) {
        let (open, gate) = oneshot::channel();
        let Self::Raw(bytes) = Self::json(body) else {
            unreachable!("json gives bytes");
        };
        (Self::Gated(bytes, Arc::new(Mutex::new(Some(gate)))), open)
    }
}

/// The listening CRM.
pub(crate) struct Crm {
    pub(crate) address: SocketAddr,
    reply: Arc<Mutex<Reply>>,
    questions: mpsc::UnboundedReceiver<String>,
    task: JoinHandle<()>,
}

impl Crm {
    pub(crate) async fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let reply = Arc::new(Mutex::new(reply));
        let (heard, questions) = mpsc::unbounded_channel();
        let script = reply.clone();
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(answer(socket, script.clone(), heard.clone()));
            }
        });
        Self {
            address,
            reply,
            questions,
            task,
        }
    }

    pub(crate) fn reply_with(&mut self, reply: Reply) {
        *self.reply.lock().unwrap() = reply;
    }

    /// The next question, whole.
    pub(crate) async fn asked(&mut self) -> String {
        self.questions.recv().await.unwrap()
    }

    pub(crate) fn nobody_came(&mut self) -> bool {
        self.questions.try_recv().is_err()
    }

    /// Closes the listener.
    pub(crate) async fn stop(self) {
        self.task.abort();
        self.task.await.ok();
    }
}

async fn answer(
    mut socket: TcpStream,
    reply: Arc<Mutex<Reply>>,
    heard: mpsc::UnboundedSender<String>,
) {
    let Some(question) = read_question(&mut socket).await else {
        return;
    };
    heard.send(question).ok();
    let reply = reply.lock().unwrap().clone();
    match reply {
        Reply::Raw(bytes) => {
            // The client may hang up in the middle of ten megabytes: that is the point.
            socket.write_all(&bytes).await.ok();
        }
        Reply::Hang => std::future::pending().await,
        Reply::Reset => socket.set_zero_linger().unwrap(),
        Reply::Gated(bytes, gate) => {
            let gate = gate.lock().unwrap().take();
            gate.unwrap().await.unwrap();
            socket.write_all(&bytes).await.ok();
        }
    }
}

/// Head and body.
async fn read_question(socket: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |value| value.parse().unwrap());
            if body.len() >= length {
                return String::from_utf8(bytes).ok();
            }
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
