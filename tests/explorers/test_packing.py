"""What goes to the page: each number once, of each frame only what is new, and all of it comes back."""

import copy
import json

import numpy as np

from lossbook import explorers
from lossbook.explorers.packing import Pool, pack, scene
from lossbook.figures import Axis, Figure, Line, Panel


def line_figure(height):
    line = Line([0, 1, 2], [0, height, 1], "line")
    return Figure(Panel(Axis("x"), Axis("y", 0, 5), (line,)), alt="A line.", says=f"height {height}")


def unpack(packed, data, k):
    """The scene of frame ``k``, as explorer.js makes it."""
    made = copy.deepcopy(packed["base"])
    for path, value in packed["changes"][k]:
        part = made
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = value
    numbers = np.frombuffer(data, dtype="<f4")
    for panel in made["panels"]:
        for mark in panel["marks"]:
            for key, part in mark.items():
                if isinstance(part, dict):
                    mark[key] = numbers[part["at"] : part["at"] + part["n"]].tolist()
    return made


def test_frames_come_back():
    packed, data = pack([line_figure(h) for h in (1, 2, 3)])
    for k, height in enumerate((1, 2, 3)):
        made = unpack(packed, data, k)
        assert made["says"] == f"height {height}"
        assert made["panels"][0]["marks"][0]["y"] == [0, height, 1]
        assert made["panels"][0]["marks"][0]["x"] == [0, 1, 2]


def test_equal_numbers_go_once():
    packed, data = pack([line_figure(1)] * 50)
    assert len(data) == 2 * 3 * 4  # x and y, three numbers each, four bytes a number
    assert packed["changes"] == [[]] * 50


def test_an_error_is_a_frame_of_its_own():
    packed, data = pack([ValueError("no\n  good"), line_figure(2)])
    assert packed["changes"][0] == {"error": "ValueError: no good"}
    assert unpack(packed, data, 1)["says"] == "height 2"
    assert pack([KeyError()])[0]["changes"] == [{"error": "KeyError"}]


def test_every_explorer_of_the_course_packs_to_plain_json():
    for function in explorers.COURSE:
        figure = function().draw()
        made = scene(figure, Pool())
        assert json.loads(json.dumps(made, allow_nan=False)) == made
