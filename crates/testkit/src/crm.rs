//! A client directory over HTTP, with moods.
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
    /// Connections left without an answer, kept open: the client waits and is not told of an end.
    hung: Arc<Mutex<Vec<TcpStream>>>,
}

impl Crm {
    /// Starts listening.
    pub fn start(mood: Mood) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (address, asked, hung) = (listener.local_addr()?, Arc::default(), Arc::default());
        let crm = Self {
            address,
            asked: Arc::clone(&asked),
            hung: Arc::clone(&hung),
        };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Ok(stream) = request_of(stream) else {
                    continue;
                };
                match &mood {
                    Mood::Says(body) => drop(answer(stream, body)),
                    Mood::Hangs => lock(&hung).push(stream),
                }
                asked.fetch_add(1, Ordering::SeqCst);
            }
        });
        Ok(crm)
    }

    /// How many requests were read and answered, or left hanging.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Comes back to life: answers everybody who waits.
    pub fn wake(&self, body: &str) -> Result<()> {
        lock(&self.hung)
            .drain(..)
            .try_for_each(|stream| answer(stream, body))
    }
}

/// Reads the head of a request; a `GET` has no more.
fn request_of(stream: TcpStream) -> Result<TcpStream> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    Ok(reader.into_inner())
}

fn answer(mut stream: TcpStream, body: &str) -> Result<()> {
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    Ok(())
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
