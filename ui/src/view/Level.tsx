import type { Metered } from "../bridge/bridge";
import type { Levels } from "../bridge/types";
import { useLevel } from "./levels";

interface Props {
  label: string;
  of: Metered;
  /** Which of the levels; none while it is not told. */
  pick: (levels: Levels) => number | null | undefined;
}

/** A level that moves. */
export function Level({ label, of, pick }: Props) {
  return <Bar label={label} dbfs={useLevel(of, pick)} />;
}

/** A level bar; silence is -60 dBFS and below. */
export function Bar({ label, dbfs }: { label: string; dbfs: number }) {
  const percent = Math.round(Math.max(0, Math.min(1, (dbfs + 60) / 60)) * 100);
  return (
    // biome-ignore lint/a11y/useSemanticElements: the bar of <meter> cannot be drawn the same in every web view
    <div class="level" role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent}>
      <div class="level-bar" style={{ inlineSize: `${percent}%` }} />
    </div>
  );
}
