//! A number to the region it was issued for: subject of the federation, zone, and how sure that is.
//!
//! Reading order: [`subject`] is what there is to tell, [`code`] what geographic codes tell without any file, [`table`] the
//! ranges of the official registry as one binary file that is searched as it lies, [`numbering`] the two together, [`zones`]
//! what clocks may hang there; [`registry`] makes that file of the official CSV files and says what was wrong with them.
//!
//! What a number cannot tell: where its caller is now, and since 2013 (number portability) by whom it is served. A mobile
//! number tells where it was sold ([`Confidence::Mobile`](gudok_model::Confidence::Mobile)).
//!
//! This crate reads no files, knows no clock and no zone but its name; a table that is spoilt says so or knows less, it
//! never panics.
#![forbid(unsafe_code)]

pub mod code;
pub mod numbering;
pub mod registry;
pub mod subject;
pub mod table;
pub mod zones;

pub use numbering::{Numbering, region_called};
pub use subject::Subject;
pub use table::{Range, Table, TableError};
pub use zones::zones_of;
