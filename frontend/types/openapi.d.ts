/** Written by `make docs` from the service. */

export type paths = Record<string, never>;

export type webhooks = Record<string, never>;

export interface components {
  schemas: {
    Alive: {
      /**
       * @default ok
       * @constant
       */
      status: "ok";
      uptime_seconds: number;
    };
    AttemptDocument: {
      attempt: number;
      worker: string | null;
      device: string | null;
      state: string;
      first_step: number | null;
      /** Format: date-time */
      started_at: string;
      ended_at: string | null;
      error: string | null;
    };
    Axis: {
      name: string;
      values: unknown[];
    };
    Card: {
      model: string;
      version: string;
      name: string;
      sections: components["schemas"]["CardSection"][];
    };
    CardSection: {
      title: string;
      text?: string[];
      table?: components["schemas"]["CardTable"] | null;
      points?: string[];
      code?: {
        [key: string]: string;
      };
    };
    CardTable: {
      columns: string[];
      rows: string[][];
    };
    Cell: {
      position: number;
      job: string;
      /** @enum {string} */
      state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
      step: number;
      steps: number | null;
      model: string | null;
      error: string | null;
      evaluation: components["schemas"]["CellEvaluation"] | null;
    };
    CellEvaluation: {
      job: string;
      /** @enum {string} */
      state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
      error: string | null;
    };
    Cells: {
      cells: components["schemas"]["Cell"][];
    };
    Check: {
      ok: boolean;
      detail: string;
    };
    ClaimVerdict: {
      claim: string;
      text: string;
      source: string;
      of: string;
      answer: string;
      published: string | null;
      statistic: string;
      value: number | null;
      interval: [number, number] | null;
      p: number | null;
      method: string;
      runs: number;
      seeds: number;
    };
    Counts: {
      /** @default 0 */
      equal: number;
      /** @default 0 */
      within: number;
      /** @default 0 */
      different: number;
      /** @default 0 */
      outdated: number;
      /** @default 0 */
      unchecked: number;
    };
    DatasetDetail: {
      name: string;
      title: string;
      n_images: number;
      image_shape: [number, number, number];
      factors: components["schemas"]["FactorDocument"][];
      complete: boolean;
      provenance: components["schemas"]["ProvenanceDocument"];
      links: {
        [key: string]: string;
      };
    };
    DatasetList: {
      items: components["schemas"]["DatasetSummary"][];
    };
    DatasetSummary: {
      name: string;
      title: string;
      source: string;
      how: string;
      files: components["schemas"]["FileDocument"][];
      bytes_on_disk: number;
      available: boolean;
      problem: string | null;
      n_images: number | null;
      image_shape: [number, number, number] | null;
      factors: string[];
      provenance: string | null;
      links: {
        [key: string]: string;
      };
    };
    DecodeAnswer: {
      model: string;
      images: number[][][][];
    };
    DistributionDocument: {
      correlations: string[];
      held_out_combinations: string[];
      n_images: number;
      allowed_images: number;
      effective_images: number;
      factors: string[];
      correlation_matrix: ((number | null)[])[];
      pair: string[];
      joint: number[][];
      sample: number[];
    };
    EncodeAnswer: {
      model: string;
      mu: number[][];
      logvar: number[][];
    };
    Estimate: {
      runs: number;
      seconds_per_step: number | null;
      seconds: number | null;
      slots: number;
      /** @enum {string} */
      basis: "measured" | "scaled" | "unknown";
      machine: string | null;
      measuring: boolean;
      pack: number;
      packed_seconds: number | null;
      gpu_share: number | null;
    };
    FactorDocument: {
      name: string;
      size: number;
      values: (number | string)[];
      /** @enum {string} */
      kind: "categorical" | "ordinal" | "cyclic" | "continuous";
      unit: string;
    };
    Figure: {
      /** @enum {string} */
      group: "files" | "sample" | "latents" | "reconstruction" | "parity" | "evaluation.json" | "database";
      name: string;
      stored: unknown;
      recomputed: unknown;
      /** @enum {string} */
      state: "equal" | "within" | "different" | "outdated" | "unchecked";
      /** @default 1 */
      numbers: number;
      difference?: number | null;
      tolerance?: number | null;
      note?: string | null;
    };
    FileDocument: {
      name: string;
      /** @enum {string} */
      state: "there" | "incomplete" | "missing";
      bytes: number;
      official_bytes: number | null;
    };
    FileRecord: {
      sha256: string;
      bytes: number;
    };
    Film: {
      frames: components["schemas"]["Frame"][];
      latents: number;
      columns: number;
    };
    Frame: {
      step: number;
      url: string;
    };
    Headline: {
      score: number | null;
      interval?: [number, number] | null;
      /**
       * @default ready
       * @enum {string}
       */
      state: "ready" | "stale";
    };
    ImportedModel: {
      id: string;
      exists: boolean;
      notes: string[];
      latents?: number | null;
      image_shape?: [number, number, number] | null;
      preview?: string | null;
      links: {
        [key: string]: string;
      };
    };
    InferAnswer: {
      model_name: string;
      model_version: string;
      id?: string | null;
      outputs: components["schemas"]["OutputTensor"][];
    };
    InferenceError: {
      error: string;
    };
    Job: {
      id: string;
      /** @enum {string} */
      kind: "train" | "evaluate" | "export" | "verify";
      name: string;
      /** @enum {string} */
      state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
      phase: ("waiting" | "blocked" | "starting" | "running" | "stopping") | null;
      priority: number;
      sweep: string | null;
      position: number | null;
      depends_on: string | null;
      step: number;
      steps: number | null;
      progress: {
        [key: string]: unknown;
      } | null;
      attempt: number;
      max_attempts: number;
      error: string | null;
      reason: string | null;
      result: {
        [key: string]: unknown;
      } | null;
      spec: {
        [key: string]: unknown;
      };
      eta_seconds: number | null;
      /** Format: date-time */
      created_at: string;
      started_at: string | null;
      finished_at: string | null;
      links: {
        [key: string]: string;
      };
    };
    JobDetail: {
      id: string;
      /** @enum {string} */
      kind: "train" | "evaluate" | "export" | "verify";
      name: string;
      /** @enum {string} */
      state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
      phase: ("waiting" | "blocked" | "starting" | "running" | "stopping") | null;
      priority: number;
      sweep: string | null;
      position: number | null;
      depends_on: string | null;
      step: number;
      steps: number | null;
      progress: {
        [key: string]: unknown;
      } | null;
      attempt: number;
      max_attempts: number;
      error: string | null;
      reason: string | null;
      result: {
        [key: string]: unknown;
      } | null;
      spec: {
        [key: string]: unknown;
      };
      eta_seconds: number | null;
      /** Format: date-time */
      created_at: string;
      started_at: string | null;
      finished_at: string | null;
      links: {
        [key: string]: string;
      };
      attempts: components["schemas"]["AttemptDocument"][];
      followers: string[];
    };
    JobPage: {
      items: components["schemas"]["Job"][];
      next_cursor: string | null;
      counts: {
        [key: string]: number;
      };
      workers: components["schemas"]["Worker"][];
    };
    JobRequest: {
      /** @enum {string} */
      kind: "train" | "evaluate" | "export" | "verify" | "sweep";
      spec: {
        [key: string]: unknown;
      };
      name?: string | null;
      /** @default 0 */
      priority: number;
    };
    LatentMatch: {
      latent: number;
      matched: number | null;
      /** @enum {integer} */
      sign: -1 | 1;
      correlation: number;
    };
    LatentPage: {
      items: components["schemas"]["LatentRow"][];
      total: number;
      filters: {
        [key: string]: unknown;
      };
      next_cursor: string | null;
    };
    LatentRow: {
      model: string;
      model_name: string;
      dataset: string | null;
      latent: number;
      factor: string | null;
      purity: number | null;
      leak: number | null;
      kl_nats: number | null;
      /** @enum {string} */
      state: "active" | "weak" | "dead" | "saturated";
      links: {
        [key: string]: string;
      };
    };
    LatentStability: {
      latent: number;
      active: boolean;
      held_by: string[];
      share: number;
      interval: [number, number];
      correlation: number;
      p_value: number;
      real: boolean;
    };
    LatentStatistics: {
      mean: number;
      std: number;
      minimum: number;
      maximum: number;
      quantiles: number[];
      kl_nats: number | null;
      mean_sigma: number;
      /** @enum {string} */
      state: "active" | "weak" | "dead" | "saturated";
      best_factor?: string | null;
      best_correlation?: number | null;
      correlations?: {
        [key: string]: number;
      };
    };
    Limits: {
      body_bytes: number;
      batch: number;
      steps: number;
      values: number;
      images: number;
      image_pixels: number;
      run_seconds: number;
    };
    Located: {
      index: number;
      factors: number[];
    };
    Match: {
      reference: string;
      matches: components["schemas"]["ModelMatch"][];
    };
    MeasuredScale: {
      scale: number;
      done: number;
      failed: number;
    };
    MetricColumn: {
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
    };
    MetricRow: {
      model: string;
      metric: string;
      value: number | null;
      interval: [number, number] | null;
      chance: number | null;
      mode: string;
      seed: number;
      n: number | null;
      /**
       * @default all
       * @enum {string}
       */
      images: "all" | "held_out" | "training" | "held_out_combinations";
      parameters: {
        [key: string]: unknown;
      };
      seconds: number | null;
      computed_at: string | null;
      /** @enum {string} */
      state: "ready" | "queued" | "running" | "failed";
      stale: boolean;
      reason: string | null;
      job?: string | null;
      details?: {
        [key: string]: unknown;
      } | null;
    };
    MetricTable: {
      items: components["schemas"]["MetricRow"][];
      next_cursor: string | null;
    };
    ModelDetail: {
      id: string;
      version: string;
      name: string;
      dataset: string | null;
      dataset_title: string | null;
      objective: string | null;
      architecture: string | null;
      hyperparameters: {
        [key: string]: unknown;
      };
      objective_settings: {
        [key: string]: unknown;
      };
      training: {
        [key: string]: unknown;
      };
      latents: number | null;
      active_latents: number | null;
      states: {
        [key: string]: number;
      };
      top_latents: components["schemas"]["TopLatent"][];
      reconstruction: {
        [key: string]: number;
      };
      image_shape: [number, number, number] | null;
      study: components["schemas"]["StudyLabel"] | null;
      /** @enum {string} */
      origin: "own" | "bundled";
      /** @enum {string} */
      state: "ready" | "broken";
      problem: string | null;
      /** Format: date-time */
      created_at: string;
      metrics: {
        [key: string]: components["schemas"]["Headline"];
      };
      verification: components["schemas"]["VerificationBadge"];
      links: {
        [key: string]: string;
      };
      schema_version: number;
      dataset_settings: {
        [key: string]: unknown;
      };
      likelihood: string | null;
      statistics: components["schemas"]["LatentStatistics"][];
      statistics_rows: number;
      /** @enum {string} */
      statistics_of: "data set" | "own samples";
      factor_names: string[];
      learned_weights: {
        [key: string]: unknown;
      };
      parity: components["schemas"]["Parity"] | null;
      files: {
        [key: string]: components["schemas"]["FileRecord"];
      };
      provenance: components["schemas"]["Provenance"];
      licence: string;
      view: string;
      limits: components["schemas"]["Limits"];
    };
    ModelMatch: {
      model: string;
      /** @enum {string} */
      basis: "codes" | "factors";
      latents: components["schemas"]["LatentMatch"][];
    };
    ModelMetadata: {
      name: string;
      versions: string[];
      platform: string;
      inputs: components["schemas"]["TensorMetadata"][];
      outputs: components["schemas"]["TensorMetadata"][];
    };
    ModelPage: {
      items: components["schemas"]["ModelSummary"][];
      total: number;
      next_cursor: string | null;
    };
    ModelReady: {
      name: string;
      ready: boolean;
    };
    ModelSummary: {
      id: string;
      version: string;
      name: string;
      dataset: string | null;
      dataset_title: string | null;
      objective: string | null;
      architecture: string | null;
      hyperparameters: {
        [key: string]: unknown;
      };
      objective_settings: {
        [key: string]: unknown;
      };
      training: {
        [key: string]: unknown;
      };
      latents: number | null;
      active_latents: number | null;
      states: {
        [key: string]: number;
      };
      top_latents: components["schemas"]["TopLatent"][];
      reconstruction: {
        [key: string]: number;
      };
      image_shape: [number, number, number] | null;
      study: components["schemas"]["StudyLabel"] | null;
      /** @enum {string} */
      origin: "own" | "bundled";
      /** @enum {string} */
      state: "ready" | "broken";
      problem: string | null;
      /** Format: date-time */
      created_at: string;
      metrics: {
        [key: string]: components["schemas"]["Headline"];
      };
      verification: components["schemas"]["VerificationBadge"];
      links: {
        [key: string]: string;
      };
    };
    OutputTensor: {
      name: string;
      shape: number[];
      /** @constant */
      datatype: "FP32";
      parameters?: ({
        [key: string]: string | number | boolean;
      }) | null;
      data?: unknown[] | null;
    };
    Parity: {
      mean: number;
      logvar: number;
      image: number;
      images: number;
    };
    PlotlyFigure: {
      data: {
          [key: string]: unknown;
        }[];
      layout: {
        [key: string]: unknown;
      };
    };
    PluginSchema: {
      title: string;
      source: string;
      schema: {
        [key: string]: unknown;
      } | null;
      info?: {
        [key: string]: unknown;
      } | null;
      likelihood?: string | null;
    };
    PluginSchemas: {
      run: {
        [key: string]: unknown;
      };
      objectives: {
        [key: string]: components["schemas"]["PluginSchema"];
      };
      architectures: {
        [key: string]: components["schemas"]["PluginSchema"];
      };
      datasets: {
        [key: string]: components["schemas"]["PluginSchema"];
      };
      metrics: {
        [key: string]: components["schemas"]["PluginSchema"];
      };
    };
    Provenance: {
      created_at: string;
      axiscope_version: string;
      git_revision?: string | null;
      command?: string | null;
      images_seen?: number | null;
      cpu_seconds?: number | null;
      data?: string | null;
      note?: string | null;
    };
    ProvenanceDocument: {
      source: string;
      description: string;
      licence: string;
      url: string;
      citation: string;
    };
    Ready: {
      /** @enum {string} */
      status: "ok" | "not ready";
      checks: {
        [key: string]: components["schemas"]["Check"];
      };
    };
    ReconstructAnswer: {
      model: string;
      mu: number[][];
      squared_error: number[];
      mean_absolute_error: number[];
      original: number[][][][];
      reconstruction: number[][][][];
    };
    Sample: {
      model: string;
      total: number;
      indices: number[];
      codes: number[][];
      factors: number[][];
      factor_names: string[];
      factor_sizes: number[];
      factor_kinds: string[];
    };
    ScoreCell: {
      score: number | null;
      /** @enum {string} */
      state: "ready" | "stale" | "queued" | "running" | "failed";
      interval?: [number, number] | null;
      chance?: number | null;
      reason?: string | null;
      n?: number | null;
      seed?: number | null;
      models?: number | null;
      std?: number | null;
    };
    ScoreMatrix: {
      ids: string[];
      names: string[];
      datasets: (string | null)[];
      objectives: (string | null)[];
      configurations: string[];
      columns: {
        [key: string]: (number | null)[];
      };
    };
    ScoreRow: {
      id: string;
      name: string;
      version?: string | null;
      dataset: string | null;
      objective: string | null;
      architecture: string | null;
      latents: number | null;
      settings: {
        [key: string]: unknown;
      } | null;
      training: {
        [key: string]: unknown;
      } | null;
      models?: number | null;
      cells: {
        [key: string]: components["schemas"]["ScoreCell"];
      };
    };
    ScoreTable: {
      total: number;
      offset: number;
      rows: components["schemas"]["ScoreRow"][];
      metrics: components["schemas"]["MetricColumn"][];
      facets: {
        [key: string]: [string, number][];
      };
    };
    ServerLive: {
      live: boolean;
    };
    ServerMetadata: {
      name: string;
      version: string;
      extensions: string[];
    };
    ServerReady: {
      ready: boolean;
    };
    Stability: {
      reference: string;
      models: string[];
      images: number;
      level: number;
      latents: components["schemas"]["LatentStability"][];
    };
    StudyDetail: {
      name: string;
      title: string;
      source: string;
      question: string;
      notes: string;
      metrics: string[];
      metric_titles: string[];
      runs: number;
      groups: string[];
      steps: number;
      measured: components["schemas"]["MeasuredScale"][];
      links: {
        [key: string]: string;
      };
      scale: number | null;
      rows: components["schemas"]["StudyRow"][];
    };
    StudyFigureEntry: {
      name: string;
      title: string;
      kind: string;
      links: {
        [key: string]: string;
      };
    };
    StudyFigureList: {
      items: components["schemas"]["StudyFigureEntry"][];
    };
    StudyImportEntry: {
      id: number;
      name: string;
      runs: number;
      /** Format: date-time */
      created_at: string;
    };
    StudyImportList: {
      items: components["schemas"]["StudyImportEntry"][];
    };
    StudyLabel: {
      study: string;
      scale: number;
      run: string;
      group: string;
      varied: {
        [key: string]: unknown;
      };
    };
    StudyList: {
      items: components["schemas"]["StudySummary"][];
    };
    StudyRow: {
      group: string;
      varied: {
        [key: string]: unknown;
      };
      runs: number;
      done: number;
      published: {
        [key: string]: number;
      };
      measured: {
        [key: string]: number[];
      };
      problems: string[];
    };
    StudyRunsAnswer: {
      study: string;
      scale: number;
      runs: number;
      done: number;
      active: number;
      steps: number;
      hours: number | null;
      evaluation_hours: number | null;
      untimed_runs: number;
      measuring: boolean;
      slots: number;
      waits_for_gpu: boolean;
      unavailable: components["schemas"]["UnavailableRuns"][];
      sweep: components["schemas"]["Sweep"] | null;
    };
    StudyRunsRequest: {
      /** @default 1 */
      scale: number;
      seeds?: number | null;
      /** @default * */
      only: string;
      /** @default false */
      dry_run: boolean;
      /** @default 0 */
      gpus: number;
    };
    StudySummary: {
      name: string;
      title: string;
      source: string;
      question: string;
      notes: string;
      metrics: string[];
      metric_titles: string[];
      runs: number;
      groups: string[];
      steps: number;
      measured: components["schemas"]["MeasuredScale"][];
      links: {
        [key: string]: string;
      };
    };
    StudyTable: {
      title: string;
      note: string;
      columns: components["schemas"]["TableColumn"][];
      rows: components["schemas"]["TableRow"][];
    };
    StudyTables: {
      note: string;
      items: components["schemas"]["StudyTable"][];
    };
    StudyVerdicts: {
      note: string;
      items: components["schemas"]["ClaimVerdict"][];
    };
    Sweep: {
      id: string;
      name: string;
      /** @enum {string} */
      state: "expanding" | "running" | "finished" | "cancelled";
      total: number;
      expanded: number;
      counts: {
        [key: string]: number;
      };
      evaluations: {
        [key: string]: number;
      };
      axes: components["schemas"]["Axis"][];
      max_parallel: number | null;
      priority: number;
      spec: {
        [key: string]: unknown;
      };
      /** Format: date-time */
      created_at: string;
      links: {
        [key: string]: string;
      };
    };
    SweepPage: {
      items: components["schemas"]["Sweep"][];
      next_cursor: string | null;
    };
    TableCell: {
      published: number | null;
      mean: number | null;
      std: number | null;
      n: number;
    };
    TableColumn: {
      name: string;
      title: string;
    };
    TableRow: {
      label: string;
      models: string[];
      cells: {
        [key: string]: components["schemas"]["TableCell"];
      };
    };
    TensorMetadata: {
      name: string;
      datatype: string;
      shape: number[];
    };
    TopLatent: {
      index: number;
      factor: string | null;
      correlation: number | null;
      kl_nats: number | null;
    };
    TraverseAnswer: {
      model: string;
      base: number[];
      dims: number[];
      values: number[][];
      frames: number[][][][][];
    };
    UnavailableRuns: {
      reason: string;
      runs: string[];
    };
    Upload: {
      name: string;
      pictures: number | null;
      labels: boolean;
      bytes: number;
      created_at: string | null;
      links: {
        [key: string]: string;
      };
    };
    UploadLimits: {
      bytes: number;
      unpacked_bytes: number;
      files: number;
      image_pixels: number;
      total_bytes: number;
    };
    UploadList: {
      items: components["schemas"]["Upload"][];
      bytes: number;
      limits: components["schemas"]["UploadLimits"];
    };
    Verification: {
      model: string;
      version: string;
      /** @enum {string} */
      state: "verified" | "unchecked" | "differs" | "out of date" | "not verified";
      reason?: string | null;
      /** Format: date-time */
      checked_at: string;
      seconds: number;
      axiscope_version: string;
      basis: string;
      counts: components["schemas"]["Counts"];
      figures: components["schemas"]["Figure"][];
    };
    VerificationBadge: {
      /** @enum {string} */
      state: "verified" | "unchecked" | "differs" | "out of date" | "not verified";
      reason?: string | null;
      checked_at?: string | null;
      counts?: components["schemas"]["Counts"] | null;
    };
    Worker: {
      name: string;
      answers: boolean;
      slots: number;
    };
    FieldProblem: {
      pointer: string;
      detail: string;
      /** @default null */
      got: string | null;
      /** @default null */
      allowed: unknown;
    };
    Problem: {
      type: string;
      title: string;
      status: number;
      detail: string;
      /** @default null */
      instance: string | null;
      /** @default null */
      request_id: string | null;
      /** @default null */
      errors: components["schemas"]["FieldProblem"][] | null;
      /** @default null */
      allowed: unknown;
    };
    EncodeRequest: {
      model: string;
      /** @default null */
      images: string[] | unknown[][][] | null;
      /** @default null */
      indices: number[] | null;
      /**
       * @default exact
       * @enum {string}
       */
      fit: "exact" | "cover" | "stretch";
    };
    DecodeRequest: {
      model: string;
      latents: number[][];
      /** @default null */
      columns: number | null;
    };
    TraverseRequest: {
      model: string;
      /** @default null */
      latents: number[] | null;
      /** @default null */
      image: string | unknown[] | null;
      /** @default null */
      index: number | null;
      /** @default null */
      dims: number[] | null;
      /** @default null */
      range: [number, number] | null;
      /** @default null */
      sigma: number | null;
      /** @default 10 */
      steps: number;
    };
    InputTensor: {
      name: string;
      shape: number[];
      datatype: string;
      parameters?: {
        [key: string]: string | number | boolean;
      };
      /** @default null */
      data: unknown[] | null;
    };
    OutputRequest: {
      name: string;
      parameters?: {
        [key: string]: string | number | boolean;
      };
    };
    InferRequest: {
      /** @default null */
      id: string | null;
      parameters?: {
        [key: string]: string | number | boolean;
      };
      inputs: components["schemas"]["InputTensor"][];
      /** @default null */
      outputs: components["schemas"]["OutputRequest"][] | null;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}

export type $defs = Record<string, never>;

export type external = Record<string, never>;

export type operations = Record<string, never>;
