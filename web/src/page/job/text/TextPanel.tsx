import { type Ref, useState } from "react";
import { useT } from "../../i18n/context";
import { Button } from "../../ui/Button";
import { IconButton } from "../../ui/IconButton";
import { CompareDialog } from "../editing/CompareDialog";
import { SavingNote } from "../editing/SavingNote";
import type { Doubts } from "../editing/useDoubts";
import type { Editing } from "../editing/useEditor";
import { useJobValue } from "../useJob";
import { CopyMenu } from "./CopyMenu";
import { LiveLog } from "./LiveLog";
import type { Reading } from "./reading";
import { SearchBar } from "./SearchBar";
import { Text } from "./Text";

export interface Mode {
  readonly isEditing: boolean;
  readonly set: (isEditing: boolean) => void;
}

export function TextPanel({
  jobId,
  isRunning,
  reading,
  editing,
  canEdit,
  mode,
  doubts,
  field,
}: {
  readonly jobId: string;
  readonly isRunning: boolean;
  readonly reading: Reading;
  readonly editing: Editing;
  readonly canEdit: boolean;
  readonly mode: Mode;
  readonly doubts: Doubts;
  readonly field: Ref<HTMLInputElement>;
}) {
  const t = useT();
  const { segments, search, stepHit } = reading;
  const { editor, view } = editing;
  if (segments.length === 0) return <Empty jobId={jobId} isRunning={isRunning} />;
  return (
    <div className="flex flex-col gap-1 py-2 sm:gap-2 sm:py-3">
      <div className="flex flex-wrap items-center gap-2">
        <SearchBar field={field} search={search} step={stepHit} />
        <CopyMenu segments={segments} />
        {canEdit && (
          <Button
            icon="edit"
            aria-pressed={mode.isEditing}
            className="aria-pressed:border-accent aria-pressed:bg-accent-soft"
            onClick={() => mode.set(!mode.isEditing)}
          >
            {t("edit.edit")}
          </Button>
        )}
      </div>
      <div className="flex min-h-9 flex-wrap items-center gap-x-2 gap-y-1 not-has-[>:not(:empty)]:hidden">
        {isRunning && <LiveLog jobId={jobId} />}
        {canEdit && mode.isEditing && (
          <>
            <IconButton
              icon="undo"
              label={t("shortcuts.undo")}
              disabled={!view.canUndo}
              onClick={editor.undo}
            />
            <IconButton
              icon="redo"
              label={t("shortcuts.redo")}
              disabled={!view.canRedo}
              onClick={editor.redo}
            />
          </>
        )}
        {canEdit && <DoubtTools doubts={doubts} />}
        {canEdit && <Versions jobId={jobId} reading={reading} editing={editing} />}
      </div>
      {mode.isEditing && <p className="text-xs text-soft max-sm:hidden">{t("edit.hint")}</p>}
      <Text
        reading={reading}
        editor={canEdit && mode.isEditing ? editor : null}
        onEdit={(id, offset) => {
          if (!canEdit || mode.isEditing) return;
          mode.set(true);
          editor.wish({ id, offset });
        }}
      />
    </div>
  );
}

function DoubtTools({ doubts }: { readonly doubts: Doubts }) {
  const t = useT();
  if (doubts.count === 0) return null;
  return (
    <>
      <Button look="quiet" icon="alert" onClick={doubts.next}>
        {t("edit.doubts", { count: doubts.count })}
      </Button>
      {doubts.present !== null && (
        <Button look="quiet" icon="check" onClick={doubts.trust}>
          {t("edit.trust")}
        </Button>
      )}
    </>
  );
}

function Versions({
  jobId,
  reading,
  editing: { view },
}: {
  readonly jobId: string;
  readonly reading: Reading;
  readonly editing: Editing;
}) {
  const t = useT();
  const [isComparing, compare] = useState(false);
  const isEdited = view.version > 0 || view.saving !== "stored";
  return (
    <>
      {isEdited && (
        <Button look="quiet" onClick={() => compare(true)}>
          {t("edit.compare")}
        </Button>
      )}
      <span className="ms-auto">
        <SavingNote view={view} />
      </span>
      {isComparing && (
        <CompareDialog
          jobId={jobId}
          segments={reading.segments}
          onGo={reading.goTo}
          onClose={() => compare(false)}
        />
      )}
    </>
  );
}

/** No segments: not yet, nobody speaks, or no times were asked for. */
function Empty({ jobId, isRunning }: { readonly jobId: string; readonly isRunning: boolean }) {
  const t = useT();
  const result = useJobValue(jobId, (known) => known.result);
  if (isRunning) return <p className="py-8 text-sm text-soft">{t("text.soon")}</p>;
  if (result?.text) {
    return <p className="max-w-prose py-4 leading-7 whitespace-pre-wrap">{result.text}</p>;
  }
  return (
    <p className="py-8 text-sm text-soft">
      {t(result?.no_speech ? "text.no_speech" : "text.none")}
    </p>
  );
}
