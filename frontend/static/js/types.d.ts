/** Shapes that cross the HTTP border, as the service documents them. */

export interface Page<T> {
  items: T[];
  total: number;
  next_cursor: string | null;
}

export type LatentState = "active" | "weak" | "dead" | "saturated";

export interface LatentStatistics {
  mean: number;
  std: number;
  minimum: number;
  maximum: number;
  /** at the probabilities .005 .05 .25 .5 .75 .95 .995 */
  quantiles: number[];
  kl_nats: number;
  mean_sigma: number;
  state: LatentState;
  best_factor: string | null;
  best_correlation: number | null;
  correlations: Record<string, number>;
}

export interface ModelSummary {
  id: string;
  name: string;
  dataset: string | null;
  dataset_title: string | null;
  objective: string | null;
  objective_settings: Record<string, any>;
  latents: number;
  image_shape: [number, number, number];
  version?: string;
  metrics?: Record<string, any>;
  links?: Record<string, string>;
  broken?: string | null;
}

export interface Model extends ModelSummary {
  dataset_settings: Record<string, any>;
  architecture: string | null;
  likelihood: string | null;
  training: Record<string, any>;
  statistics: LatentStatistics[];
  statistics_rows: number;
  statistics_of: "data set" | "own samples";
  factor_names: string[];
  learned_weights: Record<string, any>;
  reconstruction: Record<string, number>;
  files: Record<string, { sha256: string; bytes: number }>;
  provenance: Record<string, any>;
  licence: string;
  version: string;
  links: Record<string, string>;
}

export type FactorKind = "categorical" | "ordinal" | "cyclic" | "continuous";

export interface Factor {
  name: string;
  size: number;
  values: (number | string)[];
  kind: FactorKind;
  unit: string;
}

export interface Dataset {
  name: string;
  title: string;
  /** number of images */
  n_images: number;
  image_shape: [number, number, number];
  factors: Factor[];
  /** every combination of factors has exactly one image, at its mixed-radix number */
  complete: boolean;
  provenance: Record<string, any>;
  links: Record<string, string>;
}

export interface Sample {
  indices: number[];
  codes: number[][];
  factors: number[][];
  factor_names: string[];
  factor_sizes: number[];
  factor_kinds: FactorKind[];
}

export interface MetricRow {
  model: string;
  metric: string;
  value: number | null;
  interval: [number, number] | null;
  chance: number | null;
  mode: string;
  seed: number;
  n: number | null;
  parameters: Record<string, any>;
  seconds: number | null;
  computed_at: string | null;
  state: "ready" | "queued" | "running" | "failed";
  stale: boolean;
  reason: string | null;
  details?: Record<string, any> | null;
}

export interface MetricInfo {
  title: string;
  family: string;
  definition: string;
  formula: string;
  citation: string;
  misses: string;
  best: number | null;
  worst: number | null;
  higher_is_better: boolean;
  unit: string;
}
