import { useEffect, useState } from "react";
import { onAnnounced } from "./announce";

/** Two regions in turn: the same sentence twice is read twice. */
export function LiveRegion() {
  const [said, say] = useState({ count: 0, text: "" });
  useEffect(() => onAnnounced((text) => say(({ count }) => ({ count: count + 1, text }))), []);
  const turn = said.count % 2;
  return (
    <div className="sr-only">
      <p role="status">{turn === 0 ? said.text : ""}</p>
      <p role="status">{turn === 1 ? said.text : ""}</p>
    </div>
  );
}
