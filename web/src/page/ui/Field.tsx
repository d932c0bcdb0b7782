import { type ComponentProps, type ReactNode, useId } from "react";

export const FIELD =
  "min-h-9 w-full rounded-md border border-line-strong bg-raised px-3 text-sm text-ink placeholder:text-soft disabled:opacity-55";

/** A label, what it is of, and a hint. `children` gets the ids to use. */
export function Field({
  label,
  hint,
  children,
}: {
  readonly label: string;
  readonly hint?: string;
  readonly children: (ids: { id: string; "aria-describedby"?: string }) => ReactNode;
}) {
  const id = useId();
  const described = hint === undefined ? {} : { "aria-describedby": `${id}-hint` };
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children({ id, ...described })}
      {hint && (
        <p id={`${id}-hint`} className="text-xs text-soft">
          {hint}
        </p>
      )}
    </div>
  );
}

export function Select({ className = "", ...rest }: ComponentProps<"select">) {
  return <select className={`${FIELD} cursor-pointer ${className}`} {...rest} />;
}

export function Checkbox({
  label,
  ...rest
}: ComponentProps<"input"> & { readonly label: ReactNode }) {
  return (
    <label className="flex min-h-8 cursor-pointer items-center gap-2 text-sm">
      <input type="checkbox" className="size-4 accent-accent" {...rest} />
      {label}
    </label>
  );
}
