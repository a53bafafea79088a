import sys

import pytest

from ngcsnn.components import LIFCell
from ngcsnn.graph import Component, GraphError, NameClashError, UnknownNameError, known_types
from ngcsnn.graph.registry import find, register, type_name


class Mine(Component):
    class Inner(Component):
        pass


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of a user's own that nothing has imported."""
    name = "a_users_own_package"
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("")
    (tmp_path / name / "cells.py").write_text(
        "from ngcsnn.graph import Component\nclass Cell(Component):\n    pass\nclass NoCell:\n    pass\n"
    )
    (tmp_path / name / "broken.py").write_text("import nothing_of_this_name\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    for module in [m for m in sys.modules if m.partition(".")[0] == name]:
        del sys.modules[module]


def test_classes_of_the_library_have_bare_names():
    assert type_name(LIFCell) == "LIFCell" and find("LIFCell", Component) is LIFCell
    assert known_types()["LIFCell"] is LIFCell and list(known_types()) == sorted(known_types())
    assert "Mine" not in known_types()


def test_a_users_own_class_is_named_with_its_module():
    assert type_name(Mine) == f"{__name__}:Mine" and type_name(Mine.Inner) == f"{__name__}:Mine.Inner"
    for cls in (Mine, Mine.Inner):
        assert find(type_name(cls), Component) is cls, "its module is imported already"


def test_a_class_inside_a_function_cannot_be_found_again():
    class Local(Component):
        pass

    with pytest.raises(GraphError, match="Local is defined inside a function, so no saved model could find it"):
        type_name(Local)


@pytest.mark.parametrize("allowed", [["{}"], "{}", ("{}.cells",), ["other", "{}"]])
def test_an_allowed_module_is_imported(package, allowed):
    allowed = allowed.format(package) if isinstance(allowed, str) else [a.format(package) for a in allowed]
    assert find(f"{package}.cells:Cell", Component, allowed).__name__ == "Cell"


@pytest.mark.parametrize("allowed", [(), ["other"], "a", ["a_users_own"]])
def test_a_module_that_is_not_allowed_is_not_imported(package, allowed):
    with pytest.raises(GraphError, match=f"needs the module '{package}.cells', which is not allowed: name it with"):
        find(f"{package}.cells:Cell", Component, allowed)
    assert f"{package}.cells" not in sys.modules


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("LIFcel", UnknownNameError, "unknown component type 'LIFcel'; did you mean 'LIFCell'?"),
        ("{}.cells:Cel", UnknownNameError, "no component 'Cel' in module '{}.cells'; did you mean 'Cell'?"),
        ("{}.cells:NoCell", UnknownNameError, "no component 'NoCell' in module"),
        ("{}.nothing:Cell", GraphError, "the module '{}.nothing' cannot be imported"),
        ("{}.broken:Cell", GraphError, "cannot be imported: No module named 'nothing_of_this_name'"),
        ("os:system", UnknownNameError, "no component 'system' in module 'os'"),
        (":Cell", GraphError, "needs the module '', which is not allowed"),
    ],
)
def test_wrong_names_are_explained(package, name, error, message):
    with pytest.raises(error) as caught:
        find(name.format(package), Component, [package])
    assert message.format(package) in str(caught.value)


def test_two_classes_of_the_library_cannot_share_a_name():
    impostor = type("LIFCell", (), {"__module__": "ngcsnn.components.elsewhere"})
    with pytest.raises(NameClashError, match="two components are called LIFCell"):
        register(impostor)
    assert find("LIFCell", Component) is LIFCell
