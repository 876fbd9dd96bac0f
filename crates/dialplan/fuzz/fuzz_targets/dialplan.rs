//! Any text is a plan or a list of mistakes that can be drawn; of a plan, any call comes to an end.
#![no_main]

use std::collections::BTreeMap;

use gudok_calendar::Overrides;
use gudok_dialplan::{Decision, Facts, Memory, Plan, Source, StepEnd, load};
use gudok_model::{Caller, ClientMatch, Dialled, IdentitySource, Kind, Parsed, Wall};
use libfuzzer_sys::fuzz_target;

/// Twice the most decisions a plan may take.
const DECISIONS_MAX: usize = 400;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match load(&[Source {
        name: "fuzz.toml".into(),
        text: text.into(),
    }]) {
        Ok(loaded) => call_every_number(&loaded.plan, data),
        Err(problems) => {
            assert!(!problems.is_empty());
            problems
                .iter()
                .take(3)
                .for_each(|problem| drop(problem.render()));
        }
    }
});

fn call_every_number(plan: &Plan, data: &[u8]) {
    let (caller, trunk) = (Caller::anonymous(), "trunk".into());
    let (queues, memory) = (BTreeMap::new(), Memory::default());
    let seed = data.iter().fold(0i64, |seed, byte| {
        seed.wrapping_mul(31).wrapping_add(i64::from(*byte))
    });
    for did in plan
        .numbers()
        .iter()
        .flat_map(|number| &number.dids)
        .take(4)
    {
        let number = Parsed {
            raw: String::new(),
            e164: Some(did.clone()),
            kind: Kind::TollFree,
        };
        let dialled = Dialled {
            number,
            found_in: IdentitySource::RequestUri,
        };
        let facts = Facts {
            now: Wall(seed),
            caller: &caller,
            dialled: &dialled,
            trunk: &trunk,
            client: &ClientMatch::NoNumber,
            queues: &queues,
            overrides: &Overrides::NONE,
            memory: &memory,
        };
        walk(plan, &dialled, &facts, data);
    }
}

fn walk(plan: &Plan, dialled: &Dialled, facts: &Facts<'_>, data: &[u8]) {
    let Some((number, mut cursor)) = plan.enter(dialled, facts.trunk) else {
        return;
    };
    let ends = [
        StepEnd::Played,
        StepEnd::TimedOut,
        StepEnd::NoOperators,
        StepEnd::Full,
        StepEnd::Failed,
        StepEnd::Removed,
        StepEnd::Closed,
        StepEnd::NotAnswered,
    ];
    let mut end = None;
    for turn in 0..DECISIONS_MAX {
        let step = plan.step(number, &cursor, end, facts);
        if matches!(
            step.decision,
            Decision::Close { .. } | Decision::HangUp { .. }
        ) {
            return;
        }
        let byte = data.get(turn % data.len().max(1)).copied().unwrap_or(0);
        end = Some(ends[usize::from(byte) % ends.len()]);
        cursor = step.cursor;
    }
    panic!("a call that never ends");
}
