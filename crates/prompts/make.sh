#!/usr/bin/env bash
# Speaks PACK/pack.toml into PACK/*.wav for each pack (default: all), by the Festival voice that the script names.
# Needs Debian's festival and sox; for ru and demo festvox-ru, for en festvox-kallpc16k, festlex-cmu and festlex-poslex.
# ONLY_MISSING=1 leaves the files that are there as they are.
set -euo pipefail
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# speak PACK SECTION LEAD TAIL: every `name = "text"` of [SECTION], with so much air before and after.
speak() {
  local pack=$1 section=$2 lead=$3 tail=$4
  voice=$(sed -n 's/^voice = "\([a-z0-9_]*\) .*/\1/p' "$pack/pack.toml")
  sed -n "/^\[$section\]/,/^\[/p" "$pack/pack.toml" | sed -n 's/^\([a-z0-9_]*\) = "\(.*\)"$/\1\t\2/p' |
  while IFS=$'\t' read -r name text; do
    if [ -n "${ONLY_MISSING:-}" ] && [ -e "$pack/$name.wav" ]; then continue; fi
    printf '%s\n' "$text" > "$scratch/text"
    text2wave -eval "($voice)" "$scratch/text" -o "$scratch/raw.wav" </dev/null
    # Trim silence, 8 kHz through a telephone band, an even level, some air; A-law is what a telephone carries anyway.
    sox "$scratch/raw.wav" -r 8000 -c 1 -e a-law "$pack/$name.wav" \
      silence 1 0.02 0.2% reverse silence 1 0.02 0.2% reverse highpass 120 lowpass 3600 norm -3 pad "$lead" "$tail" dither
  done
}

for pack in ${@:-ru en demo}; do
  speak "$pack" prompt 0.05 0.2
  # Words of a number follow each other closely.
  speak "$pack" fragment 0.02 0.05
done
