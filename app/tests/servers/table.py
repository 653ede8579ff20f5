"""Writes the results as a Markdown page."""
import datetime, os, platform, subprocess

import answers
from lanes import LIMIT
from origin_load import CONNECTIONS as LOAD_CONNECTIONS
from origin_load import LENGTH as LOAD_LENGTH
from scenarios import CONNECTIONS, LENGTH, SCENARIOS

LEGEND = f"""Each cell is the outcome over 1, 8 and auto connections, or one word if all three are equal. Right:

- right: exit code 0 and the bytes of the file
- old, new: exit code 0 and the bytes of one version, whole
- said: an exit code other than 0, and a message that says that the file changed

Neither, and listed below the tables:

- unsaid: an exit code other than 0 after a change, and a message that does not say that the file changed
- waits: still tries after {LIMIT} s, and has saved nothing

Wrong, in capitals, and listed below the tables:

- MIXED: exit code 0 and other bytes
- FAILS: a failure although the file is unchanged
- ONE: one connection of 8 requested, although the server gives ranges, and to several connections at a time
- UNTRUE: Lanes says 8 connections and used one
- AGAIN: a resume that fetched everything again, although the file is unchanged and the server gives ranges
- LEFT: a failure, but a file has the final name
- EARLY: ended before the file was changed or the download killed
- LATE: not finished after {LIMIT} s, although the file is unchanged

"Reader" is a program that fetches the file at the same speed and checks nothing, while the file is overwritten: "mixed" shows
that the change came in the middle; with "old" the server had read the whole file before."""


def page(command, program, commit, trials, loads, seconds):
    """Returns the page."""
    parts = [
        "# Lanes beside real servers: results",
        f"Written by `{command}`\non {datetime.date.today():%-d %B %Y}, in {seconds / 60:.0f} minutes; do not edit.",
        f"{lanes_version(program, commit)}; {platform.system()} {platform.release()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, Node {output('node', '--version')}.",
        verdict(trials, loads),
        f"## Servers and caches\nFiles of {LENGTH / 1e6:.0f} MB over loopback.",
        scenario_list(),
        LEGEND,
        server_table([trial for trial in trials if not trial.reason]),
        "## Answers", ANSWERS_TEXT, answers_table([trial for trial in trials if not trial.reason]),
    ]
    if loads:
        parts += ["## The origin's work behind a cold cache", LOAD_TEXT, load_table(loads)]
    parts += ["## Wrong outcomes", wrong(trials, loads),
              "## Failures that do not say that the file changed", vague(trials),
              "## Left out", left_out(trials, loads)]
    return "\n\n".join(parts) + "\n"


ANSWERS_TEXT = f"""Answers to single requests for a file of {answers.LENGTH:,} bytes, for `SURPRISES.md`: status, Content-Range, and
the length where it is not the one of the range; "sent" where the body is shorter or longer than announced. "End beyond" asks
for 100 bytes beyond the end too, "start beyond" begins at the end, and "start far beyond" at three times the length. If-Range
and If-Match contain the ETag that the server has sent, and ask for `bytes=1-`."""

LOAD_TEXT = f"""A file of {LOAD_LENGTH / 1e6:.0f} MB, an nginx as the origin with 20 MiB/s for each connection, and a cache that has
just been started. Each cell: seconds, requests to the origin, the origin's bytes as a multiple of the file."""


def verdict(trials, loads):
    tried = [trial for trial in trials if not trial.reason]
    runs = [outcome for trial in tried for outcome in trial.outcomes.values()]
    cold = [load for measured in loads for load in measured.loads.values()]
    count = sum(1 for outcome in runs if is_wrong(outcome)) + sum(1 for load in cold if load.fault)
    mixed = sum(1 for outcome in runs if outcome.word == "MIXED")
    unsaid = sum(1 for outcome in runs if outcome.vague)
    return (f"**{len(tried)} servers and caches, {len(runs) + len(cold)} runs, {count} wrong, of which {mixed} are mixtures; "
            f"{unsaid} failures after a change do not say that the file changed.**")


def is_wrong(outcome):
    return outcome.fault is not None and not outcome.vague


def scenario_list():
    return "\n".join(f"- {scenario.name}: {scenario.what}" for scenario in SCENARIOS)


def server_table(trials):
    names = [scenario.name for scenario in SCENARIOS]
    rows = [["server", "version", "ranges", "reader", *names]]
    for trial in trials:
        cells = [cell([trial.outcomes[name, connections] for connections in CONNECTIONS]) for name in names]
        rows.append([trial.name, trial.version, ranges_of(trial), trial.plain_reader, *cells])
    return markdown(rows)


def ranges_of(trial):
    return ("yes" if trial.beside else "one at a time") if trial.ranges else "no"


def cell(outcomes):
    words = [f"**{outcome.word}**" if is_wrong(outcome) else outcome.word for outcome in outcomes]
    return words[0] if len(set(words)) == 1 else " ".join(words)


def answers_table(trials):
    names = ["validators", *(question.name for question in answers.QUESTIONS)]
    rows = [[trial.name, *(trial.answers.get(name, "no answer") for name in names)] for trial in trials]
    return markdown([["server", *names], *rows])


def load_table(loads):
    rows = [["cache", "version", *(f"-n {connections}" for connections in LOAD_CONNECTIONS)]]
    for measured in loads:
        if measured.reason:
            continue
        cells = []
        for connections in LOAD_CONNECTIONS:
            load = measured.loads[connections]
            text = f"{load.seconds:.1f} s, {load.requests}, {load.times:.2f}"
            cells.append(f"**{text}**" if load.fault else text)
        rows.append([measured.name, measured.version, *cells])
    return markdown(rows)


def markdown(rows):
    return "\n".join("| " + " | ".join(row) + " |" for row in [rows[0], ["---"] * len(rows[0]), *rows[1:]])


def wrong(trials, loads):
    lines = [line(trial, run, outcome) for trial in trials for run, outcome in trial.outcomes.items() if is_wrong(outcome)]
    lines += [f"- {measured.name}, cold, {connections}: {shown(load.fault)}"
              for measured in loads for connections, load in measured.loads.items() if load.fault]
    return "\n".join(lines) or "None."


def vague(trials):
    return "\n".join(line(trial, run, outcome)
                     for trial in trials for run, outcome in trial.outcomes.items() if outcome.vague) or "None."


def line(trial, run, outcome):
    return f"- {trial.name}, {', '.join(run)}: {outcome.word}: {shown(outcome.fault)}"


def shown(text):
    """Keeps a message of Lanes on one line of a list."""
    return " ".join(text.split())


def left_out(trials, loads):
    lines = [f"- {entry.name} {entry.version}: {shown(entry.reason)}" for entry in [*trials, *loads] if entry.reason]
    return "\n".join(dict.fromkeys(lines)) or "None."


def lanes_version(program, commit):
    commit = commit or output("git", "-C", str(program.parent), "rev-parse", "--short", "HEAD")
    return f"{output(str(program), '--version')}, commit {commit}"


def output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.strip() or "?"
    except OSError:
        return "?"
