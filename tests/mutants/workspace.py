"""A copy of the repository in which mutmut can work.

mutmut derives the name of a module from its path below ``src``, and knows nothing of a namespace
package in three folders; so here its portions lie in one folder, and the tests beside them.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).parents[2]
WORKSPACE: Final = REPOSITORY / ".mutants"
BIN: Final = Path(sys.executable).parent
"""Where mutmut and mypy are installed beside this Python."""
ROUTING: Final = Path("src/natcbus/routing")

_PORTIONS: Final = ("schemas", "agents", "services")
_COPIED: Final = ("tests", "infra", "schemas/natcbus/contract/events")
# tests/conftest.py starts brokers, which are nothing to tests about what is decided.
_LEFT_OUT: Final = shutil.ignore_patterns("__pycache__", "conftest.py")

# Some of what mypy says is about the spelling of a mutant and not about its sense: of a literal
# True (so redundant-expr is left out), of an attribute that two variants of one method set, and of
# the comments that mutmut writes.
_SETTINGS: Final = """\
[tool.mutmut]
source_paths = ["src"]
only_mutate = [{mutated}]
also_copy = ["conftest.py", "infra", "schemas"]
type_check_command = ["mypy", "--output", "json"]
pytest_add_cli_args = ["-p", "no:cacheprovider", "--hypothesis-profile=mutants"]
pytest_add_cli_args_test_selection = [{tests}]
use_git_change_detection = false

[tool.pytest.ini_options]
addopts = ["--import-mode=importlib", "--strict-markers", "--strict-config"]
pythonpath = ["."]
timeout = 300
filterwarnings = ["error"]

[tool.mypy]
strict = true
warn_unused_ignores = false
disable_error_code = ["no-redef", "has-type"]
explicit_package_bases = true
mypy_path = ["src"]
files = [{mutated}]
"""

# A property runs for each mutant: fewer examples, and the same ones every time.
_PROFILE: Final = """\
from hypothesis import settings

settings.register_profile(
    "mutants", max_examples=25, derandomize=True, deadline=None, database=None
)
"""


def lay_out(modules: Sequence[str], tests: Sequence[str]) -> None:
    """Make the workspace anew, for mutating these modules of routing under these tests.

    Each run starts from nothing, because a verdict that is kept does not know of a changed test.
    """
    if WORKSPACE.exists():
        shutil.rmtree(WORKSPACE)
    for portion in _PORTIONS:
        _copy(REPOSITORY / portion / "natcbus", WORKSPACE / "src" / "natcbus")
    for folder in _COPIED:
        _copy(REPOSITORY / folder, WORKSPACE / folder)
    mutated = [str(ROUTING / f"{module}.py") for module in modules]
    settings = _SETTINGS.format(
        mutated=_quoted(mutated), tests=_quoted([f"tests/{test}" for test in tests])
    )
    (WORKSPACE / "pyproject.toml").write_text(settings, "utf-8")
    (WORKSPACE / "conftest.py").write_text(_PROFILE, "utf-8")


def _copy(folder: Path, to: Path) -> None:
    shutil.copytree(folder, to, ignore=_LEFT_OUT, dirs_exist_ok=True)


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)
