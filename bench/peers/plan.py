"""What is run: the rows of the comparison, each a workload with its arguments.

A row names the figures that are taken from what a run prints: "ns" is the time of one operation,
the others are fields of the line of JSON. Quick runs do a tenth of the operations.
"""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Row:
    group: str
    workload: str
    keys: dict = field(default_factory=dict)
    figures: tuple = ("ns",)
    # How many times faster than sup Troupe wants to be here; None: nothing is aimed at.
    goal: float | None = None
    # What a figure of Troupe's should not exceed.
    limits: dict = field(default_factory=dict)
    # The only peers it is for; none: all.
    peers: tuple = ()

    @property
    def name(self):
        shown = [f"{key}={value}" for key, value in self.keys.items() if key != "ops"]
        return " ".join([self.workload, *shown])

    @property
    def arguments(self):
        return [f"{key}={value}" for key, value in self.keys.items()]

    def quick(self):
        keys = dict(self.keys)
        if "ops" in keys:
            keys["ops"] = max(min(1000, keys["ops"]), keys["ops"] // 10)
        if keys.get("actors", 0) > 100_000:
            keys["actors"] = 100_000
        return replace(self, keys=keys)


def _at(group, workload, workers, figures=("ns",), goal=None, limits=None, peers=(), **keys):
    return [Row(group, workload, {**keys, "workers": w}, figures, goal, limits or {}, peers)
            for w in workers]


COUNTED = {"figures": ("ns", "allocations"), "limits": {"allocations": 0}}


def _messages():
    group = "Messages and calls"
    rows = _at(group, "CastInbox_TryCast", (1, 2), goal=5, capacity=1024, ops=1_000_000, **COUNTED)
    for capacity in (16, 1024):
        rows += _at(group, "CastInbox_SingleWorker", (1, 2), goal=5, capacity=capacity,
                    ops=1_000_000, **COUNTED)
    rows += _at(group, "CastInbox_Parallel", (1, 2), goal=3, senders=8, capacity=64, ops=1_000_000,
                **COUNTED)
    rows += _at(group, "CallInbox_SingleWorker", (1, 2), goal=15, ops=100_000, **COUNTED)
    rows += _at(group, "CallInbox_Contention", (1, 2), goal=15, callers=8, ops=100_000, **COUNTED)
    return rows


def _supervision():
    group = "Supervision"
    rows = []
    for name, keys in (("SpawnAndExit", {}), ("ParallelSpawn", {"senders": 8}),
                       ("RestartCycle", {})):
        rows += _at(group, f"Supervisor_{name}", (1, 2), ops=100_000, **keys, **COUNTED)
    for row in tuple(rows):
        rows.append(replace(row, keys={**row.keys, "as_it_comes": 1}, goal=10,
                            peers=("troupe", "sup")))
    return rows


def _patterns():
    group = "Router, outbox, signals"
    rows = _at(group, "Router_Next_RoundRobin", (1,), goal=2, ops=10_000_000)
    rows += _at(group, "Router_Next_Random", (1,), goal=2, ops=10_000_000)
    rows += _at(group, "Router_Next_Parallel", (2,), goal=2, ops=10_000_000)
    for many in (0, 1, 10, 100):
        rows += _at(group, "Outbox_Emit", (1,), goal=3, subscribers=many,
                    ops=2_000_000 // max(many, 1))
    rows += _at(group, "Outbox_Subscribe", (1,), ops=1_000_000)
    rows += _at(group, "Outbox_EmitFireAndForget", (1,), goal=3, ops=4_000_000)
    rows += _at(group, "PushedSignal_Write", (1,), goal=3, ops=1_000_000)
    for many in (1, 10, 100):
        rows += _at(group, "Broadcaster_Notify", (1,), goal=3, subscribers=many,
                    ops=1_000_000 // many)
    for us in (1, 10, 100):
        rows += _at(group, "PeriodicSignal_Update", (1,), us=us, ops=1_000)
    return rows


def _savina():
    sizes = {"PingPong": {"ops": 40_000}, "Counting": {"ops": 1_000_000},
             "ThreadRing": {"ops": 100_000}, "ForkJoinThroughput": {"ops": 600_000, "capacity": 64},
             "ForkJoinCreate": {"ops": 40_000}, "Big": {"ops": 2_400_000},
             "Chameneos": {"ops": 200_000}, "BoundedBuffer": {"ops": 40_000},
             "BoundedQueue": {"ops": 40_000, "peers": ("troupe", "go", "sup")},
             "Philosophers": {"ops": 200_000}, "BankTransactions": {"ops": 50_000}}
    return [row for name, keys in sizes.items() for row in _at("Savina", name, (1, 2), **keys)]


def _scale():
    group = "Scale"
    # A million in less than a second.
    rows = _at(group, "IdleActors", (2,), ("ns", "bytes"), limits={"ns": 1000, "bytes": 400},
               actors=1_000_000)
    for actors in (10, 1_000, 100_000, 1_000_000):
        rows += _at(group, "ScaleActors", (1, 2), actors=actors, ops=1_000_000)
    for senders in (1, 8, 64):
        rows += _at(group, "ScaleSenders", (1, 2), senders=senders, capacity=64, ops=1_000_000)
    return rows


LATENCY = ("p50", "p99", "p999", "max")
RAW_GROUP = "Raw limits of the machine"


def _latency():
    return (_at("Latency", "CallLatency", (2,), LATENCY, callers=4, ops=200_000)
            + _at("Latency", "WakeLatency", (2,), LATENCY, ops=500)
            + _at("Latency", "TimerLatency", (2,), LATENCY, ops=500))


def _raw():
    """Troupe's program measures them for all."""
    rows = []
    for name, ops in (("locked_add", 10_000_000), ("memory_add", 10_000_000),
                      ("coroutine_switch", 10_000_000), ("malloc_free", 10_000_000),
                      ("handler_call", 10_000_000), ("cache_line", 1_000_000)):
        rows.append(Row(RAW_GROUP, name, {"ops": ops}, peers=("troupe",)))
    # For about as long as CallLatency takes, and as often as WakeLatency wakes.
    for name, ops in (("clock_gap", 1_000_000), ("thread_wake", 500)):
        rows.append(Row(RAW_GROUP, name, {"ops": ops}, LATENCY, peers=("troupe",)))
    return rows


def rows(only=(), quick=False):
    """All rows, or those whose workload is named in `only`; raises ValueError for unknown names."""
    everything = (_raw() + _messages() + _supervision() + _patterns() + _savina() + _scale()
                  + _latency())
    unknown = set(only) - {row.workload for row in everything}
    if unknown:
        raise ValueError("no such workload: " + ", ".join(sorted(unknown)))
    chosen = [row.quick() if quick else row for row in everything
              if not only or row.workload in only]
    # Made smaller, two rows may be the same.
    return list({row.name: row for row in chosen}.values())
