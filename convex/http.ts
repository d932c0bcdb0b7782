import { httpRouter } from "convex/server";
import { addTranscriptionRoutes } from "./retender/endpoint";

const http = httpRouter();
addTranscriptionRoutes(http);
export default http;
