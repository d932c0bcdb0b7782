export { RetenderProvider, useRetender } from "./context";
export { usePersistentTranscription } from "./usePersistentTranscription";
export { type TranscriptionJob, useJobValue, useTranscriptionJob } from "./useTranscriptionJob";
export { type Transcriptions, useTranscriptions } from "./useTranscriptions";
export { type Socket, type SocketOptions, useWebSocket } from "./useWebSocket";
