//! What `[queue.NAME]` says of its edges.
use crate::draft::DraftEdges;
use crate::edges::Edges;
use crate::reader::Table;
use crate::shape::plan as shape;
use crate::text::Problems;

/// Of the table of a queue; what is not said is as usual.
pub(super) fn read(table: &Table<'_>, problems: &mut Problems<'_>) -> DraftEdges {
    let resume_window = table
        .get("resume_window")
        .and_then(|item| item.duration(problems, shape::RESUME_WINDOW));
    DraftEdges {
        resume_window: resume_window.unwrap_or(Edges::default().resume_window),
    }
}
