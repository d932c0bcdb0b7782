export const keys = {
  "keys.title": "Access key",
  "keys.why": "This service asks for a key. The person who runs it can give you one.",
  "keys.refused": "The service does not accept this key.",
  "keys.field": "Key",
  "keys.hint": "It begins with “rt_”.",
  "keys.lasting": "Remember it in this browser",
  "keys.lasting.hint":
    "Otherwise it is forgotten when the tab is closed. Do not remember it on a shared computer.",
  "keys.use": "Use this key",
  "keys.forget": "Forget the key",
} as const;
