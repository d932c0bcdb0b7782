/** Why there is no recording here; null: nothing is in the way that can be known beforehand. */
export function microphoneTrouble(): "insecure" | "unsupported" | null {
  // Browsers give no microphone to pages over plain HTTP, but for those of the machine itself.
  if (!globalThis.isSecureContext) return "insecure";
  if (navigator.mediaDevices?.getUserMedia === undefined) return "unsupported";
  return typeof MediaRecorder === "undefined" ? "unsupported" : null;
}

/** Safari knows MP4 only, Firefox Ogg, Chrome WebM; the best one first. */
const TYPES = [
  { type: "audio/webm;codecs=opus", suffix: "webm" },
  { type: "audio/ogg;codecs=opus", suffix: "ogg" },
  { type: "audio/mp4", suffix: "m4a" },
  { type: "audio/webm", suffix: "webm" },
] as const;

export function recordingType(supports: (type: string) => boolean): string {
  return TYPES.find(({ type }) => supports(type))?.type ?? "";
}

export function suffixOf(type: string): string {
  const plain = type.split(";")[0];
  return TYPES.find((known) => known.type.split(";")[0] === plain)?.suffix ?? "audio";
}
