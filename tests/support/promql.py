"""What expressions for Prometheus name, and what of it a service does not have."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final, NamedTuple

import promql_parser as promql
from prometheus_client.parser import text_string_to_metric_families

TARGET: Final = frozenset({"job", "instance"})
"""Labels that Prometheus adds to each sample."""

BY_PROMETHEUS: Final = "up"
"""The metric that it makes itself for each target."""

_OF_COUNTERS: Final = frozenset({"rate", "increase", "irate"})


class Metrics:
    """The labels of each metric of a service, and which of them only ever grow."""

    def __init__(self, text: str) -> None:
        self.labels: dict[str, frozenset[str]] = defaultdict(frozenset)
        self.counters: set[str] = set()
        self.labels[BY_PROMETHEUS] = TARGET
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                self.labels[sample.name] |= TARGET | set(sample.labels)
                if family.type in {"counter", "histogram"}:
                    self.counters.add(sample.name)


class Named(NamedTuple):
    """A value that a label of a metric is compared with."""

    metric: str
    label: str
    value: str


class Reading:
    """One expression beside the metrics of a service."""

    def __init__(self, text: str, metrics: Metrics) -> None:
        self._metrics = metrics
        self.faults: list[str] = []
        """Metrics and labels that do not exist, and rates of what is no counter."""
        self.values: list[Named] = []
        self.labels = self._read(promql.parse(text))
        """The labels of its results."""

    def _read(self, node: promql.Expr) -> frozenset[str]:
        match node:
            case promql.VectorSelector():
                labels = self._selector(node)
            case promql.MatrixSelector():
                labels = self._selector(node.vector_selector)
            case promql.AggregateExpr():
                labels = self._aggregate(node)
            case promql.BinaryExpr():
                labels = self._binary(node)
            case promql.Call():
                labels = self._call(node)
            case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
                labels = self._read(node.expr)
            case _:
                labels = frozenset()
        return labels

    def _selector(self, node: promql.VectorSelector) -> frozenset[str]:
        name = str(node.name)
        if name not in self._metrics.labels:
            self.faults.append(f"there is no metric {name}")
            return frozenset()
        labels = self._metrics.labels[name]
        for matcher in node.matchers.matchers:
            self._expect(matcher.name, labels, name)
            for value in _alternatives(matcher):
                self.values.append(Named(name, matcher.name, value))
        return labels

    def _aggregate(self, node: promql.AggregateExpr) -> frozenset[str]:
        inner = self._read(node.expr)
        if node.modifier is None:
            return frozenset()
        for label in node.modifier.labels:
            self._expect(label, inner, str(node.expr))
        named = frozenset(node.modifier.labels)
        return named if node.modifier.type == promql.AggModifierType.By else inner - named

    def _binary(self, node: promql.BinaryExpr) -> frozenset[str]:
        sides = [(self._read(side), side) for side in (node.lhs, node.rhs)]
        matching = None if node.modifier is None else node.modifier.matching
        for label in () if matching is None else matching.labels:
            for labels, side in sides:
                self._expect(label, labels, str(side))
        left, right = (labels for labels, _ in sides)
        return left or right

    def _call(self, node: promql.Call) -> frozenset[str]:
        labels: frozenset[str] = frozenset()
        for argument in node.args:
            labels |= self._read(argument)
            if node.func.name in _OF_COUNTERS and isinstance(argument, promql.MatrixSelector):
                name = str(argument.vector_selector.name)
                if name in self._metrics.labels and name not in self._metrics.counters:
                    self.faults.append(f"{node.func.name}() of {name}, which is no counter")
        if node.func.name == "histogram_quantile":
            self._expect("le", labels, "histogram_quantile()")
            return labels - {"le"}
        return labels

    def _expect(self, label: str, labels: frozenset[str], where: str) -> None:
        if label not in labels:
            self.faults.append(f"{where} has no label {label}")


def _alternatives(matcher: promql.Matcher) -> Iterator[str]:
    """The values of `a`, or of a pattern such as `a|b`; others are not single values."""
    for value in matcher.value.split("|"):
        if re.fullmatch(r"\w+", value):
            yield value
