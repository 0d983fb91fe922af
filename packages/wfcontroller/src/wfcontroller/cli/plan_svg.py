"""A plan as a picture: boxes by wave, arrows for dependencies, the critical path emphasised."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from attrs import frozen

from wfcontroller.cli.layered import Layout, lay_out

_BOX, _GAP, _MARGIN, _HEAD, _BAND = (230, 84), (90, 28), 28, 92, 26
# Average width of a character at 12 px in the fonts asked for; texts are cut a little early rather than late.
_CHARACTER = 6.7
_STYLE = """
  text { font-family: "Segoe UI", "Helvetica Neue", Roboto, "DejaVu Sans", sans-serif; fill: #1f2933 }
  .title { font-size: 20px; font-weight: 600 } .sub { font-size: 12px; fill: #52606d }
  .band { fill: #f5f7fa } .wave { font-size: 11px; fill: #7b8794; letter-spacing: 0.08em }
  .box { fill: #ffffff; stroke: #9aa5b1; stroke-width: 1.2 } .box.path { stroke: #d9480f; stroke-width: 2.6 }
  .badge { fill: #3e4c59 } .badge.path { fill: #d9480f } .number { font-size: 12px; font-weight: 600; fill: #ffffff }
  .name { font-size: 13px; font-weight: 600 } .action { font-size: 12px; fill: #3e4c59 }
  .target { font-size: 11px; fill: #7b8794 } .critical { font-size: 10px; font-weight: 600; fill: #c92a2a }
  .edge { fill: none; stroke: #9aa5b1; stroke-width: 1.5 } .edge.path { stroke: #d9480f; stroke-width: 2.8 }
"""
_HEADS = "".join(
    f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" '
    f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0,0 L10,5 L0,10 z" fill="{colour}"/></marker>'
    for name, colour in (("arrow", "#9aa5b1"), ("arrow-path", "#d9480f")))


@frozen
class _Grid:
    """Turns (layer, slot) into pixels.  Long plans run downwards, others to the right."""

    downwards: bool

    def corner(self, layer: float, slot: float) -> tuple[float, float]:
        along, across = (1, 0) if self.downwards else (0, 1)
        place = [0.0, 0.0]
        place[along] = layer * (_BOX[along] + _GAP[0 if not self.downwards else 1] + (18 if self.downwards else 0))
        place[across] = slot * (_BOX[across] + _GAP[1])
        # Waves are labelled above their boxes, or left of them.
        return _MARGIN + place[0] + (_BAND + 40 if self.downwards else 0), _HEAD + _BAND + place[1]


def drawing(plans: Sequence[dict[str, Any]]) -> str:
    """One SVG of all plans, one below the other."""
    parts, top, width = [], 0.0, 0.0
    for plan in plans:
        body, size = _plan(plan)
        parts.append(f'<g transform="translate(0,{top:g})">{body}</g>')
        top, width = top + size[1], max(width, size[0])
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{top:g}" '
            f'viewBox="0 0 {width:g} {top:g}" role="img" aria-label={quoteattr(_title(plans))}>'
            f'<style>{_STYLE}</style><defs>{_HEADS}</defs><rect width="100%" height="100%" fill="#ffffff"/>\n'
            + "\n".join(parts) + "\n</svg>\n")


def _title(plans: Sequence[dict[str, Any]]) -> str:
    return "Plan of " + ", ".join(plan["name"] for plan in plans)


def _plan(plan: dict[str, Any]) -> tuple[str, tuple[float, float]]:
    waves = plan["waves"]
    grid = _Grid(downwards=len(waves) > max(6, *map(len, waves)))
    layout = lay_out(waves, {step["stepNumber"]: step["needs"] for step in plan["steps"]})
    corners = {step: grid.corner(*place) for step, place in layout.slots.items()}
    points = [grid.corner(*point) for route in layout.routes.values() for point in route]
    right = max(x for x, _ in (*corners.values(), *points)) + _BOX[0] + _MARGIN
    bottom = max(y for _, y in (*corners.values(), *points)) + _BOX[1] + _MARGIN
    right = max(right, _MARGIN * 2 + 11.5 * min(len(plan["name"]), 60), 620)
    body = [*_head(plan), *_bands(waves, grid, right, bottom), *_edges(plan, layout, grid),
            *(_box(step, corners[step["stepNumber"]], step["stepNumber"] in plan["criticalPath"])
              for step in plan["steps"])]
    return "\n".join(body), (right, bottom)


def _head(plan: dict[str, Any]) -> Iterator[str]:
    about = (f"{plan['totalSteps']} steps, {len(plan['waves'])} waves, {plan['strategy']}, "
             f"about {plan['estimatedDuration']}")
    undone = " → ".join(", ".join(map(str, wave)) for wave in plan["rollbackOrder"])
    undo = f"undone in the order {_cut(undone, 90)}" if undone else "nothing can be undone"
    yield f'<text class="title" x="{_MARGIN}" y="36">{escape(_cut(plan["name"], 60))}</text>'
    yield f'<text class="sub" x="{_MARGIN}" y="58">{escape(about)}</text>'
    yield (f'<text class="sub" x="{_MARGIN}" y="76">{escape(undo)}; '
           f'<tspan fill="#d9480f">━ critical path</tspan></text>')


def _bands(waves: Sequence[Any], grid: _Grid, right: float, bottom: float) -> Iterator[str]:
    for index in range(len(waves)):
        x, y = grid.corner(index, 0)
        box: tuple[float, ...] = (x - 14, _HEAD, _BOX[0] + 28, bottom - _HEAD - _MARGIN / 2)
        label: tuple[float, ...] = (x, _HEAD + 17)
        if grid.downwards:
            box = (_MARGIN / 2, y - 12, right - _MARGIN, _BOX[1] + 24)
            label = (_MARGIN, y + _BOX[1] / 2 + 4)
        yield '<rect class="band" x="{:g}" y="{:g}" width="{:g}" height="{:g}" rx="8"/>'.format(*box)
        yield '<text class="wave" x="{:g}" y="{:g}">WAVE {}</text>'.format(*label, index + 1)


def _edges(plan: dict[str, Any], layout: Layout, grid: _Grid) -> Iterator[str]:
    critical = set(pairwise(plan["criticalPath"]))
    # The critical path is drawn last, over the others.
    for edge, route in sorted(layout.routes.items(), key=lambda entry: (entry[0] in critical, entry[0])):
        mark = ("path", "arrow-path") if edge in critical else ("", "arrow")
        yield (f'<path class="edge {mark[0]}" d="{_curve([grid.corner(*point) for point in route], grid)}" '
               f'marker-end="url(#{mark[1]})"/>')


def _curve(corners: Sequence[tuple[float, float]], grid: _Grid) -> str:
    """Leaves a box on its far side, passes through each layer it crosses, enters the next box on its near side."""
    width, height = _BOX
    points: list[tuple[float, float]] = []
    for index, (x, y) in enumerate(corners):
        near = (x + width / 2, y) if grid.downwards else (x, y + height / 2)
        far = (x + width / 2, y + height) if grid.downwards else (x + width, y + height / 2)
        points += [far] if index == 0 else [near] if index == len(corners) - 1 else [near, far]
    text = "M{:g},{:g}".format(*points[0])
    for (x0, y0), (x1, y1) in pairwise(points):
        first, second = ((x0, (y0 + y1) / 2), (x1, (y0 + y1) / 2)) if grid.downwards else (
            ((x0 + x1) / 2, y0), ((x0 + x1) / 2, y1))
        text += f" C{first[0]:g},{first[1]:g} {second[0]:g},{second[1]:g} {x1:g},{y1:g}"
    return text


def _box(step: dict[str, Any], corner: tuple[float, float], on_path: bool) -> str:
    (x, y), path = corner, " path" if on_path else ""
    targets = step["targets"]
    target = (targets[0] + (f" +{len(targets) - 1}" if len(targets) > 1 else "")) if targets else ""
    critical = (f'<text class="critical" x="{x + _BOX[0] - 10:g}" y="{y + 76:g}" text-anchor="end">critical</text>'
                if step["critical"] else "")
    return (f'<g><title>{escape(_full(step))}</title>'
            f'<rect class="box{path}" x="{x:g}" y="{y:g}" width="{_BOX[0]}" height="{_BOX[1]}" rx="8"/>'
            f'<rect class="badge{path}" x="{x + 10:g}" y="{y + 10:g}" width="30" height="20" rx="10"/>'
            f'<text class="number" x="{x + 25:g}" y="{y + 24:g}" text-anchor="middle">{step["stepNumber"]}</text>'
            f'<text class="name" x="{x + 48:g}" y="{y + 25:g}">{_fit(step["name"] or step["action"], 176, 7.6)}</text>'
            f'<text class="action" x="{x + 12:g}" y="{y + 49:g}">{escape(step["action"])}</text>'
            f'<text class="target" x="{x + 12:g}" y="{y + 68:g}">{_fit(target, 160 if critical else 208, 6.2)}</text>'
            f'{critical}</g>')


def _full(step: dict[str, Any]) -> str:
    needs = ", ".join(map(str, step["needs"])) or "nothing"
    return (f"{step['stepNumber']} {step['name']}: {step['action']} {', '.join(step['targets'])}; needs {needs}; "
            f"{step['maxRetries']} retries, timeout {step['timeout']}; undone by {step['rollback'] or 'nothing'}")


def _fit(text: str, pixels: float, character: float = _CHARACTER) -> str:
    return escape(_cut(text, int(pixels / character)))


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length - 1] + "…"
