import { useRemembered } from "../../app/useRemembered";
import { useT } from "../../i18n/context";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { FIELD, Field } from "../../ui/Field";
import { type SubtitleLimits, subtitleLimits, USUAL } from "./limits";

const STEPS: Readonly<Record<keyof SubtitleLimits, readonly [number, number, number]>> = {
  characters: [10, 100, 1],
  lines: [1, 4, 1],
  speed: [5, 40, 1],
  shortest: [0.1, 5, 0.01],
  longest: [1, 30, 0.5],
  gap: [0, 2, 0.01],
};

export function LimitsDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  const [limits, set] = useRemembered(subtitleLimits);
  return (
    <Dialog title={t("subtitles.limits")} onClose={onClose}>
      <div className="grid gap-4 sm:grid-cols-2">
        {(Object.keys(STEPS) as (keyof SubtitleLimits)[]).map((name) => {
          const [min, max, step] = STEPS[name];
          return (
            <Field key={name} label={t(`subtitles.limit.${name}`)}>
              {(ids) => (
                <input
                  {...ids}
                  type="number"
                  className={FIELD}
                  min={min}
                  max={max}
                  step={step}
                  value={limits[name]}
                  onChange={({ target }) => {
                    const value = target.valueAsNumber;
                    if (value >= min && value <= max) set({ ...limits, [name]: value });
                  }}
                />
              )}
            </Field>
          );
        })}
      </div>
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={() => set(USUAL)}>{t("subtitles.limits.usual")}</Button>
        <Button look="primary" onClick={onClose}>
          {t("shell.close")}
        </Button>
      </div>
    </Dialog>
  );
}
