//! What supervisors have set on the floor, and which alarms are on or quiet, as of one moment: it outlives a run.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Actor, GroupId, Name, ProjectId, Wall};

/// Most alarms of one project that are quiet at one time, and as many that are said of all; beyond it the one of them that ends first
/// is loud again.
pub const QUIET_MAX: usize = 256;

/// Most that are quiet at one time, whosever they are.
pub const QUIET_ALL_MAX: usize = 64 * QUIET_MAX;

/// Which alarm: what it is about, of whom, and of whose callers or people.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Which {
    /// `service_level`, `trunk_down` …
    pub what: Name,
    /// The queue, the trunk, the operator or the group; empty: of all there is.
    pub subject: Name,
    /// The one project it is of. None: of what all share; of an earlier version, of all projects together; of a quiet one, of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
}

impl Which {
    /// The same of all projects.
    #[must_use]
    pub fn of_all(&self) -> Self {
        Self {
            project: None,
            ..self.clone()
        }
    }

    fn is_same_of_another_project(&self, other: &Self) -> bool {
        self.what == other.what && self.subject == other.subject
    }
}

/// Groups that a supervisor gave somebody in the place of the plan's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Given {
    /// All of them.
    pub groups: Vec<GroupId>,
    /// The plan of then, by its generation: under another one they are the plan's again.
    pub plan: Name,
    /// When.
    pub at: Wall,
    /// Whose word it is.
    pub actor: Actor,
}

/// How an alarm stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Stands {
    /// On, and since when. None: it is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Wall>,
    /// What it came on by.
    #[serde(default)]
    pub level: u64,
    /// Nobody wants to hear of it until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_until: Option<Wall>,
}

/// An alarm with how it stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AlarmStands {
    /// Which.
    #[serde(flatten)]
    pub which: Which,
    /// How it stands.
    #[serde(flatten)]
    pub stands: Stands,
}

/// The alarms that are on or quiet; of all others there is nothing to say.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Alarmed(BTreeMap<Which, Stands>);

impl Alarmed {
    /// It came on; false: it was on.
    pub fn comes(&mut self, at: Wall, which: Which, level: u64) -> bool {
        let stands = self.0.entry(which).or_default();
        let is_news = stands.since.is_none();
        if is_news {
            (stands.since, stands.level) = (Some(at), level);
        }
        is_news
    }

    /// It went off; false: it was off.
    pub fn goes(&mut self, which: &Which) -> bool {
        let stands = self.0.get_mut(which);
        let was = stands.is_some_and(|stands| stands.since.take().is_some());
        self.forget_the_rest();
        was
    }

    /// Nobody wants to hear of it until then; None: they do again. Said of all projects, the latter goes for each.
    pub fn hush(&mut self, at: Wall, which: Which, until: Option<Wall>) {
        let loud = until.is_none() && which.project.is_none();
        for (it, stands) in &mut self.0 {
            let own = loud && it.is_same_of_another_project(&which);
            stands.quiet_until.take_if(|until| own || *until <= at);
        }
        let project = which.project.clone();
        self.0.entry(which).or_default().quiet_until = until;
        self.are_quiet_at_most(QUIET_MAX, |it| it.project == project);
        self.are_quiet_at_most(QUIET_ALL_MAX, |_| true);
        self.forget_the_rest();
    }

    /// Of these, so many; of one more, the one that ends first is loud.
    fn are_quiet_at_most(&mut self, max: usize, are_these: impl Fn(&Which) -> bool) {
        let quiet = || {
            let these = self.0.iter().filter(|(which, _)| are_these(which));
            these.filter_map(|(which, stands)| Some((stands.quiet_until?, which)))
        };
        let surplus = (quiet().count() > max).then(|| quiet().min());
        if let Some((_, which)) = surplus.flatten() {
            let which = which.clone();
            self.0.entry(which).or_default().quiet_until = None;
        }
    }

    /// Whether it is on.
    pub fn is_on(&self, which: &Which) -> bool {
        self.0.get(which).is_some_and(|it| it.since.is_some())
    }

    /// Until when it is quiet after this moment: by what was said of it, or of the same of all projects.
    pub fn quiet_until(&self, at: Wall, which: &Which) -> Option<Wall> {
        let said = |which: &Which| self.0.get(which).and_then(|stands| stands.quiet_until);
        let until = said(which).max(said(&which.of_all()));
        until.filter(|until| *until > at)
    }

    fn forget_the_rest(&mut self) {
        self.0
            .retain(|_, stands| stands.since.is_some() || stands.quiet_until.is_some());
    }

    /// Takes one as it stood.
    pub fn put(&mut self, alarm: AlarmStands) {
        self.0.insert(alarm.which, alarm.stands);
        self.forget_the_rest();
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Which, &Stands)> {
        self.0.iter()
    }

    /// All, each with its name.
    pub fn told(&self) -> Vec<AlarmStands> {
        let all = self.0.iter();
        let told = all.map(|(which, stands)| AlarmStands {
            which: which.clone(),
            stands: *stands,
        });
        told.collect()
    }

    /// Whether none is on or quiet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn which(n: usize) -> Which {
        Which {
            what: "oldest_waiting".into(),
            subject: format!("queue{n}").into(),
            project: None,
        }
    }

    #[test]
    fn what_is_said_of_all_projects_goes_for_each_and_of_one_for_this_one() {
        let of = |project: &str| Which {
            project: Some(project.into()),
            ..which(1)
        };
        let mut alarmed = Alarmed::default();
        alarmed.hush(Wall(0), of("isp"), Some(Wall(20)));
        let quiet = |alarmed: &Alarmed| {
            let until = |which| alarmed.quiet_until(Wall(1), &which).map(|it| it.0);
            (until(of("isp")), until(of("gas")), until(which(1)))
        };
        assert_eq!(quiet(&alarmed), (Some(20), None, None));
        alarmed.hush(Wall(0), which(1), Some(Wall(10)));
        assert_eq!(quiet(&alarmed), (Some(20), Some(10), Some(10)));
        // Whoever speaks for one project takes nothing back from the others.
        alarmed.hush(Wall(0), of("isp"), None);
        assert_eq!(quiet(&alarmed), (Some(10), Some(10), Some(10)));
        alarmed.hush(Wall(0), of("gas"), Some(Wall(30)));
        alarmed.hush(Wall(0), which(1), None);
        assert_eq!(quiet(&alarmed), (None, None, None));
        assert!(alarmed.is_empty());
    }

    #[test]
    fn what_is_neither_on_nor_quiet_is_forgotten() {
        let mut alarmed = Alarmed::default();
        assert!(alarmed.comes(Wall(1), which(1), 300));
        assert!(!alarmed.comes(Wall(2), which(1), 400), "on already");
        alarmed.hush(Wall(3), which(1), Some(Wall(9)));
        assert!(alarmed.goes(&which(1)));
        assert!(!alarmed.goes(&which(1)));
        let quiet = Stands {
            level: 300,
            quiet_until: Some(Wall(9)),
            ..Stands::default()
        };
        assert_eq!(alarmed.iter().next(), Some((&which(1), &quiet)));
        let mut again = Alarmed::default();
        alarmed.told().into_iter().for_each(|it| again.put(it));
        assert_eq!(again, alarmed);
        alarmed.hush(Wall(4), which(1), None);
        assert!(alarmed.is_empty());
    }

    #[test]
    fn of_too_many_that_are_quiet_the_one_that_ends_first_is_loud_again() {
        let mut alarmed = Alarmed::default();
        alarmed.comes(Wall(0), which(1), 300);
        for n in 0..QUIET_MAX {
            let until = i64::try_from(n).expect("a few");
            alarmed.hush(Wall(0), which(n), Some(Wall(1_000 - until)));
        }
        alarmed.hush(Wall(0), which(QUIET_MAX), Some(Wall(2_000)));
        let quiet = |alarmed: &Alarmed| {
            let quiet = alarmed.iter().filter(|(_, it)| it.quiet_until.is_some());
            quiet.count()
        };
        assert_eq!(quiet(&alarmed), QUIET_MAX);
        assert!(alarmed.iter().all(|(it, _)| *it != which(QUIET_MAX - 1)));
        // Whose time is over, is over with the next word.
        alarmed.hush(Wall(1_500), which(3), None);
        assert_eq!(quiet(&alarmed), 1);
        assert!(alarmed.iter().any(|(it, _)| *it == which(1)), "it is on");
    }

    #[test]
    fn one_project_that_keeps_much_quiet_makes_nothing_of_another_loud() {
        let of = |project: &str, n| Which {
            project: Some(project.into()),
            ..which(n)
        };
        let quiet = |alarmed: &Alarmed, which| alarmed.quiet_until(Wall(1), &which).is_some();
        let mut alarmed = Alarmed::default();
        alarmed.hush(Wall(0), of("gas", 1), Some(Wall(10)));
        alarmed.hush(Wall(0), which(0), Some(Wall(10)));
        for n in 0..=QUIET_MAX {
            alarmed.hush(Wall(0), of("isp", n + 1), Some(Wall(1_000)));
        }
        assert!(quiet(&alarmed, of("gas", 1)) && quiet(&alarmed, which(0)));
        assert_eq!(alarmed.iter().count(), QUIET_MAX + 2);
        // However many projects somebody names, there is an end.
        let stands = Stands {
            quiet_until: Some(Wall(1_000)),
            ..Stands::default()
        };
        let many = (0..QUIET_ALL_MAX).map(|n| (of(&format!("p{}", n % 99), n), stands));
        let mut alarmed = Alarmed(many.collect());
        alarmed.hush(Wall(0), of("gas", 1), Some(Wall(2_000)));
        assert_eq!(alarmed.iter().count(), QUIET_ALL_MAX);
        assert!(quiet(&alarmed, of("gas", 1)));
    }
}
