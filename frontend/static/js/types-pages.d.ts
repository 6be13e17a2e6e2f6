/** Shapes that the gallery, compare, scores, data and jobs pages read. */

import type { ModelSummary } from "./types";

export interface TopLatent {
  index: number;
  factor: string | null;
  correlation: number | null;
  kl_nats: number;
}

export interface GalleryModel extends ModelSummary {
  problem?: string | null;
  training?: Record<string, any>;
  states?: { active: number; weak: number; dead: number; saturated: number };
  top_latents?: TopLatent[];
  reconstruction?: Record<string, number>;
}
