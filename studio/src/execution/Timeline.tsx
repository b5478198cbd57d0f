// Everything on one axis: the states, the looks of waits, what MediaLive and IVS told, and what people did.
import { useMemo, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";
import { stands, type Entry, type Execution, type State } from "./history";
import * as lanes from "./lanes";
import type { Bar, Mark, View } from "./lanes";
import { useSize } from "../hooks";
import { Tool } from "./Tool";
import { Moment } from "./Moment";
import { moment, offset } from "./time";

const [ROW, LABEL, AXIS, MARKS, GAP] = [22, 18, 24, 22, 8]; // heights, in pixels
const EDGE = 10;
const MARGIN = 0.02; // before and after, as a share
const AT_ENDS = 120_000; // ms that are shown of the begin, or of the end

interface Props {
  execution: Execution;
  states: State[];
  /** Names of the states that wait. */
  waits: Set<string>;
  /** Null while they are not known. */
  entries: Entry[] | null;
  now: number;
  selected: string | null;
  onSelect: (name: string) => void;
}

/** What is pointed at: it is told below the axis. */
interface Told {
  at: number;
  to?: number;
  lines: { text: string; at: number; detail?: string | undefined }[];
}

export function Timeline({ execution, states, waits, entries, now, selected, onSelect }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const width = Math.max(200, useSize(frame).width) - 2 * EDGE;
  const start = moment(execution.started_at);
  const end = execution.ended_at ? moment(execution.ended_at) : now;
  const whole = useMemo(() => {
    const length = Math.max(300, end - start);
    const margin = Math.max(100, length * MARGIN);
    return { from: -margin, to: length + margin };
  }, [start, end]);
  const [chosen, choose] = useState<View | null>(null);
  const view = chosen ?? whole;
  const [told, tell] = useState<Told | null>(null);
  const set = (next: View) => choose(next.to - next.from >= whole.to - whole.from ? null : next);
  const waited = useMemo(() => states.filter(({ name }) => waits.has(name)), [states, waits]);
  const looks = useMemo(() => lanes.looks(states, start), [states, start]);
  const session = useMemo(
    () => lanes.told(entries ?? [], execution.attempt, start),
    [entries, execution.attempt, start],
  );
  const bars = useMemo(() => lanes.bars(states, start, end, view, width), [states, start, end, view, width]);
  const waiting = useMemo(() => lanes.bars(waited, start, end, view, width), [waited, start, end, view, width]);
  const marked = (things: lanes.Thing[]) => lanes.marks(things, view, width);
  const rows = Math.max(1, ...bars.map((bar) => bar.row + 1));
  const tops = stacked([LABEL + rows * ROW, LABEL + MARKS, LABEL + MARKS, LABEL + MARKS]);
  const height = tops[4]!;
  const x = (at: number) => EDGE + lanes.place(at, view, width);
  const lane = { x, tell };
  const none = entries ? NONE : "Not known yet.";
  return (
    <section className="execution-timeline" aria-label="Timeline">
      <header>
        <h2>Timeline</h2>
        <Tools {...{ view, whole, set, reset: () => choose(null) }} />
      </header>
      <div ref={frame} className="execution-frame">
        <Span view={view} width={width} height={height} onChoose={(next) => set(lanes.within(next, whole))}>
          <Axis {...{ view, width, x, height }} />
          <Lane name="States" top={tops[0]!}>
            <Bars
              {...lane}
              bars={bars}
              selected={selected}
              onSelect={onSelect}
              limits={[EDGE, EDGE + width]}
              label="States"
            />
          </Lane>
          <Lane name="Waits and their looks, errors" top={tops[1]!}>
            {waiting.map((bar) => (
              <rect
                key={bar.states[0]!.event}
                className="wait"
                {...stretch(bar, x, EDGE + width)}
                y={LABEL + 7}
                height={8}
                rx={4}
              />
            ))}
            <Marks {...lane} marks={marked(looks)} label="Looks and errors" none={waiting.length === 0 ? NONE : null} />
          </Lane>
          <Lane name="MediaLive, IVS and the session" top={tops[2]!}>
            <Marks {...lane} marks={marked(session.events)} label="MediaLive, IVS and the session" none={none} />
          </Lane>
          <Lane name="People" top={tops[3]!}>
            <Marks {...lane} marks={marked(session.people)} label="People" none={none} />
          </Lane>
          {execution.ended_at === null && <path className="now" d={`M${x(end - start)} ${AXIS}V${height}`} />}
        </Span>
      </div>
      <ToldAbout told={told} start={start} onZoom={(next) => set(lanes.within(next, whole))} />
    </section>
  );
}

/** The tops of lanes below the axis, and the height of all. */
const stacked = (heights: number[]) => heights.reduce((tops, height) => [...tops, tops.at(-1)! + height + GAP], [AXIS]);

function stretch(bar: Bar, x: (at: number) => number, most: number) {
  const [from, to] = [Math.max(0, x(bar.from)), Math.min(most + EDGE, x(bar.to))];
  return { x: from, width: Math.max(2, to - from) };
}

function Tools({ view, whole, set, reset }: { view: View; whole: View; set: (view: View) => void; reset: () => void }) {
  const all = whole.to - whole.from <= view.to - view.from;
  const length = whole.to + whole.from; // the rest is margin, the same on both sides
  const long = length > 2.5 * AT_ENDS;
  const margin = AT_ENDS * MARGIN;
  return (
    <div className="execution-tools" role="group" aria-label="What the timeline shows">
      {long && (
        <>
          <Tool sign="Begin" onClick={() => set({ from: -margin, to: AT_ENDS })} />
          <Tool sign="End" onClick={() => set({ from: length - AT_ENDS, to: length + margin })} />
        </>
      )}
      <Tool sign="‹" name="Earlier" disabled={all} onClick={() => set(lanes.moved(view, -0.5, whole))} />
      <Tool sign="›" name="Later" disabled={all} onClick={() => set(lanes.moved(view, 0.5, whole))} />
      <Tool sign="−" name="A longer time" disabled={all} onClick={() => set(lanes.zoomed(view, 2, whole))} />
      <Tool sign="+" name="A shorter time" onClick={() => set(lanes.zoomed(view, 0.5, whole))} />
      <Tool sign="All" isOn={all} onClick={reset} />
    </div>
  );
}

interface SpanProps {
  view: View;
  width: number;
  height: number;
  onChoose: (view: View) => void;
  children: ReactNode;
}

/** The drawing; a pull across it chooses the span to show. */
function Span({ view, width, height, onChoose, children }: SpanProps) {
  const [span, setSpan] = useState<[number, number] | null>(null);
  const at = (event: PointerEvent) => event.clientX - event.currentTarget.getBoundingClientRect().left;
  const begin = (event: PointerEvent) => {
    if (event.button !== 0 || (event.target as Element).closest("[role=button]")) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setSpan([at(event), at(event)]);
  };
  const end = () => {
    if (span && Math.abs(span[1] - span[0]) > 8) {
      const [from, to] = span
        .map((x) => view.from + ((x - EDGE) / width) * (view.to - view.from))
        .sort((a, b) => a - b);
      onChoose({ from: from!, to: to! });
    }
    setSpan(null);
  };
  return (
    <svg
      className="execution-axis"
      width={width + 2 * EDGE}
      height={height}
      role="group"
      aria-label="States and events on one axis"
      onPointerDown={begin}
      onPointerMove={(event) => span && setSpan([span[0], at(event)])}
      onPointerUp={end}
      onPointerCancel={() => setSpan(null)}
    >
      {children}
      {span && (
        <rect className="span" x={Math.min(...span)} y={0} width={Math.abs(span[1] - span[0])} height={height} />
      )}
    </svg>
  );
}

function Axis({ view, width, x, height }: { view: View; width: number; x: (at: number) => number; height: number }) {
  const { step, at } = lanes.steps(view, width);
  return (
    <g className="axis" aria-hidden="true">
      {at.map((each) => (
        <g key={each}>
          <path d={`M${x(each)} ${AXIS - 6}V${height}`} />
          <text x={x(each)} y={AXIS - 9} textAnchor={x(each) < 30 ? "start" : x(each) > width - 10 ? "end" : "middle"}>
            {offset(each, step)}
          </text>
        </g>
      ))}
    </g>
  );
}

const Lane = ({ name, top, children }: { name: string; top: number; children: ReactNode }) => (
  <g transform={`translate(0 ${top})`}>
    <text className="lane" x={EDGE} y={12} aria-hidden="true">
      {name}
    </text>
    {children}
  </g>
);

interface LaneProps {
  x: (at: number) => number;
  tell: (told: Told | null) => void;
  label: string;
}

type BarsProps = LaneProps & {
  bars: Bar[];
  selected: string | null;
  onSelect: (name: string) => void;
  limits: [number, number];
};

function Bars({ x, tell, bars, selected, onSelect, limits, label }: BarsProps) {
  const roving = useRoving(bars.length);
  return (
    <g role="group" aria-label={label}>
      {bars.map((bar, i) => {
        const [first] = bar.states;
        const placed = stretch(bar, x, limits[1]);
        const shown = bar.states.length === 1 ? first!.name : `${bar.states.length}`;
        const left = Math.max(placed.x, limits[0]);
        const right = placed.x + placed.width;
        const fits = lanes.nameWidth(shown) < right - left;
        const behind = bar.hasRoom && bar.states.length === 1 && right + lanes.nameWidth(shown) < limits[1] + EDGE;
        const text = lanes.barText(bar);
        const about = { at: bar.from, to: bar.to, lines: [{ text, at: bar.from, detail: first!.error ?? undefined }] };
        return (
          <g
            key={first!.event}
            role="button"
            className={`bar ${bar.outcome}${bar.states.some(stands) ? " current" : ""}${bar.states.some(({ name }) => name === selected) ? " selected" : ""}`}
            aria-label={text}
            {...roving(i)}
            onFocus={() => tell(about)}
            onPointerEnter={() => tell(about)}
            onClick={() => onSelect(first!.name)}
          >
            <rect {...placed} y={LABEL + bar.row * ROW} height={ROW - 4} rx={3} />
            {(fits || behind) && (
              <text
                aria-hidden="true"
                className={fits ? undefined : "behind"}
                x={fits ? left + 5 : right + 3}
                y={LABEL + bar.row * ROW + 13}
              >
                {shown}
              </text>
            )}
          </g>
        );
      })}
    </g>
  );
}

/** A shape for each kind of thing; of several the most telling one, with their number. */
const SHAPES: Record<lanes.Thing["tone"], string> = {
  problem: "M-5 4.5h10L0 -5z",
  person: "M0 -5.5L5.5 0 0 5.5 -5.5 0z",
  state: "M-4.5 -4.5h9v9h-9z",
  event: "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z",
  look: "M-1.2 -6h2.4v12h-2.4z",
};
const TELLING: lanes.Thing["tone"][] = ["problem", "person", "state", "event", "look"];

const NONE = "None in this time.";

/** `none`: what is said where there are no marks; null if there is something else in the lane. */
function Marks({ x, tell, marks, label, none }: LaneProps & { marks: Mark[]; none: string | null }) {
  const roving = useRoving(marks.length);
  if (!marks.length) {
    if (none === null) return null;
    return (
      <text className="none" x={EDGE} y={LABEL + 15}>
        {none}
      </text>
    );
  }
  return (
    <g role="group" aria-label={label}>
      {marks.map((mark, i) => {
        const tone = TELLING.find((each) => mark.things.some((thing) => thing.tone === each))!;
        const about = { at: mark.at, lines: mark.things };
        const many = mark.things.length;
        return (
          <g
            key={i}
            role="button"
            className={`mark ${tone}`}
            aria-label={lanes.markText(mark)}
            transform={`translate(${x(mark.at)} ${LABEL + 11})`}
            {...roving(i)}
            onFocus={() => tell(about)}
            onPointerEnter={() => tell(about)}
            onClick={() => tell(about)}
          >
            <rect className="reach" x={-7} y={-11} width={14} height={22} />
            <path d={SHAPES[tone]} />
            {many > 1 && tone !== "look" && (
              <text aria-hidden="true" x={7} y={-3}>
                {many}
              </text>
            )}
          </g>
        );
      })}
    </g>
  );
}

/** One stop of the Tab key for a lane; arrows go on from it. */
function useRoving(count: number) {
  const [here, setHere] = useState(0);
  const stop = Math.min(here, count - 1);
  return (i: number) => ({
    tabIndex: i === stop ? 0 : -1,
    onKeyDown: (event: KeyboardEvent<SVGGElement>) => {
      const own = event.currentTarget;
      const to = { ArrowLeft: own.previousElementSibling, ArrowRight: own.nextElementSibling }[event.key];
      if (event.key === "Enter" || event.key === " ") own.dispatchEvent(new MouseEvent("click", { bubbles: true }));
      else if (to instanceof SVGGElement) {
        setHere(i + (event.key === "ArrowLeft" ? -1 : 1));
        to.focus();
      } else return;
      event.preventDefault();
    },
  });
}

const TELL = 6; // of many things at one place

function ToldAbout({ told, start, onZoom }: { told: Told | null; start: number; onZoom: (view: View) => void }) {
  if (!told) {
    return (
      <p className="told muted">
        Point at something, or Tab to a lane and use the arrow keys. Pull across the axis to see a span.
      </p>
    );
  }
  const first = told.lines[0]!;
  const last = told.lines.at(-1)!;
  const [from, to] = [told.at, told.to ?? last.at];
  const room = Math.max(1000, (to - from) * 0.1);
  return (
    <div className="told">
      <ul>
        {told.lines.slice(0, TELL).map((line, i) => (
          <li key={i}>
            <Moment at={new Date(start + line.at).toISOString()} start={new Date(start).toISOString()} />
            <span>
              {line.text}
              {line.detail && <span className="muted"> {line.detail}</span>}
            </span>
          </li>
        ))}
        {told.lines.length > TELL && (
          <li>
            and {told.lines.length - TELL} more, until +{offset(last.at, 100)}
          </li>
        )}
      </ul>
      <button
        type="button"
        className="small"
        onClick={() => onZoom({ from: from - room, to: to + room })}
        aria-label={`Zoom to it: ${first.text}`}
      >
        Zoom to it
      </button>
    </div>
  );
}
