/** Colours that a figure may use, read from the design tokens by whoever draws it. */
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
