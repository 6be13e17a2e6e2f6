/** Saved points of a model version, kept in this browser. */

import { keep as keepText, readKept } from "../../core/store.js";
import { toast } from "../../ui/toast.js";

/** @typedef {{ name: string, z: number[] }} Waypoint */

/** @param {import("../session.js").Session} session */
const key = ({ model }) => `axiscope.waypoints.${model.id}.${model.version}`;

/**
 * @param {import("../session.js").Session} session
 * @returns {Waypoint[]}
 */
export function readWaypoints(session) {
  try {
    const kept = JSON.parse(readKept(key(session)) ?? "[]");
    return kept.filter((/** @type {Waypoint} */ w) => w.z?.length === session.model.latents);
  } catch {
    return [];
  }
}

/**
 * @param {import("../session.js").Session} session
 * @returns {import("../../ui/menu.js").MenuItem[]}
 */
export function waypointItems(session) {
  const { store } = session;
  const { waypoints } = store.get();
  /** @param {Waypoint[]} next */
  const keep = (next) => {
    store.set({ waypoints: next });
    if (!keepText(key(session), JSON.stringify(next)))
      toast("This browser stores nothing: the points are lost when the page is left", "bad");
  };
  /** @type {import("../../ui/menu.js").MenuItem[]} */
  const items = [
    {
      label: "Save this point",
      run: () => keep([...waypoints, { name: `Point ${waypoints.length + 1}`, z: store.get().z }]),
    },
  ];
  if (!waypoints.length) return items;
  items.push(
    "line",
    ...waypoints.map((w) => ({
      label: w.name,
      hint: `${w.z
        .slice(0, 3)
        .map((v) => v.toFixed(1))
        .join(", ")} …`,
      run: () => session.setVector(w.z),
    })),
  );
  items.push("line", { label: "Delete all points", run: () => keep([]) });
  return items;
}
