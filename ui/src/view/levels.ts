import { useEffect, useRef, useState } from "preact/hooks";
import type { Bridge, Metered, Stop } from "../bridge/bridge";
import type { CallId, CallLevels, Levels } from "../bridge/types";
import { useDoing } from "./doing";

/** What is drawn as silence. */
export const SILENCE_DBFS = -127;

/** The levels as the phone tells them, for as long as a bar shows any. */
export class LevelFeed {
  private readonly drawers = new Set<(levels: Levels) => void>();
  private stop: Stop | null = null;
  private last: Levels | null = null;

  constructor(
    private readonly bridge: Bridge,
    private readonly of: Metered,
  ) {}

  watch(draw: (levels: Levels) => void): Stop {
    this.drawers.add(draw);
    // The phone tells only what has changed.
    if (this.last) draw(this.last);
    this.stop ??= this.bridge.followLevels(this.of, (levels) => {
      this.last = levels;
      for (const drawer of this.drawers) drawer(levels);
    });
    return () => {
      this.drawers.delete(draw);
      if (this.drawers.size > 0) return;
      this.stop?.();
      this.stop = null;
      this.last = null;
    };
  }
}

/** The levels of one call. */
export function levelsOf(levels: Levels, id: CallId): CallLevels | undefined {
  return levels.calls.find(({ call }) => call === id);
}

/** One of the levels now, in whole dBFS, so that a bar is drawn only when it moves. */
export function useLevel(of: Metered, pick: (levels: Levels) => number | null | undefined): number {
  const { levels } = useDoing();
  const [dbfs, draw] = useState(SILENCE_DBFS);
  const latest = useRef(pick);
  latest.current = pick;
  const feed = levels[of];
  useEffect(() => feed.watch((told) => draw(Math.round(latest.current(told) ?? SILENCE_DBFS))), [feed]);
  return dbfs;
}
