#!/bin/sh
# Runs the fuzz targets, one after the other at low priority, and writes down what came of it.
#
#   props/fuzz/run.sh [MINUTES [TARGET...]]      10 minutes each and every target by default
#
# Everything is in build-fuzz/fuzz: corpus/TARGET (kept from run to run, so that the next one goes on
# from there), findings/TARGET (an input per finding, and TARGET.log) and summary.txt, a line per
# target. Exits 1 when there was a finding.
set -eu
cd "$(dirname "$0")/../.."
minutes=${1:-10}
case $minutes in '' | *[!0-9]* | 0) echo "usage: props/fuzz/run.sh [MINUTES [TARGET...]]" >&2; exit 64 ;; esac
[ $# -eq 0 ] || shift

[ -f build-fuzz/build.ninja ] || cmake --preset fuzz >/dev/null
ninja -C build-fuzz --quiet fuzz >&2
programs=build-fuzz/props/fuzz
place=build-fuzz/fuzz
if [ $# -eq 0 ]; then
    for program in "$programs"/fuzz_*; do
        set -- "$@" "${program##*/fuzz_}"
    done
fi

# Seeds of result files are those of a small run and a small sweep. Their verdicts do not matter.
result_seeds() {
    runs=$(mktemp -d)
    seeds=$place/seeds/results
    mkdir -p "$seeds"
    build-fuzz/oxbow run scenarios/split-brain.ini --quiet --out "$runs/run" \
        --set network.nodes=5 --set workload.until=5s --set scenario.duration=8s \
        --set fault.split.at=2s --set fault.split.for=3s >/dev/null 2>&1 || true
    sed 's/^network.nodes = .*/network.nodes = 5 | 10/; s/^duration = .*/duration = 8s/' \
        scenarios/scaling.ini >"$runs/small.ini"
    build-fuzz/oxbow sweep "$runs/small.ini" --quiet --out "$runs/sweep" >/dev/null 2>&1 || true
    result_seed r results.json >"$seeds/run"
    result_seed s sweep.json >"$seeds/sweep"
    rm -rf "$runs"
}

# What the target calls the file, and the first file of that name.
result_seed() {
    file=$(find "$runs" -name "$2" -type f | sort | head -n 1)
    [ -n "$file" ] || { echo "run.sh: oxbow wrote no $2 to begin from" >&2; exit 70; }
    printf %s "$1"
    cat "$file"
}

rm -rf "$place/seeds"
mkdir -p "$place/seeds"
"$programs/seeds" "$place/seeds"
result_seeds

summary=$place/summary.txt
touch "$summary"
failed=0
for target in "$@"; do
    mkdir -p "$place/corpus/$target" "$place/findings/$target"
    log=$place/findings/$target.log
    found=$(find "$place/findings/$target" -type f | wc -l)
    words=
    [ ! -f "props/fuzz/$target.dict" ] || words=-dict=props/fuzz/$target.dict
    nice -n 19 "$programs/fuzz_$target" -max_total_time=$((minutes * 60)) -timeout=10 \
        -rss_limit_mb=2048 -max_len=32768 -print_final_stats=1 $words \
        -artifact_prefix="$place/findings/$target/" \
        "$place/corpus/$target" "$place/seeds/$target" >"$log" 2>&1 || failed=1
    now=$(find "$place/findings/$target" -type f | wc -l)
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
    edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
    line=$(printf '%s  %-9s %4s min  %11s executions  %6s edges  %d findings' \
        "$(git rev-parse --short HEAD)" "$target" "$minutes" "${executions:-?}" "${edges:-?}" \
        $((now - found)))
    printf '%s\n' "$line" | tee -a "$summary"
done
exit $failed
