import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** Rows that are drawn or left out together. */
const BLOCK = 20;

/** A row's height until one was measured, CSS pixels. */
const LIKELY_ROW = 60;

/** So far above and below what is seen rows are drawn as well, CSS pixels. */
const MARGIN = 400;

/** What each row says of its place, as not all of them are in the document. */
export interface Place {
  "aria-posinset": number;
  "aria-setsize": number;
}

interface Props<T> {
  items: readonly T[];
  /** Whether there are no further ones to come. */
  whole: boolean;
  label?: string;
  row: (item: T, place: Place) => ComponentChildren;
  /** The end came near. */
  onEnd: () => void;
}

/** A list of any length: only blocks of rows near what is seen are drawn, the others are empty space of their height. */
export function LongList<T>({ items, whole, label, row, onEnd }: Props<T>) {
  const list = useRef<HTMLUListElement>(null);
  const heights = useRef<number[]>([]);
  const [[first, last], draw] = useState<readonly [number, number]>([0, 1]);
  const blocks = Math.ceil(items.length / BLOCK);
  const latest = useRef({ blocks, onEnd });
  latest.current = { blocks, onEnd };

  const look = useRef(() => {
    const { current } = list;
    if (!current) return;
    const { blocks, onEnd } = latest.current;
    const seen = blocksBetween(heights.current, blocks, -current.getBoundingClientRect().top);
    draw((before) => (before[0] === seen[0] && before[1] === seen[1] ? before : seen));
    if (seen[1] >= blocks - 1) onEnd();
  }).current;

  useEffect(() => {
    document.addEventListener("scroll", look, { capture: true, passive: true });
    window.addEventListener("resize", look);
    return () => {
      document.removeEventListener("scroll", look, { capture: true });
      window.removeEventListener("resize", look);
    };
  }, [look]);
  useLayoutEffect(() => {
    if (list.current) measure(list.current, heights.current, first);
    look();
  });

  const from = Math.min(first, Math.max(0, blocks - 1)) * BLOCK;
  const to = Math.min(items.length, (last + 1) * BLOCK);
  const space = (start: number, end: number) => {
    let sum = 0;
    for (let block = start; block < end; block += 1) sum += heightOf(heights.current, block);
    return sum;
  };
  return (
    <ul
      ref={list}
      class="rows"
      aria-label={label}
      onKeyDown={toRow}
      style={{
        paddingBlockStart: `${space(0, from / BLOCK)}px`,
        paddingBlockEnd: `${space(Math.ceil(to / BLOCK), blocks)}px`,
      }}
    >
      {items
        .slice(from, to)
        .map((item, at) => row(item, { "aria-posinset": from + at + 1, "aria-setsize": whole ? items.length : -1 }))}
    </ul>
  );
}

/** An arrow leads to the same in the row above or below; what is alike stands at the same place from the end, as not every row has all. */
function toRow(event: KeyboardEvent): void {
  const step =
    event.key === "ArrowDown" ? "nextElementSibling" : event.key === "ArrowUp" ? "previousElementSibling" : null;
  const from = event.target;
  const row = step && from instanceof Element ? from.closest("li[aria-posinset]") : null;
  const next = step && row?.[step];
  if (!row || !next) return;
  const things = (of: Element): HTMLElement[] => Array.from(of.querySelectorAll("button, summary"));
  const here = things(row);
  const at = here.indexOf(from as HTMLElement);
  const there = things(next);
  event.preventDefault();
  (at === 0 ? there[0] : (there.at(at - here.length) ?? there[0]))?.focus();
}

/** The blocks that are seen, or nearly, when the list begins so far above the window's edge. */
function blocksBetween(heights: readonly number[], blocks: number, above: number): readonly [number, number] {
  let [block, top] = [0, 0];
  while (block < blocks - 1 && top + heightOf(heights, block) < above - MARGIN) {
    top += heightOf(heights, block);
    block += 1;
  }
  const first = block;
  while (block < blocks - 1 && top + heightOf(heights, block) < above + window.innerHeight + MARGIN) {
    top += heightOf(heights, block);
    block += 1;
  }
  return [first, block];
}

function heightOf(heights: readonly number[], block: number): number {
  return heights[block] ?? heights[0] ?? BLOCK * LIKELY_ROW;
}

/** Keeps how high the drawn blocks that are full are; a browser that draws nothing measures nothing. */
function measure(list: HTMLUListElement, heights: number[], first: number): void {
  const rows = list.children;
  for (let at = 0; at + BLOCK < rows.length; at += BLOCK) {
    const [top, bottom] = [rows[at], rows[at + BLOCK]].map((row) => row?.getBoundingClientRect().top ?? 0);
    const height = (bottom ?? 0) - (top ?? 0);
    if (height > 0) heights[first + at / BLOCK] = height;
  }
}
