"""The files in deploy/ against the code they deploy, and the pins against what the code asks for."""

import ast
import configparser
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from storyboard.embedded.crew import WORKERS, web

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
READ_BY_COMPOSE_ALONE = {"POSTGRES_PASSWORD"}
SETTING = re.compile(r"^#?([A-Z][A-Z_]+)=", re.MULTILINE)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def settings_read_by_the_code() -> set[str]:
    """The first argument of env.text(), env.flag() and their like, and of os.environ.get() where it is one of ours."""
    names = set()
    for file in [*(ROOT / "storyboard").rglob("*.py"), *(ROOT / "generation").rglob("*.py")]:
        for call in ast.walk(ast.parse(file.read_text())):
            if isinstance(call, ast.Call) and call.args and isinstance(call.args[0], ast.Constant):
                asked, name = ast.unparse(call.func), str(call.args[0].value)
                ours = asked == "os.environ.get" and name.startswith("CIRCLE_TAKE_")
                if ours or asked in {"env.text", "env.number", "env.flag", "env.names"}:
                    names.add(name)
    return names


def settings_in(name: str) -> set[str]:
    return set(SETTING.findall((DEPLOY / name).read_text()))


def test_the_example_names_every_setting_the_code_reads_and_no_other() -> None:
    assert settings_in("env.example") - READ_BY_COMPOSE_ALONE == settings_read_by_the_code()


def test_the_containers_set_only_what_the_code_reads(compose: dict[str, Any]) -> None:
    for name in ("prepare", "web", "takes", "media", "sweep"):
        assert set(compose["services"][name]["environment"]) <= settings_read_by_the_code()


def test_the_containers_run_what_the_laptop_runs(compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://board.example.org")
    services = compose["services"]
    for program in (web("0.0.0.0", 8000), *WORKERS):
        command = services[program.name]["command"].split()
        own = [word for word in program.arguments if word not in {"-m", "manage.py"}]
        essential = own[:3] if program.name == "sweep" else [word for word in own if not word.isdigit()]
        missing = [word for word in essential if word not in command]
        assert not missing, f"{program.name} lacks {missing}"


def test_the_database_is_the_version_the_laptop_has(compose: dict[str, Any]) -> None:
    from storyboard.embedded.postgres import MAJOR

    assert compose["services"]["postgres"]["image"] == f"postgres:{MAJOR}"


def test_the_proxy_maps_what_the_app_answers_to_where_media_lies(compose: dict[str, Any]) -> None:
    environment = compose["services"]["web"]["environment"]
    caddyfile = (DEPLOY / "Caddyfile").read_text()
    assert f"X-Accel-Redirect {environment['MEDIA_ACCEL']}/*" in caddyfile
    assert environment["MEDIA_LOCATION"] == f"{environment['CIRCLE_TAKE_DATA']}{environment['MEDIA_ACCEL']}"
    assert "data:/srv:ro" in compose["services"]["proxy"]["volumes"]
    assert "root * /srv" in caddyfile


def test_every_volume_and_dependency_that_is_used_is_declared(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (DEPLOY / source).exists(), f"{name}: {source}"
        assert set(service.get("depends_on", [])) <= set(compose["services"])


@pytest.mark.parametrize("name", ["circle-take.service", "circle-take-worker@.service"])
def test_units_start_programs_that_exist(name: str) -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str
    unit.read(DEPLOY / name)
    command = unit["Service"]["ExecStart"].split()
    assert command[0].startswith("/opt/circle-take/.venv/bin/")
    assert (ROOT / "storyboard/management/commands/up.py").exists()
    assert ("manage.py" in command and "up" in command) or command[1:4] == ["-A", "storyboard", "worker"]


@pytest.mark.parametrize("name", ["Dockerfile", "Dockerfile.worker"])
def test_images_copy_what_the_app_consists_of(name: str) -> None:
    copied = re.findall(r"^COPY (.+) \S+$", (DEPLOY / name).read_text(), re.MULTILINE)
    assert " ".join(copied).split() == [
        "pyproject.toml", "constraints.txt", "manage.py", "generation", "static", "storyboard", "templates",
    ]  # fmt: skip


def test_every_requirement_is_pinned_to_a_version_it_allows() -> None:
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    pins = {name.lower().replace("_", "-"): version for name, version in pins.items()}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for line in [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]:
        asked = Requirement(line)
        name = asked.name.lower().replace("_", "-")
        assert name in pins, f"{name} has no pin; run `make pins`"
        assert asked.specifier.contains(pins[name]), f"{line} does not allow {pins[name]}; run `make pins`"


def test_an_address_that_a_request_claims_is_believed_only_from_behind_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PUBLIC_URL", raising=False)
    assert "--no-proxy-headers" in web("127.0.0.1", 8000).arguments
    monkeypatch.setenv("PUBLIC_URL", "https://board.example.org")
    assert "--no-proxy-headers" not in web("127.0.0.1", 8000).arguments
