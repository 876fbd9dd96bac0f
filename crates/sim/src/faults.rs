//! Alarms by which the switchboard says that it caught itself in a fault.
use std::collections::BTreeMap;

use gudok_model::Name;

/// Each must have been provoked.
const FAULTS: [&str; 5] = [
    "stuck_call",
    "call_limit",
    "queue_refused",
    "legs_max",
    "offers_exhausted",
];

/// These nothing provokes.
const NEVER: [&str; 3] = ["callback_dialled_twice", "callback_lost", "callbacks_full"];

/// Counts an alarm. So many events were lost on purpose.
///
/// # Errors
/// One that nothing has provoked.
pub(crate) fn judge(
    alarms: &mut BTreeMap<Name, u64>,
    lost: u64,
    (what, detail): (&Name, &str),
) -> Result<(), String> {
    *alarms.entry(what.clone()).or_default() += 1;
    let faults = FAULTS.iter().filter_map(|it| alarms.get(*it));
    let unprovoked = FAULTS.contains(&&**what) && faults.sum::<u64>() > lost;
    match unprovoked || NEVER.contains(&&**what) {
        true => Err(format!("alarm {what}: {detail}")),
        false => Ok(()),
    }
}
