import type { ComponentProps } from "react";
import { Icon, type IconName } from "./Icon";
import { Tooltip } from "./Tooltip";

/** `label` is its name, and is shown beside it on hover and focus. */
export function IconButton({
  icon,
  label,
  className = "",
  ...rest
}: Omit<ComponentProps<"button">, "children"> & {
  readonly icon: IconName;
  readonly label: string;
}) {
  return (
    <Tooltip text={label}>
      <button
        type="button"
        aria-label={label}
        className={`inline-flex size-9 shrink-0 cursor-pointer items-center justify-center rounded-md text-soft hover:bg-sunken hover:text-ink disabled:cursor-not-allowed disabled:opacity-55 ${className}`}
        {...rest}
      >
        <Icon name={icon} />
      </button>
    </Tooltip>
  );
}
