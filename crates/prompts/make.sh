#!/usr/bin/env bash
# Speaks PACK/pack.toml into PACK/*.wav for each pack (default: ru and demo). Needs Debian's festival, festvox-ru and sox.
set -euo pipefail
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for pack in ${@:-ru demo}; do
  sed -n '/^\[prompt\]/,$p' "$pack/pack.toml" | sed -n 's/^\([a-z_]*\) = "\(.*\)"$/\1\t\2/p' |
  while IFS=$'\t' read -r name text; do
    printf '%s\n' "$text" > "$scratch/text"
    text2wave -eval '(voice_msu_ru_nsh_clunits)' "$scratch/text" -o "$scratch/raw.wav" </dev/null
    # Trim silence, 8 kHz through a telephone band, an even level, 200 ms of air at the end.
    sox "$scratch/raw.wav" -r 8000 -c 1 -b 16 "$pack/$name.wav" \
      silence 1 0.02 0.2% reverse silence 1 0.02 0.2% reverse highpass 120 lowpass 3600 norm -3 pad 0.05 0.2 dither
  done
done
