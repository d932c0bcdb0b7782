"""Models of random weights are loaded and cost what real ones of their size do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.layout import LARGE_V3, MULTILINGUAL
from models.random_weights import SIZES, build

faster_whisper = pytest.importorskip("faster_whisper")


@pytest.fixture
def model(tmp_path: Path) -> Any:
    build(SIZES["tiny"], tmp_path)
    return faster_whisper.WhisperModel(
        str(tmp_path), device="cpu", compute_type="int8", cpu_threads=1
    )


def test_faster_whisper_loads_it_as_a_multilingual_model_in_int8(model: Any) -> None:
    assert model.model.is_multilingual
    assert model.model.compute_type == "int8_float32"


def test_it_writes_as_many_tokens_as_it_is_asked_for(model: Any) -> None:
    sound = np.random.default_rng(0).standard_normal(30 * 16_000).astype(np.float32) * 0.1
    encoded = model.encode(model.feature_extractor(sound)[:, :3000])
    prompt = [MULTILINGUAL.start, MULTILINGUAL.language("en"), MULTILINGUAL.transcribe]
    (result,) = model.model.generate(
        encoded, [prompt], beam_size=1, max_length=40, suppress_tokens=[MULTILINGUAL.end_of_text]
    )
    assert len(result.sequences_ids[0]) == 40 // 2
    assert all(np.isfinite(np.array(encoded)).ravel())


def test_the_layouts_are_those_of_the_published_models() -> None:
    special = MULTILINGUAL.special()
    assert special["<|startoftranscript|>"] == 50_258
    assert special["<|transcribe|>"] == 50_359
    assert special["<|notimestamps|>"] == 50_363
    assert MULTILINGUAL.size == 51_865
    assert LARGE_V3.size == 51_866
    assert LARGE_V3.special()["<|0.00|>"] == 50_365
