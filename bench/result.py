"""What a measurement found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """A figure beside its baseline; `ratio` is ours to the baseline, higher is better."""

    name: str
    ours: float
    baseline: float
    unit: str
    floor: float

    @property
    def ratio(self) -> float:
        """Return ours to the baseline."""
        return self.ours / self.baseline

    @property
    def is_met(self) -> bool:
        """Tell whether the ratio is at least the floor."""
        return self.ratio >= self.floor

    def line(self) -> str:
        """Return the result as one line."""
        verdict = "met" if self.is_met else "MISSED"
        return (
            f"{self.name}: ratio {self.ratio:.3g} (at least {self.floor:.3g}: {verdict});"
            f" {self.ours:,.0f} against {self.baseline:,.0f} {self.unit}"
        )
