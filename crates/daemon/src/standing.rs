//! How the plan stands, for health and metrics: which version is in force, and whether what lies on disk is it.
use std::sync::Arc;

use arc_swap::ArcSwap;
use gudok_model::Wall;
use serde::Serialize;

use crate::metrics::Metrics;
use crate::plans::PlanError;
use crate::versions::Version;

/// What was last known; read by the health page.
pub(crate) type Stands = Arc<ArcSwap<Standing>>;

/// How the plan stands.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub(crate) struct Standing {
    /// The version in force; 0 before the first.
    pub version: u64,
    /// The files on disk were others when they were last read: refused, or gone back from.
    pub differs_from_disk: bool,
    /// Why the files on disk were refused, where they were.
    pub refused: Option<Refusal>,
}

/// A refused plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Refusal {
    /// When. Microseconds since 1970.
    pub at: Wall,
    /// The first complaint's place, `8800.toml:3:1`, where it has one.
    pub place: Option<String>,
    /// What is wrong there. English: the page is for machines.
    pub what: String,
    /// How many complaints there are.
    pub complaints: usize,
}

impl Standing {
    /// This version is in force.
    pub(crate) fn of(version: &Version, differs_from_disk: bool) -> Self {
        Self {
            version: version.number,
            differs_from_disk,
            refused: None,
        }
    }

    /// The files on disk are refused.
    pub(crate) fn refusing(mut self, at: Wall, error: &PlanError) -> Self {
        let (complaints, count) = error.complaints();
        let first = complaints.first();
        self.differs_from_disk = true;
        self.refused = Some(Refusal {
            at,
            place: first.and_then(crate::complaints::Complaint::place),
            what: first.map_or_else(String::new, |it| it.message_en.clone()),
            complaints: count,
        });
        self
    }

    /// From now on, everywhere.
    pub(crate) fn tell(self, stands: &Stands, metrics: &Metrics) {
        metrics.plan_stands(self.version, self.refused.is_some(), self.differs_from_disk);
        stands.store(Arc::new(self));
    }
}
