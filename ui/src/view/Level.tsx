/** A level bar; silence is -60 dBFS and below. */
export function Level({ label, dbfs }: { label: string; dbfs: number }) {
  const percent = Math.round(Math.max(0, Math.min(1, (dbfs + 60) / 60)) * 100);
  return (
    // biome-ignore lint/a11y/useSemanticElements: the bar of <meter> cannot be drawn the same in every web view
    <div class="level" role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent}>
      <div class="level-bar" style={{ inlineSize: `${percent}%` }} />
    </div>
  );
}
