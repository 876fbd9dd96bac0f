//! From packets in the journal to a sealed stereo WAV with its sidecar and hash.
#![forbid(unsafe_code)]
