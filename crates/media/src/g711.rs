//! G.711 in both laws, by table (ITU-T G.711; conversion between the laws by its tables 3 and 4).
use audio_codec_algorithms::{
    convert_alaw_to_ulaw, convert_ulaw_to_alaw, decode_alaw, decode_ulaw, encode_alaw, encode_ulaw,
};

use crate::control::Codec;

/// Samples per second.
pub const RATE: u32 = 8_000;
/// Samples, and bytes, of a frame of 20 ms.
pub const FRAME: usize = 160;

/// One sample of 16 bits.
pub fn decode(codec: Codec, byte: u8) -> i16 {
    match codec {
        Codec::Pcma => decode_alaw(byte),
        Codec::Pcmu => decode_ulaw(byte),
    }
}

/// One byte for a sample of 16 bits.
pub fn encode(codec: Codec, sample: i16) -> u8 {
    match codec {
        Codec::Pcma => encode_alaw(sample),
        Codec::Pcmu => encode_ulaw(sample),
    }
}

/// The byte that is silence.
pub fn silence(codec: Codec) -> u8 {
    match codec {
        Codec::Pcma => 0xd5,
        Codec::Pcmu => 0xff,
    }
}

/// Turns `payload` from one law to the other, in place; nothing happens when they are the same.
pub fn convert(from: Codec, to: Codec, payload: &mut [u8]) {
    let law: fn(u8) -> u8 = match (from, to) {
        (Codec::Pcma, Codec::Pcmu) => convert_alaw_to_ulaw,
        (Codec::Pcmu, Codec::Pcma) => convert_ulaw_to_alaw,
        (Codec::Pcma, Codec::Pcma) | (Codec::Pcmu, Codec::Pcmu) => return,
    };
    for byte in payload {
        *byte = law(*byte);
    }
}
