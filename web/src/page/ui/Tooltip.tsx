import type { ReactNode } from "react";

/** What the element's name says already, for eyes: hidden from screen readers. */
export function Tooltip({
  text,
  children,
}: {
  readonly text: string;
  readonly children: ReactNode;
}) {
  return (
    <span className="tooltip relative inline-flex">
      {children}
      <span aria-hidden="true" className="tooltip-text">
        {text}
      </span>
    </span>
  );
}
