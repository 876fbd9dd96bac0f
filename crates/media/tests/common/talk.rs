//! Parties of a room that speak at all times, and what each of them hears.
use gudok_media::control::{Codec, Command, Hears};
use gudok_media::g711::{self, FRAME};
use gudok_media::{Bank, goertzel};

use super::{Heard, Party, Stage};

/// The voices of the parties, in order: none is a multiple of another, nor of what saturation makes of it.
pub const VOICES: [f64; 4] = [697.0, 1209.0, 1000.0, 1477.0];
pub const CALLER: usize = 0;
pub const OPERATOR: usize = 1;
pub const CHIEF: usize = 2;

/// Who (first) hears whom.
pub type Matrix<'a> = &'a [(usize, &'a [usize])];

pub const BOTH: [Codec; 4] = [Codec::Pcma, Codec::Pcmu, Codec::Pcma, Codec::Pcmu];

/// Parties that speak at all times, each in its own millisecond of twenty.
pub struct Talk {
    pub stage: Stage,
    pub parties: Vec<Party>,
    pub frame: usize,
}

impl Talk {
    pub fn new(codecs: &[Codec]) -> Self {
        Self::on(Stage::new(Bank::new()), codecs)
    }

    pub fn on(mut stage: Stage, codecs: &[Codec]) -> Self {
        let parties = codecs.iter().map(|&it| stage.party_speaking(it)).collect();
        Self {
            stage,
            parties,
            frame: 0,
        }
    }

    pub fn mix(&mut self, matrix: Matrix<'_>) {
        let leg = |n: &usize| self.parties[*n].leg;
        let hears = |(who, from): &(usize, &[usize])| Hears {
            leg: leg(who),
            from: from.iter().map(leg).collect(),
        };
        let parties = matrix.iter().map(hears).collect();
        self.stage.tell(Command::Mix {
            room: self.parties[CALLER].leg,
            parties,
        });
    }

    pub fn frames(&mut self, count: usize) {
        for _ in 0..count {
            for ms in 0..20 {
                for (n, party) in self.parties.iter_mut().enumerate() {
                    if ms == n * 6 {
                        let said = voice(party.peer.codec, VOICES[n], self.frame);
                        self.stage.speak(party, &said);
                    }
                }
                self.stage.wait(1);
            }
            self.frame += 1;
        }
    }

    /// What a party hears in the next second.
    pub fn second(&mut self, party: usize) -> Vec<i16> {
        let before = self.heard(party).len();
        self.frames(50);
        pcm(self.parties[party].peer.codec, &self.heard(party)[before..])
    }

    /// What everybody hears in the next second, told after half of one: who, in decibels against the loudest.
    pub fn matrix(&mut self) -> Vec<Vec<usize>> {
        self.frames(25);
        let before: Vec<usize> = (0..self.parties.len())
            .map(|n| self.heard(n).len())
            .collect();
        self.frames(50);
        let ear = |n: usize| {
            let codec = self.parties[n].peer.codec;
            voices_in(&pcm(codec, &self.heard(n)[before[n]..]))
        };
        (0..self.parties.len()).map(ear).collect()
    }

    pub fn heard(&self, party: usize) -> Vec<Heard> {
        self.stage.heard(&self.parties[party])
    }
}

/// Frame `n` of a tone that goes on.
pub fn voice(codec: Codec, hertz: f64, n: usize) -> Vec<u8> {
    let turn = |at: usize| (at as f64 * std::f64::consts::TAU * hertz / 8e3).sin();
    let samples = n * FRAME..(n + 1) * FRAME;
    samples
        .map(|at| g711::encode(codec, (turn(at) * 8e3) as i16))
        .collect()
}

pub fn pcm(codec: Codec, heard: &[Heard]) -> Vec<i16> {
    let bytes = heard.iter().flat_map(|heard| &heard.payload);
    bytes.map(|&byte| g711::decode(codec, byte)).collect()
}

/// Whose voices are in it. What is not there must be 40 dB below one that is, and what is silent below any of them.
pub fn voices_in(samples: &[i16]) -> Vec<usize> {
    let energy: f64 = samples.iter().map(|&it| f64::from(it).powi(2)).sum();
    if energy.sqrt() <= 56.0 * (samples.len() as f64).sqrt() {
        return Vec::new();
    }
    let share = |n: usize| goertzel::share(samples, VOICES[n], 8_000);
    let loudest = (0..VOICES.len()).map(share).fold(0.0, f64::max);
    let (heard, silent): (Vec<_>, Vec<_>) =
        (0..VOICES.len()).partition(|&n| share(n) > loudest / 4.0);
    for n in silent {
        let decibels = 10.0 * (share(n) / loudest).log10();
        assert!(decibels <= -40.0, "{n} at {decibels} dB");
    }
    heard
}
