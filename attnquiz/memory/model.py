"""The memory model, FSRS-6 by whole days. The only module that imports an FSRS library."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite

from attnquiz.errors import AttnquizError, UsageError

DEFAULT_PARAMETERS = (
    0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796,
    1.4835, 0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
)  # fmt: skip
LONGEST_STABILITY = 36_500.0  # days

Trace = tuple[float, float]  # stability in days, difficulty from 1 to 10
NextStates = tuple[Trace, Trace, Trace, Trace]  # after again, hard, good, easy
Engine = Callable[[Trace | None, int], NextStates]


@dataclass(frozen=True, slots=True)
class Model:
    """What FSRS is told: the recall wanted on the due day, the longest interval in days, and its 21 parameters."""

    retention: float = 0.9
    longest_interval: int = 36_500
    parameters: tuple[float, ...] = DEFAULT_PARAMETERS

    def __post_init__(self) -> None:
        if not 0.5 <= self.retention <= 0.99:
            raise UsageError(
                f"the desired retention must lie between 0.5 and 0.99, not {self.retention}",
                f"期望保持率须在 0.5 到 0.99 之间，而不是 {self.retention}",
            )
        if self.longest_interval < 1:
            raise UsageError(
                f"the longest interval must be at least 1 day, not {self.longest_interval}",
                f"最长间隔至少为 1 天，而不是 {self.longest_interval}",
            )
        if len(self.parameters) != 21 or not all(map(isfinite, self.parameters)) or self.parameters[20] <= 0:
            raise UsageError(
                "FSRS-6 takes 21 finite parameters, the last one positive; leave them out to use its defaults",
                "FSRS-6 需要 21 个有限的参数，且最后一个为正；不填则使用默认值",
            )

    def recall(self, stability: float, elapsed_days: int) -> float:
        """The forgetting curve of FSRS-6, which the library does not expose: 0.9 when as many days passed as the
        stability has."""
        decay = -self.parameters[20]
        return float((1 + (0.9 ** (1 / decay) - 1) * elapsed_days / stability) ** decay)

    def interval(self, stability: float) -> float:
        """The days after which recall has fallen to the desired retention, not rounded."""
        decay = -self.parameters[20]
        return float(stability * (self.retention ** (1 / decay) - 1) / (0.9 ** (1 / decay) - 1))

    def next_states(self, trace: Trace | None, elapsed_days: int) -> NextStates:
        """What each rating makes of a memory `elapsed_days` after its last review; 0 takes FSRS's same-day formula."""
        return _engine(self.parameters)(trace, elapsed_days)


DEFAULT_MODEL = Model()


@lru_cache(maxsize=4)
def _engine(parameters: tuple[float, ...]) -> Engine:
    """The crate that Anki runs or, where it has no wheel, py-fsrs; imported at the first rating, since most commands
    show memories and rate none."""
    try:
        return _crate(parameters)
    except ImportError:
        pass
    try:
        return _py_fsrs(parameters)
    except ImportError as error:
        raise AttnquizError(
            "the library of the memory model is missing: pip install fsrs-rs-python (or, where it has no wheel, fsrs)",
            "缺少记忆模型的库：请运行 pip install fsrs-rs-python（没有对应的 wheel 时安装 fsrs）",
        ) from error


def _crate(parameters: tuple[float, ...]) -> Engine:
    import fsrs_rs_python as crate

    fsrs = crate.FSRS(list(parameters))

    def next_states(trace: Trace | None, elapsed_days: int) -> NextStates:
        known = crate.MemoryState(*trace) if trace else None
        states = fsrs.next_states(known, 0.9, elapsed_days)  # the retention only sets intervals, which are ours
        again, hard, good, easy = states.again.memory, states.hard.memory, states.good.memory, states.easy.memory
        return (
            (again.stability, again.difficulty),
            (hard.stability, hard.difficulty),
            (good.stability, good.difficulty),
            (easy.stability, easy.difficulty),
        )

    return next_states


def _py_fsrs(parameters: tuple[float, ...]) -> Engine:
    from datetime import UTC, datetime, timedelta

    from fsrs import Card, Rating, Scheduler, State

    scheduler = Scheduler(parameters, enable_fuzzing=False, learning_steps=(), relearning_steps=())
    noon = datetime(1, 1, 1, 12, tzinfo=UTC)  # py-fsrs counts 24-hour periods; noon to noon these are days

    def next_states(trace: Trace | None, elapsed_days: int) -> NextStates:
        card = Card(card_id=1, due=noon)  # without an id the constructor sleeps
        if trace:
            card.stability, card.difficulty = trace
            card.state, card.last_review = State.Review, noon

        def rated(rating: Rating) -> Trace:
            after, _ = scheduler.review_card(card, rating, noon + timedelta(days=elapsed_days))
            assert after.stability is not None
            assert after.difficulty is not None
            return min(after.stability, LONGEST_STABILITY), after.difficulty  # py-fsrs sets no upper bound

        return rated(Rating.Again), rated(Rating.Hard), rated(Rating.Good), rated(Rating.Easy)

    return next_states
