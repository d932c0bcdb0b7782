/** Strokes on a grid of 24. Decoration: what they mean is said by the text beside them, or by the
 * label of the button that they stand in. */
const PATHS = {
  alert:
    "M12 8v5m0 3.5v.01M10.3 3.9 2.5 17.5A2 2 0 0 0 4.2 20.5h15.6a2 2 0 0 0 1.7-3L13.7 3.9a2 2 0 0 0-3.4 0Z",
  back: "M19 12H5m6 6-6-6 6-6",
  check: "m5 12.5 4.5 4.5L19 7.5",
  chevron: "m6 9 6 6 6-6",
  close: "M6 6l12 12M18 6 6 18",
  cloud: "M7 18.5a4.5 4.5 0 0 1-.6-9 6 6 0 0 1 11.5 1.7 3.7 3.7 0 0 1-.4 7.3Z",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  download: "M12 4v11m-5-4.5 5 5 5-5M5 20h14",
  edit: "M4 20h4L19.5 8.5a2.1 2.1 0 0 0-3-3L5 17z",
  file: "M6 3h8l5 5v13H6zM14 3v5h5",
  folder: "M3 6h6l2 2.5h10V19H3z",
  gauge: "M4 18a8.5 8.5 0 1 1 16 0M12 14l4-4.5",
  help: "M9.2 9.2a2.8 2.8 0 1 1 4 2.5c-.8.400-1.200 1-1.200 2.100M12 17v.01M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18Z",
  home: "M4 11 12 4l8 7v9h-5.5v-5.5h-5V20H4z",
  key: "M15.5 3a5.5 5.5 0 1 1-4.9 8L3 18.6V21h3v-2h2v-2h2l2-2M16.5 7.5v.01",
  language:
    "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18ZM3 12h18M12 3c5 5.5 5 12.500 0 18-5-5.500-5-12.500 0-18",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7L11.8 7M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1.5-1.3",
  mic: "M12 3.5a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0v-5a3 3 0 0 1 3-3ZM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3",
  monitor: "M3 4.5h18v12H3zM8 20.5h8M12 16.5v4",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z",
  more: "M12 4.9a.6.6 0 1 1 0 1.2a.6.6 0 1 1 0-1.2M12 11.4a.6.6 0 1 1 0 1.2a.6.6 0 1 1 0-1.2M12 17.9a.6.6 0 1 1 0 1.2a.6.6 0 1 1 0-1.2",
  pause: "M8 5v14M16 5v14",
  play: "M7 4.5v15l12-7.5z",
  plus: "M12 5v14M5 12h14",
  retry: "M20 11a8 8 0 1 0-2 6M20 5v6h-6",
  search: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14ZM16 16l5 5",
  settings: "M4 7h9m4 0h3M4 17h3m4 0h9M15 4.5v5M9 14.5v5",
  skip_ahead: "M20 5v5h-5M19.500 10a8 8 0 1 0 .500 5",
  skip_back: "M4 5v5h5M4.500 10a8 8 0 1 1-.500 5",
  stop: "M6 6h12v12H6z",
  subtitles: "M3 5h18v14H3zM6.500 15h6m3 0h2M6.500 11.500h2m3 0h6",
  sun: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  target: "M12 5a7 7 0 1 1 0 14 7 7 0 0 1 0-14ZM12 2v3m0 14v3M2 12h3m14 0h3M12 12v.01",
  trash: "M4 6.5h16M9 6.5V4h6v2.5M6 6.5 7 21h10l1-14.5M10 10.5v6.5M14 10.5v6.5",
  undo: "M8 5 4 9l4 4M4.500 9H14a5.500 5.500 0 0 1 0 11h-3",
  redo: "m16 5 4 4-4 4M19.500 9H10a5.500 5.500 0 0 0 0 11h3",
  up: "m6 15 6-6 6 6",
  upload: "M12 16V5m-5 4.5 5-5 5 5M5 20h14",
  wave: "M3 12h2l2-6 3 12 3-15 3 13 2-4h3",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      aria-hidden="true"
      className="shrink-0"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
