"""Findings such as a run brings them."""

from capacity.measure.host_info import HostInfo
from capacity.report.data import (
    Answer,
    LargestRate,
    OpenCheck,
    Percentiles,
    Rejected,
    Replicas,
    ReportData,
    SearchSpec,
)
from capacity.report.trial_record import Sentence, StepRecord, TrialRecord, Verdict


def steps(
    p99_at_the_top: float, *, top: int = 10_000, share: float = 0.99, quota: float = 0.08
) -> tuple[StepRecord, ...]:
    """Users from 500 up; latency grows late, as queues do."""
    made = []
    for users in range(500, top + 1, 500):
        load = users / top
        offered = users / 1.75
        p99 = 12 + (p99_at_the_top - 12) * load**6
        made.append(
            StepRecord(
                users=users,
                offered=offered,
                achieved=offered * (1 - (1 - share) * load**6),
                p50_ms=p99 * 0.5,
                p95_ms=p99 * 0.8,
                p99_ms=p99,
                max_ms=p99 * 1.7,
                api_cores=min(0.012 + 0.062 * load, quota),
                gateway_cores=0.03 + 0.28 * load,
                generator_cores=0.02 + 0.4 * load,
                memory_peak_mib=71 + 17 * load,
                throttled=round(100 * load**6 * (0.9 if p99_at_the_top > 250 else 0.08)),
                periods=100,
            )
        )
    return tuple(made)


def trial(
    limits: tuple[float, float], p99: float, verdict: Verdict, *, replicas: int = 1, via: str = "gateway"
) -> TrialRecord:
    """One that climbed to the top."""
    cpus, memory = limits
    said = {
        Verdict.HOLDS: Sentence("Sostiene hasta 10 000 usuarios.", "Holds up to 10,000 users."),
        Verdict.FAILS: Sentence(
            f"Con 10 000 usuarios el p99 fue de {p99} ms.", f"At 10,000 users the p99 was {p99} ms."
        ),
        Verdict.INVALID: Sentence("El generador llenó su núcleo.", "The load generator filled its core."),
    }[verdict]
    criterion = {Verdict.HOLDS: "", Verdict.FAILS: "p99", Verdict.INVALID: "generator"}[verdict]
    share = 0.99 if verdict is Verdict.HOLDS else 0.93
    return TrialRecord(
        cpus=cpus,
        memory_mib=memory,
        replicas=replicas,
        via=via,
        verdict=verdict,
        criterion=criterion,
        sentence=said,
        steps=steps(p99, share=share, quota=cpus * replicas),
    )


FULL = ReportData(
    question=SearchSpec(),
    answers=(
        Answer(
            via="gateway",
            cpus=0.08,
            memory_mib=96,
            repeats=3,
            verdict=Sentence("Sostuvo las tres veces.", "It held all three times."),
            rejected=(
                Rejected(
                    resource="cpu",
                    cpus=0.073,
                    memory_mib=96,
                    reason=Sentence("Con 10 000 usuarios el p99 fue de 612 ms.", "At 10,000 users the p99 was 612 ms."),
                ),
                Rejected(
                    resource="memory",
                    cpus=0.08,
                    memory_mib=88,
                    reason=Sentence("El núcleo mató el proceso.", "The kernel killed the process."),
                ),
            ),
        ),
        Answer(via="direct", cpus=0.25, memory_mib=112, repeats=3),
    ),
    trials=(
        trial((0.4, 256), 19, Verdict.HOLDS),
        trial((0.2, 256), 22, Verdict.HOLDS),
        trial((0.1, 256), 27, Verdict.HOLDS),
        trial((0.05, 256), 2400, Verdict.FAILS),
        trial((0.073, 96), 612, Verdict.FAILS),
        trial((0.08, 96), 33, Verdict.HOLDS),
        trial((0.08, 128), 31, Verdict.HOLDS),
        trial((0.08, 88), 900, Verdict.FAILS),
        trial((0.09, 160), 45, Verdict.INVALID),
        trial((0.5, 256), 21, Verdict.HOLDS, via="direct"),
        trial((0.25, 112), 71, Verdict.HOLDS, via="direct"),
        trial((0.22, 112), 480, Verdict.FAILS, via="direct"),
        trial((0.25, 104), 1200, Verdict.FAILS, via="direct"),
        trial((0.04, 96), 41, Verdict.HOLDS, replicas=2),
        trial((0.0266, 96), 190, Verdict.HOLDS, replicas=3),
        trial((0.02, 96), 700, Verdict.FAILS, replicas=4),
    ),
    replicas=(
        Replicas(replicas=1, total_cpus=0.08, holds=True, p99_ms=33, gateway_cores=0.31, total_cost=0.384),
        Replicas(replicas=2, total_cpus=0.08, holds=True, p99_ms=41, gateway_cores=0.33, total_cost=0.408),
        Replicas(replicas=3, total_cpus=0.08, holds=True, p99_ms=190, gateway_cores=0.35, total_cost=0.43),
        Replicas(replicas=4, total_cpus=0.08, holds=False, p99_ms=700, gateway_cores=0.37, total_cost=0.45),
    ),
    largest_rate=LargestRate(
        rate=21_480,
        under=Sentence("1 CPU, 256 MiB, directo", "1 CPU, 256 MiB, direct"),
        stopped_by=Sentence("el generador llenó su núcleo", "the load generator filled its core"),
    ),
    open_check=OpenCheck(
        offered=5714,
        closed=Percentiles(p50_ms=18, p95_ms=28, p99_ms=33),
        open=Percentiles(p50_ms=19, p95_ms=34, p99_ms=52),
        sentence=Sentence("El circuito cerrado esconde 19 ms del p99.", "The closed loop hides 19 ms of the p99."),
    ),
    left_out=(Sentence("No se midió un bosque aleatorio.", "A random forest was not measured."),),
    machine=HostInfo(
        cpu="Intel(R) Xeon(R) Processor @ 2.60GHz",
        cores=2,
        memory_gib=15.6,
        kernel="Linux 6.1.0",
        engine="Docker 27.3",
    ),
    versions={"Python": "3.11.7", "HAProxy": "3.0.5", "project": "2b08765"},
    digests={"fastapi-app": "sha256:" + "ab12" * 16, "gateway": "sha256:" + "cd34" * 16},
    commands=("make up", 'make capacity ARGS="--users 10000 --step 500 --replicas 1,2,3,4"'),
    started_at="2026-11-24T12:00:00+00:00",
    ended_at="2026-11-24T12:14:10+00:00",
)
