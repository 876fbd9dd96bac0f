//! What the phone heard: the packets of the tap, in the order they came, as samples.
use std::sync::{Arc, Mutex, PoisonError};

use gudok_media::g711;
use gudok_media::tap::{Block, BlockSink, Record, Side, read};

/// Longest memory: ten minutes. Older samples are kept, newer ones are not.
const SAMPLES_MAX: usize = 8_000 * 600;

/// Shared by the phone and its media thread.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ear(Arc<Mutex<Vec<i16>>>);

impl Ear {
    /// Everything heard so far, 8 kHz mono.
    pub(crate) fn heard(&self) -> Vec<i16> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// The phone is alone on its media thread, so decoding there disturbs nobody.
impl BlockSink for Ear {
    fn swap(&mut self, full: Block) -> Result<Block, Block> {
        let mut samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for tapped in read(full.bytes()).into_iter().flatten() {
            if let Record::Packet(packet) = tapped.record
                && packet.side == Side::Left
                && samples.len() < SAMPLES_MAX
            {
                samples.extend(
                    packet
                        .payload
                        .iter()
                        .map(|byte| g711::decode(packet.codec, *byte)),
                );
            }
        }
        Ok(Block::new())
    }
}
