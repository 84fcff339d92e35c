/** Our own line icons: 24 x 24, drawn with the colour of the text. They are decoration; the words stand beside them. */
const PATHS = {
  phone:
    "M6.6 3.5 9 3l2 5-2.2 1.7a12 12 0 0 0 5.5 5.5L16 13l5 2-.5 2.4a3 3 0 0 1-3.2 2.4C9.700 19.200 4.800 14.300 4.200 6.700a3 3 0 0 1 2.400-3.200Z",
  "phone-down": "M3.500 15.500 3 13c3-4.600 15-4.600 18 0l-.5 2.500-4.500-.5-.5-2.300a12 12 0 0 0-7 0L8 15Z",
  history: "M12 7v5l3.500 2M4 12a8 8 0 1 0 2.600-5.900L4 8.500M4 4v4.500h4.500",
  contacts: "M12 12a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7ZM5 20c.6-3.600 3.300-5.500 7-5.500s6.400 1.900 7 5.500",
  settings:
    "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM12 3v3M12 18v3M3 12h3M18 12h3M5.600 5.600l2.200 2.200M16.200 16.200l2.200 2.200M18.400 5.600l-2.200 2.200M7.800 16.200l-2.200 2.200",
  microphone: "M12 15a3 3 0 0 0 3-3V7a3 3 0 0 0-6 0v5a3 3 0 0 0 3 3ZM6 11.500a6 6 0 0 0 12 0M12 17.500V21",
  "microphone-off":
    "M9 9v3a3 3 0 0 0 4.500 2.600M15 12V7a3 3 0 0 0-5.800-1M6 11.500a6 6 0 0 0 9.500 4.900M18 11.500c0 .7-.1 1.400-.4 2M12 17.500V21M4 4l16 16",
  pause: "M9 5v14M15 5v14",
  play: "M8 5l11 7-11 7Z",
  keypad: "M6 6h.010M12 6h.010M18 6h.010M6 12h.010M12 12h.010M18 12h.010M6 18h.010M12 18h.010M18 18h.010",
  transfer: "M4 12h13M12 6.500 17.500 12 12 17.500M20.500 5v14",
  merge: "M5 5c0 5 7 4 7 9v6M19 5c0 5-7 4-7 9",
  swap: "M7 20V5M3.500 8.500 7 5l3.500 3.500M17 4v15M13.500 15.500 17 19l3.500-3.500",
  split: "M12 20v-6c0-5-7-4-7-9M12 14c0-5 7-4 7-9",
  add: "M12 5v14M5 12h14",
  record: "M12 17a5 5 0 1 0 0-10 5 5 0 0 0 0 10Z",
  close: "M6 6l12 12M18 6 6 18",
  backspace: "M9 6h11v12H9l-6-6ZM12 9.500l5 5M17 9.500l-5 5",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM20 20l-4-4",
  moon: "M19.500 14.500A8 8 0 0 1 9.500 4.500a8 8 0 1 0 10 10Z",
  voicemail:
    "M7 15a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7ZM17 15a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7ZM7 15h10",
  star: "M12 4l2.400 5 5.600.7-4.100 3.800 1.100 5.500-5-2.700-5 2.700 1.100-5.500L4 9.700 9.600 9Z",
  outgoing: "M7 17 17 7M9 7h8v8",
  incoming: "M17 7 7 17M7 9v8h8",
  missed: "M4 7l6 6 4-4 6 6M4 12V7h5",
  silence: "M5 9.500h3l5-4v13l-5-4H5ZM17 9.500l4 5M21 9.500l-4 5",
  speaker: "M5 9.500h3l5-4v13l-5-4H5ZM16.500 9a4.200 4.200 0 0 1 0 6M19 6.500a8 8 0 0 1 0 11",
  circle: "M12 18.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13Z",
  info: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16ZM12 11.500V16M12 8h.010",
  pulse: "M3 12h4l2.500-6.500 5 13L17 12h4",
  more: "M5 12h.010M12 12h.010M19 12h.010",
  bin: "M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12M10.500 10.500v5.500M13.500 10.500v5.500",
  edit: "M5 19l1-4L16 5l3 3L9 18Z",
  check: "M5 12.500l4.500 4.500L19 7",
  down: "M6 9l6 6 6-6",
  up: "M6 15l6-6 6 6",
  forward: "M5 19v-6a4 4 0 0 1 4-4h10M14.500 4.500 19 9l-4.500 4.500",
  leave: "M14 5h5v14h-5M3 12h11M10 8l4 4-4 4",
  back: "M14.500 5.500 8 12l6.500 6.500",
  next: "M9.500 5.500 16 12l-6.500 6.500",
  network:
    "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16ZM4 12h16M12 4c2.500 2.300 3.500 5 3.500 8s-1 5.700-3.500 8c-2.500-2.300-3.500-5-3.500-8s1-5.700 3.500-8Z",
  lock: "M6.500 11h11v8.500h-11ZM9 11V8a3 3 0 0 1 6 0v3",
  window: "M4 5.500h16v13H4ZM4 9.500h16",
} as const;

export type IconName = keyof typeof PATHS;

/** Those that point along the line of writing, and so the other way where that runs from right to left. */
const DIRECTED: readonly IconName[] = [
  "transfer",
  "backspace",
  "outgoing",
  "incoming",
  "missed",
  "forward",
  "leave",
  "back",
  "next",
];

export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      class={DIRECTED.includes(name) ? "icon directed" : "icon"}
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
