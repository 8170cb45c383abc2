"""The repository: one name in three folders, one wheel, and pinned hashes."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib.machinery import PathFinder
from pathlib import Path

import pytest

from tests.support.deployment import REPOSITORY

PORTIONS = ("schemas/natcbus", "agents/natcbus", "services/natcbus")
LOCKS = sorted((REPOSITORY / "requirements").glob("*.lock"))


def packages() -> set[str]:
    return {
        folder.name
        for portion in PORTIONS
        for folder in (REPOSITORY / portion).iterdir()
        if (folder / "__init__.py").is_file()
    }


def test_natcbus_is_a_namespace_of_three_portions() -> None:
    spec = PathFinder.find_spec(
        "natcbus", [str(REPOSITORY / p).removesuffix("natcbus") for p in PORTIONS]
    )
    assert spec is not None
    assert spec.origin is None, "somebody added natcbus/__init__.py: two portions vanish"
    assert spec.submodule_search_locations is not None
    assert {Path(place) for place in spec.submodule_search_locations} == {
        REPOSITORY / portion for portion in PORTIONS
    }


def test_every_package_says_that_it_is_typed() -> None:
    for portion in PORTIONS:
        for folder in (REPOSITORY / portion).iterdir():
            if (folder / "__init__.py").is_file():
                assert (folder / "py.typed").is_file(), folder


def test_every_package_is_held_to_the_rules_of_imports() -> None:
    config = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    rules = config["tool"]["importlinter"]
    assert set(rules["root_packages"]) == {f"natcbus.{name}" for name in packages()}
    layers = next(each for each in rules["contracts"] if each["type"] == "layers")
    layered = {name.strip() for row in layers["layers"] for name in row.split("|")}
    assert layered == set(rules["root_packages"])


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    options = ["--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(REPOSITORY)]
    subprocess.run([*pip, *options], check=True)
    (built,) = folder.glob("natcbus-*.whl")
    return built


def test_the_wheel_holds_every_module_and_every_file_of_the_contract(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("natcbus/")}
    source = {
        f"natcbus/{file.relative_to(REPOSITORY / portion).as_posix()}"
        for portion in PORTIONS
        for file in (REPOSITORY / portion).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    shipped = {
        f"natcbus/operations/example/{file.relative_to(REPOSITORY / 'infra').as_posix()}"
        for folder in ("network", "demo")
        for file in (REPOSITORY / "infra" / folder).rglob("*")
        if file.is_file()
    }
    assert held == source | shipped
    assert "natcbus/__init__.py" not in held
    assert {Path(name).suffix for name in held} >= {".py", ".avsc", ".yaml", ".json", ".typed"}


def test_the_wheel_works_without_the_repository(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--target", str(target), str(wheel)], check=True)
    # Without site (-S) the editable install of the repository is not seen.
    program = (
        f"import sys; sys.path[:0] = [{str(target)!r}, {sysconfig.get_path('platlib')!r}]\n"
        "from natcbus.contract.catalogue import load_catalogue\n"
        "import natcbus.contract, natcbus.routing, natcbus.operations\n"
        "print(natcbus.contract.__file__, natcbus.routing.__file__, natcbus.operations.__file__)\n"
        "print(*sorted(load_catalogue().types))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    places, types = done.stdout.splitlines()
    assert [Path(place).is_relative_to(target) for place in places.split()] == [True] * 3
    assert types.split() == ["joint_action_day", "missing_person", "recruitment_ad"]


def test_each_environment_has_its_lock() -> None:
    """Developers, the image and its build; what the bench compares with; mutation testing."""
    names = ["bench.lock", "build.lock", "dev.lock", "hub.lock", "mutants.lock"]
    assert [lock.name for lock in LOCKS] == names


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_pins_by_hash_and_holds_no_addresses(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert not re.search(r"://|--(extra-)?index-url|--find-links|@ ", text)
    requirements = [line for line in text.splitlines() if line and not line.startswith(" ")]
    for requirement in requirements:
        assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*==\S+( ; [^\\]+)? \\", requirement), requirement
    assert text.count("--hash=sha256:") >= len(requirements)


def test_what_the_image_holds_is_what_was_tested() -> None:
    pinned = {
        lock.name: dict(re.findall(r"(?m)^([a-z0-9.-]+)==([^\s;]+)", lock.read_text("utf-8")))
        for lock in LOCKS
    }
    assert pinned["hub.lock"].items() <= pinned["dev.lock"].items()
    assert pinned["build.lock"].items() <= pinned["dev.lock"].items()


def test_only_one_module_knows_the_broker_of_the_demo() -> None:
    knowing = {
        file.relative_to(REPOSITORY).as_posix()
        for portion in PORTIONS
        for file in (REPOSITORY / portion).rglob("*.py")
        if re.search("calfkit|tansu", file.read_text("utf-8"))
    }
    assert knowing == {"services/natcbus/operations/broker.py"}
