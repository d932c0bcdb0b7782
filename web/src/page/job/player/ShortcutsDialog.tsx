import { useRemembered } from "../../app/useRemembered";
import { useWords } from "../../i18n/context";
import { Dialog } from "../../ui/Dialog";
import { Checkbox } from "../../ui/Field";
import { type Shortcut, singleKeys } from "./shortcuts";

export function ShortcutsDialog({
  shortcuts,
  onClose,
}: {
  readonly shortcuts: readonly Shortcut[];
  readonly onClose: () => void;
}) {
  const { t, maybe } = useWords();
  const [isOn, set] = useRemembered(singleKeys);
  const shown = (key: string) =>
    key
      .split("+")
      .map((part) => maybe(`key.${part === " " ? "Space" : part}`) ?? part.toUpperCase())
      .join(" + ");
  return (
    <Dialog title={t("shortcuts.title")} onClose={onClose}>
      <Checkbox
        label={t("shortcuts.single")}
        checked={isOn}
        onChange={({ target }) => set(target.checked)}
      />
      <table className="mt-3 w-full text-sm">
        <tbody>
          {shortcuts.map(({ does, keys }) => (
            <tr key={does} className="border-t border-line">
              <th scope="row" className="py-1.5 pe-4 text-start font-normal">
                {t(`shortcuts.${does}`)}
              </th>
              <td className="py-1.5 text-end">
                {keys.map((key) => (
                  <kbd
                    key={key}
                    className="ms-1 rounded-sm border border-line-strong px-1.5 py-0.5 font-sans text-xs whitespace-nowrap"
                  >
                    {shown(key)}
                  </kbd>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  );
}
