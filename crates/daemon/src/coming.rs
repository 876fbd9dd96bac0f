//! What becomes of a plan that is read anew, worked out on a thread that may take its time: the plan, what it does otherwise,
//! the words of the answer and the records of it. The thread that carries calls is handed finished values.
use std::path::Path;
use std::sync::Arc;

use gudok_calendar::Overrides;
use gudok_dialplan::coverage::Horizon;
use gudok_dialplan::load::{Source, fingerprint, is_roster, is_tests};
use gudok_dialplan::plan::Plan;
use gudok_store::VersionRow;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::beginning::OnDisk;
use crate::changes::Told;
use crate::clock;
use crate::config::Config;
use crate::hotline::schedules;
use crate::metrics::Metrics;
use crate::plans::{self, Fitting, PlanError};
use crate::records::{PlanRecord, PlanText};
use crate::reload::{InForce, tell_gaps};
use crate::retired::VOICES_MAX;
use crate::standing::{Standing, Stands};
use crate::versions::{Edition, Origin, Version, Why};
use crate::voice::{Changes, Voice};

/// Under this name the log speaks of it, on whichever thread it is.
const LOG: &str = "gudok::reload";

/// What a plan is read with. Blocks, all of it.
pub(crate) struct Reading {
    pub config: Arc<Config>,
    /// The prompts in force; those on disk, once they are read.
    pub voice: Arc<Voice>,
    /// The prompts in force.
    pub before: Arc<Voice>,
    /// Whether other prompts may follow them: [`VOICES_MAX`].
    pub has_room: bool,
    pub metrics: Metrics,
    pub stands: Stands,
    /// What is in force meanwhile.
    pub old: InForce,
    /// What is set by hand; None: the database does not say.
    pub by_hand: JoinHandle<Option<Overrides>>,
    /// Where that is asked.
    pub office: Handle,
}

/// What came of it; with other prompts than those in force, where there are such.
pub(crate) enum Read {
    /// It may not be, or cannot be.
    Refused(Box<Told>),
    /// The plan stays.
    Stays(Box<Told>, Option<Arc<Voice>>),
    /// Something comes into force.
    Comes(Box<Coming>, Option<Arc<Voice>>),
}

impl Read {
    pub(crate) fn refused(told: Told) -> Self {
        Self::Refused(Box::new(told))
    }

    fn stays(told: Told) -> Self {
        Self::Stays(Box::new(told), None)
    }

    /// The same, with other prompts: what is said of them, and they themselves.
    fn speaking(mut self, changes: Changes, other: &Arc<Voice>) -> Self {
        if changes == Changes::default() {
            return self;
        }
        match &mut self {
            Self::Refused(_) => {}
            Self::Stays(told, voice) => {
                told.speak(changes);
                *voice = Some(Arc::clone(other));
            }
            Self::Comes(coming, voice) => {
                coming.told.speak(changes);
                *voice = Some(Arc::clone(other));
            }
        }
        self
    }
}

/// A plan on its way into force, with everything that is said and written of it.
pub(crate) struct Coming {
    pub edition: Arc<Edition>,
    pub plan: Arc<Plan>,
    /// For the history.
    pub row: VersionRow,
    /// For the journal.
    pub record: PlanRecord,
    pub standing: Standing,
    pub told: Told,
    /// Whether calls go by another plan than before; else only what is kept of it is newer.
    pub is_other: bool,
}

/// An earlier version under some tables of shifts.
struct Under {
    files: Vec<Source>,
    it: Fitting,
    /// Hours without an answer that keep it not out.
    gaps: Option<PlanError>,
    /// Why the tables of today were not taken, where they were not.
    kept_out: Option<PlanError>,
}

impl Reading {
    /// What lies on disk, if it may come into force: the prompts first, which the plan may name.
    pub(crate) fn renew(mut self, why: Why) -> Read {
        let before = Arc::clone(&self.before);
        let voice = match Voice::reread(&self.config, &before) {
            Ok(voice) => Arc::new(voice),
            Err(error) => return self.refuse(&PlanError::Voice(error), "reload"),
        };
        self.voice = Arc::clone(&voice);
        let changes = voice.changes_since(&before);
        if changes != Changes::default() && !self.has_room {
            let why = format!(
                "записи меняются чаще, чем кончаются звонки: прежних, которые ещё звучат, уже {VOICES_MAX}; ничего не сделано, повторите позже"
            );
            return Read::refused(Told::impossible(self.old.version(), why));
        }
        self.renew_plan(why).speaking(changes, &voice)
    }

    fn renew_plan(self, why: Why) -> Read {
        // A signal is sent for a certificate too, or for a roster: it brings nothing back that somebody went back from.
        let holds = why.origin == Origin::Signal;
        let held = holds.then_some(&*self.old.edition);
        let OnDisk {
            disk,
            sources,
            plan,
            held,
            gaps,
        } = OnDisk::read(&self.config, &self.voice, held);
        let it = match plan {
            Ok(it) => it,
            Err(error) => return self.refuse(&error, "reload"),
        };
        let last = self.old.version();
        if **it.plan.generation() == last.generation {
            return self.stays(&sources, disk, held, &it);
        }
        let mut version = Version::after(last.number, clock::wall(), why, &it.plan, &disk);
        if held {
            version = version.holding(last);
        }
        self.comes(version, &sources, it, gaps, held, Vec::new())
    }

    /// What would come into force is in force already. The tests beside it may be others, and what was gone back from may
    /// be gone from the disk: the history has the newer state of both.
    fn stays(mut self, sources: &[Source], disk: String, held: bool, it: &Fitting) -> Read {
        let by_hand = self.set_by_hand();
        if let Some(error) = self.silenced(&self.old.plan, by_hand.as_ref()) {
            return self.refuse(&error, "reload");
        }
        let unheard = self.unheard(&self.old.plan, by_hand.as_ref());
        let old = &self.old;
        let number = old.version().number;
        let standing = Standing::of(old.version(), held);
        standing.clone().tell(&self.stands, &self.metrics);
        if held {
            tracing::warn!(
                target: LOG,
                version = number,
                "reload: the plan that was gone back to stays in force: the files are the same; `gudok reload` takes them"
            );
            let mut told = Told::held(old.version());
            told.warn_of(&unheard);
            return Read::stays(told);
        }
        tracing::info!(target: LOG, version = number, "reload: the plan is in force already");
        let mut told = Told::same(old.version());
        told.warn_of(&unheard);
        told.warn_of(&warnings_of(it));
        let mut version = old.version().clone();
        version.disk = disk;
        let sources = texts(sources);
        if sources == old.edition.sources && version == *old.version() {
            return Read::stays(told);
        }
        let coming = Coming {
            is_other: false,
            ..coming(Edition { version, sources }, &old.plan, standing, told)
        };
        Read::Comes(Box::new(coming), None)
    }

    /// An earlier version, if it still may come into force: what an author of plans has written of it, under the tables of
    /// shifts of today. Who is on duty changes by the week, and has nothing to do with it.
    pub(crate) fn back(self, target: &Edition, why: Why) -> Read {
        let number = target.version.number;
        let was = self.old.edition.files();
        if fingerprint(&target.files()) == fingerprint(&was) {
            let why = format!(
                "версия {number} — то же, что действует: таблиц смен и тестов откат не возвращает; её файлы запишет gudok plans show {number} --out ПАПКА"
            );
            return Read::refused(Told::impossible(self.old.version(), why));
        }
        let disk = plans::sources(&self.config.paths.dialplans).ok();
        let lies = disk.as_deref().unwrap_or_default();
        // What lies there, and what is in force of that which does not.
        let today: Vec<Source> = lies.iter().chain(&was).cloned().collect();
        let Under {
            files,
            it,
            gaps,
            kept_out,
        } = match self.with_rosters(target, [&today[..], &was[..], &[]]) {
            Ok(found) => found,
            Err(error) => return self.refuse(&error, "rollback"),
        };
        let last = self.old.version().number;
        let lies_as = disk.as_deref().map(|disk| fingerprint(disk).to_string());
        let lies_as = lies_as.unwrap_or_default();
        let mut version = Version::after(last, clock::wall(), why, &it.plan, &lies_as);
        version.origin = Origin::Rollback;
        version.back_to = Some(number);
        let mut rosters = of_rosters(&files, lies, &was, number);
        rosters.extend(kept_out.map(|error| {
            tracing::warn!(
                "rollback: the rosters on disk do not fit\n{}",
                error.render()
            );
            format!("ВНИМАНИЕ: таблицы смен на диске к этой версии не подходят: {error}")
        }));
        let differs = !is_same(&files, lies);
        self.comes(version, &files, it, gaps, differs, rosters)
    }

    /// The first of these tables of shifts under which the version is accepted, and why the first of all was not, where it
    /// was not.
    fn with_rosters(&self, target: &Edition, rosters: [&[Source]; 3]) -> Result<Under, PlanError> {
        let horizon = Horizon::from_now(clock::wall());
        let mut tried: Vec<Vec<Source>> = Vec::new();
        let (mut first, mut last) = (None, None);
        for rosters in rosters {
            let files = target.with_rosters_of(rosters);
            if tried.contains(&files) {
                continue;
            }
            let (it, gaps) = match self.fits(&files) {
                Ok(()) => Fitting::once_accepted(&self.config, &self.voice, &files, horizon),
                Err(error) => (Err(error), None),
            };
            match it {
                Ok(it) => {
                    return Ok(Under {
                        files,
                        it,
                        gaps,
                        kept_out: first.or(last),
                    });
                }
                Err(error) => {
                    first = first.or(last);
                    last = Some(error);
                }
            }
            tried.push(files);
        }
        // What is wrong with the version as it was, which is tried last.
        Err(last.unwrap_or(PlanError::NoWayOut))
    }

    fn fits(&self, files: &[Source]) -> Result<(), PlanError> {
        crate::folder::fits(&self.config.paths.dialplans, files)
    }

    /// Compared, told and written down.
    fn comes(
        mut self,
        version: Version,
        files: &[Source],
        it: Fitting,
        gaps: Option<PlanError>,
        differs_from_disk: bool,
        further: Vec<String>,
    ) -> Read {
        let by_hand = self.set_by_hand();
        if let Some(error) = self.silenced(&it.plan, by_hand.as_ref()) {
            return self.refuse(&error, "reload");
        }
        let warnings = warnings_of(&it);
        let nothing = Overrides::NONE;
        let set = by_hand.as_ref().unwrap_or(&nothing);
        let lines = it
            .plan
            .differs_from(&self.old.plan, Horizon::from_now(clock::wall()), set);
        let version = version.otherwise(lines.lines());
        let standing = Standing::of(&version, differs_from_disk);
        let mut told = Told::in_force(&version, differs_from_disk);
        told.add(&further);
        if let Some(gaps) = gaps {
            self.metrics.alarm("plan_gaps");
            tracing::error!(target: LOG, "план: {}", gaps.render());
            told.warn(format!("есть часы без ответа:\n{}", gaps.shown()));
        }
        if let Some(by_hand) = &by_hand {
            told.warn_of(&tell_gaps(&it.plan, by_hand, &self.metrics));
        }
        told.warn_of(&self.unheard(&it.plan, by_hand.as_ref()));
        told.warn_of(&warnings);
        let edition = Edition {
            version,
            sources: texts(files),
        };
        let coming = coming(edition, &Arc::new(it.plan), standing, told);
        Read::Comes(Box::new(coming), None)
    }

    /// Waits for it, once. A bug there is no reason to keep a plan out.
    fn set_by_hand(&mut self) -> Option<Overrides> {
        self.office.block_on(&mut self.by_hand).unwrap_or_default()
    }

    /// Announcements set by hand whose recordings are there no more: nobody takes the words from callers who are told them now.
    fn silenced(&self, plan: &Plan, by_hand: Option<&Overrides>) -> Option<PlanError> {
        if Arc::ptr_eq(&self.before, &self.voice) {
            return None;
        }
        let voices = (&*self.before, &*self.voice);
        let silenced = schedules::silenced(plan, voices, by_hand?, clock::wall());
        (!silenced.is_empty()).then_some(PlanError::Silenced { silenced })
    }

    /// What is set by hand and nobody will hear all the same.
    fn unheard(&self, plan: &Plan, by_hand: Option<&Overrides>) -> Vec<String> {
        match by_hand {
            None => vec!["не видно, что задано вручную: база не отвечает".to_owned()],
            Some(by_hand) => schedules::unheard(plan, &self.voice, by_hand, clock::wall()),
        }
    }

    fn refuse(&self, error: &PlanError, what: &str) -> Read {
        self.metrics.alarm("plan_refused");
        let old = self.old.version();
        // What was refused is what lies on disk, but for an earlier version.
        if what == "reload" {
            let standing = Standing::of(old, true).refusing(clock::wall(), error);
            standing.tell(&self.stands, &self.metrics);
        }
        let rendered = error.render();
        tracing::error!(target: LOG, "{what}: refused, the old plan stays in force\n{rendered}");
        Read::refused(Told::refused(old, error))
    }
}

fn coming(edition: Edition, plan: &Arc<Plan>, standing: Standing, told: Told) -> Coming {
    Coming {
        row: edition.row(),
        record: PlanRecord::of(&edition),
        edition: Arc::new(edition),
        plan: Arc::clone(plan),
        standing,
        told,
        is_other: true,
    }
}

fn texts(sources: &[Source]) -> Vec<PlanText> {
    sources.iter().map(Into::into).collect()
}

/// Whether two folders are the same plan: tests decide nothing.
fn is_same(files: &[Source], others: &[Source]) -> bool {
    let decides = |it: &&Source| !is_tests(&it.name);
    let mut pair = [files, others].map(|it| it.iter().filter(decides).collect::<Vec<_>>());
    pair.iter_mut()
        .for_each(|it| it.sort_by_key(|file| &file.name));
    pair[0] == pair[1]
}

/// From where each table of shifts is, in Russian.
fn of_rosters(files: &[Source], disk: &[Source], was: &[Source], number: u64) -> Vec<String> {
    let rosters = files.iter().filter(|it| is_roster(&it.name));
    let told = rosters.map(|it| {
        let from = if disk.contains(it) {
            "с диска, сегодняшняя".to_owned()
        } else if was.contains(it) {
            "та, что действовала".to_owned()
        } else {
            format!("какой была в версии {number}")
        };
        format!("таблица смен {}: {from}", Path::new(&it.name).display())
    });
    told.collect()
}

/// What someone should look at: in the log whole, given as a line each.
fn warnings_of(it: &Fitting) -> Vec<String> {
    let bare = it.plan.bare_rosters(clock::wall());
    let ends = it.plan.skills_that_end(clock::wall());
    let all = it.warnings.iter().chain(&bare).chain(&ends);
    let all = all.chain(it.plan.numbers_without_busy());
    all.map(|warning| {
        tracing::warn!(target: LOG, "план: {}", warning.render());
        format!("{}: {}", warning.place(), warning.message)
    })
    .collect()
}
