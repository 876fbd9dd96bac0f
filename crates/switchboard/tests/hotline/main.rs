//! The hotline on paper: a script of who does what in, a story of what the switchboard asked for out.
//!
//! In the stories `*` is a fact for the record, `[ivan]` what a desk is told, `!` an alarm; `A` is a caller and
//! `A/1` the first leg dialled for them.
mod announcements;
mod answered;
mod aside;
mod beside;
mod callbacks;
mod colleagues;
mod conferences;
mod consultations;
mod courses;
mod crossed;
mod desks;
mod door;
mod ears;
mod edges;
mod endings;
mod hand;
mod handovers;
mod hidden;
mod keys;
mod named;
mod offers;
mod outgoing;
mod owing;
mod parking;
mod people;
mod plans;
mod press;
mod races;
mod random;
mod redirects;
mod reloads;
mod restarts;
mod resumed;
mod schedules;
mod search;
mod skills;
mod sticky;
mod supervision;
mod surveys;
mod talks;
mod transfers;
mod wall;
mod words;
mod world;
