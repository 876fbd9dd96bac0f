//! What waits to be written on one flow: as many messages as one turn of the core brings, and no more bytes than a peer
//! may cost us that does not read.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;

/// Messages that wait to be written on one flow. The core gives all of a turn before the flow's task writes the first one,
/// so it is no sign of a deaf peer when many wait; the time for one to be written is.
pub(super) const WRITES_MAX: usize = 8_192;
/// Their bytes, of all but the first.
pub(super) const WRITES_BYTES: usize = 1024 * 1024;

/// The core's end.
#[derive(Debug)]
pub(super) struct Writes {
    messages: mpsc::Sender<Vec<u8>>,
    waiting: Arc<AtomicUsize>,
}

/// The end of the flow's task.
#[derive(Debug)]
pub(super) struct Queue {
    messages: mpsc::Receiver<Vec<u8>>,
    waiting: Arc<AtomicUsize>,
    /// Bytes of the message that is being written: they count until it is.
    written: usize,
}

/// Both ends.
pub(super) fn queue() -> (Writes, Queue) {
    let (sender, messages) = mpsc::channel(WRITES_MAX);
    let waiting = Arc::new(AtomicUsize::new(0));
    let writes = Writes {
        messages: sender,
        waiting: Arc::clone(&waiting),
    };
    let queue = Queue {
        messages,
        waiting,
        written: 0,
    };
    (writes, queue)
}

impl Writes {
    /// False when too much waits, or the task is gone: the message is lost, and so is the flow.
    pub(super) fn push(&self, bytes: Vec<u8>) -> bool {
        let length = bytes.len();
        let before = self.waiting.fetch_add(length, Ordering::Relaxed);
        let fits = before == 0 || before.saturating_add(length) <= WRITES_BYTES;
        fits && self.messages.try_send(bytes).is_ok()
    }
}

impl Queue {
    /// The next message, once the former one is written. None: the place is given up. Safe to cancel.
    pub(super) async fn next(&mut self) -> Option<Vec<u8>> {
        let written = std::mem::take(&mut self.written);
        self.waiting.fetch_sub(written, Ordering::Relaxed);
        let bytes = self.messages.recv().await?;
        self.written = bytes.len();
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bytes_are_bounded_and_count_until_they_are_written() {
        let (writes, mut queue) = queue();
        let half = vec![b' '; WRITES_BYTES / 2];
        assert!(writes.push(half.clone()));
        assert!(writes.push(half.clone()));
        assert!(queue.next().await.is_some(), "being written");
        assert!(!writes.push(vec![b' ']), "both halves are still ours");
    }

    #[tokio::test]
    async fn what_was_written_makes_room_and_one_message_always_passes() {
        let (writes, mut queue) = queue();
        for _ in 0..4 {
            assert!(writes.push(vec![b' '; 2 * WRITES_BYTES]), "alone");
            assert!(queue.next().await.is_some());
            // The task asks for the next one: the last one is written.
            let asked = tokio::time::timeout(std::time::Duration::ZERO, queue.next()).await;
            assert!(asked.is_err(), "nothing waits");
        }
    }

    #[tokio::test]
    async fn messages_are_counted_too() {
        let (writes, _queue) = queue();
        let pushed = (0..=WRITES_MAX).filter(|_| writes.push(vec![b' '])).count();
        assert_eq!(pushed, WRITES_MAX);
    }
}
