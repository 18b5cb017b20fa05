"""Laying the exercises into work/: what a learner changed is never lost."""

import json

import pytest
from click.testing import CliRunner

from lossbook import lab
from lossbook.cli import main

NAME = "02_regression.ipynb"


@pytest.fixture
def course(tmp_path):
    """A course with one exercise, version 'first'; work/ is not there yet."""
    (tmp_path / "exercises").mkdir()
    publish(tmp_path, "first")
    return tmp_path


def publish(course, text, name=NAME):
    (course / "exercises" / name).write_text(text)


def lay(course, version="0.1.0"):
    return [(laid.action, laid.file) for laid in lab.lay(course / "exercises", course / "work", version)]


def work(course):
    """What is in work/, without the record."""
    return {path.name: path.read_text() for path in (course / "work").iterdir() if path.name != lab.RECORD}


def test_first_time_and_again(course):
    assert lay(course) == [("new", NAME)]
    record = course / "work" / lab.RECORD
    before = record.stat().st_mtime_ns
    assert lay(course) == [("kept", NAME)]
    assert work(course) == {NAME: "first"}
    assert record.stat().st_mtime_ns == before, "nothing to do writes nothing"


def test_unchanged_copy_follows_a_newer_version(course):
    lay(course)
    publish(course, "second")
    assert lay(course) == [("updated", NAME)]
    assert work(course) == {NAME: "second"}


def test_changed_copy_stays_and_the_newer_version_is_beside_it(course):
    lay(course)
    (course / "work" / NAME).write_text("mine")
    assert lay(course) == [("kept", NAME)], "no newer version: nothing beside it"
    publish(course, "second")
    assert lay(course, "0.2.0") == [("beside", "02_regression-v0.2.0.ipynb")]
    assert work(course) == {NAME: "mine", "02_regression-v0.2.0.ipynb": "second"}
    assert lay(course, "0.2.0") == [("kept", NAME)], "once is enough"


def test_newer_version_that_was_deleted_does_not_come_back(course):
    lay(course)
    (course / "work" / NAME).write_text("mine")
    publish(course, "second")
    lay(course, "0.2.0")
    (course / "work" / "02_regression-v0.2.0.ipynb").unlink()
    lay(course, "0.2.0")
    assert work(course) == {NAME: "mine"}


def test_changed_on_both_sides_within_one_version(course):
    lay(course)
    (course / "work" / NAME).write_text("mine")
    publish(course, "second")
    lay(course)
    (course / "work" / "02_regression-v0.1.0.ipynb").write_text("mine too")
    publish(course, "third")
    assert lay(course) == [("beside", "02_regression-v0.1.0-2.ipynb")]
    publish(course, "fourth")  # what nobody changed is followed, also beside
    assert lay(course) == [("beside", "02_regression-v0.1.0-2.ipynb")]
    assert work(course) == {
        NAME: "mine",
        "02_regression-v0.1.0.ipynb": "mine too",
        "02_regression-v0.1.0-2.ipynb": "fourth",
    }


def test_deleted_copy_is_laid_again(course):
    lay(course)
    (course / "work" / NAME).unlink()
    assert lay(course) == [("new", NAME)]
    assert work(course) == {NAME: "first"}


@pytest.mark.parametrize("record", [None, "", "{", "[1]", '{"02_regression.ipynb": 3}', "\x00"])
def test_without_a_record_every_copy_counts_as_changed(course, record):
    lay(course)
    (course / "work" / NAME).write_text("perhaps mine")
    publish(course, "second")
    if record is None:
        (course / "work" / lab.RECORD).unlink()
    else:
        (course / "work" / lab.RECORD).write_text(record)
    assert lay(course) == [("beside", "02_regression-v0.1.0.ipynb")]
    assert work(course) == {NAME: "perhaps mine", "02_regression-v0.1.0.ipynb": "second"}


def test_one_that_is_not_ours_keeps_its_place(course):
    (course / "work" / NAME).mkdir(parents=True)
    assert lay(course) == [("beside", "02_regression-v0.1.0.ipynb")]
    assert (course / "work" / NAME).is_dir()


def test_cut_short_loses_nothing(course, monkeypatch):
    publish(course, "another", "03_likelihood.ipynb")
    real = lab.os.replace

    def full_disk(temporary, target):
        if target.name == "03_likelihood.ipynb":
            raise OSError(28, "No space left on device", str(target))
        real(temporary, target)

    monkeypatch.setattr(lab.os, "replace", full_disk)
    with pytest.raises(ValueError, match=r"can't lay the exercises into .*No space left"):
        lay(course)
    assert work(course) == {NAME: "first"}, "nothing half-written, no temporary file"
    assert list(json.loads((course / "work" / lab.RECORD).read_text())) == [NAME]
    monkeypatch.undo()
    assert lay(course) == [("kept", NAME), ("new", "03_likelihood.ipynb")]


def test_work_that_is_a_file_is_a_clear_error(course):
    (course / "work").write_text("")
    with pytest.raises(ValueError, match="a folder that you may write to"):
        lay(course)


def test_no_exercises_no_work(tmp_path):
    (tmp_path / "exercises").mkdir()
    assert lay(tmp_path) == []
    assert not (tmp_path / "work").exists()


def test_arguments_for_jupyter(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "00_start_here.ipynb").write_text("{}")
    folder = f"--FileContentsManager.preferred_dir={tmp_path / 'notebooks'}"
    first = "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb"

    def arguments(*given, first_time=False, is_root=False):
        return lab.arguments_for_jupyter(tmp_path, given, first_time, is_root)

    assert arguments("--no-browser", "--port", "8899") == [folder, "--no-browser", "--port", "8899"]
    assert arguments(first_time=True) == [folder, first]
    assert arguments("--LabApp.default_url=/tree", first_time=True) == [folder, "--LabApp.default_url=/tree"]
    assert arguments(is_root=True) == [folder, "--allow-root"]
    assert arguments("--allow-root", is_root=True) == [folder, "--allow-root"]
    assert arguments("--ServerApp.preferred_dir=/x") == ["--ServerApp.preferred_dir=/x"]


def test_command(course, monkeypatch):
    (course / "notebooks").mkdir()
    started = []
    monkeypatch.setattr(lab, "course_folder", lambda: course)
    monkeypatch.setattr(lab, "start", lambda root, arguments, first_time: started.append((root, arguments, first_time)))
    result = CliRunner().invoke(main, ["lab", "--no-browser", "--port", "8899"])
    assert result.exit_code == 0, result.output
    assert result.output == "work/02_regression.ipynb: new\n"
    CliRunner().invoke(main, ["lab"])
    assert started == [(course, ("--no-browser", "--port", "8899"), True), (course, (), False)]
    (course / "work" / NAME).write_text("mine")
    publish(course, "second")
    result = CliRunner().invoke(main, ["lab", "--lay-only"])
    assert "02_regression.ipynb: you have changed your copy" in result.output
    assert len(started) == 2, "--lay-only starts nothing"


def test_outside_a_clone(tmp_path):
    with pytest.raises(ValueError, match=r"has no notebooks/\. Install lossbook from a clone"):
        lab.course_folder(tmp_path / "site-packages" / "lossbook")
