import { useEffect, useRef, useState } from "react";
import { useT } from "../i18n/context";
import { FIELD } from "../ui/Field";

/** Enter and leaving the field keep the name, Escape does not. */
export function Rename({
  name,
  onDone,
}: {
  readonly name: string;
  readonly onDone: (next: string | null) => void;
}) {
  const t = useT();
  const [text, write] = useState(name);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.select();
  }, []);
  const keep = () => {
    const next = text.trim();
    onDone(next === "" || next === name ? null : next);
  };
  return (
    <input
      ref={field}
      aria-label={t("history.rename.field")}
      className={FIELD}
      maxLength={200}
      value={text}
      onChange={({ target }) => write(target.value)}
      onBlur={keep}
      onKeyDown={({ key }) => {
        if (key === "Enter") field.current?.blur();
        if (key === "Escape") onDone(null);
      }}
    />
  );
}
