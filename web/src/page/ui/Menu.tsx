import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { Icon, type IconName } from "./Icon";

export interface MenuItem {
  readonly label: string;
  readonly icon?: IconName;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  /** Present: it is one of a choice. */
  readonly checked?: boolean;
  readonly lang?: string;
  readonly run: () => void;
}

const WIDTH = 224;

/** A button that opens a list of things to do. The browser's popover puts it above all else, and
 * closes it on Escape and on a click beside it; arrows, Home and End are added here. */
export function Menu({
  label,
  icon,
  shown,
  className = "",
  items,
}: {
  readonly label: string;
  readonly icon: IconName;
  /** Text beside the icon; without it the label is the name only. */
  readonly shown?: string;
  readonly className?: string;
  readonly items: readonly MenuItem[];
}) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [isOpen, tellOpen] = useState(false);
  // The entries are there only after they are drawn.
  useEffect(() => {
    if (isOpen) entries(list.current)[0]?.focus();
  }, [isOpen]);
  const place = () => {
    const at = button.current?.getBoundingClientRect();
    const shownList = list.current;
    if (at === undefined || shownList === null) return;
    const height = items.length * 36 + 10;
    const above = at.bottom + height + 8 > innerHeight && at.top > height;
    const below = Math.max(8, Math.min(at.bottom + 4, innerHeight - height - 8));
    shownList.style.top = `${above ? at.top - height - 4 : below}px`;
    shownList.style.left = `${Math.max(8, Math.min(at.right - WIDTH, innerWidth - WIDTH - 8))}px`;
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-label={label}
        title={shown === undefined ? label : undefined}
        popoverTarget={id}
        className={`inline-flex min-h-9 min-w-9 shrink-0 cursor-pointer items-center justify-center gap-2 rounded-md text-sm text-soft hover:bg-sunken hover:text-ink ${className}`}
        onClick={place}
      >
        <Icon name={icon} />
        {shown}
      </button>
      <div
        ref={list}
        id={id}
        popover="auto"
        role="menu"
        aria-label={label}
        tabIndex={-1}
        className="fixed m-0 max-h-[calc(100dvh-16px)] w-56 overflow-y-auto rounded-lg border border-line bg-raised p-1 text-ink shadow-lg"
        onToggle={({ newState }) => {
          tellOpen(newState === "open");
        }}
        onKeyDown={(event) => moveFocus(event, list.current)}
      >
        {isOpen &&
          items.map((item) => (
            <Entry
              key={item.label}
              item={item}
              chosen={() => {
                list.current?.hidePopover();
                button.current?.focus();
                item.run();
              }}
            />
          ))}
      </div>
    </>
  );
}

function Entry({ item, chosen }: { readonly item: MenuItem; readonly chosen: () => void }) {
  const role =
    item.checked === undefined
      ? ({ role: "menuitem" } as const)
      : ({ role: "menuitemradio", "aria-checked": item.checked } as const);
  return (
    <button
      {...role}
      type="button"
      disabled={item.disabled}
      lang={item.lang}
      tabIndex={-1}
      className={`flex min-h-9 w-full cursor-pointer items-center gap-3 rounded-md px-3 text-start text-sm hover:bg-sunken disabled:cursor-not-allowed disabled:opacity-55 ${
        item.danger ? "text-danger" : ""
      }`}
      onClick={chosen}
    >
      {item.icon && <Icon name={item.icon} />}
      <span className="grow">{item.label}</span>
      {item.checked && <Icon name="check" />}
    </button>
  );
}

function entries(list: HTMLElement | null): HTMLElement[] {
  return [...(list?.querySelectorAll<HTMLElement>("[role^=menuitem]:not(:disabled)") ?? [])];
}

function moveFocus(event: KeyboardEvent, list: HTMLElement | null): void {
  const all = entries(list);
  const at = all.indexOf(document.activeElement as HTMLElement);
  const to = {
    ArrowDown: (at + 1) % all.length,
    ArrowUp: (at - 1 + all.length) % all.length,
    Home: 0,
    End: all.length - 1,
  }[event.key];
  if (event.key === "Tab") list?.hidePopover();
  if (to === undefined) return;
  event.preventDefault();
  all[to]?.focus();
}
