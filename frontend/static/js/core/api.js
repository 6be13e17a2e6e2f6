/** Requests to the service. Every request of a page is made here, so that errors have one type. */

import { unpacked } from "./assets.js";

/** An answer that is not 2xx: RFC 9457 `application/problem+json` where the service wrote it. */
export class Problem extends Error {
  /**
   * @param {number} status 0 when the service could not be reached
   * @param {string} title
   * @param {string} detail
   * @param {{pointer: string, detail: string}[]} [errors] values at fault, by JSON pointer
   */
  constructor(status, title, detail, errors = []) {
    super(detail || title);
    this.name = "Problem";
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.errors = errors;
  }
}

/** Message of anything that was thrown. @param {unknown} error */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/**
 * Files instead of a service: `files` names one for each answer, `images` the pictures of each data set by its address.
 * @typedef {{ root: string, files: Record<string, string>, images: Record<string, { folder: string, indices: number[] }> }} Copy
 */

/** @type {Copy | null} a page that `axiscope site` wrote: files instead of a service */
const copy = JSON.parse(globalThis.document?.getElementById("boot")?.textContent || "{}").copy ?? null;

/** Return whether the page is a static copy, which has no service. */
export const isCopy = () => copy !== null;

/**
 * Return the indices of the images of a data set in a static copy; null where a service has all images.
 * @param {string} address of the images: `links.images` of the data set or the model
 */
export const copiedImages = (address) => (copy ? (copy.images[address]?.indices ?? []) : null);

/**
 * Return the address to request for `path`: the path itself, or a file of a static copy, null if the copy has none.
 * A figure has a file for each query, another answer one for all queries.
 * @param {string} path
 * @param {boolean} [forWorker] return an address that workers can read
 * @returns {string | null}
 */
export function place(path, forWorker = false) {
  if (!copy) return path;
  const [, address, index] = /^(.*)[?&]index=(\d+)$/.exec(path) ?? [];
  const images = copy.images[address];
  const image = images?.indices.includes(Number(index)) ? `${images.folder}/${index}.png` : null;
  const file = images ? image : (copy.files[path] ?? copy.files[path.split("?")[0]]);
  return file ? (unpacked(file, forWorker) ?? copy.root + file) : null;
}

/**
 * Return the address of a page: of the service, or of a static copy, where each page is a folder.
 * @param {string} path e.g. "explore/demo", of parts that are encoded
 * @param {string} [query] "" or "?..."
 */
function pageAddress(path, query = "") {
  if (!copy) return `/${path}${query}`;
  const file = `${path}/index.html`;
  return unpacked(file) ? `${query || "?"}#${file}` : `${copy.root}${file}${query}`;
}

/** Return the address of the Explore page of a model. @param {string} id */
export const explorePage = (id) => pageAddress(`explore/${encodeURIComponent(id)}`);

/** Return the address of the Compare page of models. @param {string[]} ids */
export const comparePage = (ids) => pageAddress("compare", `?m=${ids.map(encodeURIComponent).join(",")}`);

/**
 * @param {string} path beginning with "/"
 * @param {RequestInit} [init]
 * @returns {Promise<Response>} an answer that is 2xx
 */
export async function request(path, init = {}) {
  const from = init.method && copy ? null : place(path);
  if (from === null)
    throw new Problem(
      0,
      "Not in this copy",
      "This page is a static copy and does not contain it; open the model in a running Axiscope",
    );
  let answer;
  try {
    answer = await fetch(from, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "No connection", "The service does not answer. Is it still running?");
  }
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw new Problem(answer.status, problem.title || answer.statusText, problem.detail || "", problem.errors ?? []);
}

/**
 * @param {string} path
 * @param {{ query?: Record<string, any>, signal?: AbortSignal }} [options]
 * @returns {Promise<any>}
 */
export async function getJson(path, { query, signal } = {}) {
  const answer = await request(withQuery(path, query), { headers: { Accept: "application/json" }, signal });
  return answer.json();
}

/**
 * @param {"POST" | "PUT" | "PATCH" | "DELETE"} method
 * @param {string} path
 * @param {any} [body] sent as JSON
 * @param {{ headers?: Record<string, string>, signal?: AbortSignal }} [options]
 * @returns {Promise<any>} the JSON answer, or null for 204
 */
export async function sendJson(method, path, body, { headers = {}, signal } = {}) {
  const answer = await request(path, {
    method,
    headers: {
      Accept: "application/json",
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
  });
  return answer.status === 204 ? null : answer.json();
}

/**
 * Send a form with files, and report how much of it is sent.
 * @param {string} path
 * @param {FormData} form
 * @param {(share: number) => void} onProgress called with 0 to 1
 * @returns {Promise<any>} the JSON answer
 */
export function sendForm(path, form, onProgress) {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest(); // fetch does not report how much was sent
    call.responseType = "json";
    call.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total ? loaded / total : 0));
    call.upload.addEventListener("load", () => onProgress(1));
    call.addEventListener("load", () => {
      const answer = call.response ?? {};
      if (call.status >= 200 && call.status < 300) resolve(answer);
      else reject(new Problem(call.status, answer.title ?? call.statusText, answer.detail ?? "", answer.errors ?? []));
    });
    call.addEventListener("error", () =>
      reject(new Problem(0, "No connection", "The service does not answer, or refused the upload while it was sent.")),
    );
    call.open("POST", path);
    call.setRequestHeader("Accept", "application/json");
    call.send(form);
  });
}

/**
 * Append a query to a path. Values that are null, undefined or "" are left out; lists are joined by commas.
 * @param {string} path
 * @param {Record<string, any>} [query]
 */
export function withQuery(path, query = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  if (!pairs.length) return path;
  return `${path}${path.includes("?") ? "&" : "?"}${pairs.map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`).join("&")}`;
}

/** @param {string} id */
export const modelPath = (id) => `/api/v1/models/${encodeURIComponent(id)}`;

/**
 * @param {Record<string, any>} [query] dataset, objective, q, sort, limit, cursor
 * @param {AbortSignal} [signal]
 * @returns {Promise<import("../types").ModelPage>}
 */
export const listModels = (query, signal) => getJson("/api/v1/models", { query, signal });

/**
 * @param {Record<string, unknown>} query
 * @param {AbortSignal} [signal]
 * @returns {Promise<import("../types").LatentPage>}
 */
export const listLatents = (query, signal) => getJson("/api/v1/latents", { query, signal });

/**
 * @param {string} id
 * @returns {Promise<import("../types").Model>}
 */
export const getModel = (id) => getJson(modelPath(id));

/**
 * @param {string} name
 * @param {string} [model] whose settings of the data set to use, e.g. its folder of own images
 * @param {string} [upload] uploaded set of own images
 * @returns {Promise<import("../types").Dataset>}
 */
export const getDataset = (name, model, upload) =>
  getJson(`/api/v1/datasets/${encodeURIComponent(name)}`, { query: { model, upload } });

/**
 * Find the image closest to a combination of factors, or that of an index, with its factors (-1: label missing).
 * @param {import("../types").Dataset} dataset
 * @param {{ factors?: number[], index?: number }} which
 * @param {AbortSignal} [signal]
 * @returns {Promise<{ index: number, factors: number[] }>}
 */
export const locateImage = ({ links }, { factors, index }, signal) =>
  getJson(links.locate, { query: { factors: factors?.join(","), index }, signal });

/**
 * Read codes and factors of random images of the model's data set.
 * @param {string} id
 * @param {number} limit
 * @returns {Promise<import("../types").Sample>}
 */
export const getSample = (id, limit) => getJson(`${modelPath(id)}/sample`, { query: { limit } });

/**
 * Make a new key of 128 random bits in hexadecimal digits.
 *
 * `crypto.randomUUID` exists on https and localhost only; a service on a network is often plain http.
 */
export const newKey = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * Make a function that gives each content one idempotency key: the same content sent again, by a second click or after
 * a lost answer, has the same key, and the service answers it with the first job.
 *
 * @returns {(content: any) => string} the key of a JSON value
 */
export function keysByContent() {
  /** @type {Map<string, string>} */
  const keys = new Map();
  return (content) => {
    const text = JSON.stringify(content);
    const key = keys.get(text) ?? newKey();
    keys.set(text, key);
    return key;
  };
}
