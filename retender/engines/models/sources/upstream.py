"""The files of known models as their makers published them, by their SHA-256.

Whichever way such a model comes, and wherever it lies, only these files are used. Of the other
models no hash is known here. From the hub they are taken with the hashes that the hub itself gives;
in a folder of this machine they are taken as they are, as whoever can write there could as well
change this program.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

from retender.engines.models.sources.api import WANTED, sha256_of


class File(msgspec.Struct, frozen=True):
    size: int
    sha256: str


class Upstream(msgspec.Struct, frozen=True):
    revision: str
    """The commit of its repository on the hub that has these files."""
    files: Mapping[str, File]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files.values())

    def differences(self, folder: Path) -> Iterator[str]:
        """Names of files in the folder that are not upstream's, missing ones included. Reads them
        all."""
        present = {
            file.name
            for file in folder.iterdir()
            if any(fnmatch(file.name, wanted) for wanted in WANTED)
        }
        for name in sorted(present | self.files.keys()):
            path, known = folder / name, self.files.get(name)
            same_size = known and path.is_file() and path.stat().st_size == known.size
            if not known or not same_size or sha256_of(path) != known.sha256:
                yield name


_TOKENIZER = File(2_203_239, "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab")
_VOCABULARY = File(459_861, "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913")


def _multilingual(revision: str, config: File, model: File) -> Upstream:
    """The sizes up to `medium` share their words."""
    files = {
        "config.json": config,
        "model.bin": model,
        "tokenizer.json": _TOKENIZER,
        "vocabulary.txt": _VOCABULARY,
    }
    return Upstream(revision, MappingProxyType(files))


UPSTREAM: Final[dict[str, Upstream]] = {
    "tiny": _multilingual(
        "d90ca5fe260221311c53c58e660288d3deb8d356",
        File(2_249, "a73a28cdfe1c43ccc7202fa333d1f89c202477271407ae9a7f19afa52039cac8"),
        File(75_538_270, "dcb76c6586fc06cbdac6dd21f14cfd129cc4cdd9dce19bf4ffa62e59cbe6e6d1"),
    ),
    "base": _multilingual(
        "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66",
        File(2_309, "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"),
        File(145_217_532, "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"),
    ),
    "small": _multilingual(
        "536b0662742c02347bc0e980a01041f333bce120",
        File(2_370, "b55496ac7940a7ae47d2c01eab40edfd8701feec1229d9cce3b40014383fb828"),
        File(483_546_902, "3e305921506d8872816023e4c273e75d2419fb89b24da97b4fe7bce14170d671"),
    ),
    "medium": _multilingual(
        "08e178d48790749d25932bbc082711ddcfdfbc4f",
        File(2_257, "3622a2ddc41ec0e0fd4e68c13c6830f03b90c38d89aaad184de02c8c642cf807"),
        File(1_527_906_378, "9b45e1009dcc4ab601eff815b61d80e60ce3fd8c74c1a14f4a282258286b51ae"),
    ),
    "large-v3": Upstream(
        "edaa852ec7e145841d8ffdb056a99866b5f0a478",
        MappingProxyType(
            {
                "config.json": File(
                    2_394, "a9306624f5ec14270a014b647e5c316b6e03a662c369758d1b90697a7b0655b9"
                ),
                "model.bin": File(
                    3_087_284_237,
                    "69f74147e3334731bc3a76048724833325d2ec74642fb52620eda87352e3d4f1",
                ),
                "preprocessor_config.json": File(
                    340, "7ccc62c6f2765af1f3b46c00c9b5894426835a05021c8b9c01eecb6dfb542711"
                ),
                "tokenizer.json": File(
                    2_480_617, "6d8cbd7cd0d8d5815e478dac67b85a26bbe77c1f5e0c6d76d1ce2abc0e5f21ca"
                ),
                "vocabulary.json": File(
                    1_068_114, "c69260f2ab26d659b7c398f9a2b2b48ed0df16c3b47d7326782fd9cba71690c1"
                ),
            }
        ),
    ),
}
"""By the model's name. The hashes of `base` were compared with its files; the others are those that
several public projects agree on."""
