import pytest

from ngcsnn.graph import Document, YamlError, read_yaml


def plain(text):
    return Document(text, "m.yaml").data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1e-3", 1e-3),
        ("a: 1E3", 1000.0),
        ("a: -2.5e+2", -250.0),
        ("a: 3", 3),
        ("a: .inf", float("inf")),
        ("a: true", True),
        ("a: ~", None),
        ("a: '1e-3'", "1e-3"),
        ('a: "12"', "12"),
        ("a: nan", "nan"),
        ("a: inf", "inf"),
        ("a: 1_000", 1000),
        ("a: 1e", "1e"),
        ("a: [1, [2e0, x], {b: 3}]", [1, [2.0, "x"], {"b": 3}]),
        ("a: |\n  1e3\n", "1e3\n"),
        ("b: &x [1, 2]\na: *x", [1, 2]),
    ],
)
def test_values(text, value):
    found = plain(text)["a"]
    assert found == value and type(found) is type(value)


def test_every_key_has_its_line():
    document = Document("a:\n  b: 1\n  c:\n    - x\n    - y\n\nd: {e: 1,\n  f: 2}\n", "m.yaml")
    for path, line in {(): 1, ("a",): 1, ("a", "b"): 2, ("a", "c", 1): 5, ("d", "e"): 7, ("d", "f"): 8}.items():
        assert document.where(*path) == f"m.yaml:{line}"
    assert document.where("a", "c", "nothing") == "m.yaml:3", "the nearest enclosing key"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "m.yaml:3: the key 'a' stands here a second time"),
        ("a:\n  x: 1\n  x: 2\n", "m.yaml:3: the key 'x' stands here a second time"),
        ("- a\n- b\n", "m.yaml:1: expected a mapping of sections, got list"),
        ("just a word", "m.yaml:1: expected a mapping of sections, got str"),
        ("a: [1, 2\nb: 3\n", "m.yaml:2: not valid YAML"),
        ("a: 1\n\tb: 2\n", "m.yaml:2: not valid YAML"),
        ("a: 1\n--- \nb: 2\n", "not valid YAML: but found another document"),
        ("a: \x00", "m.yaml: not valid YAML"),
        ("a: 1\nb: !!python/name:os.system x\n", "m.yaml:2: 'x' has the tag !!python/name:os.system: no tags are read"),
        ("a: !!python/object/apply:os.system [ls]", "m.yaml:1: this part has the tag !!python/object/apply:os.system"),
        ("a: !mine {x: 1}", "m.yaml:1: this part has the tag !mine: no tags are read"),
        ("a: !mine 3", "m.yaml:1: '3' has the tag !mine: no tags are read"),
        ("a: !!set {x, y}", "has the tag !!set"),
        ("a: !!binary aGVsbG8=", "has the tag !!binary"),
        ("a: 2020-01-01", "'2020-01-01' has the tag !!timestamp"),
        ("a: !!int x", "m.yaml:1: 'x' is not what its tag says"),
        ("? [1, 2]\n: 3\n", "m.yaml:1: keys must be plain words"),
        ("~: 3\n", "m.yaml:1: keys must be plain words"),
        ("b: &b {x: 1}\na:\n  <<: *b\n", "m.yaml:3: keys must be plain words, got '<<'"),
        ("a: &x\n  b: *x\n", "m.yaml:1: this part contains itself"),
    ],
)
def test_what_is_no_plain_data_is_refused_with_file_and_line(text, message):
    with pytest.raises(YamlError) as error:
        plain(text)
    assert message in str(error.value)


def test_keys_are_checked_with_line_and_closest_name():
    document = Document("a:\n  good: 1\n  goood: 2\n", "m.yaml")
    with pytest.raises(YamlError, match=r"m.yaml:3: `a` has no key 'goood'; did you mean 'good'\?"):
        document.check_keys(("a",), document.data["a"], ["good", "bad"], "`a`")
    with pytest.raises(YamlError, match="m.yaml:1: `a` must be a mapping, got 3"):
        document.check_keys(("a",), 3, ["good"], "`a`")


def test_text_or_path(tmp_path):
    file = tmp_path / "model.yaml"
    file.write_text("a: 1\n", encoding="utf-8")
    odd = tmp_path / "odd:name"
    odd.write_text("a: 2\n", encoding="utf-8")
    assert read_yaml(file).data == read_yaml(str(file)).data == {"a": 1}
    assert read_yaml(file).source == str(file)
    assert read_yaml(odd).data == read_yaml(str(odd)).data == {"a": 2}
    assert read_yaml("a: 3").data == {"a": 3} and read_yaml("a:\n  - 3\n").source == "<text>"
    assert read_yaml("{" + ", ".join(f"key{i}: {i}" for i in range(100)) + "}").data["key99"] == 99
    assert read_yaml("").data == read_yaml("# nothing\n").data == {}


def test_files_that_are_not_there_or_no_text(tmp_path):
    (tmp_path / "model.yaml").write_text("a: 1\n")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(YamlError, match=r"no file .*modell.yaml; did you mean 'model.yaml'\?"):
        read_yaml(tmp_path / "modell.yaml")
    for missing in ("nowhere", "nowhere.yaml", str(tmp_path / "x" / "model.yaml")):
        with pytest.raises(YamlError, match="no file"):
            read_yaml(missing)
    for unreadable in (tmp_path, tmp_path / "binary.yaml"):
        with pytest.raises(YamlError, match="cannot be read"):
            read_yaml(unreadable)
    for wrong in (None, 3, {"a": 1}, b"a: 1"):
        with pytest.raises(YamlError, match="given as YAML text or the path of a file, got"):
            read_yaml(wrong)  # type: ignore[arg-type]
