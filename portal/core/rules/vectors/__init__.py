"""Test vectors: files of cases in a public vocabulary, judged by the rules that permits use."""

from portal.core.rules.vectors.cases import CaseResult, run

__all__ = ["CaseResult", "run"]
