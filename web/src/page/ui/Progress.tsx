/** A bar. It is silent: stages and every tenth are announced beside it. */
export function Progress({
  value,
  label,
  tone = "accent",
}: {
  /** 0 to 100; null: it cannot be told yet. */
  readonly value: number | null;
  readonly label: string;
  readonly tone?: "accent" | "good" | "danger";
}) {
  const fill = { accent: "bg-accent", good: "bg-good", danger: "bg-danger" }[tone];
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={value === null ? undefined : Math.round(value)}
      className="progress h-1.5 w-full overflow-hidden rounded-full bg-sunken"
    >
      <div
        className={`h-full rounded-full ${fill} ${value === null ? "progress-unknown w-1/3" : "progress-known"}`}
        style={value === null ? undefined : { width: `${value}%` }}
      />
    </div>
  );
}
