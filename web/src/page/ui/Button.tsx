import type { ComponentProps } from "react";
import { Icon, type IconName } from "./Icon";

const LOOKS = {
  primary: "bg-accent text-on-accent hover:bg-accent-strong border-transparent",
  plain: "bg-raised hover:bg-sunken border-line-strong",
  quiet: "hover:bg-sunken border-transparent",
  danger: "bg-raised text-danger hover:bg-danger-soft border-line-strong",
} as const;

export function Button({
  look = "plain",
  icon,
  className = "",
  children,
  ...rest
}: ComponentProps<"button"> & {
  readonly look?: keyof typeof LOOKS;
  readonly icon?: IconName;
}) {
  return (
    <button type="button" className={`${buttonLook(look)} ${className}`} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** The same look for a link. */
export function buttonLook(look: keyof typeof LOOKS): string {
  return `inline-flex min-h-9 cursor-pointer items-center justify-center gap-2 rounded-md border px-3 text-sm font-medium whitespace-nowrap disabled:cursor-not-allowed disabled:opacity-55 ${LOOKS[look]}`;
}
