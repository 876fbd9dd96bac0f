"""Are the recordings what they should be: one per call, whole, the caller left, the operator right."""
import math
import struct

# What the phones of the bench say, Hz.
CALLER, OPERATOR = 440, 880


def check(folder, calls, hold, sample=10):
    """{files, sampled, bad, why}: bad are those that are short, or whose channels do not hold their tones alone."""
    files = sorted(folder.rglob("*.wav"))
    chosen = files[:: max(1, len(files) // sample)][:sample]
    problems = [problem for path in chosen if (problem := _problem(path, hold))]
    if len(files) != calls:
        problems.append(f"{len(files)} recordings of {calls} calls")
    return {"files": len(files), "sampled": len(chosen), "bad": len(problems), "why": problems[:3]}


def _problem(path, hold):
    rate, channels = _read(path)
    if len(channels) != 2:
        return f"{path.name}: {len(channels)} channels"
    seconds = len(channels[0]) / rate
    if not hold - 0.5 <= seconds <= hold + 3:
        return f"{path.name}: {seconds:.1f} s instead of {hold} s"
    middle = [channel[len(channel) // 2:][:rate] for channel in channels]
    for side, own, other in ((0, CALLER, OPERATOR), (1, OPERATOR, CALLER)):
        if _tone(middle[side], rate, own) < 1000 or _tone(middle[side], rate, other) > 300:
            return f"{path.name}: channel {side} does not hold its tone alone"
    return None


def _read(path):
    """Rate and channels of a PCM16 WAV."""
    data = path.read_bytes()
    _, count, rate, _, _, bits = struct.unpack_from("<HHIIHH", data, data.index(b"fmt ") + 8)
    start = data.index(b"data") + 8
    if bits != 16:
        raise ValueError(f"{path}: {bits} bit")
    samples = struct.unpack(f"<{(len(data) - start) // 2}h", data[start:start + (len(data) - start) // 2 * 2])
    return rate, [samples[channel::count] for channel in range(count)]


def _tone(samples, rate, frequency):
    """Amplitude of one frequency (Goertzel)."""
    if not samples:
        return 0
    c, a, b = 2 * math.cos(2 * math.pi * frequency / rate), 0.0, 0.0
    for value in samples:
        a, b = value + c * a - b, a
    return 2 * math.sqrt(max(0.0, a * a + b * b - c * a * b)) / len(samples)


def alaw_tone(frequency, seconds=10):
    """A tone as A-law bytes at 8 kHz, a quarter of full scale (ITU-T G.711)."""
    step = 2 * math.pi * frequency / 8000
    return bytes(_alaw(int(8000 * math.sin(step * n))) for n in range(8000 * seconds))


def _alaw(sample):
    """One 16-bit sample to A-law."""
    sign, magnitude = (0x80, sample >> 3) if sample >= 0 else (0, ~sample >> 3)
    exponent = max(0, magnitude.bit_length() - 5)
    return (sign | exponent << 4 | magnitude >> max(1, exponent) & 0x0F) ^ 0x55
