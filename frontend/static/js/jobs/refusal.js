/** What the service says against a run, in the words of the form. */

import { Problem } from "../core/api.js";
import { spoken } from "../core/format.js";

/**
 * "/spec/base/objective_settings/beta: got 'x'; ..." -> "Beta: got 'x'; ...".
 *
 * @param {unknown} error
 * @returns {string}
 */
export function refusalWords(error) {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof Problem)) return message;
  const pointer = /^\/?(?:body\/)?spec(?:\/base)?\/(\S+?)(?:: | (?=is missing))/.exec(message);
  if (!pointer) return message;
  const names = pointer[1].split("/").filter((name) => !/^(\d+|grid|(objective|dataset)_settings)$/.test(name));
  const rest = message.slice(pointer[0].length);
  const label = spoken((names.pop() ?? pointer[1]).split(".").pop() ?? "");
  return `${label[0].toUpperCase()}${label.slice(1)}${pointer[0].endsWith(": ") ? ":" : ""} ${rest}`;
}
