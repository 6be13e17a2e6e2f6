/** Shapes that the gallery, compare, scores, data and jobs pages read. */

import type { ModelSummary } from "./types";

export interface TopLatent {
  index: number;
  factor: string | null;
  correlation: number | null;
  kl_nats: number;
}

export interface GalleryModel extends Omit<ModelSummary, "metrics"> {
  hyperparameters?: Record<string, any>;
  metrics?: Record<string, { score: number | null; state?: string }>;
  problem?: string | null;
  training?: Record<string, any>;
  states?: { active: number; weak: number; dead: number; saturated: number };
  top_latents?: TopLatent[];
  reconstruction?: Record<string, number>;
}

export type CellState = "ready" | "stale" | "queued" | "running" | "failed";

export interface ScoreCell {
  score: number | null;
  state: CellState;
  interval?: [number, number];
  chance?: number;
  reason?: string;
  n?: number | null;
  seed?: number;
  /** with folded seeds: how many models have a score, and its standard deviation over them */
  models?: number;
  std?: number;
}

export interface ScoreRow {
  id: string;
  name: string;
  dataset: string | null;
  objective: string | null;
  architecture: string | null;
  latents: number;
  settings: Record<string, any> | null;
  training: Record<string, any> | null;
  /** with folded seeds: models of this configuration */
  models?: number;
  cells: Record<string, ScoreCell>;
}

export interface MetricColumn {
  name: string;
  title: string;
  family: string;
  higher_is_better: boolean;
  best: number | null;
  worst: number | null;
  unit: string;
  definition: string;
  formula: string;
  citation: string;
  misses: string;
  version: string;
}

export interface Facets {
  dataset: [string, number][];
  objective: [string, number][];
}

export interface ScoreMatrix {
  ids: string[];
  names: string[];
  datasets: (string | null)[];
  objectives: (string | null)[];
  configurations: string[];
  columns: Record<string, (number | null)[]>;
}
