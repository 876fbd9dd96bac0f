//! What binds how much somebody may be asked to do: limits of people by name (behaviour 5.1).
use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Name, OperatorId, Wall};

/// Most calls an hour that a limit may be set to, and so the most that are remembered of a person.
pub const CALLS_PER_HOUR_MAX: u32 = 200;

/// A limit of some people: who has reached any part of it is offered no call, ready or not.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CapSettings {
    /// The name in the dialplan.
    pub id: Name,
    /// Whom it binds.
    pub operators: BTreeSet<OperatorId>,
    /// Callers they talk with within any hour. 1–[`CALLS_PER_HOUR_MAX`]. None: any number.
    pub calls_per_hour: Option<u32>,
    /// Time in talks of one session within 24 hours, to the hour, by the talks that are over. None: any.
    pub talk_max: Option<Duration>,
    /// From this moment on they may take no calls: their admission has ended. None: never.
    pub until: Option<Wall>,
}
