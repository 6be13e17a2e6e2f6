/** Shapes of jobs and sweeps as the service gives them. */

export interface Progress {
  step: number;
  parts?: Record<string, number>;
  kl?: number[];
  images_per_second?: number;
  seconds_per_step?: number;
}

export interface Attempt {
  attempt: number;
  worker: string | null;
  device: string | null;
  state: string;
  started_at: string;
  ended_at: string | null;
  first_step: number | null;
  error: string | null;
}

export interface Job {
  id: string;
  kind: "train" | "evaluate" | "export";
  name: string;
  state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
  phase: string | null;
  priority: number;
  sweep: string | null;
  depends_on: string | null;
  step: number;
  steps: number | null;
  progress: Progress | null;
  attempt: number;
  max_attempts: number;
  error: string | null;
  reason: string | null;
  result: Record<string, any> | null;
  spec: Record<string, any>;
  eta_seconds: number | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  attempts?: Attempt[];
  followers?: string[];
}

export interface Estimate {
  runs: number;
  seconds: number | null;
  seconds_per_step: number | null;
  basis: "measured" | "scaled" | "unknown";
  slots: number;
  machine: string | null;
  measuring: boolean;
}

export interface JobPage {
  items: Job[];
  next_cursor: string | null;
  counts: Record<string, number>;
  workers: { name: string; answers: boolean; slots: number }[];
}

export interface Sweep {
  id: string;
  name: string;
  state: string;
  total: number;
  expanded: number;
  counts: Record<string, number>;
  evaluations: Record<string, number>;
  axes: { name: string; values: any[] }[];
  max_parallel: number | null;
  spec: Record<string, any>;
  created_at: string;
}

export interface SweepCell {
  position: number;
  job: string;
  state: Job["state"];
  step: number;
  steps: number | null;
  model: string | null;
  error: string | null;
  evaluation: { job: string; state: Job["state"]; error: string | null } | null;
}

export interface Plugin {
  title: string;
  source: string;
  schema: any;
  /** Of an objective: the likelihood it was made for. */
  likelihood?: string | null;
}

export interface Schemas {
  objectives: Record<string, Plugin>;
  architectures: Record<string, Plugin>;
  datasets: Record<string, Plugin>;
  metrics: Record<string, Plugin>;
  run: any;
}
