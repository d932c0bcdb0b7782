import type { JobStatus } from "../../client";
import { useT } from "../i18n/context";
import { FIELD, Select } from "../ui/Field";
import { Icon } from "../ui/Icon";
import { IconButton } from "../ui/IconButton";
import { Notify } from "./Notify";
import { ORDERS, type Order } from "./order";

const STATES = ["processing", "queued", "completed", "failed", "cancelled"] as const;

export function Toolbar({
  status,
  filter,
  words,
  search,
  order,
  sort,
}: {
  readonly status: JobStatus | null;
  readonly filter: (status: JobStatus | null) => void;
  readonly words: string;
  readonly search: (words: string) => void;
  readonly order: Order;
  readonly sort: (order: Order) => void;
}) {
  const t = useT();
  return (
    <search className="flex flex-wrap items-center gap-2">
      <div className="relative min-w-48 grow">
        <span className="pointer-events-none absolute inset-y-0 start-3 flex items-center text-soft">
          <Icon name="search" size={16} />
        </span>
        <input
          type="search"
          className={`${FIELD} ps-9`}
          aria-label={t("history.search")}
          placeholder={t("history.search")}
          value={words}
          onChange={({ target }) => search(target.value)}
        />
        {words !== "" && (
          <span className="absolute end-0 top-0">
            <IconButton icon="close" label={t("history.search.clear")} onClick={() => search("")} />
          </span>
        )}
      </div>
      <Select
        className="w-auto!"
        aria-label={t("history.filter")}
        value={status ?? ""}
        onChange={({ target }) => filter(target.value === "" ? null : (target.value as JobStatus))}
      >
        <option value="">{t("history.filter.all")}</option>
        {STATES.map((state) => (
          <option key={state} value={state}>
            {t(`status.${state}`)}
          </option>
        ))}
      </Select>
      <Select
        className="w-auto!"
        aria-label={t("history.order")}
        value={order}
        onChange={({ target }) => sort(target.value as Order)}
      >
        {ORDERS.map((name) => (
          <option key={name} value={name}>
            {t(`history.order.${name}`)}
          </option>
        ))}
      </Select>
      <Notify />
    </search>
  );
}
