//! Prompts, encoded once at load into frames of both laws and shared by all who hear them.
use std::sync::Arc;

use crate::control::Codec;
use crate::g711::{self, FRAME};

/// Most prompts in a bank.
pub const MAX_PROMPTS: usize = 10_000;

/// One prompt: whole frames of 20 ms, the last filled up with silence.
#[derive(Clone, Debug)]
struct Prompt {
    name: Box<str>,
    alaw: Arc<[u8]>,
    ulaw: Arc<[u8]>,
}

/// All prompts of a daemon, addressed by number in the order they were added. Costs 16 KB per second of prompt; a prompt that
/// another bank has too costs nothing ([`Bank::from_pcm_like`]).
#[derive(Clone, Default)]
pub struct Bank {
    prompts: Vec<Prompt>,
}

impl std::fmt::Debug for Bank {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bank of {}", self.prompts.len())
    }
}

/// Why a prompt was not added.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BankError {
    /// Too many.
    #[error("the bank is full ({MAX_PROMPTS} prompts): remove prompts from the prompt folder")]
    Full,
}

impl Bank {
    /// An empty bank.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a prompt of 8 kHz mono samples and gives its number. A name that is there already is replaced and keeps
    /// its number.
    pub fn from_pcm(&mut self, name: &str, samples: &[i16]) -> Result<u32, BankError> {
        self.put(Prompt {
            name: name.into(),
            alaw: frames(Codec::Pcma, samples),
            ulaw: frames(Codec::Pcmu, samples),
        })
    }

    /// The same; where another bank has a prompt of this name and sound, its memory is shared.
    pub fn from_pcm_like(
        &mut self,
        other: &Self,
        name: &str,
        samples: &[i16],
    ) -> Result<u32, BankError> {
        let alaw = frames(Codec::Pcma, samples);
        let same = |prompt: &&Prompt| prompt.alaw == alaw;
        let theirs = other.number(name);
        let theirs = theirs.and_then(|number| other.prompts.get(number as usize));
        match theirs.filter(same) {
            Some(prompt) => self.put(prompt.clone()),
            None => self.from_pcm(name, samples),
        }
    }

    /// Whether a prompt sounds as that one of another bank does; false where one is not there.
    pub fn is_alike(&self, number: u32, other: &Self, theirs: u32) -> bool {
        let of = |bank: &Self, number: u32| {
            let prompt = bank.prompts.get(number as usize)?;
            Some(Arc::clone(&prompt.alaw))
        };
        let ours = of(self, number);
        ours.is_some() && ours == of(other, theirs)
    }

    fn put(&mut self, prompt: Prompt) -> Result<u32, BankError> {
        if let Some(number) = self.number(&prompt.name) {
            self.prompts[number as usize] = prompt;
            return Ok(number);
        }
        if self.prompts.len() >= MAX_PROMPTS {
            return Err(BankError::Full);
        }
        self.prompts.push(prompt);
        Ok(self.prompts.len() as u32 - 1)
    }

    /// The number of the prompt of this name.
    pub fn number(&self, name: &str) -> Option<u32> {
        let index = self
            .prompts
            .iter()
            .position(|prompt| &*prompt.name == name)?;
        u32::try_from(index).ok()
    }

    /// Frames of a prompt; 0 for a number that is not there.
    pub fn frames(&self, number: u32) -> usize {
        self.prompts
            .get(number as usize)
            .map_or(0, |prompt| prompt.alaw.len() / FRAME)
    }

    /// One frame of [`FRAME`] bytes.
    pub fn frame(&self, number: u32, index: usize, codec: Codec) -> Option<&[u8]> {
        let prompt = self.prompts.get(number as usize)?;
        let bytes = match codec {
            Codec::Pcma => &prompt.alaw,
            Codec::Pcmu => &prompt.ulaw,
        };
        bytes.get(index * FRAME..(index + 1) * FRAME)
    }
}

fn frames(codec: Codec, samples: &[i16]) -> Arc<[u8]> {
    let whole = samples.len().div_ceil(FRAME) * FRAME;
    let mut bytes: Vec<u8> = samples
        .iter()
        .map(|&sample| g711::encode(codec, sample))
        .collect();
    bytes.resize(whole, g711::silence(codec));
    bytes.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sounds_alike_is_kept_once() {
        let (mut first, mut second) = (Bank::new(), Bank::new());
        let one = first.from_pcm("one", &[7; 320]).expect("room");
        let other = second.from_pcm("other", &[9_000; 320]).expect("room");
        let same = second
            .from_pcm_like(&first, "one", &[7; 320])
            .expect("room");
        assert!(second.is_alike(same, &first, one) && !second.is_alike(other, &first, one));
        assert!(
            !second.is_alike(7, &first, 7),
            "what is not there is like nothing"
        );
        let memory = |bank: &Bank, number: u32| Arc::as_ptr(&bank.prompts[number as usize].alaw);
        assert_eq!(memory(&second, same), memory(&first, one));
        let anew = second
            .from_pcm_like(&first, "one", &[8_000; 320])
            .expect("room");
        assert!(!second.is_alike(anew, &first, one));
    }

    #[test]
    fn a_prompt_is_whole_frames_of_both_laws() {
        let mut bank = Bank::new();
        assert_eq!(bank.from_pcm("beep", &[8_000; 161]), Ok(0));
        assert_eq!(bank.from_pcm("music", &[]), Ok(1));
        assert_eq!((bank.frames(0), bank.frames(1), bank.frames(2)), (2, 0, 0));
        let last = bank.frame(0, 1, Codec::Pcma).expect("two frames");
        assert_eq!((last[0], last[1]), (g711::encode(Codec::Pcma, 8_000), 0xd5));
        assert_eq!(bank.frame(0, 1, Codec::Pcmu).expect("two frames")[1], 0xff);
        assert_eq!(bank.frame(0, 2, Codec::Pcma), None);
        assert_eq!((bank.number("music"), bank.number("none")), (Some(1), None));
    }
}
