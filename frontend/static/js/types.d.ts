/** Types of the page: the schemas of the HTTP interface under the names they have here, and what only the page has. */

import type { components } from "../../types/openapi";

/** A schema whose free-form JSON (settings, results, details) is not checked any further. */
type Unchecked<T> = unknown extends T ? any : T extends object ? { [K in keyof T]: Unchecked<T[K]> } : T;

/** A document in which the named properties are there, and not null. */
type With<T, K extends keyof T> = T & { [P in K]-?: NonNullable<T[P]> };

type Api = Unchecked<components["schemas"]>;

export type LatentStatistics = With<Required<Api["LatentStatistics"]>, "correlations">;
export type LatentState = LatentStatistics["state"];
export type TopLatent = Api["TopLatent"];
export type ModelPage = Api["ModelPage"];
export type ImportedModel = Api["ImportedModel"];
export type LatentPage = Api["LatentPage"];
/** A model of a list, which may be broken. */
export type ModelSummary = Api["ModelSummary"];
/** A model that can be opened. */
export type Model = With<Omit<Api["ModelDetail"], "statistics">, "latents" | "image_shape"> & {
  statistics: LatentStatistics[];
};

export type Factor = Api["FactorDocument"];
export type FactorKind = Factor["kind"];
export type Dataset = Api["DatasetDetail"];
export type Distribution = Api["DistributionDocument"];
export type Sample = Omit<Api["Sample"], "factor_kinds"> & { factor_kinds: FactorKind[] };

export type Card = Api["Card"];
export type CardSection = Api["CardSection"];
export type CardTable = Api["CardTable"];

export type Verification = Api["Verification"];

export type MetricRow = Api["MetricRow"];
export type MetricColumn = Api["MetricColumn"];
/** What a metric's plugin says of itself. */
export type MetricInfo = Omit<MetricColumn, "name" | "version">;
export type ScoreCell = Api["ScoreCell"];
export type CellState = ScoreCell["state"];
export type ScoreRow = Api["ScoreRow"];
export type ScoreMatrix = Api["ScoreMatrix"];
export type Stability = Api["Stability"];
export type Stability = Api["Stability"];
/** Names with their number of models. */
export type Facets = Record<"dataset" | "objective", [string, number][]> & { study?: [string, number][] };

export interface Progress {
  step: number;
  parts?: Record<string, number>;
  kl?: number[];
  images_per_second?: number;
  seconds_per_step?: number;
}
export type Job = Omit<Api["Job"], "progress"> &
  Partial<Pick<Api["JobDetail"], "attempts" | "followers">> & { progress: Progress | null };
export type JobPage = Omit<Api["JobPage"], "items"> & { items: Job[] };
export type Attempt = Api["AttemptDocument"];
export type Estimate = Api["Estimate"];
export type Sweep = Api["Sweep"];
export type SweepCell = Api["Cell"];
export type Plugin = Api["PluginSchema"];
export type Schemas = Api["PluginSchemas"];

/** Colours that a figure may use, read from the design tokens. */
export interface Palette {
  series: string[];
  text: string;
  soft: string;
  faint: string;
  line: string;
  surface: string;
  /** from -1 over 0 to 1 */
  diverging: [number, string][];
  /** from 0 to 1 */
  sequential: [number, string][];
}

/** A figure of Plotly: data and layout. */
export interface Figure {
  data: any[];
  layout: any;
}
