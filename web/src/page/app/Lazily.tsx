import { Component, type ReactNode, Suspense } from "react";
import { useT } from "../i18n/context";
import { Button } from "../ui/Button";

/** A part that is loaded when it is needed, or that may fail on its own: the rest of the page
 * stays. */
export function Lazily({ children }: { readonly children: ReactNode }) {
  return (
    <Fence>
      <Suspense fallback={<Loading />}>{children}</Suspense>
    </Fence>
  );
}

function Loading() {
  const t = useT();
  return <p className="p-6 text-sm text-soft">{t("shell.loading")}</p>;
}

function Broken() {
  const t = useT();
  return (
    <div role="alert" className="flex flex-wrap items-center gap-3 p-6 text-sm">
      <p>{t("shell.broken")}</p>
      <Button icon="retry" onClick={() => location.reload()}>
        {t("shell.reload")}
      </Button>
    </div>
  );
}

/** React knows this as a class only. */
class Fence extends Component<{ readonly children: ReactNode }, { readonly failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <Broken /> : this.props.children;
  }
}
