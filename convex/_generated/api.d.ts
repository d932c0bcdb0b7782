/* eslint-disable */
/**
 * Generated `api` utility.
 *
 * THIS CODE IS AUTOMATICALLY GENERATED.
 *
 * To regenerate, run `npx convex dev`.
 * @module
 */

import type {
  ApiFromModules,
  FilterApi,
  FunctionReference,
} from "convex/server";
import type * as crons from "../crons.js";
import type * as http from "../http.js";
import type * as retender_endpoint from "../retender/endpoint.js";
import type * as retender_fields from "../retender/fields.js";
import type * as retender_keys from "../retender/keys.js";
import type * as retender_limits from "../retender/limits.js";
import type * as retender_owner from "../retender/owner.js";
import type * as retender_payload from "../retender/payload.js";
import type * as retender_reading from "../retender/reading.js";
import type * as retender_retention from "../retender/retention.js";
import type * as retender_ruling from "../retender/ruling.js";
import type * as retender_service from "../retender/service.js";
import type * as retender_settings from "../retender/settings.js";
import type * as retender_storage from "../retender/storage.js";
import type * as retender_tables from "../retender/tables.js";
import type * as transcriptionJobs from "../transcriptionJobs.js";

/**
 * A utility for referencing Convex functions in your app's API.
 *
 * Usage:
 * ```js
 * const myFunctionReference = api.myModule.myFunction;
 * ```
 */
declare const fullApi: ApiFromModules<{
  crons: typeof crons;
  http: typeof http;
  "retender/endpoint": typeof retender_endpoint;
  "retender/fields": typeof retender_fields;
  "retender/keys": typeof retender_keys;
  "retender/limits": typeof retender_limits;
  "retender/owner": typeof retender_owner;
  "retender/payload": typeof retender_payload;
  "retender/reading": typeof retender_reading;
  "retender/retention": typeof retender_retention;
  "retender/ruling": typeof retender_ruling;
  "retender/service": typeof retender_service;
  "retender/settings": typeof retender_settings;
  "retender/storage": typeof retender_storage;
  "retender/tables": typeof retender_tables;
  transcriptionJobs: typeof transcriptionJobs;
}>;
export declare const api: FilterApi<
  typeof fullApi,
  FunctionReference<any, "public">
>;
export declare const internal: FilterApi<
  typeof fullApi,
  FunctionReference<any, "internal">
>;
