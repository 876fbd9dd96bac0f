//! Working hours, holidays, overnight windows: is it open at T, when does it open next.
#![forbid(unsafe_code)]
