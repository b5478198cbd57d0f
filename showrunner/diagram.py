"""The picture of a state machine, drawn from its Amazon States Language: `python -m showrunner.diagram FILE`.

Time flows down. The rules of the layout:
1. The spine is what happens when all goes well: from StartAt by Next, and by a Choice's Default. It is column 0.
2. A state stands one row below the lowest state that leads to it.
3. A state beside the spine stands in the first column to its right that is free; below the spine's end, under it.
4. An edge to the state right below is straight. One to a column further right leaves the side and falls onto its
   target; one to a column further left falls to its target's row and enters its side. All others run along the left.
5. Edges of one way, label and target are one line with several beginnings, labelled once.
6. A Parallel is a frame around the pictures of its branches.

`arrange` makes the layout, which knows nothing of SVG; `svg` draws it. Lengths are pixels, y grows downwards.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from itertools import count, pairwise
from pathlib import Path
from typing import Any, Literal

BOX_WIDTH, BOX_HEIGHT, BOX_SIDES = (
    110.0,
    34.0,
    25.0,
)  # at least; the sides are left and right of the name: a glyph fits in
ROW_GAP, COLUMN_GAP, PORT = 24.0, 34.0, 14.0
FRAME, FRAME_NAME = 14.0, 28.0  # around the branches of a Parallel
NOTE_WIDTH, NOTE_GAP, NOTE_LINE = 244.0, 20.0, 15.0
MARGIN = 18.0
NAME_SIZE, LABEL_SIZE, NOTE_SIZE = 13.0, 11.0, 11.5

State = dict[str, Any]
Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]
Way = Literal["entry", "next", "choice", "caught"]
Kind = Literal["Task", "Await", "Child", "Choice", "Parallel", "Succeed", "Fail", "Pass", "Wait"]


@dataclass(frozen=True)
class Edge:
    """A way from a state to another; `about` says in full what `label` says in short."""

    source: str
    target: str
    way: Way
    label: str = ""
    about: str = ""


@dataclass(frozen=True)
class Box:
    """A state. Kind Await is a Task that waits for a token, Child one that starts an execution."""

    name: str
    kind: Kind
    comment: str
    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> float:
        return self.x + self.width / 2

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


@dataclass(frozen=True)
class Line:
    """An edge, or the part of it that it does not share: that one has no `arrow` and ends on another line.

    `rest`: what it shares, from there to the target.
    """

    edge: Edge
    points: tuple[Point, ...]
    arrow: bool = True
    rest: tuple[Point, ...] = ()


@dataclass(frozen=True)
class Text:
    text: str
    x: float
    y: float
    anchor: Anchor = "start"


@dataclass
class Layout:
    """What to draw, in this order: boxes (frames before what they hold), lines, labels of lines, notes on states."""

    width: float = 0.0
    height: float = 0.0
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    labels: list[Text] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)

    def hold(self, inner: "Layout", dx: float, dy: float) -> None:
        """Take another layout in, moved by (dx, dy)."""
        self.boxes += [replace(b, x=b.x + dx, y=b.y + dy) for b in inner.boxes]
        self.lines += [replace(e, points=tuple((x + dx, y + dy) for x, y in e.points)) for e in inner.lines]
        self.labels += [replace(t, x=t.x + dx, y=t.y + dy) for t in inner.labels]


@dataclass(frozen=True)
class Happened:
    """What an execution did: states by name, running, waiting, done, stopped, caught, failed or aborted; and ways."""

    became: Mapping[str, str]
    passed: Collection[tuple[str, str | None]]


# -- what the machine says


def edges(states: dict[str, State]) -> list[Edge]:
    """Every Next, Choice, Default and Catch of one level, in the order they are written."""
    found: list[Edge] = []
    for name, state in states.items():
        if "Next" in state:
            found.append(Edge(name, state["Next"], "next"))
        found += [Edge(name, rule["Next"], "choice", "if", condition(rule)) for rule in state.get("Choices", ())]
        if "Default" in state:
            found.append(Edge(name, state["Default"], "choice", "else", "in all other cases"))
        for catch in state.get("Catch", ()):
            label = " or ".join(_short(error) for error in catch["ErrorEquals"])
            found.append(Edge(name, catch["Next"], "caught", label, ", ".join(catch["ErrorEquals"])))
    return found


def condition(rule: State) -> str:
    """A Choice's rule in a line: `$.error IsPresent true and not ($.error.Error StringEquals "Stop")`."""
    for word in ("And", "Or"):
        if word in rule:
            return f" {word.lower()} ".join(condition(each) for each in rule[word])
    if "Not" in rule:
        return f"not ({condition(rule['Not'])})"
    operator, value = next((k, v) for k, v in rule.items() if k not in ("Variable", "Next", "Comment"))
    return f"{rule['Variable']} {operator} {json.dumps(value)}"


def kind(state: State) -> Kind:
    told: Kind = state["Type"]
    resource = state.get("Resource", "")
    if told == "Task" and resource.endswith(".waitForTaskToken"):
        return "Await"
    return "Child" if told == "Task" and ":states:startExecution" in resource else told


def _short(error: str) -> str:
    """`States.ALL` is any error, `StepFunctions.ExecutionAlreadyExistsException` ExecutionAlreadyExists."""
    return "any error" if error == "States.ALL" else error.rpartition(".")[2].removesuffix("Exception")


# -- the layout


def arrange(machine: State, notes: bool = True) -> Layout:
    """The whole picture; with `notes`, the states' comments stand to the right of their rows."""
    level = _Level(machine, notes)
    layout = Layout(level.layout.width + 2 * MARGIN, level.layout.height + 2 * MARGIN + ROW_GAP)
    layout.hold(level.layout, MARGIN, MARGIN + ROW_GAP)
    layout.lines = [replace(line, rest=tuple(_rest(line, layout.lines))) for line in layout.lines]
    if notes:
        middle = {box.name: box.middle for box in layout.boxes}
        left = layout.width - MARGIN + NOTE_GAP
        for number, names in level.rows.items():
            lines = level.note(number)
            top = middle[names[0]] - (len(lines) - 1) * NOTE_LINE / 2 + NOTE_SIZE * 0.35
            layout.notes += [Text(line, left, top + i * NOTE_LINE) for i, line in enumerate(lines)]
        layout.width += NOTE_GAP + NOTE_WIDTH
    return layout


class _Level:
    """The states of a machine or a branch. The corner of its first row is (0, 0); its entry comes from above."""

    def __init__(self, machine: State, notes: bool = False) -> None:
        self.notes = notes  # leave room for them
        self.start: str = machine["StartAt"]
        self.states: dict[str, State] = machine["States"]
        self.edges = edges(self.states)
        self.lines: dict[tuple[str, Way, str], list[Edge]] = defaultdict(list)  # rule 5
        for edge in self.edges:
            self.lines[edge.target, edge.way, edge.label].append(edge)
        self.layout = Layout()
        self.box = self._boxes()
        for line in self.lines.values():
            self._draw(line)
        first = self.box[self.start]
        entry = Edge("", self.start, "entry")
        self.layout.lines.append(Line(entry, ((first.centre, first.y - ROW_GAP), (first.centre, first.y))))

    # rules 1 to 3: where in the grid

    @cached_property
    def spine(self) -> list[str]:
        found, here = [], self.start
        while here and here not in found:
            found.append(here)
            here = self.states[here].get("Next") or self.states[here].get("Default") or ""
        return found

    @cached_property
    def row(self) -> dict[str, int]:
        row: dict[str, int] = {}
        for name in self._in_order():  # an edge that leads back has a source that is not placed yet
            above = [row[edge.source] for edge in self.edges if edge.target == name and edge.source in row]
            row[name] = max(above, default=-1) + 1
        return row

    def _in_order(self) -> list[str]:
        """Every state after all that lead to it."""
        seen: set[str] = set()

        def finished(name: str) -> Iterator[str]:
            seen.add(name)
            for edge in self.edges:
                if edge.source == name and edge.target not in seen:
                    yield from finished(edge.target)
            yield name

        found = [each for name in (self.start, *self.states) if name not in seen for each in finished(name)]
        return found[::-1]

    @cached_property
    def column(self) -> dict[str, int]:
        column = dict.fromkeys(self.spine, 0)
        taken = {(row, 0) for row in range(self.row[self.spine[-1]] + 1)}
        for name in self.states:
            if name not in column:
                column[name] = next(c for c in count() if (self.row[name], c) not in taken)
                taken.add((self.row[name], column[name]))
        return column

    @cached_property
    def rows(self) -> dict[int, list[str]]:
        """Row number -> its states from left to right, from the top row on."""
        return _by(self.row, sorted(self.states, key=self.column.__getitem__))

    def note(self, row: int) -> list[str]:
        """The comments on a row's states, line by line."""
        told = {name: self.states[name].get("Comment") for name in self.rows[row]}
        texts = [f"{name}: {comment}" if len(told) > 1 else comment for name, comment in told.items() if comment]
        return [line for text in texts for line in _wrap(text)]

    # from the grid to pixels

    def _boxes(self) -> dict[str, Box]:
        frames = {name: _frame(state) for name, state in self.states.items() if state["Type"] == "Parallel"}
        columns = _by(self.column, list(self.states))
        width: dict[str, float] = {}
        for names in columns.values():
            widest = max((text_width(name, NAME_SIZE, bold=True) for name in names if name not in frames), default=0.0)
            width |= dict.fromkeys(names, max(BOX_WIDTH, widest + 2 * BOX_SIDES))
        width |= {name: frame.width for name, frame in frames.items()}
        height = dict.fromkeys(self.states, BOX_HEIGHT) | {name: frame.height for name, frame in frames.items()}

        left, centre = sum(self.rails.values()), {}
        for number, names in columns.items():
            widest = max(width[name] for name in names)
            centre[number] = left + widest / 2
            left += widest + COLUMN_GAP
        box, top = {}, 0.0
        for number, names in self.rows.items():
            tallest = max(height[name] for name in names)
            if self.notes:
                tallest = max(tallest, len(self.note(number)) * NOTE_LINE - 8)
            for name in names:
                x, y = centre[self.column[name]] - width[name] / 2, top + (tallest - height[name]) / 2
                state = self.states[name]
                box[name] = Box(name, kind(state), state.get("Comment", ""), x, y, width[name], height[name])
            top += tallest + ROW_GAP
        self.layout = Layout(left - COLUMN_GAP, top - ROW_GAP, list(box.values()))
        for name, frame in frames.items():
            self.layout.hold(frame, box[name].x, box[name].y)
        return box

    # rule 4: the lines

    def _way_of(self, edge: Edge) -> Callable[[list[Edge]], None]:
        source, target = self.column[edge.source], self.column[edge.target]
        first, last = self.row[edge.source], self.row[edge.target]
        corner = (first, target) if source < target else (last, source)
        others = {(self.row[name], self.column[name]) for name in self.states} - {(first, source), (last, target)}
        if first >= last or others & (_between((first, source), corner) | _between(corner, (last, target))):
            return self._rail
        if source == target:
            return self._straight
        return self._fall if source < target else self._enter

    @cached_property
    def rails(self) -> dict[tuple[str, Way, str], float]:
        """The lines that run along the left, the outermost first, and the room each needs."""
        railed = [key for key, line in self.lines.items() if any(self._way_of(e) == self._rail for e in line)]
        return {key: max(text_width(key[2], LABEL_SIZE) + 12, 2 * PORT) for key in railed}

    def _draw(self, line: list[Edge]) -> None:
        ways = [self._way_of(edge) for edge in line]
        if self._rail in ways:
            return self._rail(line)
        for way in dict.fromkeys(ways):
            way([edge for edge, its in zip(line, ways, strict=True) if its == way])
        return None

    def _straight(self, line: list[Edge]) -> None:
        for edge in line:
            source, target = self.box[edge.source], self.box[edge.target]
            x = source.centre + self._beside(edge) * PORT
            self._add(edge, (x, source.bottom), (x, target.y))
            self._label(edge.label, x + 7, (source.bottom + target.y) / 2 + LABEL_SIZE * 0.35)

    def _fall(self, line: list[Edge]) -> None:
        first, *others = sorted(line, key=lambda edge: self.row[edge.source])
        (x, leftmost), target = self._top_port(first), self.box[first.target]
        self._add(first, (self.box[first.source].right, y := self._side_port(first)), (x, y), (x, target.y))
        for edge in others:
            self._add(edge, (self.box[edge.source].right, y := self._side_port(edge)), (x, y), arrow=False)
        self._label(first.label, x - 7 if leftmost else x + 7, target.y - 12, "end" if leftmost else "start")

    def _enter(self, line: list[Edge]) -> None:
        for edge in line:
            source, target, y = self.box[edge.source], self.box[edge.target], self._side_port(edge)
            x = source.centre + self._beside(edge) * PORT
            self._add(edge, (x, source.bottom), (x, y), (target.right, y))
            self._label(edge.label, x + 7, source.bottom + 14)

    def _rail(self, line: list[Edge]) -> None:
        first, *others = sorted(line, key=lambda edge: self.row[edge.source])
        rail = first.target, first.way, first.label
        x = sum(list(self.rails.values())[: list(self.rails).index(rail)]) + self.rails[rail] / 2
        leave, arrive = self._to_the_left(first.source, down=True), self._to_the_left(first.target, down=False)
        self._add(first, *leave, (x, leave[-1][1]), (x, arrive[-1][1]), *arrive[::-1])
        self._label(first.label, x, leave[-1][1] - 6, "middle")
        for edge in others:
            leave = self._to_the_left(edge.source, down=True)
            self._add(edge, *leave, (x, leave[-1][1]), arrow=False)

    def _to_the_left(self, name: str, down: bool) -> list[Point]:
        """From a state to where a line to the rail meets no other state: its left side, or the gap below or above."""
        box = self.box[name]
        if self.column[name] == 0:
            return [(box.x, box.middle)]
        x, gap = box.centre - PORT, ROW_GAP / 2
        return [(x, box.bottom), (x, box.bottom + gap)] if down else [(x, box.y), (x, box.y - gap)]

    def _beside(self, edge: Edge) -> int:
        """How many edges of the same two states were written before it."""
        return [e for e in self.edges if (e.source, e.target) == (edge.source, edge.target)].index(edge)

    def _side_port(self, edge: Edge) -> float:
        """Where on the right side: what enters stands above what leaves, and what goes far above what goes near."""
        side = edge.source if self._way_of(edge) == self._fall else edge.target
        ins = [e for e in self.edges if e.target == side and self._way_of(e) == self._enter]
        outs = [e for e in self.edges if e.source == side and self._way_of(e) == self._fall]
        outs.sort(key=lambda e: -self.column[e.target])
        return self.box[side].middle + _spread((ins + outs).index(edge), len(ins + outs))

    def _top_port(self, edge: Edge) -> tuple[float, bool]:
        """Where on the top, and whether others stand to the right: lines from nearer states stand left of those
        from further up, so that none cross."""
        falling = [line for line in self.lines.values() if self._way_of(line[0]) == self._fall]
        here = [line for line in falling if line[0].target == edge.target]
        here.sort(key=lambda line: -min(self.row[e.source] for e in line))
        at = next(i for i, line in enumerate(here) if edge in line)
        return self.box[edge.target].centre + _spread(at, len(here)), at < len(here) - 1

    def _add(self, edge: Edge, *points: Point, arrow: bool = True) -> None:
        self.layout.lines.append(Line(edge, points, arrow))

    def _label(self, text: str, x: float, y: float, anchor: Anchor = "start") -> None:
        if text:
            self.layout.labels.append(Text(text, x, y, anchor))


def _rest(line: Line, lines: list[Line]) -> Iterator[Point]:
    """From where a part ends on a line to that one's end; its first point is the part's last."""
    if line.arrow:
        return
    edge, on = line.edge, line.points[-1]
    whole = [each for each in lines if each.arrow and _bundle(each.edge) == _bundle(edge)]
    ways = [list(pairwise(each.points)) for each in whole]
    way = next(way for way in ways if any(_lies_between(on, a, b) for a, b in way))
    joined = next(i for i, (a, b) in enumerate(way) if _lies_between(on, a, b))
    yield from (on, *(b for _, b in way[joined:]))


def _bundle(edge: Edge) -> tuple[str, str, str]:
    return edge.target, edge.way, edge.label


def _lies_between(point: Point, a: Point, b: Point) -> bool:
    """On a segment that is upright or level."""
    return all(min(p, q) <= at <= max(p, q) for at, p, q in zip(point, a, b, strict=True))


def _frame(parallel: State) -> Layout:
    """Rule 6: the branches side by side, each with its entry from the line under the name."""
    frame, left, top = Layout(), FRAME, FRAME_NAME + ROW_GAP
    for branch in parallel["Branches"]:
        inner = _Level(branch).layout
        frame.hold(inner, left, top)
        left += inner.width + FRAME
        frame.height = max(frame.height, top + inner.height + FRAME)
    frame.width = left
    return frame


def _by(number: dict[str, int], names: list[str]) -> dict[int, list[str]]:
    return {n: [name for name in names if number[name] == n] for n in sorted(set(number.values()))}


def _between(a: tuple[int, int], b: tuple[int, int]) -> set[tuple[int, int]]:
    """The places of the grid from one to the other, both included; they share a row or a column."""
    (top, bottom), (left, right) = sorted((a[0], b[0])), sorted((a[1], b[1]))
    return {(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)}


def _spread(index: int, of: int) -> float:
    return (index - (of - 1) / 2) * PORT


def _wrap(text: str) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, NOTE_SIZE) <= NOTE_WIDTH:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Pixels in DejaVu Sans, the widest of the usual fonts: the reader's is not known here."""
    return 2.0 * round(len(text) * size * (0.33 if bold else 0.28))


# -- the drawing

CSS = """
text { font-family: system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; fill: #1f2933 }
.name { font-size: 13px; font-weight: 600; text-anchor: middle }
.label { font-size: 11px; fill: #52606d; paint-order: stroke; stroke: #fcfcfd; stroke-width: 4px }
.note { font-size: 11.5px; fill: #52606d }
.box { stroke-width: 1.5px }
.Task, .Child, .Pass { fill: #e8f1fb; stroke: #3273b8 }
.Await, .Wait { fill: #fdf3dc; stroke: #b7791f }
.Choice { fill: #f1ebfa; stroke: #7a52b3 }
.Parallel { fill: #f5f7fa; stroke: #9aa5b1 }
.Succeed { fill: #e3f6ea; stroke: #2f855a }
.Fail { fill: #fdebeb; stroke: #c53030 }
.line { fill: none; stroke: #52606d; stroke-width: 1.4px; stroke-linejoin: round }
.caught { stroke: #c53030; stroke-width: 1.2px; stroke-dasharray: 4 3 }
.glyph { fill: none; stroke-width: 1.5px; stroke-linecap: round; stroke-linejoin: round }
"""
# In an execution's drawing: what was entered has a frame that tells what became of it, and the rest is faint.
HAPPENED_CSS = """
.line { opacity: 0.35 }
.line.passed { opacity: 1; stroke-width: 2.4px }
g.state { opacity: 0.35 }
g.state.became { opacity: 1 }
.became .box { stroke-width: 3px }
.became.done .box { stroke: #2f855a }
.became.running .box, .became.waiting .box { stroke: #3273b8; stroke-dasharray: 6 3 }
.became.stopped .box { stroke: #52606d; stroke-dasharray: 12 4 }
.became.caught .box { stroke: #dd6b20 }
.became.failed .box, .became.aborted .box { stroke: #c53030 }
"""
PAPER, EDGE, INK, RED = "#fcfcfd", "#d5dae1", "#52606d", "#c53030"
LEGEND: dict[str, str] = {
    "Task": "calls a function",
    "Await": "waits for a token",
    "Child": "starts an execution",
    "Choice": "chooses",
    "caught": "an error is caught",
}
LEGEND_HEIGHT, LEGEND_ICON = 30.0, 26.0


def svg(layout: Layout, title: str, about: str = "", happened: Happened | None = None) -> str:
    """A whole SVG document. `title` and `about` are for who cannot see it; `happened` colours it."""
    width, height = layout.width, layout.height + LEGEND_HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(about)}</desc>" if about else "",
        f"<style>{CSS}{HAPPENED_CSS if happened else ''}</style>",
        f"<defs>{_arrow('next', INK)}{_arrow('caught', RED)}</defs>",
        f'<rect x="0.5" y="0.5" width="{width - 1:g}" height="{height - 1:g}" rx="10" fill="{PAPER}" stroke="{EDGE}"/>',
        *(_box(box, happened) for box in layout.boxes),
        *(_line(line, happened) for line in layout.lines),
        *(_text(label, "label") for label in layout.labels),
        *(_text(note, "note") for note in layout.notes),
        *_legend(layout),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _arrow(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto" '
        f'markerUnits="userSpaceOnUse"><path d="M0 0.5 8 4 0 7.5z" fill="{colour}"/></marker>'
    )


def _box(box: Box, happened: Happened | None) -> str:
    if box.kind == "Parallel":
        name = f'<text class="name" x="{box.centre:g}" y="{box.y + 20:g}">{escape(box.name)}</text>'
    else:
        name = f'<text class="name" x="{box.centre:g}" y="{box.middle + 4.5:g}">{escape(box.name)}</text>'
    if happened is None:
        return f"<g><title>{escape(f'{box.name}: {box.comment}')}</title>{_shape(box)}{name}</g>"
    outcome = happened.became.get(box.name)
    role, told = (f"state became {outcome}", outcome) if outcome else ("state", "not entered")
    return f'<g class="{role}"><title>{escape(f"{box.name}: {told}")}</title>{_shape(box)}{name}</g>'


def _shape(box: Box) -> str:
    """The outline of a kind, and its glyph at the left where it has one."""
    x, y, w, h, m = box.x, box.y, box.width, box.height, box.middle
    if box.kind == "Choice":
        tip = h / 2
        points = ((x, m), (x + tip, y), (x + w - tip, y), (x + w, m), (x + w - tip, y + h), (x + tip, y + h))
        return f'<polygon class="box Choice" points="{" ".join(f"{px:g},{py:g}" for px, py in points)}"/>'
    round_ = h / 2 if box.kind in ("Succeed", "Fail") else 6
    outline = f'<rect class="box {box.kind}" x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="{round_:g}"/>'
    at = x + min(15.0, w / 2)
    paths = {
        "Await": f"M{at - 6:g} {m:g}a6 6 0 1 0 12 0a6 6 0 1 0 -12 0M{at:g} {m - 3.5:g}v3.5l2.5 1.5",
        "Wait": f"M{at - 6:g} {m:g}a6 6 0 1 0 12 0a6 6 0 1 0 -12 0M{at:g} {m - 3.5:g}v3.5l2.5 1.5",
        "Child": f"M{x + 7:g} {y:g}v{h:g}M{x + w - 7:g} {y:g}v{h:g}",
        "Succeed": f"M{at - 4:g} {m:g}l3 3.5 5.5 -7",
        "Fail": f"M{at - 4:g} {m - 4:g}l8 8m0 -8l-8 8",
    }
    return outline + (f'<path class="glyph {box.kind}" d="{paths[box.kind]}"/>' if box.kind in paths else "")


def _line(line: Line, happened: Happened | None) -> str:
    edge, caught = line.edge, line.edge.way == "caught"
    became = happened.became.get(edge.source) if happened else None
    by_error = became in ("caught", "stopped")
    passed = happened is not None and (edge.source, edge.target) in happened.passed and caught == by_error
    caught = caught and not (passed and became == "stopped")
    points = (*line.points, *line.rest[1:]) if passed else line.points
    d = "M" + " ".join(f"{x:g} {y:g}" for x, y in points)
    if edge.way == "entry":
        x, y = line.points[0]
        start = f'<circle cx="{x:g}" cy="{y:g}" r="4" fill="{INK}"/>'
        return f'{start}<path class="line" d="{d}" marker-end="url(#next)"/>'
    told = f"{edge.source} to {edge.target}" + (f", {edge.about or edge.label}" if edge.label else "")
    end = f' marker-end="url(#{"caught" if caught else "next"})"' if line.arrow or passed else ""
    kind_of = "line caught" if caught else "line"
    if passed:
        kind_of += " passed"
    return (
        f'<path class="{kind_of}" data-from="{escape(edge.source)}" data-to="{escape(edge.target)}" '
        f'data-way="{edge.way}" d="{d}"{end}><title>{escape(told)}</title></path>'
    )


def _text(text: Text, role: str) -> str:
    anchor = f' text-anchor="{text.anchor}"' if text.anchor != "start" else ""
    return f'<text class="{role}" x="{text.x:g}" y="{text.y:g}"{anchor}>{escape(text.text)}</text>'


def _legend(layout: Layout) -> Iterator[str]:
    """What the shapes of this picture mean, in a row at its foot."""
    shown = {box.kind for box in layout.boxes} | {line.edge.way for line in layout.lines}
    x, y = MARGIN, layout.height + 8
    for name, meaning in LEGEND.items():
        if name in shown:
            yield _line_sample(x, y) if name == "caught" else _shape(_sample(name, x, y))
            yield _text(Text(meaning, x + LEGEND_ICON + 7, y + 4), "note")
            x += LEGEND_ICON + 7 + text_width(meaning, NOTE_SIZE) + 18


def _sample(name: Any, x: float, y: float) -> Box:
    return Box(name, name, "", x, y - 9, LEGEND_ICON, 18)


def _line_sample(x: float, y: float) -> str:
    return f'<path class="line caught" d="M{x:g} {y:g}h{LEGEND_ICON:g}" marker-end="url(#caught)"/>'


def draw(path: Path) -> str:
    """The SVG of the machine in a file named `NAME.asl.json`."""
    machine = json.loads(path.read_text(encoding="utf-8"))
    name = path.name.removesuffix(".json").removesuffix(".asl")
    return svg(arrange(machine), f"The state machine '{name}'", machine.get("Comment", ""))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m showrunner.diagram state_machines/NAME.asl.json > docs/NAME.svg")
    sys.stdout.write(draw(Path(sys.argv[1])))
