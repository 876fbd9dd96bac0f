//! From the texts of the admin's files to a checked plan, or to everything that is wrong with them.
use std::collections::BTreeSet;

use gudok_model::{GroupId, Name, PhoneNumber, QueueId, TrunkId};
use sha2::{Digest, Sha256};

use crate::draft::Draft;
use crate::flow::{What, Whose};
use crate::link::outbound::shut;
use crate::link::{Linked, link};
use crate::plan::{BreakReason, Choice, Plan};
use crate::problem::{Mistakes, Problem};
use crate::prove::prove;
pub use crate::read::SHEET_ENDING;
use crate::read::read;
use crate::text::{Laid, Problems, Spot, Texts, error, warning};

/// One file of the plan, read by somebody else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// As it is named in problems and reasons: `8800.toml`.
    pub name: String,
    /// What is in it. At most [`SOURCE_BYTES_MAX`].
    pub text: String,
}

/// Largest file.
pub const SOURCE_BYTES_MAX: usize = 1024 * 1024;

/// Most files of one plan.
pub const SOURCES_MAX: usize = 200;

/// A plan that may be used.
#[derive(Debug)]
pub struct Loaded {
    /// The plan.
    pub plan: Plan,
    /// What someone should look at; never an error.
    pub warnings: Vec<Problem>,
}

/// Reads, checks and proves. All problems of all files are reported at once, in the order of the text:
/// first of the words, and when these are right, of the ways through the plan.
///
/// # Errors
/// Everything that is wrong, warnings included, when at least one of it is an error.
pub fn load(sources: &[Source]) -> Result<Loaded, Mistakes> {
    let texts = texts_of(sources);
    let mut problems = Problems::new(&texts);
    match proved(sources, &texts, &mut problems) {
        Some(proved) => Ok(Loaded {
            plan: proved.plan,
            warnings: problems.into_list(),
        }),
        None => Err(problems.refused()),
    }
}

/// A plan whose ways are proved, and where its operations stand in the text.
pub(crate) struct Proved {
    pub(crate) plan: Plan,
    /// As the flows of the plan and their operations.
    pub(crate) spots: Vec<Vec<Laid>>,
    /// As the flows of the plan.
    pub(crate) flow_spots: Vec<Spot>,
}

/// Whether a file holds tests of the plan and not a part of it: `8800.test.toml`.
pub fn is_tests(name: &str) -> bool {
    name.ends_with(crate::trial::SUFFIX)
}

/// Whether a file is a table of shifts: `tech.roster.csv`.
pub fn is_roster(name: &str) -> bool {
    name.ends_with(SHEET_ENDING)
}

/// The files with their lines; a plan without a file is complained of at an empty one.
pub(crate) fn texts_of(sources: &[Source]) -> Texts {
    let nothing = [Source {
        name: "dialplan".into(),
        text: String::new(),
    }];
    Texts::new(if sources.is_empty() {
        &nothing
    } else {
        sources
    })
}

/// The plan, unless there is an error.
pub(crate) fn proved(
    sources: &[Source],
    texts: &Texts,
    problems: &mut Problems<'_>,
) -> Option<Proved> {
    if too_much(sources, problems) {
        return None;
    }
    let files = (0..sources.len()).filter(|file| !is_tests(&sources[*file].name));
    let mut draft = read(files, texts, problems);
    if draft.numbers.is_empty() && !problems.has_errors() {
        let said = error(
            "no_numbers",
            "в плане нет ни одного номера",
            "the plan has no number",
        );
        let at = Spot {
            file: 0,
            span: 0..0,
        };
        problems.say(
            &at,
            said.remedy((
                "добавьте [[number]] с did и flow",
                "add [[number]] with `did` and `flow`",
            )),
        );
    }
    let mut linked = link(&mut draft, problems);
    if problems.has_errors() {
        return None;
    }
    unused_groups(&draft, &linked, problems);
    shut(&linked, problems);
    prove(&linked, problems);
    if problems.has_errors() {
        return None;
    }
    Some(Proved {
        spots: std::mem::take(&mut linked.spots),
        flow_spots: std::mem::take(&mut linked.flow_spots),
        plan: plan(generation(sources), draft, linked),
    })
}

fn too_much(sources: &[Source], problems: &mut Problems<'_>) -> bool {
    if sources.len() > SOURCES_MAX {
        let ru = format!("слишком много файлов: больше {SOURCES_MAX}");
        let said = error("too_long", ru, format!("more than {SOURCES_MAX} files"));
        problems.say(
            &Spot {
                file: 0,
                span: 0..0,
            },
            said,
        );
    }
    for (file, _) in sources
        .iter()
        .enumerate()
        .filter(|(_, s)| s.text.len() > SOURCE_BYTES_MAX)
    {
        let ru = format!("файл больше {SOURCE_BYTES_MAX} байт");
        let said = error(
            "too_long",
            ru,
            format!("the file is larger than {SOURCE_BYTES_MAX} bytes"),
        );
        problems.say(&Spot { file, span: 0..0 }, said);
    }
    problems.has_errors()
}

/// Every group that is asked for callers of a queue.
fn groups_of<'a>(linked: &'a Linked, id: &QueueId) -> Vec<&'a GroupId> {
    let known = linked.queues.iter().find(|known| known.id == *id);
    let groups = known.map(|queue| {
        let added = queue.relax.iter().filter_map(|it| it.group.as_ref());
        std::iter::once(&queue.group).chain(added).collect()
    });
    groups.unwrap_or_default()
}

/// The group by whose rules an operator is rung: the first that lists them, or any where a call says who it is.
fn groups_named<'a>(draft: &'a Draft, who: &Whose) -> Vec<&'a GroupId> {
    let groups = draft.groups.values().map(|group| &group.settings);
    match who {
        Whose::Told(_) => groups.map(|group| &group.id).collect(),
        Whose::Fixed(name) => {
            let mut groups = groups;
            let group = groups.find(|it| it.operators.iter().any(|it| it.as_str() == &**name));
            group.map(|group| &group.id).into_iter().collect()
        }
    }
}

fn unused_groups(draft: &Draft, linked: &Linked, problems: &mut Problems<'_>) {
    let whats = linked
        .flows
        .iter()
        .flat_map(|flow| &flow.ops)
        .map(|op| &op.what);
    let used: BTreeSet<&str> = whats
        .flat_map(|what| match what {
            What::Queue(queue) => groups_of(linked, &queue.queue),
            What::Voicemail { owed, .. } => owed.group.iter().collect(),
            What::Promise(promise) => promise.owed.group.iter().collect(),
            What::Operator(call) => groups_named(draft, &call.who),
            _ => Vec::new(),
        })
        .map(GroupId::as_str)
        .collect();
    for (name, group) in draft
        .groups
        .iter()
        .filter(|(name, _)| !used.contains(&***name))
    {
        let ru = format!("в группу «{name}» не ведёт ни одна очередь");
        problems.say(
            &group.at,
            warning("unused", ru, format!("no queue leads to group `{name}`")),
        );
    }
}

fn plan(generation: Name, draft: Draft, linked: Linked) -> Plan {
    let ops = || {
        linked
            .flows
            .iter()
            .flat_map(|flow| &flow.ops)
            .map(|op| &op.what)
    };
    let external = |what: &What| match what {
        What::External { number, trunk, .. } => Some((number.clone(), trunk.clone())),
        _ => None,
    };
    let people = linked.rosters.iter().flat_map(|it| it.roster.people());
    let external_numbers: BTreeSet<PhoneNumber> = ops()
        .filter_map(external)
        .map(|(n, _)| n)
        .chain(people.map(|person| person.number.clone()))
        .collect();
    let of_duty = |what: &What| match what {
        What::Duty(duty) => duty.trunk.clone(),
        _ => None,
    };
    let dialled_through = ops()
        .filter_map(external)
        .filter_map(|(_, trunk)| trunk)
        .chain(ops().filter_map(of_duty));
    let trunks: BTreeSet<TrunkId> = dialled_through
        .chain(
            linked
                .numbers
                .iter()
                .filter_map(|number| number.trunk.clone()),
        )
        .collect();
    let prompts = crate::prompts::all(&linked);
    let mut plan = Plan {
        generation,
        prompts,
        external_numbers,
        trunks,
        skills: draft
            .skills
            .into_values()
            .map(|skill| skill.settings)
            .collect(),
        caps: draft.caps.into_values().map(|cap| cap.settings).collect(),
        groups: draft
            .groups
            .into_values()
            .map(|group| group.settings)
            .collect(),
        not_ready_reasons: or_usual(
            draft.not_ready_reasons,
            &NOT_READY_REASONS,
            BreakReason::free,
        ),
        dispositions: or_usual(draft.dispositions, &DISPOSITIONS, |code, label| Choice {
            code,
            label,
            needs_note: false,
        }),
        supervision_told: draft.supervision.is_none_or(|it| it.told),
        numbers: linked.numbers,
        by_did: linked.by_did,
        queues: linked.queues,
        skill_ends: linked.skill_ends,
        surveys: linked.surveys,
        edges: linked.edges,
        schedules: linked.schedules,
        calendars: linked.calendars,
        without_busy: linked.without_busy,
        rosters: linked.rosters,
        outbound: linked.outbound,
        alarms: linked.alarms,
        schedule_names: draft.schedules.into_keys().collect(),
        flows: linked.flows,
        flow_index: linked.flow_index,
        subflows: linked.subflows,
        env: linked.env,
    };
    plan.expect_by_default();
    plan
}

fn or_usual<T>(list: Vec<T>, usual: &[(&str, &str)], made: impl Fn(Name, String) -> T) -> Vec<T> {
    if list.is_empty() {
        let made = |(code, label): &(&str, &str)| made((*code).into(), (*label).into());
        usual.iter().map(made).collect()
    } else {
        list
    }
}

const NOT_READY_REASONS: [(&str, &str); 5] = [
    ("BREAK", "Перерыв"),
    ("LUNCH", "Обед"),
    ("TRAINING", "Обучение"),
    ("PAPERWORK", "Работа с заявками"),
    ("TECHNICAL", "Техническая проблема"),
];

const DISPOSITIONS: [(&str, &str); 7] = [
    ("CONSULT", "Консультация"),
    ("REQUEST", "Заявка принята"),
    ("TRANSFERRED", "Переведён специалисту"),
    ("COMPLAINT", "Жалоба"),
    ("CALLBACK", "Нужен перезвон"),
    ("WRONG_NUMBER", "Ошиблись номером"),
    ("SPAM", "Спам"),
];

/// Names the sources: the same files with the same texts have the same name, in whatever order they come. Tests decide
/// nothing and are no part of it.
fn generation(sources: &[Source]) -> Name {
    named(sources.iter().filter(|s| !is_tests(&s.name)).collect())
}

/// Names what an author of plans has written: every file but the rosters, which change by the week, and the tests, which
/// decide nothing. Whether what lies in a folder is what lay there before. Of no plan's generation.
pub fn fingerprint(sources: &[Source]) -> Name {
    let written = |it: &&Source| !is_tests(&it.name) && !is_roster(&it.name);
    named(sources.iter().filter(written).collect())
}

fn named(mut sorted: Vec<&Source>) -> Name {
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let mut hash = Sha256::new();
    for source in sorted {
        for part in [&source.name, &source.text] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
    }
    let digest = hash.finalize();
    digest
        .iter()
        .take(GENERATION_BYTES)
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>()
        .into()
}

/// Enough that no two plans of one hotline are ever named alike.
const GENERATION_BYTES: usize = 8;
