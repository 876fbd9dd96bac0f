//! The way from a media thread to the recorder: two bounded lock-free queues.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crossbeam_queue::ArrayQueue;

use super::{Block, BlockSink};

/// Most blocks a queue may be given; 128 MiB.
pub const MAX_BLOCKS: usize = 512;

/// Full blocks one way, empty ones back. One media thread writes through [`BlockQueue::sink`], one recorder reads.
///
/// Blocks are made as they are needed, up to the limit, and recycled from then on: while the recorder keeps up there
/// are two or three. At the limit the writer keeps its block and a hole is marked.
pub struct BlockQueue {
    full: ArrayQueue<Block>,
    empty: ArrayQueue<Block>,
    made: AtomicUsize,
    limit: usize,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl BlockQueue {
    /// A queue of `limit` blocks (at least 1, at most [`MAX_BLOCKS`]) beside the one being written. `wake` is called
    /// on the media thread after each block: unpark the recorder, nothing else.
    pub fn new(limit: usize, wake: impl Fn() + Send + Sync + 'static) -> Self {
        let limit = limit.clamp(1, MAX_BLOCKS);
        Self {
            full: ArrayQueue::new(limit),
            empty: ArrayQueue::new(limit),
            made: AtomicUsize::new(0),
            limit,
            wake: Box::new(wake),
        }
    }

    /// The writing end, for a worker.
    pub fn sink(self: &Arc<Self>) -> Box<dyn BlockSink> {
        Box::new(Sink(Arc::clone(self)))
    }

    /// The oldest full block, for the recorder.
    pub fn next(&self) -> Option<Block> {
        self.full.pop()
    }

    /// A block that has been written to the journal, to be used again.
    pub fn give_back(&self, mut block: Block) {
        block.used = 0;
        if self.empty.push(block).is_err() {
            self.made.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Blocks that wait for the recorder.
    pub fn waiting(&self) -> usize {
        self.full.len()
    }

    fn empty_block(&self) -> Option<Block> {
        if let Some(block) = self.empty.pop() {
            return Some(block);
        }
        let made = self
            .made
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |made| {
                (made < self.limit).then_some(made + 1)
            });
        made.is_ok().then(Block::new)
    }
}

impl std::fmt::Debug for BlockQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "BlockQueue({} full, {} empty, limit {})",
            self.full.len(),
            self.empty.len(),
            self.limit
        )
    }
}

struct Sink(Arc<BlockQueue>);

impl BlockSink for Sink {
    fn swap(&mut self, full: Block) -> Result<Block, Block> {
        let Some(empty) = self.0.empty_block() else {
            return Err(full);
        };
        match self.0.full.push(full) {
            Ok(()) => {
                (self.0.wake)();
                Ok(empty)
            }
            Err(full) => {
                self.0.give_back(empty);
                Err(full)
            }
        }
    }
}
