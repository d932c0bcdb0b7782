import { type ReactNode, useId } from "react";

export function Panel({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}) {
  const id = useId();
  return (
    <section
      aria-labelledby={id}
      className="flex min-w-0 flex-col gap-3 rounded-xl border border-line bg-raised p-4"
    >
      <h2 id={id} className="text-base font-semibold">
        {title}
      </h2>
      {children}
    </section>
  );
}

/** Names and values; what is not known is left out. */
export function Figures({
  of,
}: {
  readonly of: readonly (readonly [name: string, value: string | null])[];
}) {
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-3">
      {of.map(
        ([name, value]) =>
          value !== null && (
            <div key={name} className="flex flex-col-reverse justify-end">
              <dt className="text-xs text-soft">{name}</dt>
              <dd className="text-lg font-semibold tabular-nums">{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
