"""Wire expressions as text, for YAML: `a.s + 0.5 * b.s[0:10] >> c.j`, `apply(tanh, a.x) >> b.j`."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from ngcsnn.graph.errors import GraphError, WireError
from ngcsnn.graph.wire_functions import apply
from ngcsnn.graph.wires import Expression, Readable

_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.MatMult: operator.matmul}


def parse_wire(text: Any, find: Callable[[str], Any]) -> tuple[Readable, Any]:
    """(source, target) of `source >> target`; `find` turns `component.compartment` into a compartment."""
    if not isinstance(text, str) or text.count(">>") != 1:
        raise WireError(f"a wire reads 'component.compartment >> component.compartment', got {text!r}")
    left, right = text.split(">>")
    try:
        tree = ast.parse(left.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise WireError(f"cannot read {left.strip()!r} in the wire {text!r}") from None
    source = _build(tree, find, text)
    if not isinstance(source, Readable):
        raise WireError(f"the wire {text!r} starts at no compartment")
    target = find(right.strip())
    if not hasattr(target, "connect"):
        raise WireError(f"the wire {text!r} must end at a compartment (such as {right.strip()}.inputs)")
    return source, target


def _build(node: ast.AST, find: Callable[[str], Any], text: str) -> Any:
    if isinstance(node, ast.Attribute | ast.Name):
        found = find(ast.unparse(node))
        if not isinstance(found, Readable):
            raise WireError(f"'{ast.unparse(node)}' in the wire {text!r} is a component; name one of its compartments")
        return found
    if isinstance(node, ast.Constant | ast.List) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant)
    ):
        return _literal(node, text)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _build(node.left, find, text), _build(node.right, find, text)
        if not (isinstance(left, Readable) or isinstance(right, Readable)):
            raise WireError(f"{ast.unparse(node)!r} in the wire {text!r} has no compartment in it: write the number")
        return _OPERATORS[type(node.op)](left, right)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_readable(node.operand, find, text)
    if isinstance(node, ast.Subscript):
        index = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return _readable(node.value, find, text)[tuple(_index(i, text) for i in index)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "apply" and node.args:
        operands = [_build(a, find, text) for a in node.args[1:]]
        return apply(ast.unparse(node.args[0]).strip("'\""), *operands)
    raise WireError(f"{ast.unparse(node)!r} in the wire {text!r} is not understood (+ - * @, slices, apply(name, ...))")


def _readable(node: ast.AST, find: Callable[[str], Any], text: str) -> Readable:
    found = _build(node, find, text)
    if not isinstance(found, Readable):
        raise WireError(f"'{ast.unparse(node)}' in the wire {text!r} is no compartment")
    return found


def _index(node: ast.AST, text: str) -> Any:
    if isinstance(node, ast.Slice):
        return slice(*(None if p is None else _literal(p, text) for p in (node.lower, node.upper, node.step)))
    return _literal(node, text)


def _literal(node: ast.AST, text: str) -> Any:
    try:
        return ast.literal_eval(node)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        raise WireError(f"'{ast.unparse(node)}' in the wire {text!r} must be made of plain numbers") from None


def wire_text(target: Any) -> str:
    """The text of the wire that drives `target`, or an error where a function in it has no name."""
    source = target.source
    text = source.text(full=True) if isinstance(source, Expression) else repr(source)
    if "<" in text:
        raise GraphError(
            f"{source!r} >> {target.key} cannot be written as YAML: apply() takes a function by its name in jax.nn or "
            "jax.numpy there"
        )
    return f"{text} >> {target.key}"
