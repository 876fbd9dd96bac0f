//! Spoilt messages in the middle of calls, over real sockets: every field of every message in every way of
//! `crates/sip/tests/anomalies`, of callers and of operators' phones, requests and answers; and whole dialogs whose
//! messages meet accidents by the dice.
//!
//! After each case OPTIONS is answered, the call goes on or is over, a talk beside goes on; in the end nothing is left. A
//! usual run takes a sample; `tests/storm/spoil` takes all.
mod accidents;
mod caller;
mod callers;
mod carriers;
mod cases;
mod health;
mod line;
mod mutation;
mod phone;
mod phones;
mod scene;
mod text;

use std::collections::BTreeSet;

use anyhow::Result;

use crate::marks::Marked;
use crate::spoil::SPOILS;
use accidents::Accidents;
use caller::Dialog;
use phone::Asked;
use phones::Phones;
use scene::scene;

/// Transactions that the registered phones have by themselves: a REGISTER is remembered for 32 s, and each is asked
/// whether it lives.
const LEFT_MAX: u64 = 8;

/// So many spoils of each field of each message; 92 are all.
fn rounds() -> usize {
    number("SPOILT_ROUNDS").map_or(1, |rounds| rounds as usize)
}

/// Which ones come in a sample.
fn seed() -> u64 {
    number("SPOILT_SEED").unwrap_or(1)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn there_are_enough_anomalies_and_fields_within_calls() {
    let dialog = Dialog::sample();
    let asked = Asked::sample();
    let texts = caller::MESSAGES.map(|(.., write)| write(&dialog));
    let answers = phone::MESSAGES.map(|(.., write)| write(&asked));
    let fields = texts
        .iter()
        .chain(&answers)
        .flat_map(|text| Marked::parse(text).fields);
    let names: BTreeSet<String> = fields.map(|field| field.name).collect();
    println!("{} anomalies, {} fields", SPOILS.len(), names.len());
    assert!(SPOILS.len() >= 60 && names.len() >= 80, "{names:?}");
}

#[test]
fn spoilt_words_of_a_caller_end_or_leave_the_call() -> Result<()> {
    let name = "spoilt::spoilt_words_of_a_caller_end_or_leave_the_call";
    scene(name, "", |world| callers::callers(&world))
}

#[test]
fn spoilt_words_of_a_phone_end_or_leave_the_call() -> Result<()> {
    let name = "spoilt::spoilt_words_of_a_phone_end_or_leave_the_call";
    scene(name, "", |world| Phones::open(world)?.all())
}

#[test]
fn dialogs_whose_messages_meet_accidents_end_and_leave_nothing() -> Result<()> {
    let name = "spoilt::dialogs_whose_messages_meet_accidents_end_and_leave_nothing";
    scene(name, "", |world| Accidents::new(world)?.all())
}

#[test]
fn spoilt_answers_of_carriers_are_outlived() -> Result<()> {
    let name = "spoilt::spoilt_answers_of_carriers_are_outlived";
    scene(name, &carriers::trunks(), |world| {
        carriers::carriers(&world)
    })
}
