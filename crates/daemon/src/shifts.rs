//! The way of an acceptance: the hotline obeys at once, the answer comes when it is written down for the next start.
use gudok_store::Store;
use tokio::sync::{mpsc, oneshot};

use crate::control::{WRITTEN_WITHIN, written};
use crate::hotline::Order;
use crate::hotline::shifts::{Accepting, Kept, NotTaken};

/// Takes the shift, or takes that back; in Russian what came of it, with a warning where it is not written down. The outer error: the daemon
/// stops.
pub(crate) async fn accept(
    orders: &mpsc::Sender<Order>,
    store: &Store,
    wish: Accepting,
) -> anyhow::Result<Result<String, NotTaken>> {
    let (answer, told) = oneshot::channel();
    orders.send(Order::Accept(wish, answer)).await?;
    let done = match told.await? {
        Ok(done) => done,
        Err(why) => return Ok(Err(why)),
    };
    let (store, kept) = (store.clone(), done.kept);
    let write = async move {
        match kept {
            Kept::Accepted(row) => store.accept_shift(&row).await,
            Kept::Undone(row) => store.undo_acceptance(&row).await,
        }
    };
    let warning = written(write, WRITTEN_WITHIN).await.unwrap_or_default();
    Ok(Ok(format!("{}{warning}", done.told)))
}
