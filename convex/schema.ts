import { defineSchema } from "convex/server";
import { transcriptionTables } from "./retender/tables";

export default defineSchema(transcriptionTables);
