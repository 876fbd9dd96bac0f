//! Fake trunk, fake CRM, desk client, audio probes for the whole-product tests.
#![forbid(unsafe_code)]
