// The state machine as the API laid it out, coloured by what happened. Coordinates are the layout's own.
import { memo, useId, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { counts, spoken, stands, taken, type Box, type Layout, type Line, type State } from "./history";
import { OutcomePath } from "./OutcomeIcon";

export interface MachineProps {
  layout: Layout;
  states: State[];
  seen: Map<string, State[]>;
  selected: string | null;
  onSelect: (name: string) => void;
  now: number;
  label: string;
}

export function Machine({
  layout,
  states,
  seen,
  selected,
  onSelect,
  now,
  scale,
  label,
}: MachineProps & { scale: number }) {
  const id = useId();
  const ways = useMemo(() => taken(layout.lines, states), [layout, states]);
  const stopped = useMemo(() => new Set(states.filter(wasStopped).map(({ name }) => name)), [states]);
  const root = useRef<SVGSVGElement>(null);
  const [focused, setFocused] = useState<string | null>(null);
  const stop = focused ?? selected ?? states.findLast(stands)?.name ?? states[0]?.name ?? layout.boxes[0]?.name;
  return (
    <svg
      ref={root}
      className="machine"
      viewBox={`0 0 ${layout.width} ${layout.height}`}
      width={layout.width * scale}
      height={layout.height * scale}
      role="group"
      aria-label={label}
      onKeyDown={(event) => root.current && toNeighbour(event, root.current, layout.boxes)}
    >
      <defs>
        {["", " passed", " caught", " caught passed", " stopped passed"].map((kind) => (
          <Arrow key={kind} id={id + marker(kind)} kind={kind} />
        ))}
      </defs>
      {layout.boxes.map((box) => {
        const visits = seen.get(box.name) ?? [];
        return (
          <StateBox
            key={box.name}
            box={box}
            last={visits.at(-1)}
            spoken={spoken(box.name, visits, now)}
            selected={selected === box.name}
            isStop={stop === box.name}
            onFocus={setFocused}
            onSelect={onSelect}
          />
        );
      })}
      <Ways lines={layout.lines} {...{ ways, stopped, id }} />
      {layout.labels.map((text, i) => (
        <text key={i} className="label" x={text.x} y={text.y} textAnchor={text.anchor} aria-hidden="true">
          {text.text}
        </text>
      ))}
      <g aria-hidden="true">
        {layout.boxes.map((box) => (
          <Pill key={box.name} box={box} visits={seen.get(box.name) ?? []} />
        ))}
      </g>
    </svg>
  );
}

const wasStopped = ({ outcome }: State) => outcome === "stopped";

const marker = (kind: string) => `-${kind.trim().replace(" ", "-") || "next"}`;

const Arrow = ({ id, kind }: { id: string; kind: string }) => (
  <marker
    id={id}
    viewBox="0 0 8 8"
    refX="7"
    refY="4"
    markerWidth="7"
    markerHeight="7"
    orient="auto"
    markerUnits="userSpaceOnUse"
  >
    <path className={`arrow${kind}`} d="M0 0.5 8 4 0 7.5z" />
  </marker>
);

interface WaysProps {
  lines: Line[];
  ways: Set<Line>;
  /** Names of the states that were ended by a stop. */
  stopped: Set<string>;
  id: string;
}

/** What was taken comes last: it lies above the ways that it shares. */
const Ways = memo(({ lines, ways, stopped, id }: WaysProps) => (
  <g aria-hidden="true">
    {[...lines]
      .sort((a, b) => Number(ways.has(a)) - Number(ways.has(b)))
      .map((line, i) => {
        const passed = ways.has(line);
        const points = passed ? [...line.points, ...line.rest.slice(1)] : line.points;
        const caught = passed && stopped.has(line.edge.source) ? " stopped" : " caught";
        const kind = (line.edge.way === "caught" ? caught : "") + (passed ? " passed" : "");
        const [begin, then] = line.points;
        return (
          <g key={i}>
            {line.edge.way === "entry" && begin && <circle className="entry" cx={begin[0]} cy={begin[1]} r={4} />}
            <path
              className={`line${kind}`}
              d={`M${points.map(([x, y]) => `${x} ${y}`).join("L")}`}
              {...(line.arrow || passed ? { markerEnd: `url(#${id}${marker(kind)})` } : {})}
            >
              <title>{told(line)}</title>
            </path>
            {kind === " caught passed" && begin && then && <Caught from={begin} to={then} />}
          </g>
        );
      })}
  </g>
));

const ASIDE = 12; // pixels from the state's side

/** An error left the state here. */
function Caught({ from: [x, y], to }: { from: [number, number]; to: [number, number] }) {
  const [right, down] = [Math.sign(to[0] - x) * ASIDE, Math.sign(to[1] - y) * ASIDE];
  return (
    <g className="caught-mark" transform={`translate(${x + right} ${y + down})`}>
      <circle r={7} />
      <path d="M0 -4v4.5M0 3.4v.1" />
    </g>
  );
}

function told({ edge }: Line): string {
  const ways = edge.source ? `${edge.source} to ${edge.target}` : `begins at ${edge.target}`;
  return edge.label ? `${ways}, ${edge.about || edge.label}` : ways;
}

interface BoxProps {
  box: Box;
  last: State | undefined;
  spoken: string;
  selected: boolean;
  /** Whether the Tab key comes here: the drawing is one stop, and the arrow keys go on from it. */
  isStop: boolean;
  onFocus: (name: string) => void;
  onSelect: (name: string) => void;
}

const StateBox = memo(({ box, last, spoken, selected, isStop, onFocus, onSelect }: BoxProps) => {
  const outcome = last?.outcome;
  const name = box.kind === "Parallel" ? box.y + 20 : box.y + box.height / 2 + 4.5;
  const sign = box.kind === "Parallel" ? box.y + 9 : box.y + box.height / 2 - 7;
  const choose = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    onSelect(box.name);
  };
  return (
    <g
      className={`state ${outcome ?? "untouched"}${last && stands(last) ? " current" : ""}${selected ? " selected" : ""}`}
      role="button"
      tabIndex={isStop ? 0 : -1}
      aria-pressed={selected}
      aria-label={spoken}
      data-state={box.name}
      data-kind={box.kind}
      onFocus={() => onFocus(box.name)}
      onClick={() => onSelect(box.name)}
      onKeyDown={choose}
    >
      <title>{box.comment ? `${spoken}. ${box.comment}` : spoken}</title>
      <Outline box={box} role="ring" by={5} />
      <Outline box={box} role="box" />
      <Glyph box={box} />
      <text className="name" x={box.x + box.width / 2} y={name}>
        {box.name}
      </text>
      {outcome && <OutcomePath outcome={outcome} x={box.x + box.width - 22} y={sign} />}
    </g>
  );
});

const LETTER = 5.6; // pixels

/** How often a state looked, tried and was entered, on its upper right corner. */
function Pill({ box, visits }: { box: Box; visits: State[] }) {
  const last = visits.at(-1);
  const text = last ? [...counts(last), ...(visits.length > 1 ? [`${visits.length} times`] : [])].join(", ") : "";
  const [width, right, top] = [text.length * LETTER + 12, box.x + box.width + 16, box.y - 8];
  if (!last || !text) return null;
  return (
    <g className={`pill ${last.outcome}`}>
      <rect x={right - width} y={top} width={width} height={16} rx={8} />
      <text x={right - width / 2} y={top + 11.5}>
        {text}
      </text>
    </g>
  );
}

/** The shape of a kind; `by` pixels larger for the ring around it. */
function Outline({ box, role, by = 0 }: { box: Box; role: string; by?: number }) {
  const [x, y, w, h] = [box.x - by, box.y - by, box.width + 2 * by, box.height + 2 * by];
  if (box.kind === "Choice") {
    const [tip, m] = [h / 2, y + h / 2];
    const points = [
      [x, m],
      [x + tip, y],
      [x + w - tip, y],
      [x + w, m],
      [x + w - tip, y + h],
      [x + tip, y + h],
    ];
    return <polygon className={role} points={points.join(" ")} />;
  }
  const round = box.kind === "Succeed" || box.kind === "Fail" ? h / 2 : 6 + by;
  return <rect className={role} x={x} y={y} width={w} height={h} rx={round} />;
}

/** What kind of state it is, at its left. */
function Glyph({ box }: { box: Box }) {
  const { x, y, width, height } = box;
  const [m, at] = [y + height / 2, x + 15];
  const clock = `M${at - 6} ${m}a6 6 0 1 0 12 0a6 6 0 1 0 -12 0M${at} ${m - 3.5}v3.5l2.5 1.5`;
  const paths: Partial<Record<Box["kind"], string>> = {
    Await: clock,
    Wait: clock,
    Child: `M${x + 7} ${y}v${height}M${x + width - 7} ${y}v${height}`,
    Succeed: `M${at} ${m}m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0`,
    Fail: `M${at} ${m - 5}l5 9h-10z`,
  };
  const path = paths[box.kind];
  return path ? <path className="glyph" d={path} /> : null;
}

const ARROWS: Record<string, [number, number]> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};

/** The arrow keys go to the nearest state that way. */
function toNeighbour(event: KeyboardEvent, root: SVGSVGElement, boxes: Box[]) {
  const step = ARROWS[event.key];
  const from = boxes.find((box) => box.name === (event.target as Element).getAttribute("data-state"));
  const to = step && from && neighbour(from, step, boxes);
  if (!to) return;
  event.preventDefault();
  root.querySelector<SVGGElement>(`[data-state="${CSS.escape(to.name)}"]`)?.focus();
}

export function neighbour(from: Box, [dx, dy]: [number, number], boxes: Box[]): Box | undefined {
  const centre = (box: Box) =>
    [box.x + box.width / 2, box.kind === "Parallel" ? box.y + 14 : box.y + box.height / 2] as const;
  const [x, y] = centre(from);
  const costs = boxes.flatMap((box) => {
    const [bx, by] = centre(box);
    const along = (bx - x) * dx + (by - y) * dy;
    const aside = Math.abs((bx - x) * dy) + Math.abs((by - y) * dx);
    return along > 1 ? [{ box, cost: along + 2 * aside }] : [];
  });
  return costs.sort((a, b) => a.cost - b.cost)[0]?.box;
}
