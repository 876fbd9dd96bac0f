//! TEMP stub until the web crate lands (never merged).
use std::sync::Arc;
use gudok_cti::{Authenticate};
pub(crate) fn serve(_l: tokio::net::TcpListener, _s: gudok_store::Store, _o: tokio::sync::mpsc::Sender<crate::hotline::Order>, _m: Arc<crate::metrics::Metrics>, _stop: tokio::sync::watch::Receiver<bool>) -> Arc<dyn Authenticate> { todo!() }
