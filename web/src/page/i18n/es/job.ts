export const job = {
  "job.back": "Todas las grabaciones",
  "job.untitled": "Grabación del {moment}",
} as const;
