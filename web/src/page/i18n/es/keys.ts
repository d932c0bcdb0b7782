export const keys = {
  "keys.title": "Clave de acceso",
  "keys.why": "Este servicio pide una clave. Te la da quien lo administra.",
  "keys.refused": "El servicio no acepta esta clave.",
  "keys.field": "Clave",
  "keys.hint": "Empieza por «rt_».",
  "keys.lasting": "Recordarla en este navegador",
  "keys.lasting.hint":
    "Sin marcar, se olvida al cerrar la pestaña. No la recuerdes en un equipo compartido.",
  "keys.use": "Usar esta clave",
  "keys.forget": "Olvidar la clave",
} as const;
