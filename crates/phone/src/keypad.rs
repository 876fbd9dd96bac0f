//! The keys of a telephone as tones in the voice (ITU-T Q.23): for a phone that knows no telephone-events.

/// Samples per second.
const RATE: usize = 8_000;
/// How long a key sounds, and how long it is quiet behind it: twice what ITU-T Q.24 asks of a receiver.
const PRESSED: usize = RATE * 80 / 1_000;
/// Of each of the two tones; a sixth of full scale.
const LOUD: f64 = 5_400.0;
/// Row by row.
const KEYS: &str = "123A456B789C*0#D";
/// Hz of the rows, from above.
const ROWS: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
/// Hz of the columns, from the left.
const COLUMNS: [f64; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];

/// The keys one after the other, each with a pause behind it. 8 kHz mono. What is no key is left out.
pub fn tones(keys: &str) -> Vec<i16> {
    let pressed = keys.chars().filter_map(|key| KEYS.find(key));
    pressed.flat_map(tone).collect()
}

fn tone(at: usize) -> impl Iterator<Item = i16> {
    let hertz = [ROWS[at / 4], COLUMNS[at % 4]];
    let steps = hertz.map(|hertz| std::f64::consts::TAU * hertz / RATE as f64);
    let sample = move |n: usize| {
        let [low, high] = steps.map(|step| (n as f64 * step).sin() * LOUD);
        (low + high) as i16
    };
    (0..PRESSED)
        .map(sample)
        .chain(std::iter::repeat_n(0, PRESSED))
}
