import { useJobValue } from "../../../hooks";

export function Text({ jobId }: { readonly jobId: string }) {
  const segments = useJobValue(jobId, (view) => view.segments);
  return <p className="py-4">{segments.map(({ text }) => text).join(" ")}</p>;
}
