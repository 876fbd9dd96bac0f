//! A client directory over HTTP, with moods.
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::Result;

/// How it answers.
#[derive(Clone, Debug)]
pub enum Mood {
    /// 200 with this JSON.
    Says(String),
    /// Takes the request and never answers.
    Hangs,
}

/// A running directory. Ends with the test's process.
#[derive(Debug)]
pub struct Crm {
    /// Where it listens.
    pub address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Crm {
    /// Starts listening.
    pub fn start(mood: Mood) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (address, asked) = (listener.local_addr()?, Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&asked);
        std::thread::spawn(move || {
            // Hung connections are kept open, so that the client waits and is not told of an end.
            let hung = Mutex::new(Vec::new());
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                if let Ok(Some(open)) = serve(stream, &mood) {
                    hung.lock().expect("one thread only").push(open);
                }
            }
        });
        Ok(Self { address, asked })
    }

    /// How many requests came.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn serve(stream: TcpStream, mood: &Mood) -> Result<Option<TcpStream>> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let mut stream = reader.into_inner();
    match mood {
        Mood::Says(body) => {
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            )?;
            Ok(None)
        }
        Mood::Hangs => Ok(Some(stream)),
    }
}
